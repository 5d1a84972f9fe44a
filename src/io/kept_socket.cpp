#include "io/kept_socket.hpp"

#include <utility>

#include "core/log.hpp"

namespace arigate::io {

void KeptSocket::connect(std::shared_ptr<ari::EventSocket> connection,
                         const std::function<void()>& greet) {
  connection_ = std::move(connection);
  const bool first = !std::exchange(connected_before_, true);
  if (first) greet();
  if (const auto dropped = std::exchange(dropped_, 0); dropped > 0) {
    log::warn("outbound websocket was away for too long name={} messages_dropped={}", name_,
              dropped);
  }
  waiting_bytes_ = 0;
  for (const auto& message : std::exchange(waiting_, {})) connection_->send(message);
  if (!first) greet();
}

void KeptSocket::disconnect(std::deque<std::string> unsent) {
  connection_.reset();
  for (auto& message : unsent) keep(std::move(message));
}

void KeptSocket::send(std::string_view json) {
  if (connection_) return connection_->send(json);
  keep(std::string{json});
}

void KeptSocket::close(std::uint16_t code, std::string_view reason) {
  if (connection_) connection_->close(code, reason);
}

void KeptSocket::keep(std::string message) {
  waiting_bytes_ += message.size();
  waiting_.push_back(std::move(message));
  while (waiting_bytes_ > waiting_bytes_max) {
    waiting_bytes_ -= waiting_.front().size();
    waiting_.pop_front();
    ++dropped_;
  }
}

}  // namespace arigate::io
