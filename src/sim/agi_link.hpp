#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/signal.hpp"

namespace arigate::sim {

/// The PBX's end of one FastAGI connection.
///
/// It reads like the real one, in two steps: what lies in the socket, which is all that the PBX
/// polls, and what it has already taken into its own buffer, which it looks at only when it reads
/// a line. That is why the second of two commands in one write stays unread until more bytes come.
class AgiLink : public std::enable_shared_from_this<AgiLink> {
 public:
  static constexpr std::size_t line_bytes_max = 2047;  ///< A longer line is executed in parts.
  static constexpr std::size_t socket_bytes_max = std::size_t{64} * 1024;

  AgiLink(boost::asio::ip::tcp::socket socket, std::shared_ptr<Signal> changed)
      : socket_{std::move(socket)}, changed_{std::move(changed)} {}

  /// Reads until the end of the connection; every read notifies the channel.
  boost::asio::awaitable<void> read_loop();

  /// Bytes or the end of the stream lie in the socket: a running command can be interrupted.
  bool readable() const { return !in_socket_.empty() || ended_; }
  bool ended() const { return ended_ && in_socket_.empty(); }

  /// A line without its end, when there is one. Call it only when readable().
  std::optional<std::string> take_line();

  boost::asio::awaitable<void> send(std::string text);

  /// Ends the connection; `reset` sends RST instead of FIN.
  void close(bool reset = false);

 private:
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<Signal> changed_;
  std::string in_socket_;
  std::string in_buffer_;
  Signal room_;
  bool ended_ = false;
};

}  // namespace arigate::sim
