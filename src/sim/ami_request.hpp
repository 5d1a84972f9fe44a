#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arigate::sim {

/// What a client asks: the lines of one message.
struct Request {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string broken;  ///< Not empty: it could not be read; the text of the error.

  /// First value of a header, names without regard to case; "" when there is none.
  std::string_view operator[](std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
};

/// Cuts the bytes of a client into requests, with the limits that a real PBX has.
class RequestReader {
 public:
  static constexpr std::size_t line_bytes_max = 1023;
  static constexpr std::size_t headers_max = 128;

  void feed(std::string_view bytes) { buffer_ += bytes; }
  std::optional<Request> next();

 private:
  void line(std::string_view text);

  std::string buffer_;
  Request current_;
  bool too_long_ = false;
};

}  // namespace arigate::sim
