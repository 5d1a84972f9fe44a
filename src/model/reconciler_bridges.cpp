// Bridges and transfers, as Asterisk 12 and later tell them.
#include <algorithm>
#include <string_view>
#include <utility>

#include "ami/snapshot.hpp"
#include "ami/value.hpp"
#include "core/text.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {

using ami::BridgeRole;
using ami::Key;
using ami::Role;

namespace {

bool assign(std::string& field, std::string_view value) {
  if (field == value) return false;
  field = value;
  return true;
}

/// ARI's name of the header DestType.
std::string_view destination_type(std::string_view type) {
  if (type == "Bridge") return "bridge";
  if (type == "App") return "application";
  if (type == "Link") return "link";
  if (type == "Threeway") return "threeway";
  return "fail";
}

}  // namespace

void Reconciler::take_bridge_snapshot(Bridge& bridge, const ami::BridgeSnapshot& snapshot) {
  bool changed = assign(bridge.technology, snapshot.technology);
  changed |= assign(bridge.bridge_class, snapshot.type);
  changed |= assign(bridge.creator, ami::known(snapshot.creator));
  changed |= assign(bridge.name, ami::known(snapshot.name));
  if (!snapshot.video_mode.empty()) changed |= assign(bridge.video_mode, snapshot.video_mode);
  changed |= assign(bridge.video_source, snapshot.video_source);
  if (changed) ++bridge.revision;
}

Bridge* Reconciler::add_bridge(Bridge bridge, WallTime now) {
  if (store_.bridges_.size() >= Store::bridges_max) return nullptr;
  if (bridge.created == WallTime{}) bridge.created = now;
  bridge.touched = serial_;
  if (bridge.video_mode.empty()) bridge.video_mode = "none";
  const BridgeId id = bridge.id;
  const auto [place, fresh] = store_.bridges_.emplace(id, std::move(bridge));
  if (fresh) emit(BridgeCreated{place->second}, now);
  return &place->second;
}

/// The bridge of an event, made from it when its BridgeCreate was lost or came before us.
Bridge* Reconciler::known_bridge(const ami::Message& event, BridgeRole role, WallTime now) {
  const auto snapshot = ami::bridge_snapshot_of(event, role);
  if (snapshot.uniqueid.empty()) return nullptr;
  if (snapshot.creator == "ConfBridge" && room_named(snapshot.name, options_.dialplan_context)) {
    return nullptr;  // Hidden.
  }
  const BridgeId id{std::string{snapshot.uniqueid}};
  Bridge* bridge = store_.mutable_find(id);
  if (bridge == nullptr) {
    Bridge fresh;
    fresh.id = id;
    take_bridge_snapshot(fresh, snapshot);
    return add_bridge(std::move(fresh), now);
  }
  bridge->touched = serial_;
  take_bridge_snapshot(*bridge, snapshot);
  return bridge;
}

void Reconciler::enter_bridge(Channel& channel, Bridge& bridge, WallTime now) {
  if (channel.bridge == bridge.id) return;
  const BridgeId left = channel.bridge;
  if (!left.value.empty()) leave_bridge(channel, now);
  channel.bridge = bridge.id;
  channel.digits.clear();
  if (!channel.hidden) {
    bridge.channels.push_back(channel.id);
    show_video_cleared(bridge);
    ++bridge.revision;
    emit(ChannelEnteredBridge{channel, bridge}, now);
    if (bridge.own) settle_own_bridge(bridge, now);
  }
  end_if_empty(left, now);
}

void Reconciler::leave_bridge(Channel& channel, WallTime now) {
  Bridge* bridge = store_.mutable_find(std::exchange(channel.bridge, {}));
  if (bridge == nullptr) return;
  if (bridge->own) leaves_own_bridge(channel, now);
  std::erase(bridge->channels, channel.id);
  if (bridge->linked && bridge->channels.size() == 1) {
    const ChannelId& other = bridge->channels.front();
    channel.last_linked = other;
    if (Channel* stays = store_.mutable_find(other)) stays->last_linked = channel.id;
  }
  ++bridge->revision;
  // Who was seen by all is seen no more; natively that comes first.
  if (bridge->own && bridge->video_source == channel.id.value) {
    set_video_source(bridge->id, {}, now);
  }
  show_video_cleared(*bridge);
  emit(ChannelLeftBridge{channel, *bridge}, now);
  if (bridge->own) settle_own_bridge(*bridge, now);
}

