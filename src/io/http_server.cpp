#include "io/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "core/log.hpp"
#include "core/thrown.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds tick_interval{500};
/// How long accept() rests when the process has no descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr int backlog = 4096;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

HttpServer::HttpServer(asio::io_context& context, HttpServerOptions options, ari::Router& router,
                       ari::EventSocketOwner& owner)
    : options_{std::move(options)},
      shared_{options_.connection, router, owner, peers_,
              HttpEncoder{options_.connection.server_name}},
      acceptor_{context},
      accept_pause_{context},
      tick_timer_{context} {}

Result<void> HttpServer::listen() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.bind_address, error);
  const tcp::endpoint endpoint{address, options_.port};
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(backlog, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    return Error{Errc::unavailable, "HTTP listener on " + options_.bind_address + " port " +
                                        std::to_string(options_.port) + ": " + error.message()};
  }
  running_ += 2;
  asio::co_spawn(acceptor_.get_executor(), accept(), log_thrown("http listener"));
  asio::co_spawn(acceptor_.get_executor(), tick(), log_thrown("http timer"));
  return {};
}

std::uint16_t HttpServer::port() const {
  boost::system::error_code error;
  const auto endpoint = acceptor_.local_endpoint(error);
  return error ? std::uint16_t{0} : endpoint.port();
}

asio::awaitable<void> HttpServer::accept() {
  while (acceptor_.is_open()) {
    try {
      co_await accept_each();
    } catch (const std::exception& error) {
      log::error("accept failed what=\"{}\"", error.what());
    }
    if (!acceptor_.is_open()) break;
    accept_pause_.expires_after(accept_pause);
    co_await accept_pause_.async_wait(as_result);
  }
  --running_;
}

asio::awaitable<void> HttpServer::accept_each() {
  bool paused = false;
  for (;;) {
    // Wait before each one: accept() takes a descriptor before it looks whether anyone is there, so
    // without a descriptor it fails even when nobody is.
    const auto [closed] = co_await acceptor_.async_wait(tcp::acceptor::wait_read, as_result);
    if (closed || !acceptor_.is_open()) break;
    boost::system::error_code error;
    tcp::socket socket = acceptor_.accept(error);
    if (error == asio::error::would_block || error == asio::error::connection_aborted) continue;
    if (!error) {
      paused = false;
      start(std::move(socket));
      continue;
    }
    // Out of descriptors or memory: the connection stays in the backlog, so accepting again at once
    // would spin. An idle connection gives its descriptor for it.
    if (!std::exchange(paused, true)) log::error("accept failed why=\"{}\"", error.message());
    peers_.evict_idle();
    accept_pause_.expires_after(accept_pause);
    co_await accept_pause_.async_wait(as_result);
    if (!acceptor_.is_open()) break;
  }
}

void HttpServer::start(tcp::socket socket) {
  if (peers_.size() >= options_.connections_max && !peers_.evict_idle()) {
    log::warn("connection refused why=\"connections_max\" connections={}", peers_.size());
    return;  // The socket closes with its scope.
  }
  boost::system::error_code error;
  socket.set_option(tcp::no_delay{true}, error);
  if (!error) socket.non_blocking(true, error);
  if (error) return;
  HttpConnection::start(std::make_shared<HttpConnection>(shared_, std::move(socket)));
}

asio::awaitable<void> HttpServer::tick() {
  while (acceptor_.is_open() || peers_.size() > 0) {
    tick_timer_.expires_after(tick_interval);
    co_await tick_timer_.async_wait(as_result);
    try {
      peers_.tick_all(std::chrono::steady_clock::now());
    } catch (const std::exception& error) {
      log::error("http timer failed what=\"{}\"", error.what());
    }
  }
  --running_;
}

asio::awaitable<void> HttpServer::stop(std::chrono::milliseconds limit) {
  // A step short enough to end soon after the last peer does.
  constexpr std::chrono::milliseconds step{10};
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  peers_.stop_all();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  asio::steady_timer timer{acceptor_.get_executor()};
  while (peers_.size() > 0 && std::chrono::steady_clock::now() < deadline) {
    timer.expires_after(step);
    co_await timer.async_wait(as_result);
  }
  peers_.abort_all();
  tick_timer_.cancel();
  while (running_ > 0 || peers_.size() > 0) {
    if (std::chrono::steady_clock::now() >= deadline + cut_limit) break;
    tick_timer_.cancel();
    timer.expires_after(step);
    co_await timer.async_wait(as_result);
  }
}

}  // namespace arigate::io
