#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/default_dialplan.hpp"
#include "support/fake_pbx.hpp"
#include "support/line_socket.hpp"

namespace arigate::sim {
namespace {

using test::FakePbx;
using test::LineSocket;

Options fast_options() {
  auto options = demo_options("127.0.0.1:1");  // Nobody listens there.
  options.speed = 50;
  options.users = {
      {.name = "arigate", .secret = "s3cret"},
      {.name = "limited", .secret = "limited", .read = "call", .write = "reporting"},
  };
  return options;
}

class AmiWire : public testing::Test {
 protected:
  /// A connection past its banner, logged in.
  LineSocket log_in(std::string_view user = "arigate", std::string_view secret = "s3cret") {
    auto socket = LineSocket::connect(pbx_.ami_port());
    socket.read_until("\r\n");
    socket.send("Action: Login\r\nUsername: " + std::string{user} +
                "\r\nSecret: " + std::string{secret} + "\r\n\r\n");
    socket.read_until("\r\n\r\n");
    return socket;
  }
  std::string ask(LineSocket& socket, std::string_view request) {
    socket.send(request);
    return socket.read_until("\r\n\r\n");
  }
  /// Names of the headers of a message, one space between.
  static std::string header_names(const std::string& message) {
    std::string names;
    for (std::size_t start = 0; start < message.size();) {
      const auto end = message.find("\r\n", start);
      const auto colon = message.find(':', start);
      if (end == start || colon == std::string::npos) break;
      names += (names.empty() ? "" : " ") + message.substr(start, colon - start);
      start = end + 2;
    }
    return names;
  }
  /// The next message that starts so.
  static std::string next(LineSocket& socket, std::string_view start) {
    for (;;) {
      auto message = socket.read_until("\r\n\r\n");
      if (message.starts_with(start)) return message;
    }
  }

