// `arigate capture`, and `run` with a capture: what is recorded between others, and of a gateway.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "integration/http_fixture.hpp"
#include "sim/default_dialplan.hpp"
#include "support/fake_pbx.hpp"
#include "support/fixtures.hpp"
#include "support/program.hpp"
#include "support/temp_folder.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::test {
namespace {

using boost::asio::ip::tcp;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<trace::Line> lines_of(const std::filesystem::path& file) {
  std::vector<trace::Line> lines;
  auto reader = trace::Reader::open(file);
  EXPECT_TRUE(reader) << reader.error().detail;
  while (reader) {
    const auto line = reader->next();
    EXPECT_TRUE(line) << line.error().detail;
    if (!line || !*line) break;
    lines.push_back(**line);
  }
  return lines;
}

/// The bytes of each link and direction, joined.
std::map<std::string, std::string> streams_of(const std::vector<trace::Line>& lines) {
  std::map<std::string, std::string> streams;
  for (const auto& line : lines) {
    if (line.what != trace::Line::What::data) continue;
    streams[line.link + (line.dir == trace::Direction::from_pbx ? " pbx>" : " >pbx")] += line.data;
  }
  return streams;
}

/// What one side of a relay sends until its end, and gets.
std::string read_all(tcp::socket& socket) {
  std::string bytes;
  boost::system::error_code error;
  std::string block(64 * 1024, '\0');
  while (!error) {
    const auto size = socket.read_some(boost::asio::buffer(block), error);
    bytes.append(block, 0, size);
  }
  return bytes;
}

void send(tcp::socket& socket, std::string_view bytes) {
  boost::asio::write(socket, boost::asio::buffer(bytes));
}

TEST(CaptureProgram, RecordsBetweenApplicationsAndTheirPbx) {
  boost::asio::io_context context;
  const tcp::endpoint any{boost::asio::ip::address_v4::loopback(), 0};
  tcp::acceptor pbx{context, any};
  tcp::acceptor application{context, any};
  const TempFolder folder;
  const auto file = folder.path() / "call.jsonl.gz";
  Program program{{"capture", "-o", file.string(), "--ami-listen", "127.0.0.1:0", "--ami-to",
                   fmt::format("127.0.0.1:{}", pbx.local_endpoint().port()), "--agi-listen",
                   "127.0.0.1:0", "--agi-to",
                   fmt::format("localhost:{}", application.local_endpoint().port()),
                   "--mask-numbers"}};
  ASSERT_TRUE(program.prints("agi: connect to 127.0.0.1:")) << program.printed();
  ASSERT_TRUE(program.prints("localhost")) << program.printed();
  const auto connect = [&](std::string_view kind) {
    tcp::socket socket{context};
    socket.connect({boost::asio::ip::address_v4::loopback(),
                    port_after(fmt::format("{}: connect to 127.0.0.1:", kind), program.printed())});
    return socket;
  };

  auto first = connect("ami");
  auto first_pbx = pbx.accept();
  auto second = connect("ami");
  auto second_pbx = pbx.accept();
  auto call = connect("agi");
  auto call_application = application.accept();
  const std::string banner = "Asterisk Call Manager/1.1\r\n";
  const std::string login = "Action: Login\r\nSecret: hunter2\r\n\r\n";
  const std::string event = "Event: Newchannel\r\nCallerIDNum: 0301234567\r\n\r\n";
  send(first_pbx, banner);
  for (const char c : login) send(first, {&c, 1});
  send(second, login);
  send(first_pbx, event);
  send(call, "agi_callerid: 0301234567\n\n");
  for (auto* socket : {&first, &second, &first_pbx, &second_pbx, &call, &call_application}) {
    socket->shutdown(tcp::socket::shutdown_send);
  }
  EXPECT_EQ(read_all(first), banner + event) << "what is forwarded is not masked";
  EXPECT_EQ(read_all(first_pbx), login);
  EXPECT_EQ(read_all(second_pbx), login);
  EXPECT_EQ(read_all(call_application), "agi_callerid: 0301234567\n\n");
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0) << program.printed();

