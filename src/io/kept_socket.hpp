#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ari/event_socket.hpp"

namespace arigate::io {

/// An event socket that outlives its connections: what is sent while there is none waits for the
/// next one, as natively with the WebSockets that the PBX opens.
class KeptSocket : public ari::EventSocket {
 public:
  /// Then the oldest messages are dropped.
  static constexpr std::size_t waiting_bytes_max = std::size_t{2} * 1024 * 1024;

  explicit KeptSocket(std::string name) : name_{std::move(name)} {}

  /// `greet` sends what each connection is to be told: the first one before what waits, the others
  /// behind it.
  void connect(std::shared_ptr<ari::EventSocket> connection, const std::function<void()>& greet);
  /// It is gone; what it was given and has not sent goes to the next one.
  void disconnect(std::deque<std::string> unsent);

  void send(std::string_view json) override;
  /// Closes the connection, if there is one: not for good.
  void close(std::uint16_t code, std::string_view reason) override;

  std::size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  void keep(std::string message);

  std::string name_;
  std::shared_ptr<ari::EventSocket> connection_;
  bool connected_before_ = false;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace arigate::io
