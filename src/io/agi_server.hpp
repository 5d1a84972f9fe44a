#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "ops/ports.hpp"
#include "trace/tap.hpp"

namespace arigate::io {

/// Addresses that may connect: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". Empty allows nobody.
class AllowList {
 public:
  /// Errc::bad_request names the entry that is no address and no network.
  static Result<AllowList> parse(const std::vector<std::string>& entries);
  bool allows(const boost::asio::ip::address& address) const;
  void add(const boost::asio::ip::address& address);

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

struct AgiServerOptions {
  boost::asio::ip::address bind = boost::asio::ip::address_v4::any();
  std::uint16_t port = 4573;  ///< 0 takes a free one.
  AllowList allowed;
  std::size_t sessions_max = 10'000;
  std::chrono::milliseconds environment_timeout{5'000};
  trace::Tap* tap = nullptr;  ///< Is told all that goes over the connections.
};

/// Listens for the PBX's FastAGI connections. Each gives one connected() to the owner when its
/// environment is in; a connection from elsewhere is closed before anything is read.
class AgiServer {
 public:
  static constexpr int backlog = 1024;

  AgiServer(boost::asio::any_io_executor executor, AgiServerOptions options, ops::AgiOwner& owner);
  ~AgiServer();

  /// Errc::unavailable: the address cannot be bound.
  Result<void> start();
  /// No new connections; the open ones go on.
  void stop();
  /// Who may connect from now on; the open ones go on.
  void allow(AllowList allowed) { options_.allowed = std::move(allowed); }
  std::uint16_t port() const { return port_; }
  std::size_t session_count() const { return *sessions_; }

 private:
  class Session;
  boost::asio::awaitable<void> accept_loop();
  boost::asio::awaitable<void> accept_one();
  boost::asio::awaitable<void> rest_a_while();

  boost::asio::any_io_executor executor_;
  AgiServerOptions options_;
  ops::AgiOwner& owner_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::shared_ptr<std::size_t> sessions_ = std::make_shared<std::size_t>(0);
  std::uint16_t port_ = 0;
  std::uint64_t accepted_ = 0;
  bool stopped_ = false;
};

}  // namespace arigate::io
