#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ari/replies.hpp"
#include "core/text.hpp"
#include "io/http_server.hpp"

namespace arigate::test {

inline constexpr std::string_view basic_header = "Authorization: Basic dTpw\r\n";  // u:p

/// "GET /ari/… HTTP/1.1" with Host and credentials; `more` are further header lines.
inline std::string http_get(std::string_view target, std::string_view more = {}) {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: h\r\n" + std::string{basic_header} +
         std::string{more} + "\r\n";
}

inline std::string websocket_get(std::string_view target, std::string_view more = {}) {
  return http_get(target,
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                      std::string{more});
}

/// A client of blocking calls. Each read waits `patience` at most and then counts as closed, so a
/// test fails instead of hanging.
class RawClient {
 public:
  static constexpr std::chrono::seconds patience{10};

  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : socket_{context_} {
    const boost::asio::ip::tcp::endpoint server{boost::asio::ip::address_v4::loopback(), port};
    socket_.open(server.protocol());
    if (receive_buffer > 0) {
      socket_.set_option(boost::asio::socket_base::receive_buffer_size{receive_buffer});
    }
    socket_.connect(server);
  }

  /// False when the server has closed already.
  bool send(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
    return !error;
  }

  /// The next `size` bytes; fewer when the connection ends before.
  std::string read(std::size_t size) {
    while (buffer_.size() < size && fill()) {
    }
    return take(size);
  }

  /// Up to and with `end`; what came when the connection ends before.
  std::string read_until(std::string_view end) {
    for (;;) {
      const auto at = buffer_.find(end);
      if (at != std::string::npos) return take(at + end.size());
      if (!fill()) return take(buffer_.size());
    }
  }

  /// Everything until the server closes.
  std::string read_all() {
    while (fill()) {
    }
    return take(buffer_.size());
  }

  struct Answer {
    int status = 0;  ///< 0: none came.
    std::string head;
    std::string body;
  };
  Answer read_answer() {
    Answer answer;
    answer.head = read_until("\r\n\r\n");
    const auto length = answer.head.find("Content-Length: ");
    if (!answer.head.ends_with("\r\n\r\n")) return answer;
    answer.status = std::stoi(answer.head.substr(9, 3));
    if (length != std::string::npos)
      answer.body = read(std::stoul(answer.head.substr(length + 16)));
    return answer;
  }
  Answer ask(std::string_view request) {
    send(request);
    return read_answer();
  }

  /// True when the server has closed and nothing more came.
  bool closed() { return buffer_.empty() && !fill(); }
  bool was_reset() const { return error_ == boost::asio::error::connection_reset; }

  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  bool fill() {
    pollfd waiting{socket_.native_handle(), POLLIN, 0};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
    if (poll(&waiting, 1, static_cast<int>(limit.count())) != 1) return false;
    std::string bytes(64 * 1024, '\0');
    const auto size = socket_.read_some(boost::asio::buffer(bytes), error_);
    buffer_.append(bytes, 0, size);
    return !error_;
  }
  std::string take(std::size_t size) {
    const auto taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
  boost::system::error_code error_;
};

/// Owner of event sockets that writes down what it is told. All members run on the server's thread.
class RecordingOwner : public ari::EventSocketOwner {
 public:
  std::optional<ari::Response> refuse(const ari::Request& request) override {
    if (request.param("app").value_or("").empty()) {
      return ari::html_response(400, "HTTP request is missing param: [app]");
    }
    return std::nullopt;
  }
  void opened(std::shared_ptr<ari::EventSocket> socket, const ari::Request& request) override {
    log_ += "opened " + std::string{*request.param("app")} + "|";
    sockets_.push_back(std::move(socket));
  }
  void received(ari::EventSocket& socket, std::string_view text) override {
    log_ += "received " + std::string{text} + "|";
    if (text == "echo") socket.send("echo");
    if (text == "close") socket.close(1000, "bye");
  }
  void closed(ari::EventSocket& socket) override {
    log_ += "closed|";
    std::erase_if(sockets_, [&](const auto& held) { return held.get() == &socket; });
  }

  std::string log_;
  std::vector<std::shared_ptr<ari::EventSocket>> sockets_;
};

/// The server of the tests below, on a free port and a thread of its own.
class HttpFixture : public testing::Test {
 protected:
  void TearDown() override { stop(); }

  /// Set `options_` before.
  void start() {
    options_.port = 0;
    server_ = std::make_unique<io::HttpServer>(context_, options_, router_, owner_);
    add_routes();
    const auto listening = server_->listen();
    ASSERT_TRUE(listening) << listening.error().detail;
    port_ = server_->port();
    thread_ = std::thread{[this] { context_.run(); }};
  }

  void stop(std::chrono::milliseconds limit = io::HttpServer::stop_limit) {
    if (!thread_.joinable()) return;
    auto stopped = boost::asio::co_spawn(context_, server_->stop(limit), boost::asio::use_future);
    EXPECT_EQ(stopped.wait_for(std::chrono::seconds{10}), std::future_status::ready);
    context_.stop();
    thread_.join();
  }

  /// Runs `step` on the server's thread and gives its result.
  template <class Step>
  auto on_server(Step step) {
    return boost::asio::post(context_, boost::asio::use_future(std::move(step))).get();
  }

  /// Waits until `condition` holds on the server's thread; false when it does not in 10 s.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!on_server(condition)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  void send_to_all(const std::string& json, std::size_t times = 1) {
    on_server([&] {
      // A send may end a socket; the owner hears of that in a later turn.
      for (std::size_t i = 0; i < times; ++i) {
        for (const auto& socket : owner_.sockets_) socket->send(json);
      }
    });
  }

  boost::asio::io_context context_{1};
  io::HttpServerOptions options_;
  ari::Users users_{{{"u", Secret{"p"}}}};
  ari::Router router_{{}, users_};
  RecordingOwner owner_;
  std::unique_ptr<io::HttpServer> server_;
  std::uint16_t port_ = 0;
  std::string big_ = "[" + std::string(5'000'000, '1') + "]";

 private:
  void add_routes() {
    router_.on(ari::Operation::asterisk_ping, [](const ari::Request&) {
      return ari::Response{200, R"({"ping":"pong"})"};
    });
    router_.on(ari::Operation::channels_get, [](const ari::Request& request) {
      return ari::message_response(200, request.path("channelId"));
    });
    router_.on(ari::Operation::channels_list, [this](const ari::Request&) {
      return ari::Response{200, big_};
    });
    router_.on(ari::Operation::channels_originate, [](const ari::Request& request) {
      return ari::message_response(200, request.param("endpoint").value_or("none"));
    });
    // Waits as long as it is told, as a command to the PBX would.
    router_.on(ari::Operation::channels_answer,
               [this](ari::Request request) -> boost::asio::awaitable<ari::Response> {
                 boost::asio::steady_timer timer{context_};
                 timer.expires_after(std::chrono::milliseconds{**request.integer("ms")});
                 co_await timer.async_wait(boost::asio::use_awaitable);
                 co_return ari::message_response(200, "waited");
               });
  }

  std::thread thread_;
};

}  // namespace arigate::test