void Reconciler::destroy_bridge(const BridgeId& id, WallTime now) {
  const auto found = store_.bridges_.find(id);
  if (found == store_.bridges_.end()) return;
  // Nobody is in it any more; who seems to be has an event that was lost.
  const auto left = found->second.channels;
  for (const auto& member : left) {
    if (Channel* channel = store_.mutable_find(member)) leave_bridge(*channel, now);
  }
  const auto gone = store_.bridges_.extract(found);
  emit(BridgeDestroyed{gone.mapped()}, now);
}

void Reconciler::on_bridge_create(const ami::Message& event, WallTime now) {
  known_bridge(event, BridgeRole::own, now);
}

void Reconciler::on_bridge_destroy(const ami::Message& event, WallTime now) {
  if (const auto* bridge = known_bridge(event, BridgeRole::own, now)) {
    const BridgeId id = bridge->id;
    destroy_bridge(id, now);
  }
}

void Reconciler::on_bridge_enter(const ami::Message& event, WallTime now) {
  if (const auto room = room_of_event(event)) return on_room(event, *room, true, now);
  Bridge* bridge = known_bridge(event, BridgeRole::own, now);
  Channel* channel = known(event, Role::own, now);
  if (bridge != nullptr && channel != nullptr) enter_bridge(*channel, *bridge, now);
}

void Reconciler::on_bridge_leave(const ami::Message& event, WallTime now) {
  if (const auto room = room_of_event(event)) return on_room(event, *room, false, now);
  const Bridge* bridge = known_bridge(event, BridgeRole::own, now);
  Channel* channel = known(event, Role::own, now);
  if (bridge == nullptr || channel == nullptr || channel->bridge != bridge->id) return;
  leave_bridge(*channel, now);
}

void Reconciler::on_bridge_merge(const ami::Message& event, WallTime now) {
  const Bridge* from = known_bridge(event, BridgeRole::from, now);
  const Bridge* to = known_bridge(event, BridgeRole::to, now);
  if (from != nullptr && to != nullptr) emit(BridgeMerged{*to, *from}, now);
}

void Reconciler::on_bridge_video_source(const ami::Message& event, WallTime now) {
  if (const Bridge* bridge = known_bridge(event, BridgeRole::own, now)) {
    emit(BridgeVideoSourceChanged{*bridge, event[Key::bridgepreviousvideosource]}, now);
  }
}

/// Events of transfers tell of their channels as they were when the transfer began. Natively these
/// show so in the event alone, so the channel is given back what it has by now: see give_back().
const Channel* Reconciler::lend(const ami::Message& event, Role role, Lent& lent, WallTime now) {
  const auto uniqueid = ami::snapshot_of(event, role).uniqueid;
  const Channel* channel = uniqueid.empty() ? nullptr : store_.find_uniqueid(uniqueid);
  if (channel != nullptr) lent.push_back(*channel);
  return known(event, role, now);
}

/// The last one first: a channel may have been told of in two parts.
void Reconciler::give_back(const Lent& lent) {
  for (auto before = lent.rbegin(); before != lent.rend(); ++before) {
    Channel* channel = store_.mutable_find_uniqueid(before->uniqueid.value);
    if (channel == nullptr) continue;
    if (channel->name != before->name) store_.rename(*channel, before->name);
    channel->state = before->state;
    channel->caller = before->caller;
    channel->connected = before->connected;
    channel->accountcode = before->accountcode;
    channel->language = before->language;
    channel->own_languages = before->own_languages;
    channel->own_languages_over = before->own_languages_over;
    channel->tenantid = before->tenantid;
    channel->dialplan = before->dialplan;
    channel->variables = before->variables;
    ++channel->revision;
  }
}

void Reconciler::on_blind_transfer(const ami::Message& event, WallTime now) {
  Lent lent;
  const Channel* transferer = lend(event, Role::transferer, lent, now);
  const Channel* transferee = lend(event, Role::transferee, lent, now);
  const Bridge* bridge = known_bridge(event, BridgeRole::own, now);
  if (transferer != nullptr) {
    emit(BridgeBlindTransfer{*transferer, transferee, bridge, event[Key::extension],
                             event[Key::context], event[Key::result],
                             iequals(event[Key::isexternal], "Yes")},
         now);
  }
  give_back(lent);
}

