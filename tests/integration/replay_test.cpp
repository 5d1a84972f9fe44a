// `arigate replay`: print, compare, serve, and play the PBX.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "integration/http_fixture.hpp"
#include "support/fixtures.hpp"
#include "support/line_socket.hpp"
#include "support/paths.hpp"
#include "support/program.hpp"
#include "support/temp_folder.hpp"
#include "trace/capture_reader.hpp"
#include "trace/capture_writer.hpp"

namespace arigate::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string capture(std::string_view name) {
  return (test::fixtures_folder() / "captures" / name).string();
}

std::string printed(std::vector<std::string> arguments, int code = 0) {
  arguments.insert(arguments.begin(), "replay");
  Program program{std::move(arguments)};
  EXPECT_EQ(program.exit_code(), code) << program.printed();
  return program.printed();
}

/// The channel ids of events of this type.
std::set<std::string> channels_of(std::string_view text, std::string_view type) {
  std::set<std::string> ids;
  const std::string mark = fmt::format("\"type\":\"{}\"", type);
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    constexpr std::string_view id = "\"channel\":{\"id\":\"";
    const auto begin = text.find(id, at) + id.size();
    ids.emplace(text.substr(begin, text.find('"', begin) - begin));
  }
  return ids;
}

class OfEveryVersion : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Captures, OfEveryVersion,
                         testing::Values("1.8/dial-busy.jsonl.gz",
                                         "11/sip-inbound-agi-app-hangup.jsonl.gz",
                                         "16/dial-noanswer.jsonl.gz", "22/dial-busy.jsonl.gz"),
                         [](const auto& info) { return fmt::format("of{}", info.index); });

