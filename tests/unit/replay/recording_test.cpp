// What a recording tells beside its events: lists, breaks, restarts, and the stays of an arigate.
#include "replay/recording.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/temp_folder.hpp"
#include "trace/capture_writer.hpp"

namespace arigate::replay {
namespace {

using Told = std::vector<std::string>;
using trace::Direction;
using What = trace::Line::What;

/// A recording that is made line by line, a millisecond apart.
class Recording {
 public:
  explicit Recording(std::string ami, std::string ari = "") {
    header_.ami = std::move(ami);
    header_.ari = std::move(ari);
    header_.started = "2026-11-23T16:27:57.651285+00:00";
    header_.ports = {{"fastagi", 4573}};
  }

  Recording& happens(std::string link, What what, Direction dir = Direction::from_pbx) {
    return add(std::move(link), dir, what, {});
  }
  Recording& pbx(std::string data, std::string link = "ami") {
    return add(std::move(link), Direction::from_pbx, What::data, std::move(data));
  }
  Recording& asked(std::string data, std::string link = "ami") {
    return add(std::move(link), Direction::to_pbx, What::data, std::move(data));
  }
  Recording& log_in() {
    happens("ami", What::connect);
    return pbx("Asterisk Call Manager/" + header_.ami + "\r\n");
  }
  Recording& later(std::int64_t us) {
    t_us_ += us;
    return *this;
  }

  Replayed replay(ReplayOptions options = {}) const {
    const test::TempFolder folder;
    const auto file = folder.path() / "call.jsonl";
    {
      auto writer = trace::Writer::open(file, header_);
      EXPECT_TRUE(writer);
      for (const auto& line : lines_) EXPECT_TRUE(writer->write(line));
    }
    auto replayed = replay::replay(file, options);
    EXPECT_TRUE(replayed) << replayed.error().detail;
    return replayed ? *std::move(replayed) : Replayed{};
  }
  /// "ChannelDestroyed 1.1", "StasisStart 1.1,arg" of what becomes of channels.
  Told told() const {
    Told told;
    simdjson::dom::parser parser;
    for (const auto& text : replay().ours) {
      const simdjson::dom::element event = parser.parse(text);
      std::string line{std::string_view{event["type"]}};
      const bool other = line == "ChannelVarset" || line == "ChannelDialplan" ||
                         line == "ChannelHangupRequest";  // Of 1.8 the Hangup itself.
      if (other) continue;
      std::string_view id;
      if (event["channel"]["id"].get(id) == simdjson::SUCCESS) line.append(" ").append(id);
      simdjson::dom::array arguments;
      if (event["args"].get(arguments) == simdjson::SUCCESS) {
        for (const std::string_view argument : arguments) line.append(",").append(argument);
      }
      told.push_back(std::move(line));
    }
    return told;
  }

 private:
  Recording& add(std::string link, Direction dir, What what, std::string data) {
    trace::Line line;
    line.t_us = t_us_ += 1'000;
    line.link = std::move(link);
    line.dir = dir;
    line.what = what;
    line.data = std::move(data);
    lines_.push_back(std::move(line));
    return *this;
  }

