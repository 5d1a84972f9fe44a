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
  const std::string& version() const;

  std::size_t dropped_headers() const;
  std::size_t cut_lines() const;

 private:
  // implementation: see decoder.cpp
};

}  // namespace arigate::ami
