#include "model/store.hpp"

#include <utility>

#include "core/assert.hpp"

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
  const auto found = by_uniqueid_.find(id.value);
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
  const auto found = playbacks_.find(id);
  return found == playbacks_.end() ? nullptr : &found->second;
}

const Bridge* Store::find(const BridgeId& id) const {
  const auto found = bridges_.find(id);
  return found == bridges_.end() ? nullptr : &found->second;
}

Channel* Store::mutable_find_uniqueid(std::string_view id) {
  const auto found = by_uniqueid_.find(id);
  return found == by_uniqueid_.end() ? nullptr : &found->second->channel;
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
  return node->channel;
}

void Store::erase(const ChannelId& id) {
  const auto found = by_id_.find(id.value);
  ARIGATE_ASSERT(found != by_id_.end());
  Node* node = found->second.get();
  (node->previous != nullptr ? node->previous->next : first_) = node->next;
  (node->next != nullptr ? node->next->previous : last_) = node->previous;
  by_uniqueid_.erase(node->channel.uniqueid.value);
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
  channel.name = name;
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

void Store::set_id(Channel& channel, ChannelId id) {
  auto handle = by_id_.extract(channel.id.value);
  channel.id = std::move(id);
  handle.key() = channel.id.value;
  const auto outcome = by_id_.insert(std::move(handle));
  ARIGATE_ASSERT(outcome.inserted);
}

}  // namespace arigate::model