TEST_P(OfEveryVersion, TheSameFileGivesTheSameBytes) {
  const auto file = capture(GetParam());
  const auto once = printed({file});
  EXPECT_THAT(once, AllOf(HasSubstr("\"ChannelCreated\""), EndsWith("}\n")));
  EXPECT_EQ(printed({file, "--print"}), once);
  EXPECT_EQ(printed({file, "--speed", "200"}), once) << "whatever its pace";
  EXPECT_EQ(printed({file, file, "--speed", "max"}), once + once) << "each file for itself";

  // The same lines, compressed in another way, in one file and in many.
  const TempFolder folder;
  {
    auto reader = trace::Reader::open(file);
    ASSERT_TRUE(reader);
    const auto header = reader->header();
    auto whole = trace::Writer::open(folder.path() / "whole.jsonl.zst", header);
    auto parts = trace::Writer::open(folder.path() / "part.jsonl.gz", header, {.bytes_max = 4'000});
    ASSERT_TRUE(whole && parts);
    for (auto line = reader->next(); line && *line; line = reader->next()) {
      ASSERT_TRUE(whole->write(**line) && parts->write(**line));
    }
  }
  EXPECT_EQ(printed({(folder.path() / "whole.jsonl.zst").string()}), once);
  std::vector<std::string> files;
  for (int i = 1; std::filesystem::exists(folder.path() / fmt::format("part.{}.jsonl.gz", i));
       ++i) {
    files.push_back((folder.path() / fmt::format("part.{}.jsonl.gz", i)).string());
  }
  EXPECT_GT(files.size(), 1U);
  EXPECT_EQ(printed(files), once);
}

TEST(Replay, ADamagedFileIsReplayedAsFarAsItIsWhole) {
  const auto once = printed({capture("16/dial-noanswer.jsonl.gz")});
  const auto bytes = read_file(capture("16/dial-noanswer.jsonl.gz"));
  const TempFolder folder;
  const auto cut =
      folder.write("cut.jsonl.gz", std::string_view{bytes}.substr(0, bytes.size() * 3 / 4))
          .string();
  const auto text = printed({cut}, 1);
  const auto error = text.find("arigate: ");
  ASSERT_NE(error, std::string::npos) << text;
  EXPECT_GT(error, 1'000U);
  EXPECT_THAT(once, StartsWith(text.substr(0, text.rfind('\n', error) + 1)));
  EXPECT_THAT(text.substr(error),
              testing::ContainsRegex(":[0-9]+: the compressed data is cut off"));
  // The others are replayed all the same.
  const auto three = printed({folder.write("no.jsonl", "hello\n").string(),
                              capture("16/dial-noanswer.jsonl.gz"), "/nowhere.jsonl"},
                             2);
  EXPECT_THAT(three, AllOf(HasSubstr("no.jsonl:1: not a capture"), HasSubstr(once),
                           HasSubstr("/nowhere.jsonl: cannot be opened")));
}

TEST(Replay, ComparesWithNative) {
  EXPECT_THAT(printed({"--diff", capture("16/agi-idle-hangup.jsonl.gz")}),
              AllOf(HasSubstr("events equal"), HasSubstr("% as native ARI"),
                    HasSubstr("0 for no known reason")));
  EXPECT_THAT(printed({"--diff", capture("1.8/dial-busy.jsonl.gz")}),
              HasSubstr("holds no ARI events of the PBX"));
}

std::string open_events(RawClient& client, std::string_view credentials) {
  client.send(
      fmt::format("GET /ari/events?app=hello&subscribeAll=true&api_key={} HTTP/1.1\r\n"
                  "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                  credentials));
  return client.read_until("\r\n\r\n");
}

TEST(Replay, ComparesTheSameInEveryTimeZone) {
  const std::vector<std::string> arguments{"--diff", "--print",
                                           capture("16/agi-idle-hangup.jsonl.gz")};
  const auto* const here = std::getenv("TZ");
  const std::string before = here == nullptr ? "" : here;
  ::setenv("TZ", "XXX-5:30", 1);
  const auto far = printed(arguments);
  ::setenv("TZ", "UTC0", 1);
  EXPECT_EQ(printed(arguments), far);
  EXPECT_THAT(far, HasSubstr("0 for no known reason"));
  if (here == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", before.c_str(), 1);
  }
}

/// A later file of a recording: it begins two hours after the first, within a message.
std::string later_file(const TempFolder& folder, std::string_view uniqueid) {
  trace::Header header;
  header.ami = "5.0.4";
  header.started = fmt::format("2026-11-23T16:27:57.{}+00:00", uniqueid.back());
  const auto file = folder.path() / fmt::format("call.{}.jsonl", uniqueid);
  auto writer = trace::Writer::open(file, header);
  trace::Line line;
  line.link = "ami";
  line.dir = trace::Direction::from_pbx;
  line.t_us = 7'200'000'000;
  line.data = "Account: 1\r\n\r\n";
  EXPECT_TRUE(writer && writer->write(line));
  line.t_us += 1'000;
  line.data = fmt::format(
      "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/a-{0}\r\nChannelState: 0\r\n"
      "ChannelStateDesc: Down\r\nCallerIDNum: 100\r\nCallerIDName: \r\nConnectedLineNum: \r\n"
      "ConnectedLineName: \r\nLanguage: en\r\nAccountCode: \r\nContext: in\r\nExten: 1\r\n"
      "Priority: 1\r\nUniqueid: {0}\r\nLinkedid: {0}\r\n\r\n",
      uniqueid);
  EXPECT_TRUE(writer->write(line));
  return file.string();
}

TEST(Replay, KeepsThePaceOfALaterFileFromItsFirstLineOn) {
  const TempFolder folder;
  const auto file = later_file(folder, "1.1");
  EXPECT_THAT(printed({file, "--speed", "1"}), HasSubstr("\"ChannelCreated\""));

  // What one recording leaves behind ends before the next one.
  Program program{
      {"replay", "--serve", "--port", "0", "--speed", "1", file, later_file(folder, "1.2")}};
  ASSERT_TRUE(program.prints("wait for an application")) << program.printed();
  RawClient client{port_after("ARI at http://127.0.0.1:", program.printed())};
  EXPECT_THAT(open_events(client, "replay:replay"), HasSubstr("101"));
  client.read_until("\"ChannelCreated\"");
  EXPECT_THAT(client.read_until("\"ChannelDestroyed\""), Not(HasSubstr("\"ChannelCreated\"")));
  EXPECT_THAT(client.read_until("\"ChannelCreated\""), HasSubstr("\"1.1\""));
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0) << program.printed();
}

TEST(Replay, SaysWhereALinkIsNoAmi) {
  const TempFolder folder;
  const auto file = folder.write(
      "call.jsonl",
      R"({"capture":1,"pbx":"P","ami":"5.0.4","scenario":"","about":"","started":"","ports":{}})"
      "\n"
      R"({"t":1,"link":"ami","dir":"pbx>","event":"connect"})"
      "\n"
      R"({"t":2,"link":"ami","dir":"pbx>","data":"SSH-2.0\r\n"})"
      "\n");
  EXPECT_THAT(printed({file.string()}, 1), HasSubstr("call.jsonl:3: "));
}

TEST(Replay, RefusesWhatDoesNotGoTogether) {
  const auto file = capture("22/dial-busy.jsonl.gz");
  for (const auto& wrong : std::vector<std::vector<std::string>>{{},
                                                                 {"--speed", "fast", file},
                                                                 {"--serve", "--diff", file},
                                                                 {"--pbx", "--serve", file},
                                                                 {"--once", file},
                                                                 {"--pbx", "--agi", "x", file}}) {
    EXPECT_NE(printed(wrong, 2), "");
  }
}

TEST(Replay, ShowsHowFarItIsOnATerminalOnly) {
  const auto file = capture("16/dial-noanswer.jsonl.gz");
  EXPECT_THAT(printed({file, "--speed", "10"}), Not(HasSubstr("\r")));

  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_EQ(::grantpt(terminal) + ::unlockpt(terminal), 0);
  const int end = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(end, 0);
  Program program{{"replay", file, "--speed", "10"}, end};
  EXPECT_EQ(program.exit_code(), 0);
  ::fcntl(terminal, F_SETFL, O_NONBLOCK);
  std::string shown(4096, '\0');
  const auto size = ::read(terminal, shown.data(), shown.size());
  shown.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  EXPECT_THAT(shown, AllOf(HasSubstr("dial-noanswer.jsonl.gz: line "), HasSubstr(" s")));
  EXPECT_THAT(program.printed(), Not(HasSubstr(": line ")));
  ::close(end);
  ::close(terminal);
}

TEST(Replay, ServesARecordingToAClient) {
  const auto file = capture("11/sip-inbound-agi-app-hangup.jsonl.gz");
  const auto expected = channels_of(printed({file}), "ChannelDestroyed");
  ASSERT_FALSE(expected.empty());
  Program program{{"replay", "--serve", "--port", "0", "--speed", "20", file}};
  ASSERT_TRUE(program.prints("wait for an application")) << program.printed();
  RawClient client{port_after("ARI at http://127.0.0.1:", program.printed())};
  EXPECT_THAT(open_events(client, "replay:replay"), HasSubstr("101"));
  std::string seen;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    seen += client.read_until("\"ChannelDestroyed\"") +
            client.read_until("\"channel\":{\"id\":\"") + client.read_until("\"");
  }
  EXPECT_THAT(seen, AllOf(HasSubstr("\"StasisStart\""), HasSubstr("\"StasisEnd\"")));
  for (const auto& id : expected) EXPECT_THAT(seen, HasSubstr(id));
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0) << program.printed();
}

// --- The capture plays the PBX
// --------------------------------------------------------------------

TEST_P(OfEveryVersion, PlaysThePbxForAGateway) {
  const auto file = capture(GetParam());
  Program pbx{{"replay", "--pbx", "--port", "0", "--once", "--speed", "5", file}};
  ASSERT_TRUE(pbx.prints("AMI at 127.0.0.1:")) << pbx.printed();
  ASSERT_TRUE(pbx.prints("FastAGI goes to 127.0.0.1:")) << pbx.printed();
  ASSERT_TRUE(pbx.prints("connections"));
  const TempFolder folder;
  const auto config = folder.write(
      "arigate.conf",
      fmt::format("[ami]\nport = {}\nuser = u\nsecret = s\n[fastagi]\nbind = 127.0.0.1\nport = {}\n"
                  "[http]\nport = 0\n[u]\ntype = user\npassword = p\n[dialplan]\n"
                  "add_at_runtime = no\n",
                  port_after("AMI at 127.0.0.1:", pbx.printed()),
                  port_after("FastAGI goes to 127.0.0.1:", pbx.printed())));
  ::chmod(config.c_str(), 0600);
  Program gateway{{"run", "-c", config.string()}};
  ASSERT_TRUE(gateway.prints("listening")) << gateway.printed();
  RawClient client{port_after("http=127.0.0.1:", gateway.printed())};
  EXPECT_THAT(open_events(client, "u:p"), HasSubstr("101"));
  EXPECT_EQ(pbx.exit_code(), 1) << pbx.printed();
  // The lists that a gateway reads at its start were asked of nobody when this was recorded.
  EXPECT_THAT(pbx.printed(), HasSubstr("no CoreShowChannels from here to the end"));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.exit_code(), 0) << gateway.printed();
  const auto seen = client.read_all();
  const auto replayed = printed({file});
  for (const auto* type : {"ChannelCreated", "ChannelDestroyed"}) {
    EXPECT_EQ(channels_of(seen, type), channels_of(replayed, type)) << type;
  }
  EXPECT_FALSE(channels_of(seen, "ChannelDestroyed").empty());
}

/// The bytes of the first action of this name.
std::string recorded_action(std::string_view file, std::string_view name) {
  auto reader = trace::Reader::open(capture(file));
  EXPECT_TRUE(reader);
  for (auto line = reader->next(); line && *line; line = reader->next()) {
    if ((*line)->data.starts_with(fmt::format("Action: {}\r\n", name))) return (*line)->data;
  }
  return {};
}

class PlayedPbx : public testing::Test {
 protected:
  void start(std::vector<std::string> more, std::string_view file = "16/resync.jsonl.gz",
             std::string_view ami = "5.0.4") {
    std::vector<std::string> arguments{"replay", "--pbx", "--port", "0", capture(file)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    pbx_.emplace(arguments);
    ASSERT_TRUE(pbx_->prints("connections")) << pbx_->printed();
    client_ = LineSocket::connect(port_after("AMI at 127.0.0.1:", pbx_->printed()));
    EXPECT_EQ(client_->line(), fmt::format("Asterisk Call Manager/{}\r", ami));
  }
  std::string ask(std::string_view action, std::string_view end = "\r\n\r\n") {
    client_->send(action);
    return client_->read_until(end);
  }

  std::optional<Program> pbx_;
  std::optional<LineSocket> client_;
};

TEST_F(PlayedPbx, AnswersWhatItHoldsUnderTheClientsOwnId) {
  start({});
  EXPECT_EQ(ask("Action: Challenge\r\nActionID: a\r\nAuthType: MD5\r\n\r\n"),
            "Response: Success\r\nActionID: a\r\nChallenge: 123456789\r\n\r\n");
  EXPECT_EQ(ask("Action: Login\r\nUsername: u\r\nSecret: any\r\nEvents: off\r\n\r\n"),
            "Response: Success\r\nMessage: Authentication accepted\r\n\r\n");
  EXPECT_EQ(ask("Action: Ping\r\nActionID: b\r\n\r\n"),
            "Response: Success\r\nActionID: b\r\nPing: Pong\r\n\r\n");
  const auto list = ask("action: bridgelist\r\nactionid: my own\r\n\r\n", "ListItems: ");
  EXPECT_THAT(list, AllOf(HasSubstr("Response: Success\r\nActionID: my own\r\n"),
                          HasSubstr("Event: BridgeListComplete\r\nActionID: my own\r\n")));
  client_->read_until("\r\n\r\n");
  EXPECT_EQ(ask("Action: Logoff\r\n\r\n"),
            "Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n");
  EXPECT_TRUE(client_->ends());
  pbx_->signal(SIGTERM);
  EXPECT_EQ(pbx_->exit_code(), 0) << pbx_->printed();
}

TEST_F(PlayedPbx, WaitsForTheClientIfAskedFor) {
  start({"--wait", "--speed", "max"}, "1.8/ami-originate-agi-success.jsonl.gz", "1.1");
  EXPECT_THAT(ask("Action: Login\r\nActionID: a\r\nUsername: u\r\nSecret: any\r\n\r\n"),
              HasSubstr("Authentication accepted"));
  EXPECT_THAT(client_->read_until("\r\n\r\n"), HasSubstr("Event: FullyBooted"));
  EXPECT_TRUE(client_->silent_for(std::chrono::milliseconds{50}))
      << "the call begins when it is asked for";
  auto originate = recorded_action("1.8/ami-originate-agi-success.jsonl.gz", "Originate");
  originate.replace(originate.find("ctl-2"), 5, "mine!");
  client_->send(originate);
  EXPECT_THAT(client_->read_until("Event: Newchannel"),
              HasSubstr("Response: Success\r\nActionID: mine!\r\n"));
  client_->read_until("Event: Hangup");
}

TEST_F(PlayedPbx, FailsLoudlyOnWhatItDoesNotHold) {
  start({});
  EXPECT_THAT(
      ask("Action: Park\r\nActionID: p\r\nChannel: c\r\n\r\n"),
      testing::ContainsRegex("Response: Error\r\nActionID: p\r\nMessage: Not in the capture: "
                             ".*resync.jsonl.gz:[0-9]+: no Park from here to the end"));
  EXPECT_TRUE(pbx_->prints("action: park, channel: c\n")) << "and on standard error";
  pbx_->signal(SIGTERM);
  EXPECT_EQ(pbx_->exit_code(), 1) << pbx_->printed();
}

TEST_F(PlayedPbx, EndsAtThatIfAskedFor) {
  start({"--strict"});
  client_->send("Action: Park\r\nChannel: c\r\n\r\n");
  EXPECT_EQ(pbx_->exit_code(), 1) << pbx_->printed();
  EXPECT_TRUE(client_->ends());
}

}  // namespace
}  // namespace arigate::test
