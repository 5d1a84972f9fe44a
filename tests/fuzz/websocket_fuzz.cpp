// Sources: src/io/websocket_decoder.cpp
// Any bytes of a WebSocket client: the same messages however the bytes are cut, and the same that
// wslay, a WebSocket library of its own, takes from them.
#include <wslay/wslay.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>

#include "core/assert.hpp"
#include "core/overloaded.hpp"
#include "io/websocket_decoder.hpp"

namespace {

using arigate::Overloaded;
using arigate::io::WebSocketDecoder;

constexpr std::size_t message_bytes_max = 1000;

struct Seen {
  std::string messages;  ///< Texts and pings, in order.
  bool ended = false;
};

Seen decode(std::string_view bytes, std::size_t chunk) {
  WebSocketDecoder decoder{message_bytes_max};
  Seen seen;
  while (!bytes.empty() && !seen.ended) {
    auto piece = bytes.substr(0, chunk);
    bytes.remove_prefix(piece.size());
    for (bool more = true; more;) {
      std::visit(Overloaded{
                     [&](WebSocketDecoder::NeedMore) { more = !piece.empty(); },
                     [&](const WebSocketDecoder::Text& text) {
                       ARIGATE_ASSERT(text.payload.size() <= message_bytes_max);
                       seen.messages += "text " + std::string{text.payload} + "\n";
                     },
                     [&](WebSocketDecoder::Binary) { seen.messages += "binary\n"; },
                     [&](const WebSocketDecoder::Ping& ping) {
                       ARIGATE_ASSERT(ping.payload.size() <= WebSocketDecoder::control_bytes_max);
                       seen.messages += "ping " + std::string{ping.payload} + "\n";
                     },
                     [&](WebSocketDecoder::Pong) { seen.messages += "pong\n"; },
                     [&](WebSocketDecoder::Close) { seen.ended = true; },
                     [&](const WebSocketDecoder::Failed&) { seen.ended = true; },
                 },
                 decoder.next(piece));
      if (seen.ended) break;
    }
  }
  return seen;
}

struct Oracle {
  std::string_view bytes;
  Seen seen;
  unsigned close_code = 0;
};

ssize_t oracle_read(wslay_event_context_ptr context, std::uint8_t* out, std::size_t size, int,
                    void* user) {
  auto& oracle = *static_cast<Oracle*>(user);
  if (oracle.bytes.empty()) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  size = std::min(size, oracle.bytes.size());
  std::memcpy(out, oracle.bytes.data(), size);
  oracle.bytes.remove_prefix(size);
  return static_cast<ssize_t>(size);
}

ssize_t oracle_write(wslay_event_context_ptr, const std::uint8_t*, std::size_t size, int, void*) {
  return static_cast<ssize_t>(size);
}

void oracle_message(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message,
                    void* user) {
  auto& seen = static_cast<Oracle*>(user)->seen;
  const std::string text{reinterpret_cast<const char*>(message->msg), message->msg_length};
  if (message->opcode == WSLAY_TEXT_FRAME) seen.messages += "text " + text + "\n";
  if (message->opcode == WSLAY_BINARY_FRAME) seen.messages += "binary\n";
  if (message->opcode == WSLAY_PING) seen.messages += "ping " + text + "\n";
  if (message->opcode == WSLAY_PONG) seen.messages += "pong\n";
}

Oracle ask_oracle(std::string_view bytes) {
  wslay_event_callbacks callbacks{};
  callbacks.recv_callback = oracle_read;
  callbacks.send_callback = oracle_write;
  callbacks.on_msg_recv_callback = oracle_message;
  Oracle oracle{bytes, {}, 0};
  wslay_event_context_ptr context = nullptr;
  ARIGATE_ASSERT(wslay_event_context_server_init(&context, &callbacks, &oracle) == 0);
  wslay_event_config_set_max_recv_msg_length(context, message_bytes_max);
  const int failed = wslay_event_recv(context);
  oracle.seen.ended = failed != 0 || wslay_event_get_read_enabled(context) == 0;
  wslay_event_send(context);
  if (oracle.seen.ended) oracle.close_code = wslay_event_get_status_code_sent(context);
  wslay_event_context_free(context);
  return oracle;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto whole = decode(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}}) {
    ARIGATE_ASSERT(decode(bytes, chunk).messages == whole.messages);
  }
  const auto oracle = ask_oracle(bytes);
  if (oracle.close_code == arigate::io::close_code::invalid_payload) {
    // wslay refuses a bad byte at once, we at the end of its message: pings may come between.
    ARIGATE_ASSERT(whole.messages.starts_with(oracle.seen.messages));
  } else {
    ARIGATE_ASSERT(whole.messages == oracle.seen.messages);
    ARIGATE_ASSERT(whole.ended || !oracle.seen.ended);  // We may see a bad header earlier.
  }
  return 0;
}
