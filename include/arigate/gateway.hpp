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
  /// "" when all is well. The PBX need not be there yet. Where `fastagi.allow` is empty it asks for
  /// the addresses of the AMI host, and waits for the answer. To be called once: after an error,
  /// make another Gateway.
  std::string start();

  /// Closes the listeners, takes leave of the WebSocket clients, and sends the channels that are in
  /// an application to the re-entry context of the dialplan, where they wait for the next start.
  /// `limit` binds what others take: requests under way and goodbyes have three quarters of it, and
  /// keep no channel waiting for more than one; the channels have all of it, and are cut off then.
  /// What was cancelled by that may take up to a second more, the disk of a capture a quarter of
  /// one. It must end before the Gateway goes, unless the io_context does not run any more. A
  /// second call does nothing, and returns at once.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit);

  /// Takes over the users of `config`, and nothing else of it: what is asked from now on is judged
  /// by them; WebSockets that are open stay so. Used by SIGHUP.
  void reconfigure(const Config& config);

  /// The ports that were opened; 0 before start().
  std::uint16_t http_port() const;
  std::uint16_t fastagi_port() const;
  /// Logged in to the PBX, and its channels are known.
  bool ready() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arigate
