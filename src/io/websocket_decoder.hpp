#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "io/websocket_frame.hpp"

namespace arigate::io {

/// Cuts the bytes of one WebSocket client into messages, strictly by RFC 6455. No socket and no
/// clock in here.
///
/// Written out although wslay is at hand: wslay holds 8 KiB of buffers for each connection, this
/// holds nothing while the client is silent, as clients of ARI nearly always are. wslay is the
/// oracle of the fuzz target.
///
///   header --(text, binary, continuation)--> payload --all of it--> header
///      |---(ping, pong, close)-------------> payload --all of it--> header; a close ends it
///   any --bad frame--> failed: send Failed::code in a close frame, feed no more
class WebSocketDecoder {
 public:
  static constexpr std::size_t control_bytes_max = 125;  ///< RFC 6455 5.5.

  /// A message over `message_bytes_max`, in however many fragments, fails with 1009.
  explicit WebSocketDecoder(std::size_t message_bytes_max)
      : message_bytes_max_{message_bytes_max} {}

  struct NeedMore {};
  struct Text {
    std::string_view payload;  ///< Valid UTF-8; until the next call.
  };
  struct Binary {};
  struct Ping {
    std::string_view payload;
  };
  struct Pong {};
  struct Close {
    std::uint16_t code;  ///< 1005 when the client gave none.
  };
  struct Failed {
    std::uint16_t code;
    std::string_view reason;
  };
  using Input = std::variant<NeedMore, Text, Binary, Ping, Pong, Close, Failed>;

  /// Takes from the front of `bytes`; call it again with what is left until it is empty and the
  /// answer is NeedMore. After Close and Failed nothing more is taken.
  Input next(std::string_view& bytes);

 private:
  enum class State { header, payload, ended };

  Input on_header(std::string_view& bytes);
  Input on_payload(std::string_view& bytes);
  Input finish_frame();
  Input fail(std::uint16_t code, std::string_view reason);
  bool is_control() const { return (static_cast<unsigned>(opcode_) & 0x8U) != 0; }

  std::size_t message_bytes_max_;
  State state_ = State::header;
  std::array<unsigned char, 14> header_{};  ///< Of the frame that is coming, as far as it came.
  std::size_t header_size_ = 0;
  bool final_ = false;
  Opcode opcode_ = Opcode::text;                  ///< Of this frame.
  Opcode message_opcode_ = Opcode::continuation;  ///< Of the fragmented message; else continuation.
  std::array<unsigned char, 4> mask_{};
  std::size_t frame_size_ = 0;
  std::size_t frame_done_ = 0;
  std::string message_;  ///< Text or binary, unmasked.
  std::string control_;
  bool delivered_ = false;  ///< message_ was given out; the next call drops it.
};

}  // namespace arigate::io
