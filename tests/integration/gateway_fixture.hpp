#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "arigate/gateway.hpp"
#include "integration/http_fixture.hpp"
#include "sim/default_dialplan.hpp"
#include "support/fake_pbx.hpp"

namespace arigate::test {

inline std::string client_text_frame(std::string_view payload) {
  const std::size_t size = payload.size();
  std::string out{static_cast<char>(0x81U)};
  out += static_cast<char>(0x80U | (size < 126 ? size : 126U));
  if (size >= 126) {
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size & 0xFFU);
  }
  return out.append(4, '\0').append(payload);  // A mask of zeros.
}

/// A WebSocket of an application: every event that came, as JSON. Waits 10 s at most for the next.
class EventClient {
 public:
  EventClient(std::uint16_t port, std::string_view query, std::string_view credentials = {})
      : client_{port} {
    client_.send("GET /ari/events?" + std::string{query} + " HTTP/1.1\r\nHost: h\r\n" +
                 std::string{credentials.empty() ? basic_header : credentials} +
                 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    head_ = client_.read_until("\r\n\r\n");
  }

  bool open() const { return head_.find(" 101 ") != std::string::npos; }
  const std::string& head() const { return head_; }
  void send(std::string_view text) { client_.send(client_text_frame(text)); }
  void send_json(const boost::json::value& value) { send(boost::json::serialize(value)); }

  /// The next event; null when none came.
  boost::json::value next() {
    const auto head = client_.read(2);
    if (head.size() < 2) return nullptr;
    const unsigned opcode = static_cast<unsigned>(head[0]) & 0x0FU;
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
      const auto extended = client_.read(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : extended) size = size << 8U | static_cast<unsigned char>(c);
    }
    const auto payload = client_.read(size);
    if (opcode == 0x9U) return next();  // A ping: no test lasts long enough to need the pong.
    return opcode == 0x1U ? boost::json::parse(payload) : nullptr;
  }
  /// The next event of that type; what comes before it is dropped.
  boost::json::value next(std::string_view type) {
    for (;;) {
      auto event = next();
      if (event.is_null() || event.at("type").as_string() == type) return event;
    }
  }
  /// The types of all events up to and with the first of `last`, "A B C".
  std::string types_until(std::string_view last) {
    std::string types;
    for (;;) {
      const auto event = next();
      if (event.is_null()) return types + " (closed)";
      const std::string type{event.at("type").as_string()};
      types += (types.empty() ? "" : " ") + type;
      if (type == last) return types;
    }
  }

 private:
  RawClient client_;
  std::string head_;
};

/// A whole Gateway in front of a simulated PBX; each has a thread of its own.
class GatewayFixture : public testing::Test {
 protected:
  void TearDown() override { stop(); }

  /// `dialplan` may name the FastAGI listener as @AGI@.
  void start(sim::Version version, std::string dialplan = {}) {
    config_.fastagi.bind = "127.0.0.1";
    config_.fastagi.port = free_port();
    config_.http.port = 0;
    const auto fastagi = "127.0.0.1:" + std::to_string(config_.fastagi.port);
    auto options = sim::demo_options(fastagi);
    // The only version that cannot be given our context while it runs.
    if (version == sim::Version::asterisk_1_8 && dialplan.empty()) {
      dialplan = sim::arigate_context();
    }
    for (auto at = dialplan.find("@AGI@"); at != std::string::npos; at = dialplan.find("@AGI@")) {
      dialplan.replace(at, 5, fastagi);
    }
    options.dialplan += "\n" + dialplan;
    options.version = version;
    options.speed = pbx_speed_;
    options.conferences_hang = conferences_hang_;
    options.phones_follow_transfers = phones_follow_transfers_;
    options.wall_clock = pbx_clock_;
    options.users = {{.name = "arigate", .secret = "arigate", .write = ami_write_}};
    pbx_ = std::make_unique<FakePbx>(std::move(options));
    config_.ami.port = pbx_->ami_port();
    config_.ami.user = config_.ami.user.empty() ? "arigate" : config_.ami.user;
    config_.ami.secret = Secret{"arigate"};
    config_.general.entity_id = "test";
    config_.users = {{"u", Secret{"p"}}, {"reader", Secret{"p"}, PasswordFormat::plain, true}};
    run();
  }

  /// A planned end of the gateway, and its next start; the PBX and its calls go on.
  void restart() {
    stop();
    context_.restart();
    run();
  }

  /// As SIGHUP does, with `config_` as it is by now.
  void reconfigure() {
    boost::asio::post(context_, boost::asio::use_future([this] { gateway_->reconfigure(config_); }))
        .get();
  }

