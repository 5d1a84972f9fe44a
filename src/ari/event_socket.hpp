#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "ari/http.hpp"
#include "ari/request.hpp"

namespace arigate::ari {

/// The way to one WebSocket client. io::WebSocketSession implements it.
class EventSocket {
 public:
  virtual ~EventSocket() = default;
  /// Queues one text message. The bytes are copied into the session's buffer and many messages go
  /// out in one write. Never blocks; at its limit the connection of a client that does not read is
  /// reset: a close frame would wait behind what it does not take.
  virtual void send(std::string_view json) = 0;
  /// Sends what is queued, then a close frame, then closes.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

/// Who wants the WebSockets of /ari/events: Applications, with RestOverWebSocket before it.
class EventSocketOwner {
 public:
  virtual ~EventSocketOwner() = default;
  /// Looks at the request before the 101; an answer refuses it.
  virtual std::optional<Response> refuse(const Request& request) = 0;
  virtual void opened(std::shared_ptr<EventSocket> socket, const Request& request) = 0;
  virtual void received(EventSocket& socket, std::string_view text) = 0;
  /// Called once for each opened(): the socket is gone or is being closed.
  virtual void closed(EventSocket& socket) = 0;
};

}  // namespace arigate::ari
