#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/bridge.hpp"
#include "model/channel.hpp"
#include "model/endpoint.hpp"
#include "model/recording.hpp"

namespace arigate::model {

/// All objects, by each of their names. Others keep ids and look up again; a pointer from find()
/// is good until the next co_await or change.
class Store {
 public:
  /// More of them are not taken: a PBX has fewer, so they are forged or it is not a PBX.
  static constexpr std::size_t channels_max = 200'000;
  static constexpr std::size_t bridges_max = 100'000;
  static constexpr std::size_t endpoints_max = 100'000;

  const Channel* find(const ChannelId& id) const;
  /// Also one that ARI does not show.
  const Channel* find_also_hidden(const ChannelId& id) const;
  const Channel* find(const Uniqueid& id) const;
  const Channel* find_uniqueid(std::string_view id) const;  ///< Called for each event: no copy.
  const Channel* find_name(std::string_view name) const;
  const Playback* find(const PlaybackId& id) const;
  /// Natively an id may be given again while it plays: what asks for it finds the oldest. Its key
  /// is what the Reconciler gave it; of an unknown id, the id.
  const PlaybackId& key_of(const PlaybackId& id) const;
  const LiveRecording* find(const RecordingName& name) const;
  const Bridge* find(const BridgeId& id) const;
  /// The case of the technology does not count, as in native ARI.
  const Endpoint* find_endpoint(std::string_view technology, std::string_view resource) const;
  /// The SIP phone of a "Alice <sip:alice@host:port>"; nullptr when none has that name.
  const Endpoint* find_sip_endpoint(std::string_view uri) const;
  /// By "SIP/alice", or the first one of "SIP"; here the case counts, as in native ARI.
  const Endpoint* find_endpoint_named(std::string_view name) const;

  /// In the order in which they came; not the hidden ones.
  template <class Visit>
  void each_channel(Visit visit) const {
    for (const auto* node = first_; node != nullptr; node = node->next) {
      if (!node->channel.hidden) visit(node->channel);
    }
  }
  template <class Visit>
  void each_bridge(Visit visit) const {
    for (const auto& [id, bridge] : bridges_) visit(bridge);
  }
  /// By technology, then resource.
  template <class Visit>
  void each_endpoint(Visit visit) const {
    for (const auto& [name, endpoint] : endpoints_) visit(endpoint);
  }
  std::size_t bridge_count() const { return bridges_.size(); }
  std::size_t endpoint_count() const { return endpoints_.size(); }
  std::size_t channel_count() const { return by_id_.size(); }
  std::size_t playback_count() const { return playbacks_.size(); }
  std::size_t recording_count() const { return recordings_.size(); }

 private:
  friend class Reconciler;

  template <class Visit>
  void each_known(Visit visit) const {
    for (const auto* node = first_; node != nullptr; node = node->next) visit(node->channel);
  }

  /// A list node, so that listing keeps the order and erasing is cheap.
  struct Node {
    Channel channel;
    Node* previous = nullptr;
    Node* next = nullptr;
  };

  Channel* mutable_find(const Uniqueid& id) { return mutable_find_uniqueid(id.value); }
  Channel* mutable_find_uniqueid(std::string_view id) {
    return const_cast<Channel*>(find_uniqueid(id));
  }
  Channel* mutable_find(const ChannelId& id);
  Bridge* mutable_find(const BridgeId& id);
  Endpoint* mutable_find_endpoint(std::string_view name);
  /// With the channels that are there already; nullptr at the limit.
  Endpoint* add_endpoint(std::string_view technology, std::string_view resource);
  Channel& add(Channel channel);
  void erase(const ChannelId& id);
  void rename(Channel& channel, std::string_view name);
  /// After a masquerade each of the two goes on under the PBX's id of the other.
  void swap_uniqueids(Channel& one, Channel& other);
  void set_uniqueid(Channel& channel, std::string_view uniqueid);
  /// Gives a channel that nobody has seen yet its public id. False: another channel has that.
  bool set_id(Channel& channel, ChannelId id);
  void erase_endpoint(std::string_view name);
  void join_endpoint(const Channel& channel);
  void leave_endpoint(const Channel& channel);

  // Keys are views into the nodes' own strings: no second copy of each id.
  std::unordered_map<std::string_view, std::unique_ptr<Node>> by_id_;
  std::unordered_map<std::string_view, Node*> by_uniqueid_;
  std::unordered_map<std::string_view, Node*> by_name_;
  Node* first_ = nullptr;
  Node* last_ = nullptr;
  std::unordered_map<PlaybackId, Playback> playbacks_;                         ///< By key.
  std::unordered_map<PlaybackId, std::vector<PlaybackId>> same_playback_ids_;  ///< Other keys.
  // Ordered, so that lists are the same each time.
  std::map<BridgeId, Bridge> bridges_;
  std::map<std::string, Endpoint, std::less<>> endpoints_;  // By "SIP/alice".
  std::unordered_map<RecordingName, LiveRecording> recordings_;
};

}  // namespace arigate::model