  void stop() {
    if (!thread_.joinable()) return;
    auto stopped = boost::asio::co_spawn(context_, gateway_->stop(std::chrono::seconds{5}),
                                         boost::asio::use_future);
    EXPECT_EQ(stopped.wait_for(std::chrono::seconds{10}), std::future_status::ready);
    context_.stop();
    thread_.join();
    gateway_.reset();
  }

  struct Reply {
    int status;
    std::string body;
    boost::json::value json() const { return boost::json::parse(body); }
    bool operator==(const Reply&) const = default;
    friend void PrintTo(const Reply& reply, std::ostream* out) {
      *out << reply.status << " " << reply.body;
    }
  };
  /// `target` below /ari; `body` is JSON.
  Reply ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    return ask_at(method, "/ari" + std::string{target}, body, basic_header);
  }
  /// The same below /arigate.
  Reply own(std::string_view target, std::string_view method = "GET",
            std::string_view credentials = basic_header) {
    return ask_at(method, "/arigate" + std::string{target}, {}, credentials);
  }
  Reply ask_at(std::string_view method, const std::string& path, std::string_view body,
               std::string_view credentials) {
    RawClient client{port()};
    std::string request =
        std::string{method} + " " + path + " HTTP/1.1\r\nHost: h\r\n" + std::string{credentials};
    if (!body.empty()) request += "Content-Type: application/json\r\n";
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
    const auto answer = client.ask(request);
    return {answer.status, answer.body};
  }
  static Reply message(int status, std::string_view text) {
    return {status, "{\"message\":\"" + std::string{text} + "\"}"};
  }

  std::uint16_t port() const { return gateway_->http_port(); }
  FakePbx& pbx() { return *pbx_; }
  /// A phone calls; `context` may be one of the test's own dialplan.
  std::shared_ptr<sim::Call> call(std::string exten, std::string context = "") {
    return pbx_->ask([&](sim::Pbx& pbx) {
      return pbx.place_call(
          {.endpoint = "SIP/alice", .exten = std::move(exten), .context = std::move(context)});
    });
  }
  void hang_up(const std::shared_ptr<sim::Call>& call) {
    pbx_->ask([&](sim::Pbx&) { call->hang_up(); });
  }
  std::string global(std::string name) {
    return pbx_->ask([&](sim::Pbx& pbx) { return pbx.global(name); });
  }

  /// Waits until `condition` holds on the gateway's thread; false when it does not in 10 s.
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!boost::asio::post(context_, boost::asio::use_future(condition)).get()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// The same for a condition that asks the gateway, on the test's own thread.
  bool comes_true(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// The PBX's dialplan names the port before the listener is there: one that no connection is
  /// given meanwhile, as the system gives those from 32768 on.
  static std::uint16_t free_port() {
    static std::minstd_rand random{std::random_device{}()};
    for (;;) {
      const auto port = std::uniform_int_distribution<std::uint16_t>{20'000, 32'000}(random);
      boost::asio::io_context context;
      boost::asio::ip::tcp::acceptor probe{context};
      boost::system::error_code taken;
      probe.open(boost::asio::ip::tcp::v4());
      probe.bind({boost::asio::ip::address_v4::loopback(), port}, taken);
      if (!taken) return port;
    }
  }

  Config config_;
  bool conferences_hang_ = false;         ///< See sim::Options.
  bool phones_follow_transfers_ = false;  ///< The same.
  double pbx_speed_ = 1.0;
  std::function<std::chrono::system_clock::time_point()> pbx_clock_;  ///< Empty: the system's.
  std::string ami_write_ = "all";  ///< The classes of our account there.

 private:
  void run() {
    gateway_ = std::make_unique<Gateway>(context_, config_);
    ASSERT_EQ(gateway_->start(), "");
    thread_ = std::thread{[this] { context_.run(); }};
    ASSERT_TRUE(eventually([&] { return gateway_->ready(); }));
  }

  boost::asio::io_context context_{1};
  std::unique_ptr<FakePbx> pbx_;
  std::unique_ptr<Gateway> gateway_;
  std::thread thread_;
};

/// The same for each generation of PBX.
class EveryPbx : public GatewayFixture, public testing::WithParamInterface<sim::Version> {};

inline std::string version_name(const testing::TestParamInfo<sim::Version>& info) {
  switch (info.param) {
    case sim::Version::asterisk_1_8:
      return "Asterisk18";
    case sim::Version::asterisk_11:
      return "Asterisk11";
    case sim::Version::asterisk_13:
      return "Asterisk13";
    case sim::Version::asterisk_16:
      return "Asterisk16";
    case sim::Version::asterisk_22:
      return "Asterisk22";
  }
  return "";
}

inline const auto every_version = testing::Values(
    sim::Version::asterisk_1_8, sim::Version::asterisk_11, sim::Version::asterisk_13,
    sim::Version::asterisk_16, sim::Version::asterisk_22);

}  // namespace arigate::test
