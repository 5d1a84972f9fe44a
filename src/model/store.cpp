#include "model/store.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/text.hpp"

namespace arigate::model {

const Channel* Store::find(const ChannelId& id) const {
  const auto found = by_id_.find(id.value);
  if (found == by_id_.end() || found->second->channel.hidden) return nullptr;
  return &found->second->channel;
}

const Channel* Store::find_also_hidden(const ChannelId& id) const {
  const auto found = by_id_.find(id.value);
  return found == by_id_.end() ? nullptr : &found->second->channel;
}

const Channel* Store::find(const Uniqueid& id) const {
  return find_uniqueid(id.value);
}

const Channel* Store::find_uniqueid(std::string_view id) const {
  const auto found = by_uniqueid_.find(id);
  return found == by_uniqueid_.end() ? nullptr : &found->second->channel;
}

const Channel* Store::find_name(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second->channel;
}

const LiveRecording* Store::find(const RecordingName& name) const {
  const auto found = recordings_.find(name);
  return found == recordings_.end() ? nullptr : &found->second;
}

const Playback* Store::find(const PlaybackId& id) const {
  const auto found = playbacks_.find(key_of(id));
  return found == playbacks_.end() ? nullptr : &found->second;
}

const PlaybackId& Store::key_of(const PlaybackId& id) const {
  if (same_playback_ids_.empty() || playbacks_.contains(id)) return id;
  const auto same = same_playback_ids_.find(id);
  return same == same_playback_ids_.end() ? id : same->second.front();
}

const Bridge* Store::find(const BridgeId& id) const {
  const auto found = bridges_.find(id);
  return found == bridges_.end() ? nullptr : &found->second;
}

const Endpoint* Store::find_endpoint(std::string_view technology, std::string_view resource) const {
  std::string name{technology};
  name.append("/").append(resource);
  if (const auto found = endpoints_.find(name); found != endpoints_.end()) return &found->second;
  for (const auto& [key, endpoint] : endpoints_) {
    if (endpoint.resource == resource && iequals(endpoint.technology, technology)) return &endpoint;
  }
  return nullptr;
}

const Endpoint* Store::find_sip_endpoint(std::string_view uri) const {
  const auto scheme = uri.find("sip");  // "sip:" or "sips:"
  const auto colon = uri.find(':', scheme == std::string_view::npos ? uri.size() : scheme);
  if (colon == std::string_view::npos) return nullptr;
  const auto user = uri.substr(colon + 1, uri.find_first_of("@;>", colon) - colon - 1);
  for (const std::string_view technology : {"PJSIP", "SIP"}) {
    if (const auto* found = find_endpoint(technology, user)) return found;
  }
  return nullptr;
}

const Endpoint* Store::find_endpoint_named(std::string_view name) const {
  const auto found = endpoints_.lower_bound(name);
  if (found == endpoints_.end()) return nullptr;
  const Endpoint& endpoint = found->second;
  return found->first == name || endpoint.technology == name ? &endpoint : nullptr;
}

Channel* Store::mutable_find(const ChannelId& id) {
  const auto found = by_id_.find(id.value);
  return found == by_id_.end() ? nullptr : &found->second->channel;
}

Bridge* Store::mutable_find(const BridgeId& id) {
  return const_cast<Bridge*>(find(id));
}

Channel& Store::add(Channel channel) {
  auto owned = std::make_unique<Node>();
  Node* node = owned.get();
  node->channel = std::move(channel);
  node->previous = last_;
  (last_ != nullptr ? last_->next : first_) = node;
  last_ = node;
  const auto [place, fresh_id] = by_id_.emplace(node->channel.id.value, std::move(owned));
  ARIGATE_ASSERT(fresh_id);
  const auto [other, fresh_uniqueid] = by_uniqueid_.emplace(node->channel.uniqueid.value, node);
  ARIGATE_ASSERT(fresh_uniqueid);
  by_name_.erase(node->channel.name);  // Its key would be a view into the older channel.
  by_name_.emplace(node->channel.name, node);
  join_endpoint(node->channel);
  return node->channel;
}

void Store::erase(const ChannelId& id) {
  const auto found = by_id_.find(id.value);
  ARIGATE_ASSERT(found != by_id_.end());
  Node* node = found->second.get();
  (node->previous != nullptr ? node->previous->next : first_) = node->next;
  (node->next != nullptr ? node->next->previous : last_) = node->previous;
  by_uniqueid_.erase(node->channel.uniqueid.value);
  leave_endpoint(node->channel);
  // A new channel may carry the name already (seen: names are used again right after a hangup).
  if (const auto name = by_name_.find(node->channel.name);
      name != by_name_.end() && name->second == node) {
    by_name_.erase(name);
  }
  by_id_.erase(found);
}

void Store::rename(Channel& channel, std::string_view name) {
  const auto found = by_id_.find(channel.id.value);
  Node* node = found->second.get();
  if (const auto old = by_name_.find(channel.name); old != by_name_.end() && old->second == node) {
    by_name_.erase(old);
  }
  leave_endpoint(channel);
  channel.name = name;
  join_endpoint(channel);
  by_name_.erase(channel.name);  // The key of another channel's entry would outlive that channel.
  by_name_.emplace(channel.name, node);
}

void Store::swap_uniqueids(Channel& one, Channel& other) {
  auto node = by_uniqueid_.extract(one.uniqueid.value);
  auto other_node = by_uniqueid_.extract(other.uniqueid.value);
  std::swap(one.uniqueid, other.uniqueid);
  node.key() = one.uniqueid.value;
  other_node.key() = other.uniqueid.value;
  by_uniqueid_.insert(std::move(node));
  by_uniqueid_.insert(std::move(other_node));
}

void Store::set_uniqueid(Channel& channel, std::string_view uniqueid) {
  auto node = by_uniqueid_.extract(channel.uniqueid.value);
  channel.uniqueid.value = uniqueid;
  node.key() = channel.uniqueid.value;
  by_uniqueid_.insert(std::move(node));
}

bool Store::set_id(Channel& channel, ChannelId id) {
  const auto* owner = find_also_hidden(id);
  if (owner != nullptr) return owner == &channel;
  auto handle = by_id_.extract(channel.id.value);
  channel.id = std::move(id);
  handle.key() = channel.id.value;
  by_id_.insert(std::move(handle));
  return true;
}

// --- endpoints ----------------------------------------------------------------------------------

Endpoint* Store::mutable_find_endpoint(std::string_view name) {
  const auto found = endpoints_.find(name);
  return found == endpoints_.end() ? nullptr : &found->second;
}

Endpoint* Store::add_endpoint(std::string_view technology, std::string_view resource) {
  if (endpoints_.size() >= endpoints_max) return nullptr;
  std::string name{technology};
  name.append("/").append(resource);
  const auto added = endpoints_.try_emplace(std::move(name));
  const std::string& full_name = added.first->first;
  Endpoint& endpoint = added.first->second;
  if (!added.second) return &endpoint;
  endpoint.technology = technology;
  endpoint.resource = resource;
  each_known([&](const Channel& channel) {
    if (endpoint_of_channel(channel.name) == full_name) endpoint.channels.push_back(&channel);
  });
  return &endpoint;
}

void Store::erase_endpoint(std::string_view name) {
  if (const auto found = endpoints_.find(name); found != endpoints_.end()) endpoints_.erase(found);
}

void Store::join_endpoint(const Channel& channel) {
  if (endpoints_.empty()) return;
  if (Endpoint* endpoint = mutable_find_endpoint(endpoint_of_channel(channel.name))) {
    endpoint->channels.push_back(&channel);
  }
}

void Store::leave_endpoint(const Channel& channel) {
  if (endpoints_.empty()) return;
  if (Endpoint* endpoint = mutable_find_endpoint(endpoint_of_channel(channel.name))) {
    std::erase(endpoint->channels, &channel);
  }
}

}  // namespace arigate::model
