#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "arigate/gateway.hpp"
#include "support/line_socket.hpp"
#include "support/scripted_pbx.hpp"

namespace arigate::test {

inline constexpr std::string_view event_end = "\"application\":\"a\"}";

inline std::string snapshot(std::string_view name, std::string_view id) {
  return fmt::format(
      "Channel: {}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 100\r\n"
      "CallerIDName: Alice\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\n"
      "Language: en\r\nAccountCode: \r\nContext: in\r\nExten: 600\r\nPriority: 1\r\n"
      "Uniqueid: {}\r\nLinkedid: {}\r\n",
      name, id, id);
}
inline std::string event(std::string_view type, std::string_view name, std::string_view id,
                         std::string_view rest = "") {
  return fmt::format("Event: {}\r\nPrivilege: call,all\r\n{}{}\r\n", type, snapshot(name, id),
                     rest);
}
inline std::string hangup(std::string_view name, std::string_view id) {
  return event("Hangup", name, id, "Cause: 17\r\nCause-txt: User busy\r\n");
}
inline std::string varset(std::string_view name, std::string_view id, std::string_view value) {
  return event("VarSet", name, id, fmt::format("Variable: MARK\r\nValue: {}\r\n", value));
}
inline std::string row(std::string_view name) {
  return fmt::format(
      "Channel: {}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 100\r\n"
      "CallerIDName: Alice\r\nContext: in\r\nExten: 600\r\nPriority: 1\r\nBridgeId: \r\n"
      "Duration: 00:00:01\r\n",
      name);
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A whole Gateway between a PBX of which the test writes every byte and a WebSocket client.
class ScriptedGateway : public testing::Test {
 protected:
  explicit ScriptedGateway(std::string version = "11.0.0", Config config = {})
      : pbx_{std::move(version)} {
    pbx_.set_channels({{"1.1", row("SIP/victim-1")}, {"1.2", row("SIP/eve-2")}});
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
  ~ScriptedGateway() override {
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
    return ask_at(method, "/ari" + std::string{target});
  }
  /// The same of a path of the server.
  std::string ask_at(std::string_view method, const std::string& path) {
    auto client = LineSocket::connect(gateway_->http_port());
    client.send(
        fmt::format("{} {}{}api_key=u:p HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n",
                    method, path, path.find('?') == std::string::npos ? '?' : '&'));
    auto reply = client.read_until("\r\n\r\n");
    return reply += client.read_rest();
  }
  bool becomes(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + LineSocket::patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
    }
    return true;
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

}  // namespace arigate::test
