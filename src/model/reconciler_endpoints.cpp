// What AMI tells of endpoints. Sources of the rules: fixtures/captures 16 and 22, where native ARI
// was recorded beside AMI.
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

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

/// What a row of a list says; nullopt where it could be either.
std::optional<EndpointState> state_in(const ami::Message& row) {
  if (row.has(Key::devicestate)) {  // PJSIP
    return row[Key::devicestate] == "Unavailable" || row[Key::devicestate] == "Invalid"
               ? EndpointState::offline
               : EndpointState::online;
  }
  const auto status = row[Key::status];
  if (status.starts_with("OK") || status.starts_with("LAGGED")) return EndpointState::online;
  if (status.starts_with("UNREACHABLE")) return EndpointState::offline;
  // Not watched by the PBX: natively only a registration says that it is there. One that has no
  // address may never have registered, or have gone; one that needs no registration is unknown.
  const bool has_address = !row[Key::ipaddress].empty() && row[Key::ipaddress] != "-none-" &&
                           row[Key::ipaddress] != "(null)";
  if (status.starts_with("Unmonitored") && row[Key::dynamic] == "yes" && has_address) {
    return EndpointState::online;
  }
  return std::nullopt;
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
  take_endpoint_state(*endpoint, state_after(event[Key::peerstatus], endpoint->state), now);
  emit(PeerStatusChange{*endpoint, event[Key::peerstatus], event[Key::cause], event[Key::address],
                        event[Key::port], event[Key::time]},
       now);
}

void Reconciler::on_contact_status(const ami::Message& event, WallTime now) {
  Endpoint* endpoint = known_endpoint("PJSIP", event[Key::endpointname]);
  if (endpoint == nullptr) return;
  if (endpoint->state == EndpointState::unknown) {
    take_endpoint_state(*endpoint, state_of_contact(event[Key::contactstatus]), now);
  }
  emit(ContactStatusChange{*endpoint, event[Key::uri], event[Key::contactstatus], event[Key::aor],
                           event[Key::roundtripusec]},
       now);
}

/// Natively an endpoint tells its change before the event that has caused it.
void Reconciler::take_endpoint_state(Endpoint& endpoint, EndpointState state, WallTime now) {
  if (std::exchange(endpoint.state, state) != state) emit(EndpointStateChange{endpoint}, now);
}

/// A channel named after an endpoint has come or gone.
void Reconciler::tell_endpoint_of(std::string_view channel_name, WallTime now) {
  if (store_.endpoint_count() == 0) return;
  const auto* endpoint = store_.mutable_find_endpoint(endpoint_of_channel(channel_name));
  if (endpoint != nullptr) emit(EndpointStateChange{*endpoint}, now);
}

void Reconciler::apply_endpoints(std::string_view technology, std::span<const ami::Message> rows,
                                 WallTime now) {
  std::unordered_set<std::string> listed;
  for (const auto& row : rows) {
    auto resource = row[Key::objectname];
    resource = resource.substr(0, resource.find('/'));  // IAX2 adds the user name: "name/user".
    scratch_.assign(technology).append("/").append(resource);
    Endpoint* endpoint = store_.mutable_find_endpoint(scratch_);
    const bool fresh = endpoint == nullptr;
    if (fresh && !resource.empty()) endpoint = store_.add_endpoint(technology, resource);
    if (endpoint == nullptr) continue;
    listed.insert(std::string{resource});
    const auto state = state_in(row);
    if (!state || endpoint->touched > endpoint_list_serial_) continue;  // Events are newer.
    if (fresh || endpoint->state == EndpointState::unknown) {
      endpoint->state = *state;  // What was so before is no news.
    } else if (*state != endpoint->state) {
      // It came or went unseen: that is told as the event itself would have been.
      take_endpoint_state(*endpoint, *state, now);
      const auto status = *state == EndpointState::online ? "Reachable" : "Unreachable";
      emit(PeerStatusChange{*endpoint, status, "", "", "", ""}, now);
    }
  }
  std::vector<std::string> vanished;
  store_.each_endpoint([&](const Endpoint& endpoint) {
    if (endpoint.technology == technology && endpoint.touched <= endpoint_list_serial_ &&
        !listed.contains(endpoint.resource)) {
      vanished.push_back(endpoint.technology + "/" + endpoint.resource);
    }
  });
  for (const auto& name : vanished) store_.erase_endpoint(name);
}

}  // namespace arigate::model
