#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "ami/message.hpp"
#include "core/result.hpp"

namespace arigate::ami {

/// Cuts the byte stream of one AMI connection into messages. No socket, clock or log in here.
///
/// Read into prepare(), tell commit() how much came, then call next() until it gives nullptr:
/// "feed me more". The scan is done once per byte; in its steady state it allocates nothing.
/// Framing (reference: tests/golden over fixtures/ami): the banner line first; then lines that end
/// in CRLF, a bare LF is data; an empty line ends a message, empty lines between messages are
/// skipped; the old Command reply ("Response: Follows") runs to "--END COMMAND--".
/// Lenient: a line without a colon is kept as a header with Key::unknown and an empty name;
/// spaces before the colon are dropped, one space after it is dropped.
/// Limits: see below; a message over message_bytes_max or a banner of another program gives
/// Errc::protocol, and the connection must be closed. Headers over headers_max are dropped and
/// counted; a line over line_bytes_max is cut and counted.
class Decoder {
 public:
  static constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;
  static constexpr std::size_t message_bytes_max = std::size_t{8} * 1024 * 1024;
  static constexpr std::size_t headers_max = 1024;

  /// Room for the next read; at least `bytes` long. Invalidates the last message.
  std::span<char> prepare(std::size_t bytes);
  void commit(std::size_t bytes);
  /// prepare + copy + commit.
  void feed(std::string_view bytes);

  /// The next whole message, or nullptr when more bytes are needed.
  Result<const Message*> next();

  /// What follows "Asterisk Call Manager/" in the first line, e.g. "5.0.4"; "" before it came.
  const std::string& version() const { return version_; }

  std::size_t dropped_headers() const { return dropped_headers_; }
  std::size_t cut_lines() const { return cut_lines_; }

 private:
  enum class Part { banner, lines, command_output };

  bool take_line(std::string_view line);
  Result<bool> take_command_output();
  Result<void> check_size() const;

  std::string buffer_;          // what was read; its size is its capacity in use
  std::size_t filled_ = 0;      // bytes of buffer_ that hold input
  std::size_t message_at_ = 0;  // start of the message that is being read
  std::size_t line_at_ = 0;     // start of the line that is being read
  std::size_t scanned_ = 0;     // no line end before this place
  bool given_ = false;          // message_ was handed out: clear it before going on
  Part part_ = Part::banner;
  std::string version_;
  Message message_;
  std::string output_;  // the lines of `Output:` headers, joined
  std::size_t dropped_headers_ = 0;
  std::size_t cut_lines_ = 0;
};

}  // namespace arigate::ami
