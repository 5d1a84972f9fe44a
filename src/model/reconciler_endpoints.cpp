// What AMI tells of endpoints. Sources of the rules: fixtures/captures 16 and 22, where native ARI
// was recorded beside AMI.
#include <string_view>

#include "model/reconciler.hpp"

namespace arigate::model {
namespace {

using ami::Key;

/// What a PeerStatus says of the state; the old state where it says nothing of it (Rejected).
EndpointState state_after(std::string_view status, EndpointState before) {
  if (status == "Registered" || status == "Reachable" || status == "Lagged") {
    return EndpointState::online;
  }
  if (status == "Unregistered" || status == "Unreachable") return EndpointState::offline;
  return before;
}

/// A first guess from a contact, for an endpoint of which nothing else has been told yet.
EndpointState state_of_contact(std::string_view status) {
  if (status == "Reachable" || status == "NonQualified" || status == "Created") {
    return EndpointState::online;
  }
  if (status == "Unreachable" || status == "Removed") return EndpointState::offline;
  return EndpointState::unknown;
}

}  // namespace

Endpoint* Reconciler::known_endpoint(std::string_view technology, std::string_view resource) {
  if (technology.empty() || resource.empty()) return nullptr;
  scratch_.assign(technology).append("/").append(resource);
  Endpoint* endpoint = store_.mutable_find_endpoint(scratch_);
  if (endpoint == nullptr) endpoint = store_.add_endpoint(technology, resource);
  if (endpoint != nullptr) endpoint->touched = serial_;
  return endpoint;
}

void Reconciler::on_peer_status(const ami::Message& event, WallTime now) {
  const auto peer = event[Key::peer];
  const auto slash = peer.find('/');
  if (slash == std::string_view::npos) return;
  Endpoint* endpoint = known_endpoint(peer.substr(0, slash), peer.substr(slash + 1));
  if (endpoint == nullptr) return;
  endpoint->state = state_after(event[Key::peerstatus], endpoint->state);
  emit(PeerStatusChange{*endpoint, event[Key::peerstatus], event[Key::cause], event[Key::address],
                        event[Key::port], event[Key::time]},
       now);
}

void Reconciler::on_contact_status(const ami::Message& event, WallTime now) {
  Endpoint* endpoint = known_endpoint("PJSIP", event[Key::endpointname]);
  if (endpoint == nullptr) return;
  if (endpoint->state == EndpointState::unknown) {
    endpoint->state = state_of_contact(event[Key::contactstatus]);
  }
  emit(ContactStatusChange{*endpoint, event[Key::uri], event[Key::contactstatus], event[Key::aor],
                           event[Key::roundtripusec]},
       now);
}

}  // namespace arigate::model
