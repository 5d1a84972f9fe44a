#include "io/websocket_decoder.hpp"

#include <gtest/gtest.h>

#include "core/overloaded.hpp"

namespace arigate::io {
namespace {

constexpr std::size_t message_bytes_max = 1000;

/// A frame as a client sends it. `first` is the whole first byte: FIN, reserved bits, opcode.
std::string frame(unsigned first, std::string_view payload, bool masked = true) {
  std::string out{static_cast<char>(first)};
  const auto bit = masked ? 0x80U : 0U;
  if (payload.size() < 126) {
    out += static_cast<char>(bit | payload.size());
  } else {
    out += static_cast<char>(bit | 126U);
    out += static_cast<char>(payload.size() >> 8U);
    out += static_cast<char>(payload.size() & 0xFFU);
  }
  const std::string_view mask{"\x01\x80\xFF\x00", 4};
  if (!masked) return out.append(payload);
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return out;
}

/// Tells what came out when `bytes` went in by pieces of `chunk`.
std::string decode(std::string_view bytes, std::size_t chunk) {
  WebSocketDecoder decoder{message_bytes_max};
  std::string seen;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, chunk);
    bytes.remove_prefix(piece.size());
    for (bool more = true; more;) {
      const auto input = decoder.next(piece);
      std::visit(Overloaded{
                     [&](WebSocketDecoder::NeedMore) { more = !piece.empty(); },
                     [&](const WebSocketDecoder::Text& text) {
                       seen += "text " + std::string{text.payload.substr(0, 20)} + "|";
                     },
                     [&](WebSocketDecoder::Binary) { seen += "binary|"; },
                     [&](const WebSocketDecoder::Ping& ping) {
                       seen += "ping " + std::string{ping.payload} + "|";
                     },
                     [&](WebSocketDecoder::Pong) { seen += "pong|"; },
                     [&](WebSocketDecoder::Close close) {
                       seen += "close " + std::to_string(close.code) + "|";
                     },
                     [&](const WebSocketDecoder::Failed& failed) {
                       seen += "failed " + std::to_string(failed.code) + "|";
                     },
                 },
                 input);
    }
  }
  return seen;
}

TEST(WebSocketDecoder, IsStrictForEveryChunkSize) {
  using namespace std::string_literals;
  const std::string large(message_bytes_max, 'x');
  const std::string x20(20, 'x');
  const auto huge = [](unsigned char top) {
    return "\x81\xFF"s + static_cast<char>(top) + std::string(7, '\0') + "mask"s;
  };
  const std::vector<std::pair<std::string, std::string>> cases{
      {frame(0x81, "hello"), "text hello|"},
      {frame(0x81, ""), "text |"},
      {frame(0x81, "a") + frame(0x81, "b"), "text a|text b|"},
      {frame(0x01, "a") + frame(0x00, "b") + frame(0x80, "c"), "text abc|"},
      {frame(0x01, "a") + frame(0x89, "p") + frame(0x80, "c"), "ping p|text ac|"},
      {frame(0x82, "a"), "binary|"},
      {frame(0x8A, ""), "pong|"},
      {frame(0x88, "\x03\xE8"), "close 1000|"},
      {frame(0x88, ""), "close 1005|"},
      {frame(0x88, "\x03\xE8") + frame(0x81, "late"), "close 1000|"},
      {frame(0x81, large), "text " + x20 + "|"},
      {frame(0x81, "\xC3\xA9"), "text \xC3\xA9|"},
      {frame(0x01, "\xC3") + frame(0x80, "\xA9"), "text \xC3\xA9|"},
      // What native lets pass.
      {frame(0x81, "a", false), "failed 1002|"},
      {frame(0xC1, "a"), "failed 1002|"},
      {frame(0x91, "a"), "failed 1002|"},
      {frame(0x83, "a"), "failed 1002|"},
      {frame(0x8B, "a"), "failed 1002|"},
      {frame(0x80, "a"), "failed 1002|"},
      {frame(0x01, "a") + frame(0x81, "b"), "failed 1002|"},
      {frame(0x09, ""), "failed 1002|"},
      {frame(0x89, std::string(126, 'x')), "failed 1002|"},
      {frame(0x88, "\x03"), "failed 1002|"},
      {frame(0x88, "\x03\xED"), "failed 1002|"},  // 1005 may not be sent.
      {frame(0x88, std::string{"\0\0", 2}), "failed 1002|"},
      {frame(0x81, "\xFF"), "failed 1007|"},
      {frame(0x81, "\xC3"), "failed 1007|"},
      {frame(0x81, "\xED\xA0\x80"), "failed 1007|"},
      {frame(0x88, "\x03\xE8\xFF"), "failed 1007|"},
      {frame(0x81, large + "x"), "failed 1009|"},
      {frame(0x01, large) + frame(0x80, "x"), "failed 1009|"},
      {huge(0x40), "failed 1009|"},
      {huge(0x80), "failed 1002|"},
      {huge(0x00), "failed 1002|"},  // A length of 0 in 8 bytes.
      {"\x81\xFE\x00\x01mask"s, "failed 1002|"},
  };
  for (const auto& [bytes, expected] : cases) {
    for (const std::size_t chunk : {bytes.size(), std::size_t{1}, std::size_t{3}}) {
      EXPECT_EQ(decode(bytes, chunk), expected) << "chunks of " << chunk;
    }
  }
}

TEST(WebSocketDecoder, EndlessEmptyFragmentsCostNothing) {
  std::string bytes = frame(0x01, "");
  for (int i = 0; i < 10'000; ++i) bytes += frame(0x00, "");
  EXPECT_EQ(decode(bytes + frame(0x80, "end"), 4096), "text end|");
}

TEST(WebSocketFrame, HasTheShortestHeader) {
  for (const auto& [size, header] : std::vector<std::pair<std::size_t, std::string>>{
           {0, std::string{"\x81\x00", 2}},
           {125, "\x81\x7D"},
           {126, std::string{"\x81\x7E\x00\x7E", 4}},
           {65535, "\x81\x7E\xFF\xFF"},
           {65536, std::string{"\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10}},
       }) {
    std::string out;
    append_frame(out, Opcode::text, std::string(size, 'x'));
    EXPECT_EQ(out, header + std::string(size, 'x')) << size;
  }
  std::string out;
  append_close_frame(out, 1001, std::string(200, 'r'));
  EXPECT_EQ(out, "\x88\x7D\x03\xE9" + std::string(123, 'r'));
}

}  // namespace
}  // namespace arigate::io