  auto streams = streams_of(lines_of(file));
  EXPECT_EQ(streams["ami >pbx"], "Action: Login\r\nSecret: ***\r\n\r\n");
  EXPECT_EQ(streams["ami:2 >pbx"], streams["ami >pbx"]);
  const std::string number = streams["agi:1 pbx>"].substr(14, 10);
  EXPECT_NE(number, "0301234567");
  EXPECT_EQ(streams["ami pbx>"],
            banner + "Event: Newchannel\r\nCallerIDNum: " + number + "\r\n\r\n");
  EXPECT_EQ(trace::Reader::open(file)->header().ami, "1.1");
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0600});
}

TEST(CaptureProgram, SaysWhatIsWrongWithItsCommandLine) {
  const TempFolder folder;
  const auto file = (folder.path() / "call.jsonl").string();
  struct Row {
    std::vector<std::string> arguments;
    int code;
    std::string says;
  };
  const std::vector<Row> rows{
      {{"capture"}, 2, "--output is required"},
      {{"capture", "-o", file}, 2, "needs a configuration (-c)"},
      {{"capture", "-o", file, "--ami-listen", "5038"}, 2, "--ami-listen must be address:port"},
      {{"capture", "-o", file, "--agi-listen", "127.0.0.1:0"}, 2, "--agi-listen needs --agi-to"},
      {{"capture", "-o", file, "--ami-listen", "127.0.0.1:0", "--ami-to", "x"},
       2,
       "--ami-to must be host:port"},
      {{"capture", "-o", "/nowhere/call.jsonl", "--ami-listen", "127.0.0.1:0"},
       1,
       "/nowhere/call.jsonl: cannot be written"},
      {{"capture", "-o", file, "--ami-listen", "192.0.2.1:0"}, 1, "cannot listen on 192.0.2.1:0"},
      {{"capture", "-c", file, "-o", file}, 2, "call.jsonl"},
  };
  for (const auto& row : rows) {
    Program program{row.arguments};
    EXPECT_EQ(program.exit_code(), row.code) << program.printed();
    EXPECT_THAT(program.printed(), HasSubstr(row.says));
  }
}

/// A gateway that captures, in front of a simulated PBX.
class CapturingGateway : public testing::TestWithParam<sim::Version> {
 protected:
  /// A port for FastAGI that was free a moment ago: the dialplan needs to know it before.
  static std::uint16_t free_port() {
    boost::asio::io_context context;
    const tcp::acceptor acceptor{context, {boost::asio::ip::address_v4::loopback(), 0}};
    return acceptor.local_endpoint().port();
  }
  std::string write_config() {
    const auto file = folder_.write(
        "arigate.conf",
        fmt::format("[ami]\nport = {}\nuser = arigate\nsecret = arigate-secret\n[fastagi]\n"
                    "bind = 127.0.0.1\nport = {}\n[http]\nport = 0\n[u]\ntype = user\n"
                    "password = p\n",
                    pbx_.ami_port(), fastagi_));
    ::chmod(file.c_str(), 0600);
    return file.string();
  }
  sim::Options pbx_options() const {
    auto options = sim::demo_options(fmt::format("127.0.0.1:{}", fastagi_));
    options.users = {{.name = "arigate", .secret = "arigate-secret"}};
    options.dialplan += sim::arigate_context();  // 1.8 cannot be given it at run time.
    options.dialplan += "\n[absent]\nexten => 1,1,AGI(${ARIGATE_URL}/absent)\nsame => n,Hangup()\n";
    options.version = GetParam();
    options.speed = 5;
    return options;
  }

  TempFolder folder_;
  std::uint16_t fastagi_ = free_port();
  FakePbx pbx_{pbx_options()};
};

