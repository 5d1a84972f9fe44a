#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace arigate::test {

/// A blocking TCP connection with a deadline, for tests that compare bytes.
class LineSocket {
 public:
  using tcp = boost::asio::ip::tcp;
  static constexpr std::chrono::seconds patience{10};

  static LineSocket connect(std::uint16_t port) {
    LineSocket made;
    made.socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    return made;
  }
  static LineSocket accept(tcp::acceptor& acceptor) {
    LineSocket made;
    auto& context = static_cast<boost::asio::io_context&>(acceptor.get_executor().context());
    std::optional<boost::system::error_code> done;
    acceptor.async_accept(made.socket_, [&](boost::system::error_code error) { done = error; });
    context.restart();
    context.run_for(patience);
    if (!done || *done) throw std::runtime_error{"nobody connected"};
    return made;
  }

  LineSocket(LineSocket&&) = default;
  LineSocket& operator=(LineSocket&& other) {
    socket_ = std::move(other.socket_);  // Before the old context goes.
    std::swap(context_, other.context_);
    buffer_ = std::move(other.buffer_);
    ended_ = other.ended_;
    return *this;
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  /// Everything up to and with `end`; throws when it does not come in time.
  std::string read_until(std::string_view end) {
    for (;;) {
      const auto found = buffer_.find(end);
      if (found != std::string::npos) {
        auto text = buffer_.substr(0, found + end.size());
        buffer_.erase(0, text.size());
        return text;
      }
      if (!fill(patience))
        throw std::runtime_error{"no \"" + std::string{end} + "\" in: " + buffer_};
    }
  }
  /// What comes until the connection ends.
  std::string read_rest() {
    ends();
    return std::exchange(buffer_, {});
  }
  /// A line without its LF.
  std::string line() {
    auto text = read_until("\n");
    text.pop_back();
    return text;
  }
  /// True when nothing comes for `time`.
  bool silent_for(std::chrono::milliseconds time) {
    return buffer_.empty() && !fill(time) && !ended_;
  }
  /// Waits for the end of the connection.
  bool ends() {
    while (!ended_ && fill(patience)) {
    }
    return ended_;
  }
  void close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

 private:
  LineSocket() : context_{std::make_unique<boost::asio::io_context>(1)}, socket_{*context_} {}

  bool fill(std::chrono::milliseconds time) {
    if (ended_) return false;
    std::optional<boost::system::error_code> done;
    std::size_t count = 0;
    socket_.async_read_some(boost::asio::buffer(chunk_),
                            [&](boost::system::error_code error, std::size_t read) {
                              done = error;
                              count = read;
                            });
    context_->restart();
    context_->run_for(time);
    if (!done) {
      socket_.cancel();
      context_->restart();
      context_->run();
      if (count == 0) return false;
    }
    if (count == 0) {
      ended_ = true;
      return false;
    }
    buffer_.append(chunk_.data(), count);
    return true;
  }

  std::unique_ptr<boost::asio::io_context> context_;
  tcp::socket socket_;
  std::array<char, 8192> chunk_{};
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace arigate::test
