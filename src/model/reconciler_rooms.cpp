// Bridges that applications make. On the PBX each is a conference, here called its room, that lives
// from its first member to its last and is hidden from ARI: what the PBX tells of the room becomes
// what native ARI tells of the bridge. A member may be out of the room for a moment, to be played
// something alone; nothing is told of that.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "model/reconciler.hpp"
#include "model/room_name.hpp"

namespace arigate::model {
namespace {

/// Native names no more than so many other members in BRIDGEPEER.
constexpr std::size_t peers_max = 10;

constexpr std::string_view peer_variable = "BRIDGEPEER";

}  // namespace

Result<void> Reconciler::add_own_bridge(Bridge bridge, WallTime now) {
  if (store_.find(bridge.id) != nullptr) {
    return Error{Errc::conflict,
                 fmt::format("Bridge with id '{}' already exists", bridge.id.value)};
  }
  bridge.own = true;
  bridge.bridge_class = "stasis";
  bridge.creator = "Stasis";
  const bool many = bridge.video_mode == "sfu";
  bridge.technology = bridge.holding ? "holding_bridge" : many ? "softmix" : "simple_bridge";
  if (add_bridge(std::move(bridge), now) == nullptr) {
    return Error{Errc::overloaded, "too many bridges"};
  }
  return {};
}

void Reconciler::destroy_own_bridge(const BridgeId& id, WallTime now) {
  const Bridge* bridge = store_.find(id);
  if (bridge == nullptr || !bridge->own) return;
  const auto members = bridge->channels;
  for (const auto& member : members) {
    if (Channel* channel = store_.mutable_find(member)) channel->member_of = {};
  }
  const BridgeId gone = id;
  destroy_bridge(gone, now);
}

void Reconciler::set_bridge_variable(const BridgeId& id, BridgeVariable variable) {
  Bridge* bridge = store_.mutable_find(id);
  if (bridge == nullptr) return;
  ++bridge->revision;
  auto& variables = bridge->variables;
  const auto known = std::ranges::find(variables, variable.name, &BridgeVariable::name);
  if (variable.value.empty()) {  // Natively that takes it away.
    if (known != variables.end()) variables.erase(known);
  } else if (known != variables.end()) {
    *known = std::move(variable);
  } else {
    variables.push_back(std::move(variable));
  }
}

void Reconciler::set_video_source(const BridgeId& id, const ChannelId& channel, WallTime now) {
  Bridge* bridge = store_.mutable_find(id);
  if (bridge == nullptr || bridge->video_source == channel.value) return;
  bridge->video_cleared = false;
  const std::string before = std::exchange(bridge->video_source, channel.value);
  bridge->video_mode = channel.value.empty() ? "talker" : "single";
  ++bridge->revision;
  emit(BridgeVideoSourceChanged{*bridge, before}, now);
}

void Reconciler::clear_video_source(const BridgeId& id) {
  Bridge* bridge = store_.mutable_find(id);
  if (bridge != nullptr) bridge->video_cleared = bridge->video_mode == "single";
}

/// Before a change of the bridge is told.
void Reconciler::show_video_cleared(Bridge& bridge) {
  if (!std::exchange(bridge.video_cleared, false)) return;
  bridge.video_source.clear();
  bridge.video_mode = "talker";
}

// --- members ------------------------------------------------------------------------------------

void Reconciler::join(const ChannelId& id, const BridgeId& bridge, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  channel->member_of = bridge;
  if (channel->bridge.value.empty()) return;
  // It leaves where it is: when the PBX says so, or at once if the PBX does not have it there.
  if (channel->room.value.empty()) {
    leave_bridge(*channel, now);
  } else {
    channel->leaves = true;
  }
}

void Reconciler::part(const ChannelId& id, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  channel->member_of = {};
  const Bridge* shown = store_.find(channel->bridge);
  if (shown != nullptr && shown->own && channel->room.value.empty()) leave_bridge(*channel, now);
}

void Reconciler::enter_in_name(const ChannelId& id, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  Bridge* bridge = store_.mutable_find(channel->member_of);
  if (bridge != nullptr) enter_bridge(*channel, *bridge, now);
}

void Reconciler::enter_room(const ChannelId& id, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  channel->touched = ++serial_;  // Newer than a list that is under way.
  enter_room(*channel, BridgeId{channel->member_of}, now);
}

void Reconciler::leave_room(const ChannelId& id, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr || channel->room.value.empty()) return;
  channel->touched = ++serial_;
  leave_room(*channel, now);
}