  FakePbx pbx_{fast_options()};
};

TEST_F(AmiWire, GreetsAndLogsInAsAsterisk11) {
  auto socket = LineSocket::connect(pbx_.ami_port());
  EXPECT_EQ(socket.read_until("\n"), "Asterisk Call Manager/1.3\r\n");
  EXPECT_EQ(ask(socket, "Action: Ping\r\nActionID: early\r\n\r\n"),
            "Response: Error\r\nActionID: early\r\nMessage: Permission denied\r\n\r\n");
  EXPECT_EQ(
      ask(socket, "Action: Login\r\nActionID: 1\r\nUsername: arigate\r\nSecret: s3cret\r\n\r\n"),
      "Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"),
            "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n");
  EXPECT_EQ(ask(socket, "Action: Logoff\r\n\r\n"),
            "Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n");
  EXPECT_TRUE(socket.ends());
}

TEST_F(AmiWire, RefusesAWrongSecretAndCloses) {
  auto socket = LineSocket::connect(pbx_.ami_port());
  socket.read_until("\r\n");
  EXPECT_EQ(ask(socket, "Action: Login\r\nUsername: arigate\r\nSecret: no\r\n\r\n"),
            "Response: Error\r\nMessage: Authentication failed\r\n\r\n");
  EXPECT_TRUE(socket.ends());
}

struct Exchanged {
  const char* about;
  std::string request;
  std::string reply;
};

TEST_F(AmiWire, AnswersOddRequestsAsARealOneDoes) {
  const std::string too_long(1030, 'y');
  const std::vector<Exchanged> table{
      {"blanks at the end belong to the name", "Action: Ping  \r\n\r\n",
       "Response: Error\r\nMessage: Invalid/unknown command: Ping  . Use Action: ListCommands to "
       "show available commands.\r\n\r\n"},
      {"an empty message", "\r\n", "Response: Error\r\nMessage: Missing action in request\r\n\r\n"},
      {"line feeds only", "Action: Getvar\nActionID: lf\nVariable: nosuch\n\n",
       "Response: Success\r\nActionID: lf\r\nVariable: nosuch\r\nValue: \r\n\r\n"},
      {"the first ActionID counts", "ActionID: a\r\nActionID: b\r\nAction: Filter\r\n\r\n",
       "Response: Error\r\nActionID: a\r\nMessage: Unknown operation\r\n\r\n"},
      {"a line over the limit", "Action: Ping\r\nActionID: long\r\nX: " + too_long + "\r\n\r\n",
       "Response: Error\r\nActionID: long\r\nMessage: Failed to parse message: line too "
       "long\r\n\r\n"},
      {"no channel to call", "Action: Originate\r\nApplication: Wait\r\n\r\n",
       "Response: Error\r\nMessage: Channel not specified\r\n\r\n"},
      {"no technology", "Action: Originate\r\nChannel: Local\r\n\r\n",
       "Response: Error\r\nMessage: Invalid channel\r\n\r\n"},
      {"a priority that is none",
       "Action: Originate\r\nChannel: Local/a@b\r\nExten: x\r\nPriority: nan\r\n\r\n",
       "Response: Error\r\nMessage: Invalid priority\r\n\r\n"},
      {"hang up nothing", "Action: Hangup\r\nChannel: no/such\r\n\r\n",
       "Response: Error\r\nMessage: No such channel\r\n\r\n"},
      {"redirect nothing",
       "Action: Redirect\r\nChannel: no/such\r\nContext: a\r\nExten: b\r\nPriority: 1\r\n\r\n",
       "Response: Error\r\nMessage: Channel does not exist: no/such\r\n\r\n"},
      {"an extension without a hint",
       "Action: ExtensionState\r\nExten: x\r\nContext: default\r\n\r\n",
       "Response: Success\r\nMessage: Extension Status\r\nExten: x\r\nContext: default\r\nHint: "
       "\r\nStatus: -1\r\n\r\n"},
      {"a module that is not there", "Action: ModuleCheck\r\nModule: chan_pjsip.so\r\n\r\n",
       "Response: Error\r\nMessage: Module not loaded\r\n\r\n"},
      {"log in twice", "Action: Login\r\nUsername: arigate\r\nSecret: s3cret\r\n\r\n",
       "Response: Success\r\nMessage: Already authenticated\r\n\r\n"},
      {"an unknown command", "Action: Command\r\nActionID: c\r\nCommand: no such command\r\n\r\n",
       "Response: Follows\r\nPrivilege: Command\r\nActionID: c\r\nNo such command 'no such "
       "command' "
       "(type 'core show help no such' for other possible commands)\n--END COMMAND--\r\n\r\n"},
  };
  auto socket = log_in();
  socket.read_until("\r\n\r\n");  // FullyBooted
  for (const auto& row : table) EXPECT_EQ(ask(socket, row.request), row.reply) << row.about;
}

TEST_F(AmiWire, KeepsPrivilegesOfUsers) {
  auto socket = log_in("limited", "limited");  // No "system": no FullyBooted.
  EXPECT_EQ(ask(socket, "Action: Command\r\nCommand: core show version\r\n\r\n"),
            "Response: Error\r\nMessage: Permission denied\r\n\r\n");
  pbx_.ask([](Pbx& pbx) { pbx.place_call({.endpoint = "SIP/alice", .exten = "601"}); });
  EXPECT_TRUE(
      socket.read_until("\r\n\r\n").starts_with("Event: Newchannel\r\nPrivilege: call,all"));
  EXPECT_TRUE(socket.read_until("\r\n\r\n").starts_with("Event: Newstate"))
      << "VarSet is of the class dialplan, which this user does not read";
}

/// Header lists of real events, from captures of Asterisk 11.
TEST_F(AmiWire, WordsEventsAsARealOneDoes) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"Event: Newchannel",
       "Event Privilege Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName AccountCode "
       "Exten Context Uniqueid"},
      {"Event: VarSet", "Event Privilege Channel Variable Value Uniqueid"},
      {"Event: ChannelUpdate",
       "Event Privilege Channel Uniqueid Channeltype SIPcallid SIPfullcontact"},
      {"Event: Newstate",
       "Event Privilege Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName "
       "ConnectedLineNum ConnectedLineName Uniqueid"},
      {"Event: Newexten",
       "Event Privilege Channel Context Extension Priority Application AppData Uniqueid"},
      {"Event: Dial",
       "Event Privilege SubEvent Channel Destination CallerIDNum CallerIDName ConnectedLineNum "
       "ConnectedLineName UniqueID DestUniqueID Dialstring"},
      {"Event: Bridge",
       "Event Privilege Bridgestate Bridgetype Channel1 Channel2 Uniqueid1 Uniqueid2 CallerID1 "
       "CallerID2"},
      {"Event: DTMF", "Event Privilege Channel Uniqueid Digit Direction Begin End"},
      {"Event: HangupRequest", "Event Privilege Channel Uniqueid"},
      {"Event: Hangup\r",
       "Event Privilege Channel Uniqueid CallerIDNum CallerIDName ConnectedLineNum "
       "ConnectedLineName AccountCode Cause Cause-txt"},
      {"Event: Dial\r\nPrivilege: call,all\r\nSubEvent: End",
       "Event Privilege SubEvent Channel UniqueID DialStatus"},
      {"Event: SoftHangupRequest", "Event Privilege Channel Uniqueid Cause"},
  };
  auto socket = log_in();
  pbx_.ask([](Pbx& pbx) { pbx.place_call({.endpoint = "SIP/alice", .exten = "802"}); });
  for (const auto& [start, names] : table) {
    EXPECT_EQ(header_names(next(socket, start)), names);
    if (start == "Event: DTMF") {
      pbx_.ask([](Pbx& pbx) { pbx.calls_of("SIP/alice").front()->hang_up(); });
    }
  }
}

TEST_F(AmiWire, TellsTheOutcomeOfEachOriginate) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"SIP/alice", "Response: Success"},
      {"SIP/busy", "Reason: 5"},
      {"SIP/shy", "Reason: 5"},
      {"SIP/jammed", "Reason: 8"},
      {"SIP/nobody-home", "Reason: 3"},
      {"SIP/away", "Reason: 0"},
      {"SIP/stranger", "Reason: 0"},
      {"Bogus/x", "Reason: 0"},
      {"Local/nope@default", "Reason: 0"},
      {"Local/604@from-trunk/n", "Reason: 5"},
      {"Local/605@from-trunk/n", "Reason: 8"},
      {"Local/answer@default/n", "Response: Success"},
  };
  auto socket = log_in();
  for (const auto& [target, expected] : table) {
    socket.send("Action: Originate\r\nActionID: " + target + "\r\nChannel: " + target +
                "\r\nApplication: Wait\r\nData: 1\r\nTimeout: 2000\r\nAsync: true\r\n\r\n");
    const auto outcome = next(socket, "Event: OriginateResponse");
    EXPECT_NE(outcome.find("ActionID: " + target + "\r\n"), std::string::npos) << outcome;
    EXPECT_NE(outcome.find(expected + "\r\n"), std::string::npos) << outcome;
  }
}

}  // namespace
}  // namespace arigate::sim
