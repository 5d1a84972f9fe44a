#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/channel.hpp"

namespace arigate::model {

enum class EndpointState : std::uint8_t { unknown, offline, online };

/// What a PBX is configured to call or be called by. Only model::Reconciler writes it.
///
/// Its state follows PeerStatus and the lists. The contacts of a PJSIP endpoint do not change it:
/// seen in all captures of 16 and 22, each change of state has a PeerStatus of its own, and it
/// comes before the ContactStatus.
struct Endpoint {
  std::string technology;  ///< "PJSIP", "SIP", "IAX2".
  std::string resource;    ///< "alice".
  EndpointState state = EndpointState::unknown;
  std::vector<const Channel*> channels;  ///< Named after it, in the order in which they came.
  std::uint64_t touched = 0;             ///< Serial number of the last event about it, for resync.
};

/// "SIP/alice" of "SIP/alice-00000003"; "" for a name of another form, and for a body that a
/// masquerade has left ("SIP/alice-00000003<ZOMBIE>").
inline std::string_view endpoint_of_channel(std::string_view name) {
  if (name.ends_with('>')) return {};
  const auto dash = name.rfind('-');
  return dash == std::string_view::npos ? std::string_view{} : name.substr(0, dash);
}

}  // namespace arigate::model