  trace::Header header_;
  std::vector<trace::Line> lines_;
  std::int64_t t_us_ = 0;
};

struct Channel {
  std::string uniqueid = "1.1", name = "SIP/alice-00000001";
  std::string application = "Wait", data = "10", context = "default", exten = "600";
};

std::string row(const std::string& id, const Channel& channel, std::string_view more = "") {
  return fmt::format(
      "Event: CoreShowChannel\r\nActionID: {}\r\nChannel: {}\r\nUniqueid: {}\r\nContext: {}\r\n"
      "Exten: {}\r\nExtension: {}\r\nPriority: 1\r\nChannelState: 6\r\nCallerIDNum: 200\r\n"
      "Application: {}\r\nApplicationData: {}\r\nDuration: 00:00:10\r\n{}\r\n",
      id, channel.name, channel.uniqueid, channel.context, channel.exten, channel.exten,
      channel.application, channel.data, more);
}

std::string list(const std::string& id, const std::vector<Channel>& channels,
                 std::string_view more = "") {
  std::string text = fmt::format("Response: Success\r\nActionID: {}\r\n\r\n", id);
  for (const auto& channel : channels) text += row(id, channel, more);
  return text + fmt::format(
                    "Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: {}\r\n"
                    "ActionID: {}\r\n\r\n",
                    channels.size(), id);
}

std::string hangup(const Channel& channel) {
  return fmt::format(
      "Event: Hangup\r\nPrivilege: call,all\r\nChannel: {}\r\nChannelState: 6\r\n"
      "ChannelStateDesc: Up\r\nCallerIDNum: 200\r\nCallerIDName: \r\nConnectedLineNum: \r\n"
      "ConnectedLineName: \r\nLanguage: en\r\nAccountCode: \r\nContext: default\r\nExten: 600\r\n"
      "Priority: 1\r\nUniqueid: {}\r\nLinkedid: {}\r\nCause: 16\r\n"
      "Cause-txt: Normal Clearing\r\n\r\n",
      channel.name, channel.uniqueid, channel.uniqueid);
}

std::string show_channels(const std::string& id) {
  return "Action: CoreShowChannels\r\nActionID: " + id + "\r\n\r\n";
}

std::string core_status(const std::string& id, std::string_view time) {
  return fmt::format(
      "Response: Success\r\nActionID: {}\r\nCoreStartupDate: 2026-11-23\r\nCoreStartupTime: {}\r\n"
      "CoreCurrentCalls: 1\r\n\r\n",
      id, time);
}

// --- Lists --------------------------------------------------------------------------------------

class OfAmi : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Versions, OfAmi, testing::Values("1.1", "1.3", "5.0.4"),
                         [](const auto& info) { return fmt::format("ami{}", info.index); });

TEST_P(OfAmi, AListTellsOfTheCallsThatWereUpBefore) {
  Recording recording{GetParam()};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {Channel{}})).later(2'000'000);
  EXPECT_EQ(recording.told(), Told{}) << "that is where it starts from, and no news";
  recording.pbx(hangup({}));
  EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"});
}

TEST_P(OfAmi, WhoVanishedInABreakIsGone) {
  const Channel other{"1.2", "SIP/bob-00000002"};
  Recording recording{GetParam()};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {{}, other})).later(2'000'000);
  recording.happens("ami", What::eof).log_in();
  recording.asked(show_channels("l-2")).pbx(list("l-2", {other})).later(2'000'000);
  EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"});
  recording.pbx(hangup(other));
  EXPECT_EQ(recording.told(), (Told{"ChannelDestroyed 1.1", "ChannelDestroyed 1.2"}));
}

TEST_P(OfAmi, ARestartEndsAllChannels) {
  const Channel later{"9.1", Channel{}.name};
  Recording recording{GetParam()};
  const std::string ask = "Action: CoreStatus\r\nActionID: s\r\n\r\n";
  recording.log_in().asked(ask).pbx(core_status("s", "10:00:00"));
  recording.asked(show_channels("l-1")).pbx(list("l-1", {{}})).later(2'000'000);
  recording.happens("ami", What::close).log_in().asked(ask).pbx(core_status("s", "10:00:00"));
  EXPECT_EQ(recording.told(), Told{}) << "a break alone ends nobody";
  recording.happens("ami", What::close).log_in().asked(ask).pbx(core_status("s", "11:00:00"));
  EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"});
  recording.asked(show_channels("l-2")).pbx(list("l-2", {later})).later(2'000'000);
  recording.pbx(hangup(later));
  EXPECT_EQ(recording.told(),
            (Told{"ChannelDestroyed 1.1", "ChannelCreated 9.1", "ChannelDestroyed 9.1"}));
}

TEST_P(OfAmi, ALinkThatClosesBehindAShutdownEndsAllChannels) {
  Recording recording{GetParam()};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {{}})).later(2'000'000);
  recording.pbx(
      "Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n");
  EXPECT_EQ(recording.told(), Told{});
  recording.happens("ami", What::eof);
  EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"});
}

