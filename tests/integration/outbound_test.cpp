// WebSockets that arigate opens: to an application that is always there, and one for each call.
#include <poll.h>

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "integration/gateway_fixture.hpp"
#include "io/outbound_websockets.hpp"
#include "io/websocket_handshake.hpp"

namespace arigate::test {
namespace {

namespace json = boost::json;
using boost::asio::ip::tcp;

constexpr const char* dialplan =
    "[t]\n"
    "exten => 600,1,AGI(agi://@AGI@/app,first)\n"
    " same => n,Set(GLOBAL(AFTER)=${STASISSTATUS})\n"
    " same => n,Wait(30)\n";

/// What `socket` sends until `end`; what came when it is silent for 10 s.
class Reader {
 public:
  explicit Reader(tcp::socket& socket) : socket_{socket} {}

  std::string read_until(std::string_view end) {
    while (buffer_.find(end) == std::string::npos && fill()) {
    }
    const auto at = buffer_.find(end);
    return take(at == std::string::npos ? buffer_.size() : at + end.size());
  }
  std::string read(std::size_t size) {
    while (buffer_.size() < size && fill()) {
    }
    return take(size);
  }

 private:
  bool fill() {
    pollfd waiting{socket_.native_handle(), POLLIN, 0};
    if (poll(&waiting, 1, 10'000) != 1) return false;
    std::string bytes(64 * 1024, '\0');
    boost::system::error_code error;
    const auto size = socket_.read_some(boost::asio::buffer(bytes), error);
    buffer_.append(bytes, 0, size);
    return !error;
  }
  std::string take(std::size_t size) {
    const auto taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  tcp::socket& socket_;
  std::string buffer_;
};

/// One connection that arigate has made to an application.
class AppConnection {
 public:
  explicit AppConnection(tcp::socket socket) : socket_{std::move(socket)}, reader_{socket_} {
    head_ = reader_.read_until("\r\n\r\n");
    constexpr std::string_view key_header = "Sec-WebSocket-Key: ";
    const auto key = head_.find(key_header) + key_header.size();
    ari::HttpRequest request;
    request.websocket_key = std::string_view{head_}.substr(key, head_.find("\r\n", key) - key);
    request.websocket_protocols = "ari";
    write(io::handshake_answer(request));
  }

  const std::string& head() const { return head_; }
  /// The next message; null when the connection ends.
  json::value next() {
    std::string text;
    for (;;) {
      const auto frame = next_frame();
      if (!frame) return nullptr;
      text += frame->second;
      if (frame->first) return json::parse(text);
    }
  }
  /// Whether it is the last of its message, and its text; nullopt when the connection ends.
  std::optional<std::pair<bool, std::string>> next_frame() {
    const auto head = reader_.read(2);
    if (head.size() < 2) return std::nullopt;
    const unsigned first = static_cast<unsigned char>(head[0]);
    const unsigned opcode = first & 0x0FU;
    std::size_t size = static_cast<unsigned char>(head[1]) & 0x7FU;
    if (size >= 126) {
      const auto extended = reader_.read(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : extended) size = size << 8U | static_cast<unsigned char>(c);
    }
    const auto mask = reader_.read(4);
    auto payload = reader_.read(size);
    for (std::size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    }
    if (opcode > 0x1U || payload.size() < size) return std::nullopt;
    return std::pair{(first & 0x80U) != 0, std::move(payload)};
  }
  json::value next(std::string_view type) {
    for (;;) {
      auto event = next();
      if (event.is_null() || event.at("type").as_string() == type) return event;
    }
  }
  std::string next_type() {
    const auto event = next();
    return event.is_object() ? std::string{event.at("type").as_string()} : "closed";
  }
  std::int64_t ask(std::string_view method, std::string_view uri) {
    const auto text =
        json::serialize(json::object{{"type", "RESTRequest"}, {"method", method}, {"uri", uri}});
    EXPECT_LT(text.size(), 126U);
    write(std::string{'\x81', static_cast<char>(text.size())} + text);
    const auto answer = next("RESTResponse");
    return answer.is_object() ? answer.at("status_code").as_int64() : 0;
  }
  /// Without a goodbye.
  void drop() { socket_.close(); }
  /// Says nothing more, and can still read.
  void fall_silent() { socket_.shutdown(tcp::socket::shutdown_send); }

 private:
  void write(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
  }

  tcp::socket socket_;
  Reader reader_;
  std::string head_;
};

class OutboundTest : public EveryPbx {
 protected:
  void TearDown() override {
    acceptor_.reset();
    EveryPbx::TearDown();
  }

  void listen() {
    const tcp::endpoint place{boost::asio::ip::address_v4::loopback(), port_};
    acceptor_ = std::make_unique<tcp::acceptor>(context_, place);  // With SO_REUSEADDR.
    port_ = acceptor_->local_endpoint().port();
  }
  void begin(bool per_call, std::string user = "u") {
    if (port_ == 0) listen();
    WebSocketClientConfig client;
    client.name = "client";
    client.per_call = per_call;
    client.uri = "ws://127.0.0.1:" + std::to_string(port_) + "/events";
    client.username = "name";
    client.password = Secret{"word"};
    client.reconnect_interval = std::chrono::milliseconds{20};
    client.reconnect_attempts = 2;
    config_.websocket_clients = {client};
    config_.outbound_websockets = {{"out", "client", {"app"}, false, std::move(user)}};
    start(GetParam(), sim::arigate_context() + dialplan);
  }
  std::unique_ptr<AppConnection> accept() {
    pollfd waiting{acceptor_->native_handle(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 10'000), 1) << "nobody connects";
    return std::make_unique<AppConnection>(acceptor_->accept());
  }
  /// Whoever connects from now on is refused.
  void close_door() { acceptor_.reset(); }
  static std::string id_of(const json::value& event) {
    return event.is_object() ? std::string{event.at("channel").at("id").as_string()} : "";
  }
  bool is_active() { return ask("GET", "/applications/app").status == 200; }

 private:
  boost::asio::io_context context_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::uint16_t port_ = 0;
};

TEST_P(OutboundTest, APersistentOneIsGreetedServedAndToldFarewell) {
  begin(false);
  const auto app = accept();
  EXPECT_NE(app->head().find("GET /events HTTP/1.1"), std::string::npos);
  EXPECT_NE(app->head().find("Basic bmFtZTp3b3Jk"), std::string::npos);
  const auto greeting = app->next();
  ASSERT_TRUE(greeting.is_object());
  EXPECT_EQ(greeting.at("type").as_string(), "ApplicationRegistered");
  EXPECT_EQ(greeting.at("application").as_string(), "app");
  call("600", "t");
  const auto start = app->next("StasisStart");
  EXPECT_EQ(start.at("args"), json::parse(R"(["first"])"));
  EXPECT_EQ(app->ask("POST", "channels/" + id_of(start) + "/answer"), 204);
  stop();
  EXPECT_EQ(app->next("ApplicationUnregistered").at("application").as_string(), "app");
  EXPECT_EQ(app->next_type(), "closed");
}

TEST_P(OutboundTest, APersistentOneTakesCallsWhileItIsAway) {
  begin(false);
  auto app = accept();
  EXPECT_EQ(app->next_type(), "ApplicationRegistered");
  call("600", "t");
  const auto before = id_of(app->next("StasisStart"));
  app.reset();
  call("600", "t");
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels").json().as_array().size() == 2; }));
  EXPECT_EQ(ask("POST", "/channels/" + before + "/variable?variable=A&value=1").status, 204);
  app = accept();
  // What was missed, in its order, and then the greeting.
  std::string types;
  std::string ids;
  for (auto event = app->next(); event.is_object(); event = app->next()) {
    const std::string type{event.at("type").as_string()};
    if (type == "StasisStart") ids = id_of(event);
    if (type == "StasisStart" || type == "ApplicationRegistered") types += type + " ";
    if (type == "ApplicationRegistered") break;
  }
  if (ids.empty()) ids = id_of(app->next("StasisStart"));  // The call came behind the connection.
  EXPECT_NE(types.find("ApplicationRegistered"), std::string::npos);
  EXPECT_NE(ids, "");
  EXPECT_NE(ids, before);
}

TEST_P(OutboundTest, APersistentOneIsThereBeforeItsFirstConnection) {
  listen();
  close_door();
  begin(false);
  EXPECT_TRUE(comes_true([&] { return is_active(); }));
  call("600", "t");
  EXPECT_TRUE(comes_true([&] {
    return ask("GET", "/applications/app").body.find("\"channel_ids\":[\"") != std::string::npos;
  }));
  listen();
  const auto app = accept();
  EXPECT_EQ(app->next_type(), "ApplicationRegistered");
  EXPECT_NE(id_of(app->next("StasisStart")), "");
}

TEST_P(OutboundTest, ItsRightsAreThoseOfItsUser) {
  begin(false, "reader");
  const auto app = accept();
  EXPECT_EQ(app->ask("GET", "channels"), 200);
  EXPECT_EQ(app->ask("POST", "asterisk/variable?variable=A"), 403);
  config_.users.back().read_only = false;
  reconfigure();
  EXPECT_EQ(app->ask("POST", "asterisk/variable?variable=A"), 204);
  config_.users.pop_back();
  reconfigure();
  EXPECT_EQ(app->ask("GET", "channels"), 401);
}

TEST_P(OutboundTest, OneForACallHasTheApplicationOfTheCall) {
  begin(true);
  EXPECT_FALSE(is_active());
  const auto caller = call("600", "t");
  const auto app = accept();
  const auto greeting = app->next();
  ASSERT_TRUE(greeting.is_object());
  EXPECT_EQ(greeting.at("type").as_string(), "ApplicationRegistered");
  const auto start = app->next("StasisStart");
  ASSERT_TRUE(start.is_object());
  EXPECT_EQ(start.at("application"), greeting.at("application"));
  EXPECT_EQ(std::string{start.at("application").as_string()},
            "app:" + std::string{start.at("channel").at("name").as_string()});
  EXPECT_EQ(ask("POST", "/channels/" + id_of(start) + "/continue").status, 204);
  EXPECT_FALSE(app->next("StasisEnd").is_null());
  EXPECT_TRUE(comes_true([&] { return global("AFTER") == "SUCCESS"; }));
  EXPECT_TRUE(app->next("no more").is_null());  // Closed when what belongs to the call is told.
}

TEST_P(OutboundTest, OneForACallComesBackWhenItBreaks) {
  begin(true);
  call("600", "t");
  auto app = accept();
  const auto start = app->next("StasisStart");
  const auto id = id_of(start);
  app->drop();
  EXPECT_EQ(ask("POST", "/channels/" + id + "/variable?variable=A&value=1").status, 204);
  app = accept();
  const auto greeting = app->next("ApplicationRegistered");
  ASSERT_TRUE(greeting.is_object());
  EXPECT_EQ(greeting.at("application"), start.at("application"));
  EXPECT_EQ(app->ask("POST", "channels/" + id + "/answer"), 204);
}

TEST_P(OutboundTest, OneForACallIsMadeAgainAfterARestart) {
  begin(true);
  call("600", "t");
  auto app = accept();
  const auto before = app->next("StasisStart");
  EXPECT_EQ(app->ask("POST", "channels/" + id_of(before) + "/answer"), 204);
  restart();
  app = accept();
  const auto after = app->next("StasisStart");
  EXPECT_EQ(id_of(after), id_of(before));
  ASSERT_TRUE(after.is_object());
  EXPECT_EQ(after.at("application"), before.at("application"));
}

TEST_P(OutboundTest, ACallWhoseOwnOneStaysAwayGoesOnAsFailed) {
  begin(true);
  call("600", "t");
  auto app = accept();
  const auto id = id_of(app->next("StasisStart"));
  EXPECT_EQ(app->ask("POST", "channels/" + id + "/answer"), 204);
  EXPECT_EQ(app->ask("POST", "channels/" + id + "/play?media=sound:demo-congrats"), 201);
  close_door();
  app->drop();
  EXPECT_TRUE(comes_true([&] { return global("AFTER") == "FAILED"; }));
  EXPECT_EQ(ask("GET", "/channels").json().as_array().size(), 1U);
}

TEST_P(OutboundTest, ACallWhoseOwnOneCannotBeOpenedGoesOnAsFailed) {
  listen();
  close_door();
  begin(true);
  call("600", "t");
  EXPECT_TRUE(comes_true([&] { return global("AFTER") == "FAILED"; }));
}

INSTANTIATE_TEST_SUITE_P(, OutboundTest, every_version, version_name);

/// Keeps what it was given: the way to one application.
struct OneSocket : ari::EventSocketOwner {
  std::optional<ari::Response> refuse(const ari::Request&) override { return std::nullopt; }
  void opened(std::shared_ptr<ari::EventSocket> opened, const ari::Request&) override {
    socket = std::move(opened);
  }
  void received(ari::EventSocket&, std::string_view) override {}
  void closed(ari::EventSocket&) override {}
  std::shared_ptr<ari::EventSocket> socket;
};

TEST(OutboundWebSockets, TellsAgainWhatWasBeingWrittenAtTheEndOfAConnection) {
  boost::asio::io_context ours;
  tcp::acceptor acceptor{ours, {boost::asio::ip::address_v4::loopback(), 0}};
  io::OutboundOptions options;
  options.name = "out";
  options.uri = fmt::format("ws://127.0.0.1:{}/", acceptor.local_endpoint().port());
  options.connection_timeout = std::chrono::seconds{10};
  options.reconnect_interval = std::chrono::milliseconds{1};
  boost::asio::io_context context;
  OneSocket owner;
  io::OutboundWebSockets outbound{
      context,
      {options},
      owner,
      {[](const AppName&) { return true; }, [](ari::EventSocket& socket) { socket.send("\"hi\""); },
       [](ari::EventSocket&) {}, [](const AppName&) {}}};
  outbound.start();
  std::thread thread{[&] { context.run(); }};
  AppConnection first{acceptor.accept()};
  EXPECT_EQ(first.next(), "hi");
  // Messages that no socket takes at once, and the end of reading before that of writing.
  std::vector<std::string> sent;
  for (const char letter : {'a', 'b', 'c', 'd'}) sent.emplace_back(400'000, letter);
  boost::asio::post(context, boost::asio::use_future([&] {
                      for (const auto& text : sent) owner.socket->send('"' + text + '"');
                      first.fall_silent();
                    }))
      .get();
  std::vector<std::string> told;
  for (auto text = first.next(); text.is_string(); text = first.next()) {
    told.emplace_back(text.as_string());
  }
  AppConnection second{acceptor.accept()};
  for (auto text = second.next(); text.is_string() && text != "hi"; text = second.next()) {
    told.emplace_back(text.as_string());
  }
  EXPECT_EQ(told.size(), sent.size());
  EXPECT_TRUE(told == sent);
  boost::asio::co_spawn(context, outbound.stop(std::chrono::milliseconds{100}),
                        boost::asio::use_future)
      .get();
  context.stop();
  thread.join();
}

}  // namespace
}  // namespace arigate::test