void Reconciler::enter_room(Channel& channel, const BridgeId& id, WallTime now) {
  channel.room = id;
  Bridge* bridge = store_.mutable_find(id);
  if (bridge != nullptr && bridge->own && channel.member_of == id) {
    enter_bridge(channel, *bridge, now);
  }
  emit(RoomEntered{channel, channel.room}, now);
}

void Reconciler::leave_room(Channel& channel, WallTime now) {
  const BridgeId room = std::exchange(channel.room, {});
  const Bridge* shown = store_.find(channel.bridge);
  const bool is_member = shown != nullptr && shown->own;
  const bool for_good =
      channel.member_of != channel.bridge || channel.leaves || channel.hangup_told;
  if (is_member && for_good) leave_bridge(channel, now);
  emit(RoomLeft{channel, room}, now);
}

void Reconciler::on_room(const ami::Message& event, const Room& room, bool enters, WallTime now) {
  Channel* channel = known(event, ami::Role::own, now);
  if (channel == nullptr || channel->hidden) return;
  if (enters) return enter_room(*channel, room.bridge, now);
  if (channel->room == room.bridge) leave_room(*channel, now);
}

/// The room of that name, with the id of its bridge also where the name has no place for it.
std::optional<Room> Reconciler::room_called(std::string_view name) const {
  auto room = room_named(name, options_.dialplan_context);
  if (!room || !room->shortened) return room;
  const auto look = [&](const Bridge& bridge) {
    if (room_of(bridge, options_.dialplan_context) == name) room->bridge = bridge.id;
  };
  store_.each_bridge(look);
  for (const auto& [id, bridge] : remembered_bridges_) look(bridge);
  return room;
}

/// The room of an event that new PBXs send about a bridge; their name of it is that of the room.
std::optional<Room> Reconciler::room_of_event(const ami::Message& event) const {
  const auto snapshot = ami::bridge_snapshot_of(event);
  if (snapshot.creator != "ConfBridge") return std::nullopt;
  return room_called(snapshot.name);
}

// --- what native tells beside it ----------------------------------------------------------------

void Reconciler::leaves_own_bridge(Channel& channel, WallTime now) {
  channel.leaves = false;
  if (!std::exchange(channel.has_peer, false)) return;
  set_variable(channel, peer_variable, "");
  emit(ChannelVarset{&channel, peer_variable, ""}, now);
}

/// After a member has come or gone: two are a call, more of them are mixed; each is told its peers.
void Reconciler::settle_own_bridge(Bridge& bridge, WallTime now) {
  if (bridge.holding) return;
  const std::string_view technology = bridge.channels.size() > 2 ? "softmix" : "simple_bridge";
  if (bridge.video_mode != "sfu" && bridge.technology != technology) {
    bridge.technology = technology;
    ++bridge.revision;
  }
  if (bridge.channels.size() < 2 || bridge.channels.size() > peers_max) return;
  for (const auto& member : std::vector<ChannelId>{bridge.channels}) {
    Channel* channel = store_.mutable_find(member);
    if (channel == nullptr) continue;
    std::string peers;
    for (const auto& other : bridge.channels) {
      const Channel* peer = other == member ? nullptr : store_.find(other);
      if (peer == nullptr) continue;
      if (!peers.empty()) peers += ',';
      peers += peer->name;
    }
    channel->has_peer = channel->own_peer = true;
    set_variable(*channel, peer_variable, peers);
    emit(ChannelVarset{channel, peer_variable, peers}, now);
  }
}

/// What the PBX says of a channel in a room, and not of a bridge.
bool Reconciler::is_room_trace(Channel& channel, std::string_view name, std::string_view value) {
  if (name == "CONFBRIDGE_RESULT") return channel.application.has_value();
  if (name != peer_variable) return false;
  if (!channel.room.value.empty() || !channel.member_of.value.empty()) return true;
  // Having left the room may be told when the room is forgotten already.
  if (!value.empty()) channel.own_peer = false;
  return channel.own_peer;
}

}  // namespace arigate::model
