#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arigate::io {

/// RFC 6455 5.2.
enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

/// RFC 6455 7.4.1.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t message_too_big = 1009;
}  // namespace close_code

/// What every server frame carries before its payload, at most.
inline constexpr std::size_t frame_header_bytes_max = 10;

/// Appends one whole unmasked frame, as a server sends it.
inline void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  char header[frame_header_bytes_max];
  std::size_t length = 0;
  header[length++] = static_cast<char>(0x80U | static_cast<unsigned>(opcode));  // FIN
  const std::uint64_t size = payload.size();
  int shift = -8;
  if (size < 126) {
    header[length++] = static_cast<char>(size);
  } else if (size <= 0xFFFF) {
    header[length++] = 126;
    shift = 8;
  } else {
    header[length++] = 127;
    shift = 56;
  }
  for (; shift >= 0; shift -= 8) {
    header[length++] = static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xFFU);
  }
  out.append(header, length);
  out.append(payload);
}

/// What a close frame carries; a reason longer than a control frame holds is cut.
inline std::string close_payload(std::uint16_t code, std::string_view reason) {
  constexpr std::size_t reason_bytes_max = 123;
  std::string payload;
  payload += static_cast<char>(code >> 8U);
  payload += static_cast<char>(code & 0xFFU);
  payload += reason.substr(0, reason_bytes_max);
  return payload;
}

inline void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  append_frame(out, Opcode::close, close_payload(code, reason));
}

}  // namespace arigate::io
