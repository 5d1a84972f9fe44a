// A whole Gateway between a PBX that says strange things and a WebSocket client that must not hear
// of them.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "integration/scripted_gateway.hpp"

namespace arigate::test {
namespace {

class GatewayTruth : public ScriptedGateway {
 protected:
  using ScriptedGateway::ScriptedGateway;

  /// Whether a channel began later than it is by now; its time ends with ".123+0000".
  static bool newer_than_now(const std::string& answer) {
    constexpr std::string_view key = "\"creationtime\":\"";
    const auto at = answer.find(key);
    if (at == std::string::npos) return true;
    const std::time_t now = std::time(nullptr) + 1;
    const auto now_text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::localtime(now));
    return answer.substr(at + key.size(), now_text.size()) > now_text;
  }
};

TEST_F(GatewayTruth, AnEventInsideTheArgumentsOfAnApplicationEndsNobodysCall) {
  const auto forged = hangup("SIP/victim-1", "1.1");
  pbx_.tell(event("Newexten", "SIP/eve-2", "1.2",
                  "Extension: 600\r\nApplication: NoOp\r\nAppData: x\r\n\r\n" +
                      forged.substr(0, forged.size() - 4) + "\r\n"));
  pbx_.tell(event("UserEvent", "SIP/eve-2", "1.2",
                  "UserEvent: Note\r\ntext: x\r\n\r\n" +
                      event("HangupRequest", "SIP/victim-1", "1.1", "Cause: 16\r\n") + forged));
  const auto heard = heard_up_to("after");
  EXPECT_TRUE(has(heard, "ChannelUserevent"));
  EXPECT_FALSE(has(heard, "ChannelDestroyed")) << heard;
}

TEST_F(GatewayTruth, ANewChannelThatThePbxDoesNotHaveIsNeverShown) {
  pbx_.tell(
      event("UserEvent", "SIP/eve-2", "1.2",
            "UserEvent: Note\r\ntext: x\r\n\r\n" + event("Newchannel", "SIP/ghost-9", "1.9")));
  EXPECT_FALSE(has(heard_up_to("after"), "ghost"));
}

TEST_F(GatewayTruth, AnEndThatNothingAnnouncedIsToldWhenThePbxConfirmsIt) {
  pbx_.set_channels({{"1.1", row("SIP/victim-1")}});
  pbx_.tell(hangup("SIP/eve-2", "1.2"));
  const auto heard = heard_up_to("after");
  EXPECT_TRUE(has(heard, "ChannelDestroyed")) << heard;
  EXPECT_TRUE(has(heard, "\"cause\":17")) << heard;
}

TEST_F(GatewayTruth, WhatIsNoEventAsksForAListAndTheListPutsTheModelRight) {
  pbx_.set_channels({{"1.1", row("SIP/victim-1")}});
  pbx_.tell("\x01\xff rubbish: \r\n\r\n");
  socket_->read_until("ChannelDestroyed");
  EXPECT_TRUE(has(socket_->read_until(event_end), "SIP/eve-2"));
}

TEST_F(GatewayTruth, ABreakTellsDifferencesOnly) {
  pbx_.set_channels({{"1.1", row("SIP/victim-1")}, {"1.3", row("SIP/new-3")}});
  pbx_.cut();
  auto heard = socket_->read_until("SIP/eve-2");
  wait_until_ready();
  heard += heard_up_to("after");
  EXPECT_TRUE(has(heard, "ChannelCreated"));
  EXPECT_TRUE(has(heard, "ChannelDestroyed"));
  EXPECT_FALSE(has(heard.substr(0, heard.find("ChannelVarset")), "SIP/victim-1")) << heard;
}

TEST_F(GatewayTruth, APbxThatWasStartedAnewHasNoneOfItsOldChannels) {
  pbx_.set_started("11:11:11");
  pbx_.set_channels({{"2.1", row("SIP/victim-1")}});
  pbx_.cut();
  auto heard = socket_->read_until("SIP/eve-2");
  heard += socket_->read_until("\"id\":\"2.1\"");
  EXPECT_TRUE(has(heard, "\"id\":\"1.1\"")) << heard;
}

TEST_F(GatewayTruth, APbxThatShutsDownTakesItsChannelsAlong) {
  pbx_.tell(
      "Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n");
  pbx_.cut();
  for (const auto* name : {"SIP/victim-1", "SIP/eve-2"}) {
    socket_->read_until("ChannelDestroyed");
    EXPECT_TRUE(has(socket_->read_until(event_end), name));
  }
}

TEST_F(GatewayTruth, AnAnnouncedEndInsideTheArgumentsOfAnApplicationEndsNobodysCall) {
  const auto line = event("Newexten", "SIP/eve-2", "1.2",
                          "Extension: 600\r\nApplication: NoOp\r\nAppData: x\r\n");
  const auto request = event("HangupRequest", "SIP/victim-1", "1.1", "Cause: 16\r\n");
  pbx_.tell(line + request + hangup("SIP/victim-1", "1.1"));
  pbx_.tell(line + request);
  pbx_.tell(line + hangup("SIP/victim-1", "1.1"));
  const auto heard = heard_up_to("after");
  EXPECT_FALSE(has(heard, "ChannelDestroyed")) << heard;
  EXPECT_TRUE(has(ask("GET", "/channels/1.1"), " 200 "));
}

/// `forged` stands in the arguments of an application, the last of their event, and ends it.
std::string line_with(const std::string& forged) {
  return event("Newexten", "SIP/eve-2", "1.2",
               "Extension: 600\r\nApplication: NoOp\r\nAppData: x\r\n\r\n" +
                   forged.substr(0, forged.size() - 4) + "\r\n");
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

/// Each header of the event has the prefix.
std::string prefixed(const std::string& headers, const std::string& prefix) {
  std::string text = prefix;
  for (const char c : headers) {
    text += c;
    if (c == '\n') text += prefix;
  }
  return text.substr(0, text.size() - prefix.size());
}

TEST_F(GatewayTruth, AnEventInsideTheArgumentsOfAnApplicationMovesNobody) {
  const std::string victim = snapshot("SIP/victim-1", "1.1");
  const auto with = [&](std::string_view type, std::string_view what, std::string_view by,
                        std::string_view rest = "") {
    return replaced(event(type, "SIP/victim-1", "1.1", rest), what, by);
  };
  const std::string dial = "Event: DialBegin\r\nPrivilege: call,all\r\n" +
                           snapshot("SIP/eve-2", "1.2") + "{}DialString: x\r\n\r\n";
  const auto dialled = [&](std::string_view what, std::string_view by) {
    return replaced(dial, "{}", prefixed(replaced(victim, what, by), "Dest"));
  };
  const std::string forgeries[] = {
      with("Newexten", "Exten: 600", "Exten: 911",
           "Extension: 911\r\nApplication: Dial\r\nAppData: SIP/eve\r\n"),
      event("Newexten", "SIP/victim-1", "1.1",
            "Extension: 600\r\nApplication: Dial\r\nAppData: SIP/eve\r\n"),
      with("Newstate", "ChannelState: 6\r\nChannelStateDesc: Up",
           "ChannelState: 7\r\nChannelStateDesc: Busy"),
      with("MusicOnHoldStart", "CallerIDNum: 100", "CallerIDNum: 911", "Class: x\r\n"),
      with("NewConnectedLine", "ConnectedLineNum: <unknown>", "ConnectedLineNum: 911"),
      with("MusicOnHoldStop", "AccountCode: ", "AccountCode: 911"),
      with("MusicOnHoldStop", "Language: en", "Language: 91"),
      event("BridgeEnter", "SIP/victim-1", "1.1",
            "BridgeUniqueid: eves\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\n"
            "BridgeCreator: <unknown>\r\nBridgeName: <unknown>\r\nBridgeNumChannels: 1\r\n"),
      dialled("Exten: 600", "Exten: 911"),
      dialled("CallerIDNum: 100", "CallerIDNum: 911"),
      dialled("Channel: SIP/victim-1", "Channel: SIP/other-911"),
  };
  const auto body = [&](const char* path) {
    const auto answer = ask("GET", path);
    return answer.substr(answer.find("\r\n\r\n"));
  };
  const auto before = body("/channels/1.1");
  ASSERT_TRUE(has(before, "SIP/victim-1"));
  const auto bridges = body("/bridges");
  for (const auto& forged : forgeries) {
    pbx_.tell(line_with(forged));
    const auto heard = heard_up_to("after");
    EXPECT_FALSE(has(heard, "911")) << forged << heard;
    EXPECT_FALSE(has(heard, "Bridge")) << forged << heard;
    EXPECT_EQ(body("/channels/1.1"), before) << forged;
  }
  EXPECT_EQ(body("/bridges"), bridges);
}

// --- what comes twice, too early, too late or not at all ----------------------------------------

std::string newchannel_of(std::string_view name, std::string_view id) {
  return event("Newchannel", name, id);
}
std::string end_of(std::string_view name, std::string_view id) {
  return event("HangupRequest", name, id, "Cause: 16\r\n") + hangup(name, id);
}

struct OddOrder {
  const char* what;
  std::string bytes;
  std::size_t created, destroyed;
};

TEST_F(GatewayTruth, EachChannelBeginsAndEndsOnceWhateverTheOrder) {
  const std::string call = newchannel_of("SIP/a-1", "7.1") + event("Newstate", "SIP/a-1", "7.1") +
                           end_of("SIP/a-1", "7.1");
  const OddOrder rows[] = {
      {"a chunk twice", call + call, 1, 1},
      {"a beginning twice", newchannel_of("SIP/b-1", "7.2") + newchannel_of("SIP/b-1", "7.2"), 1,
       0},
      {"an end twice", end_of("SIP/b-1", "7.2") + hangup("SIP/b-1", "7.2"), 0, 1},
      {"a state without a beginning", event("Newstate", "SIP/d-1", "7.4"), 1, 0},
      {"the end of it", end_of("SIP/d-1", "7.4"), 0, 1},
      {"a name again before the end of who had it",
       newchannel_of("DAHDI/1-1", "7.5") + newchannel_of("DAHDI/1-1", "7.6") +
           end_of("DAHDI/1-1", "7.5"),
       2, 1},
      {"the end of the second", end_of("DAHDI/1-1", "7.6"), 0, 1},
  };
  for (const auto& [what, bytes, created, destroyed] : rows) {
    pbx_.tell(bytes);
    const auto heard = heard_up_to(what);
    EXPECT_EQ(count_of(heard, R"("type":"ChannelCreated")"), created) << what << heard;
    EXPECT_EQ(count_of(heard, R"("type":"ChannelDestroyed")"), destroyed) << what << heard;
  }
  EXPECT_EQ(count_of(ask("GET", "/channels"), R"("id":)"), 2U);
}

TEST_F(GatewayTruth, AnEndBeforeItsBeginningLeavesNobodyBehind) {
  pbx_.tell(hangup("SIP/c-1", "7.3") + newchannel_of("SIP/c-1", "7.3"));
  heard_up_to("after");
  EXPECT_TRUE(becomes([&] { return has(ask("GET", "/channels/7.3"), " 404 "); }));
}

TEST_F(GatewayTruth, AListThatALostLinkCutsShortChangesNothing) {
  pbx_.set_channels({{"1.2", row("SIP/eve-2")}, {"1.3", row("SIP/new-3")}});
  pbx_.set_answer("CoreShowChannels",
                  "Response: Success\r\nActionID: @\r\nEventList: start\r\n\r\n"
                  "Event: CoreShowChannel\r\nActionID: @\r\n" +
                      row("SIP/new-3") + "Uniqueid: 1.3\r\n\r\nEvent: CoreSho");
  const int connections = pbx_.connections();
  const int asked = pbx_.asked("CoreShowChannels");
  pbx_.tell("\x01 what is no event asks for a list\r\n\r\n");
  ASSERT_TRUE(becomes([&] { return pbx_.asked("CoreShowChannels") > asked; }));
  pbx_.cut();
  ASSERT_TRUE(becomes([&] { return pbx_.connections() > connections; }));
  EXPECT_TRUE(has(ask("GET", "/channels/1.1"), " 200 ")) << "no whole list says that it is gone";
  EXPECT_TRUE(has(ask("GET", "/channels/1.3"), " 404 "));
  pbx_.set_answer("CoreShowChannels", std::nullopt);
  pbx_.cut();
  EXPECT_TRUE(becomes([&] { return has(ask("GET", "/channels/1.1"), " 404 "); }));
  EXPECT_TRUE(has(ask("GET", "/channels/1.3"), " 200 "));
}

/// Its own start, the ages of its channels and the ids of new ones are told by a clock that steps.
TEST_F(GatewayTruth, AClockOfThePbxThatStepsEndsNobody) {
  const auto aged = [](std::string_view name, std::string_view age) {
    auto text = row(name);
    return text.replace(text.find("00:00:01"), 8, age);
  };
  int number = 0;
  for (const auto* age : {"05:00:10", "-5:-59:-50", "00:00:02"}) {
    const auto id = fmt::format("8.{}", ++number);
    pbx_.set_channels({{"1.1", aged("SIP/victim-1", age)},
                       {"1.2", aged("SIP/eve-2", age)},
                       {id, aged("SIP/found-" + id, age)}});
    const int lists = pbx_.lists();
    pbx_.tell("\x01 what is no event asks for a list\r\n\r\n");
    wait_for_list(lists);
    ASSERT_TRUE(becomes([&] { return has(ask("GET", "/channels/" + id), " 200 "); })) << age;
    EXPECT_FALSE(newer_than_now(ask("GET", "/channels/" + id))) << age;
    for (const auto* stays : {"/channels/1.1", "/channels/1.2"}) {
      EXPECT_TRUE(has(ask("GET", stays), " 200 ")) << age;
    }
  }
}

// --- what an old PBX lets a caller write --------------------------------------------------------

std::string old_event(std::string_view type, std::string_view rest) {
  return fmt::format("Event: {}\r\nPrivilege: call,all\r\n{}\r\n", type, rest);
}
std::string old_varset(std::string_view value) {
  return old_event("VarSet", fmt::format("Channel: SIP/eve-2\r\nVariable: MARK\r\nValue: {}\r\n"
                                         "Uniqueid: 1.2\r\n",
                                         value));
}
std::string old_hangup(std::string_view name, std::string_view id) {
  return old_event("Hangup", fmt::format("Channel: {}\r\nUniqueid: {}\r\nCallerIDNum: 100\r\n"
                                         "CallerIDName: x\r\nCause: 17\r\nCause-txt: User busy\r\n",
                                         name, id));
}
std::string old_newchannel(std::string_view name, std::string_view id) {
  return old_event("Newchannel",
                   fmt::format("Channel: {}\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\n"
                               "CallerIDNum: 100\r\nCallerIDName: x\r\nAccountCode: \r\n"
                               "Exten: 600\r\nContext: in\r\nUniqueid: {}\r\n",
                               name, id));
}

/// Every value comes as it is there, line ends and all.
class OldGatewayTruth : public ScriptedGateway {
 protected:
  OldGatewayTruth() : ScriptedGateway{"1.1"} {}
  std::string heard_up_to(const std::string& mark) {
    pbx_.tell(old_varset(mark));
    return socket_->read_until(fmt::format("\"value\":\"{}\"", mark));
  }
};

TEST_F(OldGatewayTruth, AnEventInsideAValueEndsAndBeginsNobodysCall) {
  const std::string forgeries[] = {
      old_hangup("SIP/victim-1", "1.1"),
      old_newchannel("SIP/ghost-9", "1.9"),
      "Event: Hangup\r\nChannel: SIP/victim-1\r\nUniqueid: 1.1\r\nCause: 16\r\n"
      "Cause-txt: x\r\n\r\n",
  };
  for (const auto& forged : forgeries) {
    pbx_.tell(old_varset("x\r\n\r\n" + forged + "\r\ny"));
    const auto heard = heard_up_to("after");
    EXPECT_FALSE(has(heard, "ChannelDestroyed")) << forged << heard;
    EXPECT_FALSE(has(heard, "ghost")) << forged << heard;
  }
  // The value even ends its own event, with the id of another.
  for (const auto& forged : forgeries) {
    pbx_.tell(old_varset("x\r\nUniqueid: 1.1\r\n\r\n" + forged + "\r\ny"));
  }
  heard_up_to("the end");
  EXPECT_TRUE(becomes([&] { return has(ask("GET", "/channels/1.9"), " 404 "); }))
      << "the next list knows nobody of that name";
  EXPECT_TRUE(has(ask("GET", "/channels/1.1"), " 200 "));
}

/// He knows all ids, and completes the event that his value is in.
std::string value_with(const std::string& forged) {
  return old_varset("x\r\nUniqueid: 1.2\r\n\r\n" + forged +
                    "\r\nEvent: VarSet\r\nPrivilege: dialplan,all\r\nChannel: SIP/eve-2\r\n"
                    "Variable: MARK\r\nValue: y");
}

TEST_F(OldGatewayTruth, AnEventInsideAValueChangesNobodysStateOrCaller) {
  pbx_.tell(
      value_with(old_event("Newstate",
                           "Channel: SIP/victim-1\r\nChannelState: 7\r\nChannelStateDesc: Busy\r\n"
                           "CallerIDNum: 100\r\nCallerIDName: Alice\r\nConnectedLineNum: \r\n"
                           "ConnectedLineName: \r\nUniqueid: 1.1\r\n")));
  pbx_.tell(value_with(
      old_event("NewCallerid",
                "Channel: SIP/victim-1\r\nCallerIDNum: 911\r\nCallerIDName: Alice\r\n"
                "Uniqueid: 1.1\r\nCID-CallingPres: 0 (Presentation Allowed, Not Screened)\r\n")));
  const auto heard = heard_up_to("the end");
  EXPECT_FALSE(has(heard, "ChannelStateChange")) << heard;
  EXPECT_FALSE(has(heard, "ChannelCallerId")) << heard;
  const auto victim = ask("GET", "/channels/1.1");
  EXPECT_TRUE(has(victim, "\"state\":\"Up\"")) << victim;
  EXPECT_FALSE(has(victim, "911")) << victim;
}

TEST_F(OldGatewayTruth, AnEventInsideAValueMovesNobody) {
  pbx_.tell(value_with(
      old_event("Newexten",
                "Channel: SIP/victim-1\r\nContext: out\r\nExtension: 911\r\nPriority: 1\r\n"
                "Application: Dial\r\nAppData: SIP/eve\r\nUniqueid: 1.1\r\n")));
  pbx_.tell(value_with(old_event(
      "Bridge",
      "Bridgestate: Link\r\nBridgetype: core\r\nChannel1: SIP/victim-1\r\nChannel2: SIP/eve-2\r\n"
      "Uniqueid1: 1.1\r\nUniqueid2: 1.2\r\nCallerID1: 100\r\nCallerID2: 100\r\n")));
  pbx_.tell(value_with(
      old_event("Rename", "Channel: SIP/victim-1\r\nNewname: SIP/other-9\r\nUniqueid: 1.1\r\n")));
  pbx_.tell(value_with(
      old_event("ParkedCall",
                "Exten: 701\r\nChannel: SIP/victim-1\r\nParkinglot: default\r\nFrom: SIP/eve-2\r\n"
                "Timeout: 45\r\nCallerIDNum: 100\r\nCallerIDName: Alice\r\n"
                "ConnectedLineNum: \r\nConnectedLineName: \r\nUniqueid: 1.1\r\n")));
  const auto heard = heard_up_to("the end");
  EXPECT_FALSE(has(heard, "ChannelDialplan")) << heard;
  EXPECT_FALSE(has(heard, "Bridge")) << heard;
  const auto victim = ask("GET", "/channels/1.1");
  EXPECT_TRUE(has(victim, "\"exten\":\"600\"")) << victim;
  EXPECT_TRUE(has(victim, "SIP/victim-1")) << victim;
  EXPECT_FALSE(has(ask("GET", "/bridges"), "\"1.1\""));
}

/// Also while the PBX is asked whether it meant that.
TEST_F(OldGatewayTruth, ARequestKnowsWhatThePbxToldBeforeIt) {
  auto moved = row("SIP/victim-1");
  moved.replace(moved.find("Exten: 600"), 10, "Exten: 601");
  pbx_.set_channels({{"1.1", moved}, {"1.2", row("SIP/eve-2")}});
  pbx_.tell(old_varset("before") +
            old_event("Newexten",
                      "Channel: SIP/victim-1\r\nContext: in\r\nExtension: 601\r\nPriority: 1\r\n"
                      "Application: NoOp\r\nAppData: \r\nUniqueid: 1.1\r\n"));
  socket_->read_until("\"value\":\"before\"");
  const auto victim = ask("GET", "/channels/1.1");
  EXPECT_TRUE(has(victim, "\"exten\":\"601\"")) << victim;
}

/// A transfer: another channel takes the place of the call's, and its name.
TEST_F(OldGatewayTruth, ACallKeepsItsIdWhenAnotherBodyTakesItsName) {
  pbx_.set_channels(
      {{"1.1", row("SIP/victim-1")}, {"1.2", row("SIP/eve-2")}, {"1.3", row("SIP/other-3")}});
  pbx_.tell(old_newchannel("SIP/other-3", "1.3"));
  socket_->read_until("SIP/other-3");
  pbx_.set_channels({{"1.1", row("SIP/other-3")}, {"1.2", row("SIP/eve-2")}});
  pbx_.tell(
      old_event("Masquerade",
                "Clone: SIP/other-3\r\nCloneState: Up\r\nOriginal: SIP/victim-1\r\n"
                "OriginalState: Up\r\n") +
      old_event("Rename",
                "Channel: SIP/other-3\r\nNewname: SIP/other-3<MASQ>\r\nUniqueid: 1.3\r\n") +
      old_event("Rename", "Channel: SIP/victim-1\r\nNewname: SIP/other-3\r\nUniqueid: 1.1\r\n") +
      old_event("Rename",
                "Channel: SIP/other-3<MASQ>\r\nNewname: SIP/victim-1<ZOMBIE>\r\n"
                "Uniqueid: 1.3\r\n"));
  heard_up_to("moved");
  const auto phone = ask("GET", "/channels/1.3");
  EXPECT_TRUE(has(phone, "SIP/other-3")) << "the phone keeps the id that it had: " << phone;
  pbx_.tell(old_event("VarSet",
                      "Channel: SIP/other-3\r\nVariable: TOLD\r\nValue: 1\r\n"
                      "Uniqueid: 1.1\r\n"));
  const auto heard = heard_up_to("named");
  const auto told = heard.substr(0, heard.find("\"variable\":\"MARK\""));
  EXPECT_TRUE(has(heard, "\"variable\":\"TOLD\"")) << heard;
  EXPECT_TRUE(has(told, "\"id\":\"1.3\"")) << told;
}

// --- what a PBX may have in its values ----------------------------------------------------------

std::string newchannel(std::string_view id, std::string_view caller_name) {
  auto text = event("Newchannel", "SIP/odd-7", id);
  return text.replace(text.find("Alice"), 5, caller_name);
}

/// The caller's name as REST and the WebSocket show it, with what JSON escapes.
struct NameRow {
  const char* what;
  std::string sent, shown;
};

TEST_F(GatewayTruth, AnyCallersNameIsShownAsJson) {
  const NameRow rows[] = {
      {"not UTF-8", "Bj\xf6rn \xc3",
       R"(Bj)"
       "\xef\xbf\xbd"
       R"(rn )"
       "\xef\xbf\xbd"},
      {"quotes and backslash, as the PBX escapes them", R"(a \"b\" c\\d)", R"(a \"b\" c\\d)"},
      {"control characters", "a\x01\x1f\tb", R"(a\u0001\u001f\u0009b)"},
      {"line ends, as the PBX escapes them", R"(a\r\nEvent: Hangup)",
       R"(a\u000d\u000aEvent: Hangup)"},
  };
  int number = 0;
  for (const auto& [what, sent, shown] : rows) {
    const auto id = fmt::format("9.{}", ++number);
    pbx_.tell(newchannel(id, sent));
    const auto heard = heard_up_to("after" + id);
    const auto reply = ask("GET", "/channels/" + id);
    for (const auto& text : {heard, reply}) {
      EXPECT_TRUE(has(text, "\"name\":\"" + shown)) << what << ": " << text;
    }
    EXPECT_TRUE(simdjson::validate_utf8(reply)) << what;
    boost::system::error_code error;
    boost::json::parse(reply.substr(reply.find("\r\n\r\n") + 4), error);
    EXPECT_FALSE(error) << what << ": " << reply;
  }
}

TEST_F(GatewayTruth, AVariableWithLineEndsIsShownAsItIs) {
  pbx_.tell(varset("SIP/victim-1", "1.1", R"(1\r\n2 \"q\" \\ \t)"));
  const auto heard = heard_up_to("after");
  EXPECT_TRUE(has(heard, R"("value":"1\u000d\u000a2 \"q\" \\ \u0009")")) << heard;
}

TEST_F(GatewayTruth, AChannelIsFoundByAnyUniqueid) {
  const std::pair<std::string, std::string> rows[] = {
      {"a/b", "a%2Fb"},
      {"a?b#c", "a%3Fb%23c"},
      {"50%", "50%25"},
      {R"(q"b\s)", "q%22b%5Cs"},
      {"blank here", "blank%20here"},
      {std::string(200, 'x'), std::string(200, 'x')},
  };
  for (const auto& [id, path] : rows) {
    pbx_.tell(newchannel(id, "Alice"));
    heard_up_to("after");
    const auto reply = ask("GET", "/channels/" + path);
    EXPECT_TRUE(has(reply, " 200 ")) << id << ": " << reply;
    const auto body = boost::json::parse(reply.substr(reply.find("\r\n\r\n") + 4));
    EXPECT_EQ(body.at("id").as_string(), id);
    pbx_.tell(event("HangupRequest", "SIP/odd-7", id, "Cause: 16\r\n") + hangup("SIP/odd-7", id));
    EXPECT_TRUE(has(heard_up_to("gone"), "ChannelDestroyed")) << id;
  }
}

/// OriginateResponse is an event, whatever headers of an answer it has.
TEST_F(GatewayTruth, AnOriginateResponseIsNotTheAnswerToItsAction) {
  pbx_.set_answer("Originate",
                  "Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: @\r\n"
                  "Response: Success\r\nChannel: SIP/bob\r\nContext: in\r\nExten: 600\r\n"
                  "Reason: 4\r\nUniqueid: <null>\r\nCallerIDNum: <null>\r\nCallerIDName: <null>\r\n"
                  "\r\nResponse: Error\r\nActionID: @\r\nMessage: Permission denied\r\n\r\n");
  const auto reply = ask("POST", "/channels?endpoint=SIP/bob&extension=600&context=in");
  EXPECT_TRUE(has(reply, " 403 ")) << reply;
}

// --- long lists ---------------------------------------------------------------------------------

TEST_F(GatewayTruth, EventsWinOverTheRowsOfAListOfTenThousand) {
  std::map<std::string, std::string> rows;
  for (int i = 0; i < 10'000; ++i) {
    rows.emplace(fmt::format("5.{:05}", i), row(fmt::format("SIP/many-{:05}", i)));
  }
  rows.emplace("1.1", row("SIP/victim-1"));
  rows.emplace("1.2", row("SIP/eve-2"));
  // While the list comes: one of it ends, one that it does not have begins.
  std::string meanwhile = event("HangupRequest", "SIP/many-09999", "5.09999", "Cause: 16\r\n");
  meanwhile += hangup("SIP/many-09999", "5.09999");
  meanwhile += event("Newchannel", "SIP/late-1", "6.1");
  pbx_.tell(event("Newchannel", "SIP/many-09999", "5.09999"));
  pbx_.set_channels(rows);
  pbx_.set_during_list(meanwhile);
  const int before = pbx_.lists();
  pbx_.tell("\x01 what is no event asks for a list\r\n\r\n");
  wait_for_list(before);
  auto heard = socket_->read_until("SIP/many-09998");
  pbx_.set_during_list("");
  heard += heard_up_to("after");
  EXPECT_EQ(count_of(heard, "\"type\":\"ChannelCreated\""), 10'001U) << "and nobody twice";
  EXPECT_EQ(count_of(heard, "\"type\":\"ChannelDestroyed\""), 1U);
  EXPECT_TRUE(has(ask("GET", "/channels/5.09999"), " 404 "));
  EXPECT_TRUE(has(ask("GET", "/channels/6.1"), " 200 "));
  EXPECT_TRUE(has(ask("GET", "/channels/5.05000"), " 200 "));
}

}  // namespace
}  // namespace arigate::test
