// A whole Gateway between a PBX that says strange things and a WebSocket client that must not hear
// of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

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
  GatewayTruth() {
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
  /// What the client hears up to and with a variable that marks the place.
  std::string heard_up_to(const std::string& mark) {
    pbx_.tell(varset("SIP/victim-1", "1.1", mark));
    return socket_->read_until(fmt::format("\"value\":\"{}\"", mark));
  }

  ScriptedPbx pbx_{"11.0.0"};
  boost::asio::io_context context_{1};
  std::unique_ptr<Gateway> gateway_;
  std::thread thread_;
  std::optional<LineSocket> socket_;
};

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

}  // namespace
}  // namespace arigate
