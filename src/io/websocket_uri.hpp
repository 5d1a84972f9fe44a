#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arigate::io {

/// "ws://host:port/path" or "wss://…", taken apart.
struct WebSocketUri {
  std::string host, port, target;
  bool tls = false;
  /// As the Host header has it.
  std::string authority() const { return host + ':' + port; }
};

/// nullopt for another scheme, no host, or a character that could end a line of HTTP.
inline std::optional<WebSocketUri> parse_websocket_uri(std::string_view text) {
  WebSocketUri uri;
  if (text.starts_with("wss://")) {
    uri.tls = true;
    text.remove_prefix(6);
  } else if (text.starts_with("ws://")) {
    text.remove_prefix(5);
  } else {
    return std::nullopt;
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return std::nullopt;
  }
  const auto path = text.find_first_of("/?");
  uri.target = path == text.npos ? "/" : std::string{text.substr(path)};
  if (uri.target.front() != '/') uri.target.insert(0, "/");
  auto place = text.substr(0, path);
  const auto after_address = place.starts_with('[') ? place.find(']') : 0;
  if (after_address == place.npos) return std::nullopt;
  const auto colon = place.find(':', after_address);
  uri.port = colon == place.npos ? (uri.tls ? "443" : "80") : std::string{place.substr(colon + 1)};
  place = place.substr(0, colon);
  if (place.starts_with('[')) place = place.substr(1, place.size() - 2);
  uri.host = place;
  if (uri.host.empty() || uri.port.empty()) return std::nullopt;
  return uri;
}

}  // namespace arigate::io