TEST(RecordedLists, TakesTheBridgesThatAreAskedForBehind) {
  Recording recording{"5.0.4"};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {{}}, "BridgeId: b1\r\n"));
  recording.asked("Action: BridgeList\r\nActionID: l-2\r\n\r\n")
      .pbx(
          "Response: Success\r\nActionID: l-2\r\nEventList: start\r\n\r\n"
          "Event: BridgeListItem\r\nActionID: l-2\r\nBridgeUniqueid: b1\r\nBridgeType: basic\r\n"
          "BridgeTechnology: simple_bridge\r\nBridgeCreator: \r\nBridgeName: \r\n"
          "BridgeNumChannels: 1\r\nBridgeVideoSourceMode: none\r\n\r\n"
          "Event: BridgeListComplete\r\nActionID: l-2\r\nEventList: Complete\r\nListItems: "
          "1\r\n\r\n")
      .pbx(hangup({}));
  EXPECT_EQ(recording.told(), (Told{"ChannelLeftBridge 1.1", "ChannelDestroyed 1.1"}));
}

TEST(RecordedLists, AListThatIsRefusedOrCutOffChangesNothing) {
  Recording recording{"5.0.4"};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {{}})).later(2'000'000);
  recording.asked(show_channels("l-2"))
      .pbx("Response: Error\r\nActionID: l-2\r\nMessage: Permission denied\r\n\r\n");
  recording.asked(show_channels("l-3")).pbx("Response: Success\r\nActionID: l-3\r\n\r\n");
  recording.happens("ami", What::eof).log_in().later(2'000'000);
  recording.pbx(hangup({}));
  EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"}) << "it was there until now";
}

// --- Links that are broken or begin later -------------------------------------------------------

TEST(Recording, SaysWhereALinkIsNoAmi) {
  Recording recording{"5.0.4"};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {{}})).later(2'000'000);
  recording.happens("ami", What::connect).pbx("SSH-2.0-OpenSSH\r\n").pbx("Event: A\r\n\r\n");
  recording.log_in().pbx(hangup({}));
  const auto replayed = recording.replay();
  ASSERT_TRUE(replayed.broken);
  EXPECT_NE(replayed.broken->detail.find("call.jsonl:7: "), std::string::npos)
      << replayed.broken->detail;
  EXPECT_FALSE(replayed.damaged);
  EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"}) << "the next link is whole";
  ReplayOptions options;
  options.cut = 1;
  const auto cut = recording.replay(options);
  ASSERT_TRUE(cut.broken);
  EXPECT_NE(cut.broken->detail.find("call.jsonl:7: "), std::string::npos) << cut.broken->detail;
}

TEST(Recording, SaysWhereAConnectionIsNoFastAgi) {
  Recording recording{"5.0.4"};
  recording.log_in().happens("agi:1", What::connect).pbx("GET / HTTP/1.1\r\n", "agi:1");
  const auto replayed = recording.replay();
  ASSERT_TRUE(replayed.broken);
  EXPECT_NE(replayed.broken->detail.find("call.jsonl:5: "), std::string::npos);
}

TEST(Recording, MayBeginWithinAMessageAndASession) {
  for (const std::string begin : {"AccountCode: 1\r\n\r\n", "A", "\r\n", "sterisk Call\r\n\r\n"}) {
    Recording recording{"5.0.4"};
    recording.pbx(begin);
    if (begin == "A") recording.pbx("pplication: x\r\n\r\n");
    recording.pbx("200 result=0\n", "agi:7").happens("agi:7", What::close);
    recording.asked(show_channels("l-1")).pbx(list("l-1", {{}})).later(2'000'000);
    recording.pbx(hangup({}));
    EXPECT_FALSE(recording.replay().broken) << begin;
    EXPECT_EQ(recording.told(), Told{"ChannelDestroyed 1.1"}) << begin;
  }
}

