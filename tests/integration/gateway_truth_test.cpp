// A whole Gateway between a PBX that says strange things and a WebSocket client that must not hear
// of them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <map>
#include <string>
#include <utility>

#include "integration/scripted_gateway.hpp"

namespace arigate::test {
namespace {

class GatewayTruth : public ScriptedGateway {
 protected:
  using ScriptedGateway::ScriptedGateway;
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