void Reconciler::on_attended_transfer(const ami::Message& event, WallTime now) {
  Lent lent;
  const Channel* first = lend(event, Role::orig_transferer, lent, now);
  const Channel* second = lend(event, Role::second_transferer, lent, now);
  if (first == nullptr || second == nullptr) return give_back(lent);
  const auto type = destination_type(event[Key::desttype]);
  const bool threeway = type == "threeway";
  const BridgeId bridge{std::string{event[Key::destbridgeuniqueid]}};
  BridgeAttendedTransfer transfer{
      *first,
      *second,
      lend(event, Role::transferee, lent, now),
      lend(event, Role::transfer_target, lent, now),
      known_bridge(event, BridgeRole::orig, now),
      known_bridge(event, BridgeRole::second, now),
      event[Key::result],
      iequals(event[Key::isexternal], "Yes"),
      type,
      type == "bridge" ? std::string_view{bridge.value} : std::string_view{},
      event[Key::destapp],
      lend(event, Role::local_one, lent, now),
      lend(event, Role::local_two, lent, now),
      threeway ? store_.find_name(event[Key::desttransfererchannel]) : nullptr,
      threeway ? store_.find(bridge) : nullptr};
  if (type == "application") show_held_leg(transfer);
  emit(transfer, now);
  give_back(lent);
}

/// One leg of the transferer is in a bridge, the other one in none that the PBX lets him transfer:
/// whom he talks to on the first one takes the place of the other one, in whatever command is under
/// way there (16:main/bridge.c). That is ours where an application holds the leg. It is done when
/// the leg ends, which nobody can forge.
void Reconciler::show_held_leg(BridgeAttendedTransfer& transfer) {
  const bool is_first = transfer.first_bridge == nullptr;
  Channel* leg = store_.mutable_find((is_first ? transfer.first_leg : transfer.second_leg).id);
  const Channel* comes = is_first ? transfer.target : transfer.transferee;
  if (leg == nullptr || !leg->application || comes == nullptr) return;
  leg->gives_place_to = comes->id;
  const Bridge* own = store_.find(leg->bridge);
  if (own == nullptr || !own->own) {
    transfer.destination_application = "Stasis";
    return;
  }
  (is_first ? transfer.first_bridge : transfer.second_bridge) = own;
  (is_first ? transfer.transferee : transfer.target) =
      own->channels.size() == 2 ? other_in(leg) : nullptr;
  transfer.destination_type = "bridge";
  transfer.destination_bridge = own->id.value;
  transfer.destination_application = {};
}

/// The other channel goes on where this one is held, with its command line and in its bridge.
void Reconciler::give_place(Channel& leg, WallTime now) {
  Channel* comes = store_.mutable_find(std::exchange(leg.gives_place_to, {}));
  if (comes == nullptr || comes->hidden || comes->application || !leg.application) return;
  announce(*comes, now);
  comes->in_agi = comes->agi_running = true;
  comes->in_own_context = leg.in_own_context;
  comes->has_home = leg.has_home;
  comes->dialplan.app_name = "Stasis";
  comes->dialplan.app_data = leg.application->value;
  take_place(*comes, leg, now);
}

/// Told to the application, and where the leg was a member of a bridge or is in its room.
void Reconciler::take_place(Channel& comes, Channel& leg, WallTime now) {
  comes.application = leg.application;
  comes.arguments.clear();  // As natively.
  comes.member_of = std::exchange(leg.member_of, {});
  ++comes.revision;
  emit(ChannelReplaced{comes, leg.id}, now);
  emit(StasisStart{comes, *comes.application, comes.arguments, &leg}, now);
  Bridge* bridge = store_.mutable_find(leg.bridge);
  const bool stays = bridge != nullptr && bridge->own && bridge->id == comes.member_of;
  const BridgeId room = leg.room;
  if (!room.value.empty()) leave_room(leg, now);
  if (leg.bridge == comes.member_of) leave_bridge(leg, now);
  if (!room.value.empty() && comes.room != room) enter_room(comes, room, now);
  if (stays) enter_bridge(comes, *bridge, now);  // Also while it is out of the room for a moment.
}

}  // namespace arigate::model