TEST(Recording, IsTheSameWhereverItIsReplayed) {
  Recording recording{"5.0.4"};
  recording.log_in().asked(show_channels("l-1")).pbx(list("l-1", {{}})).later(2'000'000);
  recording.pbx(hangup({}));
  const char* const here = std::getenv("TZ");
  const std::string before = here == nullptr ? "" : here;
  const auto in_zone = [&](const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    return recording.replay().ours;
  };
  const auto far = in_zone("XXX-5:30");
  const auto near = in_zone("UTC0");
  if (here == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", before.c_str(), 1);
  }
  ::tzset();
  ASSERT_EQ(far.size(), 1U);
  EXPECT_EQ(far, near);
  EXPECT_NE(far[0].find("\"timestamp\":\"2026-11-23T16:27:59."), std::string::npos) << far[0];
}

// --- Stays of an arigate ------------------------------------------------------------------------

const Channel in_agi{"1.1", "SIP/alice-00000001", "AGI", "agi://127.0.0.1:4573/demo,a"};
const Channel in_own{
    "1.1", "SIP/alice-00000001", "AGI", "agi://127.0.0.1:4573/arigate,77", "arigate", "77"};

std::string environment(const Channel& channel) {
  const auto slash = channel.data.find('/', 7);
  const auto comma = channel.data.find(',');
  return fmt::format(
      "agi_network: yes\nagi_network_script: {}\nagi_request: {}\nagi_channel: {}\n"
      "agi_language: en\nagi_type: SIP\nagi_uniqueid: {}\nagi_context: {}\nagi_extension: {}\n"
      "agi_priority: 1\nagi_arg_1: {}\n\n",
      channel.data.substr(slash + 1, comma - slash - 1), channel.data.substr(0, comma),
      channel.name, channel.uniqueid, channel.context, channel.exten,
      channel.data.substr(comma + 1));
}

std::string stasis_start(std::string_view application, std::string_view arguments) {
  return fmt::format(
      R"({{"type":"StasisStart","application":"{}","args":[{}],"channel":{{"id":"1.1"}}}})",
      application, arguments);
}

class Stays : public testing::Test {
 protected:
  Recording of(const Channel& channel, std::string ari = "arigate") {
    Recording recording{"5.0.4", std::move(ari)};
    recording.log_in();
    if (channel.context == "arigate") {
      recording.asked(
          "Action: Originate\r\nChannel: SIP/alice\r\nContext: arigate\r\nExten: 77\r\n"
          "Variable: ARIGATE_APP=demo,x\\,y\r\nActionID: other-77\r\n\r\n");
      recording.asked(
          "Action: Originate\r\nChannel: SIP/alice\r\nContext: arigate\r\nExten: 77\r\n"
          "Variable: ARIGATE_APP=demo,b\r\nActionID: arigate-originate-77\r\n\r\n");
    }
    recording.asked(show_channels("l-1")).pbx(list("l-1", {channel})).later(2'000'000);
    recording.pbx("Event: Nothing\r\nPrivilege: call,all\r\n\r\n");
    recording.happens("agi:1", What::connect).pbx(environment(channel), "agi:1");
    return recording;
  }
};

TEST_F(Stays, AreThoseOfTheUrl) {
  auto recording = of(in_agi, "");
  recording.happens("agi:1", What::close);
  EXPECT_EQ(recording.told(), (Told{"StasisStart 1.1,a", "StasisEnd 1.1"}));
}

TEST_F(Stays, AreNotThoseThatWereRefused) {
  auto recording = of(in_agi, "");
  recording.asked("SET VARIABLE \"STASISSTATUS\" \"FAILED\"\n", "agi:1")
      .pbx("200 result=1\n", "agi:1");
  recording.happens("agi:1", What::close, Direction::to_pbx);
  EXPECT_EQ(recording.told(), Told{});
}

TEST_F(Stays, OfOriginatedChannelsAreThoseOfTheOriginate) {
  EXPECT_EQ(of(in_own, "").told(), Told{"StasisStart 1.1,b"});
}