TEST_P(CapturingGateway, KeepsAllItsLinksAndReplayTellsTheSameCall) {
  const auto file = folder_.path() / "call.jsonl.zst";
  std::vector<std::string> told;
  {
    Program program{{"run", "-c", write_config(), "--capture", file.string()}};
    ASSERT_TRUE(program.prints("pbx known")) << program.printed();
    const auto port = port_after("http=127.0.0.1:", program.printed());
    RawClient events{port};
    events.send(
        "GET /ari/events?app=demo&subscribeAll=true&api_key=u:p HTTP/1.1\r\nHost: h\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_THAT(events.read_until("\r\n\r\n"), HasSubstr("101"));
    pbx_.ask([](sim::Pbx& pbx) { pbx.place_call({.endpoint = "SIP/alice", .exten = "600"}); });
    EXPECT_THAT(events.read_until("\"StasisStart\""), HasSubstr("ChannelCreated"));
    RawClient rest{port};
    const auto channels = rest.ask(http_get("/ari/channels"));
    ASSERT_EQ(channels.status, 200);
    const auto id = channels.body.substr(8, channels.body.find('"', 8) - 8);
    rest.send("DELETE /ari/channels/" + id + " HTTP/1.1\r\nHost: h\r\n" +
              std::string{basic_header} + "\r\n");
    EXPECT_EQ(rest.read_answer().status, 204);
    EXPECT_THAT(events.read_until("\"ChannelDestroyed\""), HasSubstr("StasisEnd"));
    program.signal(SIGTERM);
    EXPECT_EQ(program.exit_code(), 0) << program.printed();
  }
  const auto lines = lines_of(file);
  auto streams = streams_of(lines);
  EXPECT_THAT(streams["ami >pbx"], AllOf(HasSubstr("Action: Login"), HasSubstr("Key: ***")));
  EXPECT_THAT(streams["ami pbx>"],
              AllOf(HasSubstr("Call Manager/"), HasSubstr("Challenge: ***"), HasSubstr("Hangup")));
  EXPECT_THAT(streams["agi:1 pbx>"], HasSubstr("agi_request: agi://"));
  EXPECT_FALSE(streams["ari-ws pbx>"].empty());
  std::size_t answered = 0;
  for (const auto& line : lines) {
    if (line.link == "ari-ws" && line.what == trace::Line::What::data) told.push_back(line.data);
    if (line.link == "ari-ws" && line.path) {
      EXPECT_EQ(line.path, "/ari/events?app=demo&subscribeAll=true&api_key=***");
    }
    if (line.link == "ari-rest" && line.status) ++answered;
  }
  EXPECT_EQ(answered, 2U);

  // The replay tells what the clients were told.
  Program replay{{"replay", file.string()}};
  EXPECT_EQ(replay.exit_code(), 0) << replay.printed();
  const auto types = [](std::string_view text) {
    std::vector<std::string> found;
    for (auto at = text.find("\"type\":\""); at != std::string_view::npos;
         at = text.find("\"type\":\"", at + 1)) {
      found.emplace_back(text.substr(at + 8, text.find('"', at + 8) - at - 8));
    }
    return found;
  };
  std::string all_told;
  for (const auto& event : told) all_told += event;
  const auto seen = types(replay.printed());
  auto expected = types(all_told);
  const auto start = std::find(expected.begin(), expected.end(), "StasisStart");
  ASSERT_NE(start, expected.end());
  EXPECT_TRUE(std::search(seen.begin(), seen.end(), expected.begin(), start + 1) != seen.end())
      << "told: " << testing::PrintToString(expected)
      << "\nreplayed: " << testing::PrintToString(seen);
  // The end was asked for by REST, of which the PBX tells less.
  for (const auto* type : {"StasisEnd", "ChannelDestroyed"}) {
    EXPECT_EQ(std::count(seen.begin(), seen.end(), type), 1) << type;
  }
}

/// "StasisStart mine,x,y" of all events about the life and the stays of channels, in applications
/// and in their bridges, one a line.
std::vector<std::string> lives_in(const std::string& text) {
  std::vector<std::string> lives;
  simdjson::dom::parser parser;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    const simdjson::dom::element event = parser.parse(line);
    const std::string_view type = event["type"];
    const bool of_bridge = type.starts_with("Bridge") || type.ends_with("Bridge");
    if (!of_bridge && !type.starts_with("Stasis") && type != "ChannelCreated" &&
        type != "ChannelDestroyed") {
      continue;
    }
    std::string life{type};
    std::string_view id;
    for (const auto* object : {"channel", "bridge"}) {
      if (event[object]["id"].get(id) == simdjson::SUCCESS) life.append(" ").append(id);
    }
    simdjson::dom::array arguments;
    if (event["args"].get(arguments) == simdjson::SUCCESS) {
      for (const std::string_view argument : arguments) life.append(",").append(argument);
    }
    lives.push_back(std::move(life));
  }
  return lives;
}

