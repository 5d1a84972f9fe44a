#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ari/event_socket.hpp"
#include "ari/router.hpp"
#include "core/result.hpp"
#include "io/http_connection.hpp"
#include "io/http_peer.hpp"

namespace arigate::io {

struct HttpServerOptions {
  std::string bind_address = "127.0.0.1";  ///< An IPv4 or IPv6 address.
  std::uint16_t port = 8088;               ///< 0: any free one; port() says which.
  std::size_t connections_max = 20'000;    ///< Then the longest idle one makes room.
  HttpConnectionOptions connection;
};

/// ARI's listener: HTTP/1.1 and WebSockets on one port, all on the thread of `context`.
///
/// Destroy it after stop() has ended, or when `context` will not run any more.
class HttpServer {
 public:
  HttpServer(boost::asio::io_context& context, HttpServerOptions options, ari::Router& router,
             ari::EventSocketOwner& owner);

  /// Binds and starts to accept. Errc::unavailable when the address is bad or taken.
  Result<void> listen();
  std::uint16_t port() const;
  std::size_t connection_count() const { return peers_.size(); }

  static constexpr std::chrono::milliseconds stop_limit{3'000};
  /// For the handlers of what was cut.
  static constexpr std::chrono::milliseconds cut_limit{3'000};

  /// Stops accepting, finishes the answers being made, closes WebSockets with 1001: nothing is told
  /// on these any more once it has begun. At `limit` it cuts what is left, and is over when the
  /// handlers of that have ended, or at `cut_limit` more.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit = stop_limit);

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> accept_each();
  boost::asio::awaitable<void> tick();
  void start(boost::asio::ip::tcp::socket socket);

  HttpServerOptions options_;
  HttpPeers peers_;
  HttpShared shared_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_pause_;
  boost::asio::steady_timer tick_timer_;
  std::size_t running_ = 0;  ///< Of accept() and tick().
};

}  // namespace arigate::io
