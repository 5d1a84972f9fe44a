#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <vector>

namespace arigate::io {

/// Answers on their way to one socket. Small ones are joined into one string, a large body keeps
/// the memory its handler made it in; all go out in as few writes as the socket allows.
class HttpOutput {
 public:
  enum class Progress { done, blocked, failed };

  /// Where to append a head or a small body.
  std::string& text();
  void append_body(std::string body);
  std::size_t size() const { return size_ + (chunks_.empty() ? 0 : chunks_.back().size()); }
  /// All of it, for the protocol that takes over the socket.
  std::string take();
  /// Sends what the socket takes without waiting.
  Progress write(boost::asio::ip::tcp::socket& socket);

 private:
  void clear();

  std::vector<std::string> chunks_;
  std::size_t first_ = 0;   ///< The first chunk not sent.
  std::size_t offset_ = 0;  ///< What of it was sent.
  std::size_t size_ = 0;    ///< Of the chunks before the last.
  bool sealed_ = false;     ///< The last chunk is a body of its own.
};

}  // namespace arigate::io
