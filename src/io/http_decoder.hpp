#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ari/http.hpp"

namespace arigate::io {

/// What one request may be. Past a limit the connection gets the status beside it and is closed.
struct HttpLimits {
  std::size_t target_bytes_max = std::size_t{16} * 1024;  ///< 414
  std::size_t header_bytes_max = std::size_t{64} * 1024;  ///< 431; request line and all fields.
  std::size_t header_count_max = 100;                     ///< 431
  std::size_t body_bytes_max = std::size_t{128} * 1024;   ///< 413; native stops at 40 KiB.
};

/// Cuts the bytes of one connection into HTTP/1.x requests. No socket and no clock in here.
///
/// Read into prepare(), tell commit() how much came, then call next() until it says need_more. The
/// grammar and the framing are Boost.Beast's parser; this class owns the buffer, so that many
/// requests of one read are taken without copying, and holds the parser to the limits and to one
/// meaning per request: no repeated length, no length beside chunks, no folded lines.
class HttpDecoder {
 public:
  enum class Status {
    need_more,
    continue_wanted,  ///< The client waits for "100 Continue" before it sends the body.
    request,          ///< request() is valid until the next call of next().
    bad,              ///< Answer failure_status() and close; nothing after it can be trusted.
  };

  explicit HttpDecoder(const HttpLimits& limits);
  ~HttpDecoder();
  HttpDecoder(const HttpDecoder&) = delete;
  HttpDecoder& operator=(const HttpDecoder&) = delete;

  /// Where to read to; never empty. Views of earlier requests die here.
  std::span<char> prepare();
  void commit(std::size_t bytes);
  Status next();

  const ari::HttpRequest& request() const { return request_; }
  /// False when the client said "Connection: close".
  bool keep_alive() const;
  int failure_status() const { return failure_status_; }
  std::string_view failure_text() const { return failure_text_; }
  /// True when part of a request is here: the time to send a request is running.
  bool in_request() const;
  /// True when its head is complete and a part of its body is not here yet.
  bool in_body() const;
  /// The bytes behind the last request, for the protocol that follows an upgrade.
  std::string take_rest();

 private:
  class Parser;

  Status fail(int status, std::string_view text);
  std::optional<Status> parse();
  bool line_is_too_long() const;
  void fill_request();
  void finish();

  HttpLimits limits_;
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<char[]> buffer_;  ///< Bytes [begin_, end_) are not parsed to an end yet.
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;   ///< Start of the request being parsed.
  std::size_t parsed_ = 0;  ///< What the parser has taken of it, absolute.
  std::size_t header_end_ = 0;
  std::size_t end_ = 0;
  bool done_ = false;  ///< The last request was given out; the next call starts anew.
  ari::HttpRequest request_;
  std::string body_;
  int failure_status_ = 0;
  std::string_view failure_text_;
};

}  // namespace arigate::io
