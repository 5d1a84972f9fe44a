#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "arigate/config.hpp"

namespace arigate {

/// The whole of arigate between one PBX and its ARI clients: the AMI link, the FastAGI listener,
/// the model, the HTTP and WebSocket listener. All of it runs on the one thread of the io_context.
class Gateway {
 public:
  /// `config` must be one that load_config() found no error in, or filled in by hand.
  Gateway(boost::asio::io_context& context, Config config);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Opens the listeners and starts to connect to the PBX; returns what is wrong with an address,
  /// "" when all is well. The PBX need not be there yet.
  std::string start();

  /// Closes the listeners, takes leave of the WebSocket clients, and sends the channels that are in
  /// an application to the re-entry context of the dialplan, where they wait for the next start.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit);

  /// Takes over what can change while running: users. Used by SIGHUP.
  void reconfigure(const Config& config);

  std::uint16_t http_port() const;
  std::uint16_t fastagi_port() const;
  /// Logged in to the PBX, and its channels are known.
  bool ready() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arigate
