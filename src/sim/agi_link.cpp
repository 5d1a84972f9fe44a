#include "sim/agi_link.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace arigate::sim {

boost::asio::awaitable<void> AgiLink::read_loop() {
  const auto self = shared_from_this();
  std::array<char, 4096> chunk{};
  for (;;) {
    while (in_socket_.size() >= socket_bytes_max && !ended_) {
      co_await room_.wait(TimePoint::max());
    }
    boost::system::error_code error;
    const auto count = co_await socket_.async_read_some(
        boost::asio::buffer(chunk), boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) break;
    in_socket_.append(chunk.data(), count);
    changed_->notify();
  }
  ended_ = true;
  changed_->notify();
}

std::optional<std::string> AgiLink::take_line() {
  if (in_buffer_.find('\n') == std::string::npos && in_buffer_.size() < line_bytes_max) {
    in_buffer_ += in_socket_;
    in_socket_.clear();
    room_.notify();
  }
  const auto end = in_buffer_.find('\n');
  if (end != std::string::npos && end <= line_bytes_max) {
    auto line = in_buffer_.substr(0, end);
    in_buffer_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
  if (in_buffer_.size() >= line_bytes_max) {
    auto part = in_buffer_.substr(0, line_bytes_max);
    in_buffer_.erase(0, line_bytes_max);
    return part;
  }
  return std::nullopt;
}

boost::asio::awaitable<void> AgiLink::send(std::string text) {
  const auto self = shared_from_this();
  boost::system::error_code ignored;  // A lost link is seen by the reader.
  co_await boost::asio::async_write(
      socket_, boost::asio::buffer(text),
      boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

void AgiLink::close(bool reset) {
  boost::system::error_code ignored;
  if (reset) socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
  socket_.close(ignored);
  ended_ = true;
  in_socket_.clear();
  room_.notify();
  changed_->notify();
}

}  // namespace arigate::sim
