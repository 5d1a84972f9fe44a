#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "trace/capture_line.hpp"

namespace arigate::io {

/// Is told what goes through one connection of a relay, before it goes on.
class RelayObserver {
 public:
  virtual ~RelayObserver() = default;
  virtual void connected() = 0;
  virtual void data(bool from_client, std::string_view bytes) = 0;
  /// That side sends no more.
  virtual void eof(bool from_client) = 0;
  /// The connection is over; `why` is "" when both sides have ended it in order.
  virtual void closed(std::string_view why) = 0;
};

struct StreamRelayOptions {
  std::string name;  ///< For the log: "ami".
  boost::asio::ip::tcp::endpoint listen;
  std::string target_host;
  std::string target_port;
  std::size_t connections_max = 10'000;
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Passes every connection that it takes on to the target, both ways, byte for byte. Each direction
/// has one buffer: it is not read on before the other side has taken what was read, so a slow
/// reader holds the sender up as it does without a relay. An end of one direction goes through as
/// that; a reset goes through as a reset.
class StreamRelay {
 public:
  static constexpr std::size_t buffer_bytes = std::size_t{64} * 1024;
  using MakeObserver = std::function<std::unique_ptr<RelayObserver>()>;

  StreamRelay(boost::asio::any_io_executor executor, StreamRelayOptions options,
              MakeObserver observer);
  ~StreamRelay();

  /// Errc::unavailable: the address cannot be bound.
  Result<void> start();
  /// Takes no more connections and cuts those that are there.
  void stop();
  std::uint16_t port() const { return port_; }
  std::size_t connection_count() const { return links_.size(); }

 private:
  class Link;

  boost::asio::awaitable<void> accept(std::shared_ptr<bool> stopped);

  boost::asio::any_io_executor executor_;
  StreamRelayOptions options_;
  MakeObserver make_observer_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::set<std::shared_ptr<Link>> links_;
  std::uint16_t port_ = 0;
  std::shared_ptr<bool> stopped_ = std::make_shared<bool>(false);  ///< accept() may outlive us.
};

}  // namespace arigate::io
