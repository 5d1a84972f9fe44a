// A whole Gateway between a PBX that says strange things and a WebSocket client that must not hear
// of them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "arigate/gateway.hpp"
#include "support/line_socket.hpp"
#include "support/scripted_pbx.hpp"

namespace arigate {
namespace {

using test::LineSocket;
using test::ScriptedPbx;

constexpr std::string_view event_end = "\"application\":\"a\"}";

std::string snapshot(std::string_view name, std::string_view id) {
  return fmt::format(
      "Channel: {}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 100\r\n"
      "CallerIDName: Alice\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\n"
      "Language: en\r\nAccountCode: \r\nContext: in\r\nExten: 600\r\nPriority: 1\r\n"
      "Uniqueid: {}\r\nLinkedid: {}\r\n",
      name, id, id);
}
std::string event(std::string_view type, std::string_view name, std::string_view id,
                  std::string_view rest = "") {
  return fmt::format("Event: {}\r\nPrivilege: call,all\r\n{}{}\r\n", type, snapshot(name, id),
                     rest);
}
std::string hangup(std::string_view name, std::string_view id) {
  return event("Hangup", name, id, "Cause: 17\r\nCause-txt: User busy\r\n");
}
std::string varset(std::string_view name, std::string_view id, std::string_view value) {
  return event("VarSet", name, id, fmt::format("Variable: MARK\r\nValue: {}\r\n", value));
}
std::string row(std::string_view name) {
  return fmt::format(
      "Channel: {}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 100\r\n"
      "CallerIDName: Alice\r\nContext: in\r\nExten: 600\r\nPriority: 1\r\nBridgeId: \r\n"
      "Duration: 00:00:01\r\n",
      name);
}

class GatewayTruth : public testing::Test {
 protected:
  explicit GatewayTruth(std::string version = "11.0.0") : pbx_{std::move(version)} {
    pbx_.set_channels({{"1.1", row("SIP/victim-1")}, {"1.2", row("SIP/eve-2")}});
    Config config;
    config.ami.port = pbx_.port();
    config.ami.user = "u";
    config.ami.secret = Secret{"s"};
    config.ami.reconnect_min = std::chrono::milliseconds{1};
    config.fastagi.bind = "127.0.0.1";
    config.fastagi.port = 0;
    config.http.port = 0;
    config.dialplan.add_at_runtime = false;
    UserConfig user;
    user.name = "u";
    user.password = Secret{"p"};
    config.users.push_back(user);
    gateway_ = std::make_unique<Gateway>(context_, config);
    const std::string problem = gateway_->start();
    EXPECT_EQ(problem, "");
    thread_ = std::thread{[this] { context_.run(); }};
    wait_until_ready();
    socket_.emplace(LineSocket::connect(gateway_->http_port()));
    socket_->send(
        "GET /ari/events?app=a&subscribeAll=true&api_key=u:p HTTP/1.1\r\nHost: x\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    socket_->read_until("\r\n\r\n");
  }
  ~GatewayTruth() override {
    socket_.reset();
    std::promise<void> stopped;
    boost::asio::co_spawn(context_, gateway_->stop(std::chrono::seconds{2}),
                          [&](const std::exception_ptr&) { stopped.set_value(); });
    stopped.get_future().get();
    context_.stop();
    thread_.join();
  }

  /// The PBX can be used once the list that follows the login is in.
  void wait_until_ready() {
    const auto limit = std::chrono::steady_clock::now() + LineSocket::patience;
    while (std::chrono::steady_clock::now() < limit) {
      std::promise<bool> ready;
      boost::asio::post(context_, [&] { ready.set_value(gateway_->ready()); });
      if (ready.get_future().get()) return;
    }
    ADD_FAILURE() << "not ready";
  }
  /// Head and body of an answer.
  std::string ask(std::string_view method, std::string_view target) {
    auto client = LineSocket::connect(gateway_->http_port());
    client.send(
        fmt::format("{} /ari{}{}api_key=u:p HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n",
                    method, target, target.find('?') == std::string_view::npos ? '?' : '&'));
    auto reply = client.read_until("\r\n\r\n");
    return reply += client.read_rest();
  }
  /// The PBX has listed its channels since the call.
  void wait_for_list(int lists_before) {
    const auto limit = std::chrono::steady_clock::now() + LineSocket::patience;
    while (pbx_.lists() == lists_before) ASSERT_LT(std::chrono::steady_clock::now(), limit);
  }
  /// What the client hears up to and with a variable that marks the place.
  std::string heard_up_to(const std::string& mark) {
    pbx_.tell(varset("SIP/victim-1", "1.1", mark));
    return socket_->read_until(fmt::format("\"value\":\"{}\"", mark));
  }

  ScriptedPbx pbx_;
  boost::asio::io_context context_{1};
  std::unique_ptr<Gateway> gateway_;
  std::thread thread_;
  std::optional<LineSocket> socket_;
};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

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
}  // namespace arigate
