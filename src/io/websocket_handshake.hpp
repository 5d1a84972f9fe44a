#pragma once

#include <optional>
#include <string>

#include "ari/http.hpp"

namespace arigate::io {

/// Why this upgrade request cannot become a WebSocket; nullopt when it can. As native: 400 with the
/// versions it speaks for a wrong version, no key, or when only foreign subprotocols are offered.
std::optional<ari::Response> refuse_handshake(const ari::HttpRequest& request);

/// The whole 101 answer. Extensions are never taken up; the subprotocol "ari" when it was offered.
std::string handshake_answer(const ari::HttpRequest& request);

}  // namespace arigate::io
