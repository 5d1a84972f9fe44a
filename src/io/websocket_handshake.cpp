#include "io/websocket_handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "ari/replies.hpp"
#include "core/assert.hpp"
#include "core/text.hpp"

namespace arigate::io {
namespace {

constexpr std::string_view subprotocol = "ari";
/// Drafts 7 and 8 differ from the RFC (13) only in names of the handshake that nobody reads.
constexpr std::array<std::string_view, 3> versions{"13", "8", "7"};
constexpr std::size_t key_bytes_max = 256;

bool offers_subprotocol(std::string_view offered) {
  const auto names = split(offered, ',');
  return std::any_of(names.begin(), names.end(),
                     [](auto name) { return trim(name) == subprotocol; });
}

/// RFC 6455 4.2.2: base64 of the SHA-1 of the key and a fixed text.
std::string accept_key(std::string_view key) {
  std::string text{key};
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  const int done = EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha1(), nullptr);
  ARIGATE_ASSERT(done == 1);
  std::array<unsigned char, 64> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), hash.data(), static_cast<int>(length));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<ari::Response> refuse_handshake(const ari::HttpRequest& request) {
  const auto refuse = [](std::string_view why) {
    auto response = ari::message_response(400, why);
    response.headers.emplace_back("Sec-WebSocket-Version", "7, 8, 13");
    return response;
  };
  const auto version = trim(request.websocket_version);
  if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
    return refuse("Unsupported WebSocket version");
  }
  if (request.websocket_key.empty() || request.websocket_key.size() > key_bytes_max) {
    return refuse("Sec-WebSocket-Key is missing or too long");
  }
  if (!request.websocket_protocols.empty() && !offers_subprotocol(request.websocket_protocols)) {
    return refuse("The only WebSocket subprotocol is ari");
  }
  return std::nullopt;
}

std::string handshake_answer(const ari::HttpRequest& request) {
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  answer += accept_key(request.websocket_key);
  answer += "\r\n";
  if (offers_subprotocol(request.websocket_protocols)) {
    answer += "Sec-WebSocket-Protocol: ";
    answer += subprotocol;
    answer += "\r\n";
  }
  answer += "\r\n";
  return answer;
}

}  // namespace arigate::io
