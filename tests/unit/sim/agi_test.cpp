#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "sim/default_dialplan.hpp"
#include "support/fake_pbx.hpp"
#include "support/line_socket.hpp"

namespace arigate::sim {
namespace {

using namespace std::chrono_literals;
using test::FakePbx;
using test::LineSocket;
using tcp = boost::asio::ip::tcp;

/// A FastAGI server with one PBX that calls it.
class Agi : public testing::Test {
 protected:
  Agi() : acceptor_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}} {
    auto options = demo_options("127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()));
    options.speed = speed;
    options.dialplan += arigate_context();
    options.dialplan += "exten => 77,1,AGI(${ARIGATE_URL}/x?q=1,a\"quote,b\\\\back,,d)\n";
    pbx_ = std::make_unique<FakePbx>(std::move(options));
  }

  /// Places a call and waits for its session; the environment is in environment_.
  LineSocket call(std::string exten, std::string context = "") {
    pbx_->ask([&](Pbx& pbx) {
      call_ = pbx.place_call({.endpoint = "SIP/alice", .exten = exten, .context = context});
    });
    return session();
  }
  LineSocket session() {
    auto socket = LineSocket::accept(acceptor_);
    environment_ = socket.read_until("\n\n");
    return socket;
  }
  std::string ask(LineSocket& socket, std::string_view command) {
    socket.send(std::string{command} + "\n");
    return socket.line();
  }
  void hang_up() {
    pbx_->ask([&](Pbx&) { call_->hang_up(); });
  }
  void press(std::string digits) {
    pbx_->ask([&](Pbx&) { call_->press(digits); });
  }
  bool gone() {
    return pbx_->ask([&](Pbx&) { return call_->ended(); });
  }
  /// Waits until the channel has ended.
  void expect_end(int cause) {
    std::promise<int> ended;
    pbx_->ask([&](Pbx&) {
      if (call_->ended()) {
        ended.set_value(call_->cause());
      } else {
        call_->on_end([&](int seen) { ended.set_value(seen); });
      }
    });
    auto end = ended.get_future();
    ASSERT_EQ(end.wait_for(10s), std::future_status::ready);
    EXPECT_EQ(end.get(), cause);
  }
  std::string value_of(const std::string& key) const {
    const auto start = environment_.find("agi_" + key + ": ");
    if (start == std::string::npos) return "(none)";
    const auto from = start + key.size() + 6;
    return environment_.substr(from, environment_.find('\n', from) - from);
  }

  static constexpr double speed = 20;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::unique_ptr<FakePbx> pbx_;
  std::shared_ptr<Call> call_;
  std::string environment_;
};

TEST_F(Agi, SendsTheEnvironmentOfARealOne) {
  auto socket = call("77", "arigate");
  std::string keys;
  for (std::size_t start = 0; environment_[start] != '\n';) {
    const auto end = environment_.find('\n', start);
    keys += environment_.substr(start, environment_.find(':', start) - start) + " ";
    start = end + 1;
  }
  EXPECT_EQ(
      keys,
      "agi_network agi_network_script agi_request agi_channel agi_language agi_type "
      "agi_uniqueid agi_version agi_callerid agi_calleridname agi_callingpres agi_callingani2 "
      "agi_callington agi_callingtns agi_dnid agi_rdnis agi_context agi_extension "
      "agi_priority agi_enhanced agi_accountcode agi_threadid agi_arg_1 ");
  EXPECT_EQ(value_of("network_script"), "x?q=1");
  EXPECT_EQ(value_of("arg_1"), "aquote,b\\back,,d") << "a lone quote joins, as on a real one";
  EXPECT_EQ(value_of("callerid"), "801");
  EXPECT_EQ(value_of("rdnis"), "unknown");
}

struct Exchanged {
  const char* command;
  const char* reply;
};

TEST_F(Agi, AnswersCommandsAsARealOneDoes) {
  auto socket = call("600");
  const std::vector<Exchanged> table{
      {"CHANNEL STATUS", "200 result=4"},
      {"NOOP", "200 result=0"},
      {"nosuchcommand", "510 Invalid or unknown command"},
      {"", "510 Invalid or unknown command"},
      {"ANSWER", "200 result=0"},
      {"ANSWER extra arguments", "200 result=0"},
      {"CHANNEL STATUS", "200 result=6"},
      {"CHANNEL STATUS nosuch/chan", "200 result=-1"},
      {"SET VARIABLE", "200 result=1"},
      {"GET VARIABLE", "520 Invalid command syntax.  Proper usage not available."},
      {R"(SET VARIABLE q "a \"quoted\" b\\s")", "200 result=1"},
      {"GET VARIABLE q", R"(200 result=1 (a "quoted" b\s))"},
      {"Get  Variable  q", R"(200 result=1 (a "quoted" b\s))"},
      {R"(SET VARIABLE e "")", "200 result=1"},
      {"GET VARIABLE e", "200 result=1 ()"},
      {"GET VARIABLE nosuch", "200 result=0"},
      {"GET FULL VARIABLE tok-1", "200 result=1 (tok-1)"},
      {"GET FULL VARIABLE ${CALLERID(num)}", "200 result=1 (801)"},
      {R"(GET FULL VARIABLE "${q:2:6} $[1+2] ${DIALPLAN_EXISTS(from-trunk,600,1)}")",
       "200 result=1 (\"quote 3 1)"},
      {R"(SET VARIABLE paren "a) (b")", "200 result=1"},
      {"GET VARIABLE paren", "200 result=1 (a) (b)"},
      {"VERBOSE \"hello there\" 3", "200 result=1"},
      {R"(DATABASE PUT fam key "value x")", "200 result=1"},
      {"DATABASE GET fam key", "200 result=1 (value x)"},
      {"DATABASE DEL fam key", "200 result=1"},
      {"DATABASE GET fam key", "200 result=0"},
      {R"(STREAM FILE beep "")", "200 result=0 endpos=3520"},
      {R"(STREAM FILE nosuchfile "")", "200 result=-1 endpos=0"},
      {R"(STREAM FILE beep "#" 4000)", "200 result=0 endpos=3520"},
      {R"(CONTROL STREAM FILE beep "")", "200 result=0"},
      {R"(GET OPTION beep "#" 500)", "200 result=0 endpos=3520"},
      {"WAIT FOR DIGIT 300", "200 result=0"},
      {"GET DATA beep 500 2", "200 result= (timeout)"},
      {R"(SAY DIGITS 12 "")", "200 result=0"},
      {"EXEC NoSuchApp x", "200 result=-2"},
      {R"(EXEC Set "x=1,y")", "200 result=0"},
      {"GET VARIABLE x", "200 result=1 (1,y)"},
      {"EXEC Playback beep", "200 result=0"},
      {"EXEC", "520 Invalid command syntax.  Proper usage not available."},
      {R"(SET CALLERID "New Name <321>")", "200 result=1"},
      {"GET VARIABLE CALLERID(name)", "200 result=1 (New Name)"},
      {"SET MUSIC on", "200 result=0"},
      {"SET MUSIC off", "200 result=0"},
      {R"(EXEC "NoOp" "a b")", "200 result=0"},
      {"noop   \"unterminated", "200 result=0"},
      {"HANGUP nosuch/chan", "200 result=-1"},
  };
  for (const auto& row : table) EXPECT_EQ(ask(socket, row.command), row.reply) << row.command;
}

TEST_F(Agi, APlaybackLastsAsLongAsItsFile) {
  auto socket = call("600");
  ask(socket, "ANSWER");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(socket, R"(STREAM FILE demo-thanks "")"), "200 result=0 endpos=24000");
  const auto spent = std::chrono::steady_clock::now() - start;
  EXPECT_GE(spent, 3000ms / speed);
}

TEST_F(Agi, ANewCommandEndsAPlaybackWithoutAReply) {
  auto socket = call("600");
  for (const auto* command : {R"(STREAM FILE tt-monkeys "")", "GET DATA tt-monkeys 3000",
                              R"(GET OPTION tt-monkeys "#" 3000)"}) {
    socket.send(std::string{command} + "\n");
    ASSERT_TRUE(socket.silent_for(20ms));
    EXPECT_EQ(ask(socket, "GET FULL VARIABLE token"), "200 result=1 (token)") << command;
  }
  socket.send("WAIT FOR DIGIT -1\n");
  ASSERT_TRUE(socket.silent_for(20ms));
  EXPECT_EQ(ask(socket, "GET FULL VARIABLE token"), "200 result=1");
  EXPECT_EQ(socket.line(), "200 result=1 (token)");
}

TEST_F(Agi, OtherCommandsAreNotInterrupted) {
  auto socket = call("600");
  for (const auto* command : {R"(CONTROL STREAM FILE beep "")", R"(SAY DIGITS 1 "")", "EXEC Wait 1",
                              R"(RECORD FILE /tmp/x wav "#" 800)"}) {
    socket.send(std::string{command} + "\n");
    ASSERT_TRUE(socket.silent_for(5ms));
    EXPECT_NE(ask(socket, "GET FULL VARIABLE token"), "200 result=1 (token)") << command;
    EXPECT_EQ(socket.line(), "200 result=1 (token)");
  }
}

TEST_F(Agi, TheSecondOfTwoCommandsInOneWriteStaysUnread) {
  auto socket = call("600");
  socket.send("GET FULL VARIABLE one\nGET FULL VARIABLE two\n");
  EXPECT_EQ(socket.line(), "200 result=1 (one)");
  EXPECT_TRUE(socket.silent_for(50ms));
  socket.send("GET FULL VARIABLE three\n");
  EXPECT_EQ(socket.line(), "200 result=1 (two)");
  EXPECT_EQ(socket.line(), "200 result=1 (three)");
}

TEST_F(Agi, AnOverlongLineIsExecutedInParts) {
  auto socket = call("600");
  socket.send("GET VARIABLE " + std::string(3000, 'v') + "\n");
  EXPECT_EQ(socket.line(), "200 result=0");
  socket.send("NOOP\n");
  EXPECT_EQ(socket.line(), "510 Invalid or unknown command");
}

TEST_F(Agi, DigitsReachTheCommandThatWaits) {
  auto socket = call("600");
  ask(socket, "ANSWER");
  socket.send("GET DATA beep 3000 5\n");
  press("53#");
  EXPECT_EQ(socket.line(), "200 result=53");
  socket.send("STREAM FILE tt-monkeys \"8\"\n");
  press("78");
  EXPECT_TRUE(socket.line().starts_with("200 result=56 endpos="));
  socket.send("RECORD FILE /tmp/agirec wav \"#\" 10000 0\n");
  press("#");
  EXPECT_TRUE(socket.line().starts_with("200 result=35 (dtmf) endpos="));
  socket.send("STREAM FILE /tmp/agirec \"\"\n");
  EXPECT_TRUE(socket.line().starts_with("200 result=0 endpos="))
      << "what was recorded can be played";
}

TEST_F(Agi, ARecordingEndsByTimeAndBySilence) {
  auto socket = call("600");
  constexpr std::string_view timed_out = "200 result=0 (timeout) endpos=";
  const auto by_time = ask(socket, "RECORD FILE /tmp/agirec wav \"#\" 800 BEEP");
  ASSERT_TRUE(by_time.starts_with(timed_out)) << by_time;
  EXPECT_GE(std::stol(by_time.substr(timed_out.size())), 6400) << "8 samples a millisecond";
  pbx_->ask([](Pbx& pbx) {
    pbx.set_endpoint({.name = "SIP/alice", .caller_number = "801", .speaks_for = 1000ms});
  });
  constexpr std::string_view silent = "200 result=7000 (timeout) endpos=";
  const auto by_silence = ask(socket, "RECORD FILE /tmp/agirec wav \"#\" 10000 0 s=2");
  ASSERT_TRUE(by_silence.starts_with(silent)) << "the number is what was left: " << by_silence;
  EXPECT_GE(std::stol(by_silence.substr(silent.size())), 24'000) << "3 s";
}

TEST_F(Agi, AHungUpChannelWaitsForTheServer) {
  auto socket = call("600");
  ask(socket, "ANSWER");
  socket.send("STREAM FILE tt-monkeys \"\"\n");
  ASSERT_TRUE(socket.silent_for(20ms));
  hang_up();
  EXPECT_TRUE(socket.line().starts_with("200 result=-1 endpos="));
  EXPECT_EQ(socket.line(), "HANGUP");
  const std::vector<Exchanged> table{
      {"CHANNEL STATUS", "511 Command Not Permitted on a dead channel"},
      {R"(STREAM FILE beep "")", "511 Command Not Permitted on a dead channel"},
      {"HANGUP", "511 Command Not Permitted on a dead channel"},
      {"SET VARIABLE dead 1", "200 result=1"},
      {"GET VARIABLE dead", "200 result=1 (1)"},
      {"EXEC NoOp dead", "200 result=0"},
      {"GET VARIABLE HANGUPCAUSE", "200 result=1 (16)"},
  };
  for (const auto& row : table) EXPECT_EQ(ask(socket, row.command), row.reply) << row.command;
  EXPECT_FALSE(gone()) << "it ends when the server closes, not before";
  socket.close();
  expect_end(16);
}

TEST_F(Agi, ACancelledCallEndsWithoutACause) {
  auto socket = call("600");
  EXPECT_EQ(ask(socket, "EXEC Ringing"), "200 result=0");
  hang_up();
  EXPECT_EQ(socket.line(), "HANGUP");
  socket.close();
  expect_end(0);
}

TEST_F(Agi, TheServerCanHangUp) {
  auto socket = call("600");
  EXPECT_EQ(ask(socket, "HANGUP"), "200 result=1");
  EXPECT_EQ(socket.line(), "HANGUP");
  socket.close();
  expect_end(0);
}

TEST_F(Agi, TheServerCanSendTheChannelOn) {
  auto socket = call("600");
  EXPECT_EQ(ask(socket, "SET CONTEXT from-trunk"), "200 result=0");
  EXPECT_EQ(ask(socket, "SET EXTENSION 601"), "200 result=0");
  EXPECT_EQ(ask(socket, "SET PRIORITY 1"), "200 result=0");
  socket.close();
  expect_end(16);  // 601 answers, plays and hangs up by itself.
}

TEST_F(Agi, ARedirectLeavesTheOldSessionToTheServer) {
  auto socket = call("4711", "arigate");
  const auto id = value_of("uniqueid");
  EXPECT_EQ(value_of("arg_1"), "4711");
  auto ami = LineSocket::connect(pbx_->ami_port());
  ami.send("Action: Login\r\nUsername: arigate\r\nSecret: arigate\r\nEvents: off\r\n\r\n");
  ami.read_until("\r\n\r\n");
  ami.send("Action: Redirect\r\nChannel: " + id +
           "\r\nContext: arigate\r\nExten: 4712\r\nPriority: 1\r\n\r\n");
  EXPECT_EQ(ami.read_until("\r\n\r\n"),
            "Response: Success\r\nMessage: Redirect successful\r\n\r\n");
  EXPECT_EQ(socket.line(), "HANGUP");
  // A hangup in between is lost: the jump clears it.
  ami.send("Action: Hangup\r\nChannel: " + id + "\r\n\r\n");
  EXPECT_EQ(ami.read_until("\r\n\r\n"), "Response: Success\r\nMessage: Channel Hungup\r\n\r\n");
  socket.close();
  auto next = session();
  EXPECT_EQ(value_of("uniqueid"), id);
  EXPECT_EQ(value_of("arg_1"), "4712");
  EXPECT_EQ(ask(next, "CHANNEL STATUS"), "200 result=4") << "alive, and still not answered";
}

TEST_F(Agi, TheRetryLoopComesBackUntilItIsDone) {
  auto socket = call("4711", "arigate");
  const auto id = value_of("uniqueid");
  socket.close();  // As when the server crashes.
  socket = session();
  EXPECT_EQ(value_of("uniqueid"), id);
  EXPECT_EQ(ask(socket, "GET VARIABLE AGISTATUS"), "200 result=1 (SUCCESS)");
  EXPECT_EQ(ask(socket, "GET VARIABLE ARIGATE_TRY"), "200 result=1 (1)");
  EXPECT_EQ(ask(socket, "SET VARIABLE ARIGATE_DONE 1"), "200 result=1");
  socket.close();
  expect_end(16);
}

TEST_F(Agi, TheRetryLoopOutlivesAServerThatIsAway) {
  auto socket = call("4711", "arigate");
  const auto port = acceptor_.local_endpoint();
  acceptor_.close();
  socket.close();
  // Its next tries are refused; then the server is back on the same port.
  acceptor_.open(port.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address{true});
  acceptor_.bind(port);
  acceptor_.listen();
  socket = session();
  EXPECT_EQ(value_of("arg_1"), "4711");
}

TEST_F(Agi, ALocalPairEndsTogether) {
  auto ami = LineSocket::connect(pbx_->ami_port());
  ami.send(
      "Action: Login\r\nUsername: arigate\r\nSecret: arigate\r\n\r\n"
      "Action: Originate\r\nChannel: Local/4711@arigate/n\r\nApplication: Wait\r\nData: 60\r\n"
      "Variable: A=1,B=two\\,half\r\nVariable: C=x\r\nCallerID: \"Joe D\" <555>\r\nAsync: "
      "true\r\n\r\n");
  auto socket = session();
  EXPECT_TRUE(value_of("channel").ends_with(";2"));
  EXPECT_EQ(value_of("callerid"), "555");
  EXPECT_EQ(value_of("calleridname"), "Joe D");
  EXPECT_EQ(ask(socket, "GET VARIABLE B"), "200 result=1 (two,half)");
  EXPECT_EQ(ask(socket, "ANSWER"), "200 result=0");
  ami.read_until("Event: OriginateResponse\r\nPrivilege: call,all\r\nResponse: Success\r\n");
  auto first = value_of("channel");
  first.back() = '1';
  ami.send("Action: Hangup\r\nChannel: " + first + "\r\nCause: 21\r\n\r\n");
  EXPECT_EQ(socket.line(), "HANGUP");
  ami.read_until("Event: HangupRequest\r\nPrivilege: call,all\r\nChannel: " + value_of("channel"));
  ami.read_until("Event: Hangup\r\nPrivilege: call,all\r\nChannel: " + first);
  ami.read_until("Cause: 21\r\nCause-txt: Call Rejected\r\n\r\n");
  socket.close();
  ami.read_until("Event: Hangup\r\nPrivilege: call,all\r\nChannel: " + value_of("channel"));
}

}  // namespace
}  // namespace arigate::sim
