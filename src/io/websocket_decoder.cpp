#include "io/websocket_decoder.hpp"

#include <simdjson.h>

#include <algorithm>

namespace arigate::io {
namespace {

/// RFC 6455 7.4: the codes that may stand in a close frame.
bool is_valid_close_code(unsigned code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/// A message buffer larger than this is not kept for the next message.
constexpr std::size_t kept_message = 1024;

}  // namespace

WebSocketDecoder::Input WebSocketDecoder::next(std::string_view& bytes) {
  if (delivered_) {
    delivered_ = false;
    message_.clear();
    if (message_.capacity() > kept_message) message_.shrink_to_fit();
  }
  switch (state_) {
    case State::header:
      return on_header(bytes);
    case State::payload:
      return on_payload(bytes);
    case State::ended:
      bytes = {};
      return NeedMore{};
  }
  return NeedMore{};
}

WebSocketDecoder::Input WebSocketDecoder::on_header(std::string_view& bytes) {
  // Two bytes say how long the header is: an extended length of 2 or 8 bytes, a mask of 4.
  const auto take_to = [&](std::size_t size) {
    while (header_size_ < size && !bytes.empty()) {
      header_[header_size_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
    }
    return header_size_ == size;
  };
  if (header_size_ < 2 && !take_to(2)) return NeedMore{};
  final_ = (header_[0] & 0x80U) != 0;
  opcode_ = static_cast<Opcode>(header_[0] & 0x0FU);
  const unsigned short_length = header_[1] & 0x7FU;
  if ((header_[0] & 0x70U) != 0) return fail(close_code::protocol_error, "reserved bits");
  if ((header_[1] & 0x80U) == 0) return fail(close_code::protocol_error, "frame without mask");
  switch (opcode_) {
    case Opcode::continuation:
      if (message_opcode_ == Opcode::continuation) {
        return fail(close_code::protocol_error, "nothing to continue");
      }
      break;
    case Opcode::text:
    case Opcode::binary:
      if (message_opcode_ != Opcode::continuation) {
        return fail(close_code::protocol_error, "message within a message");
      }
      break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!final_) return fail(close_code::protocol_error, "fragmented control frame");
      if (short_length > control_bytes_max) {
        return fail(close_code::protocol_error, "long control frame");
      }
      break;
    default:
      return fail(close_code::protocol_error, "unknown opcode");
  }
  const std::size_t extended = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
  if (header_size_ < 2 + extended && !take_to(2 + extended)) return NeedMore{};
  std::uint64_t length = short_length;
  if (extended != 0) {
    length = 0;
    for (std::size_t i = 0; i < extended; ++i) length = length << 8U | header_[2 + i];
  }
  if (extended == 8 && (header_[2] & 0x80U) != 0) {
    return fail(close_code::protocol_error, "negative length");
  }
  if ((extended == 2 && length < 126) || (extended == 8 && length <= 0xFFFF)) {
    return fail(close_code::protocol_error, "length in the wrong form");
  }
  if (!is_control() && length > message_bytes_max_ - message_.size()) {
    return fail(close_code::message_too_big, "message too long");
  }
  if (!take_to(2 + extended + mask_.size())) return NeedMore{};
  std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(2 + extended), mask_.size(),
              mask_.begin());
  frame_size_ = static_cast<std::size_t>(length);
  frame_done_ = 0;
  header_size_ = 0;
  if (!is_control() && opcode_ != Opcode::continuation) message_opcode_ = opcode_;
  if (is_control()) control_.clear();
  state_ = State::payload;
  return on_payload(bytes);
}

WebSocketDecoder::Input WebSocketDecoder::on_payload(std::string_view& bytes) {
  const auto part = bytes.substr(0, frame_size_ - frame_done_);
  std::string& out = is_control() ? control_ : message_;
  for (const char c : part) {
    out += static_cast<char>(static_cast<unsigned char>(c) ^ mask_[frame_done_++ % mask_.size()]);
  }
  bytes.remove_prefix(part.size());
  if (frame_done_ < frame_size_) return NeedMore{};
  state_ = State::header;
  return finish_frame();
}

WebSocketDecoder::Input WebSocketDecoder::finish_frame() {
  const auto is_utf8 = [](std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
  };
  switch (opcode_) {
    case Opcode::ping:
      return Ping{control_};
    case Opcode::pong:
      return Pong{};
    case Opcode::close: {
      const std::string_view payload = control_;
      std::uint16_t code = 1005;
      if (payload.size() == 1) return fail(close_code::protocol_error, "half a close code");
      if (payload.size() >= 2) {
        code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8U |
                                          static_cast<unsigned char>(payload[1]));
        if (!is_valid_close_code(code)) {
          return fail(close_code::protocol_error, "bad close code");
        }
        if (!is_utf8(payload.substr(2))) return fail(close_code::invalid_payload, "not UTF-8");
      }
      state_ = State::ended;
      return Close{code};
    }
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
      break;
  }
  if (!final_) return NeedMore{};
  delivered_ = true;
  const bool is_text = message_opcode_ == Opcode::text;
  message_opcode_ = Opcode::continuation;
  if (!is_text) return Binary{};
  if (!is_utf8(message_)) return fail(close_code::invalid_payload, "not UTF-8");
  return Text{message_};
}

WebSocketDecoder::Input WebSocketDecoder::fail(std::uint16_t code, std::string_view reason) {
  state_ = State::ended;
  return Failed{code, reason};
}

}  // namespace arigate::io