TEST_F(Stays, AfterARestartAreThoseThatTheChannelRemembers) {
  auto recording =
      of({"1.1", in_own.name, "AGI", "agi://127.0.0.1:4573/arigate,78", "arigate", "78"}, "");
  EXPECT_EQ(recording.told(), Told{});
  recording.asked("GET VARIABLE ARIGATE_APP\n", "agi:1").pbx("200 result=1 (demo,c,d)\n", "agi:1");
  EXPECT_EQ(recording.told(), Told{"StasisStart 1.1,c,d"});
}

TEST_F(Stays, EndWhereAnotherArigateTakesThemOver) {
  auto recording = of(in_agi, "");
  recording.asked(
      fmt::format("Action: Setvar\r\nChannel: {0}\r\nVariable: ARIGATE_APP\r\nValue: demo,a\r\n"
                  "ActionID: s-1\r\n\r\nAction: Redirect\r\nChannel: {0}\r\nContext: arigate\r\n"
                  "Exten: 99\r\nPriority: 1\r\nActionID: r-1\r\n\r\n",
                  in_agi.name));
  recording.happens("agi:1", What::close, Direction::to_pbx).happens("agi:2", What::connect);
  recording.pbx(
      environment({"1.1", in_own.name, "AGI", "agi://127.0.0.1:4573/arigate,99", "arigate", "99"}),
      "agi:2");
  EXPECT_EQ(recording.told(), Told{"StasisStart 1.1,a"});
  recording.asked("GET VARIABLE ARIGATE_APP\n", "agi:2").pbx("200 result=1 (demo,a)\n", "agi:2");
  EXPECT_EQ(recording.told(), (Told{"StasisStart 1.1,a", "StasisEnd 1.1", "StasisStart 1.1,a"}));
}

TEST_F(Stays, AreThoseThatWereTold) {
  auto recording = of(in_agi);
  recording.pbx(R"({"type":"ChannelVarset","application":"x"})", "ari-ws");
  EXPECT_EQ(recording.told(), Told{}) << "no application took it";
  recording.pbx(stasis_start("other", R"("e","f")"), "ari-ws:2");
  EXPECT_EQ(recording.told(), Told{"StasisStart 1.1,e,f"});
  recording.pbx(stasis_start("other", R"("e","f")"), "ari-ws");
  recording.pbx(stasis_start("third", ""), "ari-ws");
  recording.asked("SET VARIABLE \"STASISSTATUS\" \"SUCCESS\"\n", "agi:1");
  recording.happens("agi:1", What::close, Direction::to_pbx);
  EXPECT_EQ(recording.told(),
            (Told{"StasisStart 1.1,e,f", "StasisEnd 1.1", "StasisStart 1.1", "StasisEnd 1.1"}));
}

TEST_F(Stays, GoOnOverAReentry) {
  auto recording = of(in_agi, "");
  recording.asked(fmt::format(
      "Action: Redirect\r\nChannel: {}\r\nContext: arigate\r\nExten: 88\r\nPriority: 1\r\n"
      "ActionID: r-1\r\n\r\n",
      in_agi.name));
  const auto before = recording;
  recording.pbx("HANGUP\n", "agi:1").pbx("Response: Success\r\nActionID: r-1\r\n\r\n");
  recording.happens("agi:1", What::close, Direction::to_pbx);
  EXPECT_EQ(recording.told(), Told{"StasisStart 1.1,a"});
  recording.happens("agi:2", What::connect)
      .pbx(environment(
               {"1.1", in_own.name, "AGI", "agi://127.0.0.1:4573/arigate,88", "arigate", "88"}),
           "agi:2");
  EXPECT_EQ(recording.told(), Told{"StasisStart 1.1,a"});
  recording.happens("agi:2", What::close);
  EXPECT_EQ(recording.told(), (Told{"StasisStart 1.1,a", "StasisEnd 1.1"}));

  // The PBX did not redirect it.
  auto refused = before;
  refused.pbx("Response: Error\r\nActionID: r-1\r\n\r\n").happens("agi:1", What::close);
  EXPECT_EQ(refused.told(), (Told{"StasisStart 1.1,a", "StasisEnd 1.1"}));
}

}  // namespace
}  // namespace arigate::replay
