#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ami/find_byte.hpp"
#include "ami/layout.hpp"
#include "ami/message.hpp"
#include "core/result.hpp"

namespace arigate::ami {

/// Cuts the byte stream of one AMI connection into messages. No socket, clock or log in here.
///
/// Read into prepare(), tell commit() how much came, then call next() until it gives nullptr:
/// "feed me more". Line ends are searched once per byte; in its steady state it allocates nothing.
/// Framing (reference: tests/golden over fixtures/ami): the banner line first; then lines that end
/// in CRLF, a bare LF is data; an empty line ends a message, empty lines between messages are
/// skipped; the old Command reply ("Response: Follows") runs to "--END COMMAND--".
/// Lenient: a line without a colon is kept as a header with Key::unknown and an empty name;
/// spaces before the colon are dropped, one space after it is dropped.
/// Limits: see below. A message over message_bytes_max or a banner of another program gives
/// Errc::protocol, now and for every later call: close the connection. Headers over headers_max are
/// dropped and counted, but Message::output() has every `Output` line; a line over line_bytes_max
/// is cut and counted. The buffer holds at most one message and one read as long as next() is
/// called until it gives nullptr.
class Decoder {
 public:
  static constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;
  static constexpr std::size_t message_bytes_max = std::size_t{8} * 1024 * 1024;
  static constexpr std::size_t headers_max = 1024;
  static constexpr std::size_t banner_bytes_max = 256;
  /// A buffer that one long message made larger than this is given back after it.
  static constexpr std::size_t kept_bytes_max = std::size_t{1} * 1024 * 1024;

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
  /// What the line that is being read belongs to.
  enum class Part { banner, headers, command_headers, command_output, command_end, broken };
  enum class Taken { more, message };

  void clear_given();
  void move_rest(std::size_t capacity);
  Result<const Message*> wait_for_more();
  Result<Taken> take_line(std::string_view line);
  Result<Taken> take_banner(std::string_view line);
  Taken take_header_line(std::string_view line);
  Taken take_command_line(std::string_view line);
  void take_header(std::string_view line);
  void take_expected_headers();
  Taken finish_message();
  Error broken(std::string detail);

  // The input is [message_at_, filled_) of buffer_. Behind it there is always room for `slack`
  // zeros, which find_byte() and Layout may read.
  static constexpr std::size_t slack = std::max(find_byte_slack, layout_slack);
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t filled_ = 0;
  std::size_t message_at_ = 0;  // start of the message that is being read
  std::size_t line_at_ = 0;     // start of the line that is being read
  std::size_t scanned_ = 0;     // no line end before this place
  std::size_t output_at_ = 0;   // start of the output of an old Command reply
  Part part_ = Part::banner;
  bool given_ = false;  // message_ was handed out: clear it before going on
  Message message_;     // views into buffer_
  // By EventName; made when the first such event comes.
  std::array<std::unique_ptr<Layout>, event_name_count> layouts_;
  Layout* layout_ = nullptr;  // of message_, once its first header is known
  std::string output_;        // the values of `Output` headers, joined
  bool has_output_ = false;
  std::string version_;
  std::string broken_because_;
  std::size_t dropped_headers_ = 0;
  std::size_t cut_lines_ = 0;
};

}  // namespace arigate::ami
