#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ops/world.hpp"

namespace arigate::ops {

/// A text message outside of calls.
struct TextMessage {
  std::string to;  ///< "pjsip:alice", "sip:alice".
  std::string from;
  std::string body;
  std::vector<std::pair<std::string, std::string>> variables;
};

/// Hands it to the PBX, which sends it; whether it arrives is not told.
/// Errc::not_found: the PBX knows nobody of that name, or has no such technology; bad_request: it
/// does not fit into an action; not_supported: Asterisk 1.8.
boost::asio::awaitable<Result<void>> send_message(World& world, TextMessage message);

}  // namespace arigate::ops