TEST_P(CapturingGateway, ReplayTellsTheStaysThatTheApplicationHad) {
  const auto file = folder_.path() / "call.jsonl.gz";
  {
    Program program{{"run", "-c", write_config(), "--capture", file.string()}};
    ASSERT_TRUE(program.prints("pbx known")) << program.printed();
    const auto port = port_after("http=127.0.0.1:", program.printed());
    RawClient events{port};
    events.send(
        "GET /ari/events?app=demo&subscribeAll=true&api_key=u:p HTTP/1.1\r\nHost: h\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_THAT(events.read_until("\r\n\r\n"), HasSubstr("101"));
    RawClient rest{port};
    const auto ask = [&](std::string_view method, std::string_view target) {
      rest.send(fmt::format("{} /ari{} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n{}\r\n", method,
                            target, basic_header));
      return rest.read_answer().status;
    };
    // The channel has another id than the PBX would give it, and arguments.
    EXPECT_EQ(ask("POST", "/channels?endpoint=SIP/alice&app=demo&appArgs=x,y&channelId=mine"), 200);
    events.read_until("\"StasisStart\"");
    // Before ConfbridgeKick a member leaves the room by way of the re-entry context.
    EXPECT_EQ(ask("POST", "/bridges?type=mixing&bridgeId=one"), 200);
    EXPECT_EQ(ask("POST", "/bridges/one/addChannel?channel=mine"), 204);
    EXPECT_EQ(ask("POST", "/bridges/one/removeChannel?channel=mine"), 204);
    EXPECT_EQ(ask("DELETE", "/bridges/one"), 204);
    EXPECT_EQ(ask("POST", "/channels/mine/ring"), 204);
    EXPECT_EQ(ask("DELETE", "/channels/mine"), 204);
    events.read_until("\"ChannelDestroyed\"");
    // No application takes this one.
    pbx_.ask([](sim::Pbx& pbx) {
      pbx.place_call({.endpoint = "SIP/alice", .exten = "1", .context = "absent"});
    });
    events.read_until("\"ChannelDestroyed\"");
    program.signal(SIGTERM);
    EXPECT_EQ(program.exit_code(), 0) << program.printed();
  }
  std::string told;
  for (const auto& line : lines_of(file)) {
    if (line.link == "ari-ws" && line.what == trace::Line::What::data) told += line.data + "\n";
  }
  const auto expected = lives_in(told);
  EXPECT_THAT(expected, testing::IsSupersetOf({"StasisStart mine,x,y", "BridgeCreated one",
                                               "ChannelEnteredBridge mine one",
                                               "ChannelLeftBridge mine one"}));
  Program replay{{"replay", file.string()}};
  EXPECT_EQ(replay.exit_code(), 0) << replay.printed();
  EXPECT_EQ(lives_in(replay.printed()), expected);
}

INSTANTIATE_TEST_SUITE_P(Versions, CapturingGateway,
                         testing::Values(sim::Version::asterisk_1_8, sim::Version::asterisk_11,
                                         sim::Version::asterisk_16),
                         [](const auto& info) { return fmt::format("pbx{}", info.index); });

}  // namespace
}  // namespace arigate::test
