// What only PBXs before Asterisk 12 do: calls told by Dial and Link, channels that change bodies.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ami/value.hpp"
#include "core/text.hpp"
#include "model/party_text.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {

using ami::EventName;
using ami::Key;
using ami::Role;

namespace {

/// An Unlink that a Link follows within this time was none (seen: less than 1 ms).
constexpr std::chrono::milliseconds relink_within{20};

/// The part of a channel's name that Originate and Dial were given: "SIP/bob-0000001f" -> "bob".
std::string_view dialstring_of(std::string_view name) {
  name.remove_prefix(std::min(name.find('/') + 1, name.size()));
  return name.substr(0, name.rfind('-'));
}

}  // namespace

/// ARI's id of the bridge of a call of two.
BridgeId Reconciler::link_id(const Channel& one, const Channel& two) {
  return {fmt::format("bridge-{}-{}", one.id.value, two.id.value)};
}

/// Of an event that cannot make its channel. One that has not ended either has a Newchannel that
/// was lost: a list would tell.
Channel* Reconciler::told_of(std::string_view uniqueid) {
  Channel* channel = store_.mutable_find_uniqueid(uniqueid);
  if (channel == nullptr && !uniqueid.empty()) gap_ |= !ended_.contains(std::string{uniqueid});
  return channel;
}

// --- dialling -----------------------------------------------------------------------------------

/// Who is called sees who calls, and each side learns of the other as the call goes on.
void Reconciler::take_connected(Channel& channel, const ami::Snapshot& snapshot, WallTime now) {
  Party connected{std::string{ami::known(snapshot.connected_name)},
                  std::string{ami::known(snapshot.connected_number)}};
  if (connected == Party{} || connected == channel.connected) return;
  channel.connected = std::move(connected);
  ++channel.revision;
  emit(ChannelConnectedLine{channel}, now);
}

void Reconciler::on_old_newstate(const ami::Message& event, WallTime now) {
  const auto snapshot = ami::snapshot_of(event);
  Channel* channel = told_of(snapshot.uniqueid);
  if (channel == nullptr) return;
  touch(*channel);
  const auto state = state_of(snapshot.state);
  if (!channel->announced && state == ChannelState::ring) {
    // An incoming call: native creates it in state Ring, old PBXs in Down followed by this.
    take_snapshot(*channel, snapshot);
    return announce(*channel, now);
  }
  announce(*channel, now);
  tell_due_dial(*channel, now);
  learn_from_near_half(*channel, now);
  // 1.8 tells the far leg's ringing to a Local half that is up already.
  const bool back = channel->state == ChannelState::up && state == ChannelState::ringing;
  if (state == channel->state || back) return;
  const bool begins = channel->state == ChannelState::down && !channel->placed &&
                      !channel->hidden && channel->dialplan.app_name.empty() &&
                      !channel->name.ends_with(";2") &&
                      (state == ChannelState::ringing || state == ChannelState::up);
  // Neither a Dial nor a dialplan line came before: a queue that does not tell calls it, or
  // somebody's Originate has made it.
  if (Channel* waiting = begins ? queue_caller_of(*channel, snapshot) : nullptr) {
    const std::string_view name = channel->name;
    begin_dial(waiting, *channel, "AppQueue", name.substr(0, name.rfind('-')), now);
  } else if (begins) {
    begin_originated(*channel, std::string{dialstring_of(channel->name)}, now);
    tell_due_dial(*channel, now);
  }
  take_connected(*channel, snapshot, now);  // Of the state that it had.
  take_snapshot(*channel, snapshot);
  show_variables(*channel);
  emit(ChannelStateChange{*channel}, now);
  if (state == ChannelState::busy) tell_busy_half(*channel, now);
  if (state == ChannelState::ringing) dial_status(*channel, "RINGING", now);
  if (state == ChannelState::up) dial_status(*channel, "ANSWER", now);
}

/// Of the calls that a queue makes nothing tells when it has no `eventwhencalled`, or the AMI user
/// no class `agent`. A member sees who waits; an originated leg sees nobody or itself.
Channel* Reconciler::queue_caller_of(const Channel& leg, const ami::Snapshot& snapshot) {
  const Party seen{std::string{ami::known(snapshot.connected_name)},
                   std::string{ami::known(snapshot.connected_number)}};
  if (seen == Party{} || leg.from_ari) return nullptr;
  const Channel* waiting = nullptr;  // The first one: that is whom a queue serves first.
  store_.each_known([&](const Channel& channel) {
    const bool waits = channel.dialplan.app_name == "Queue" && channel.bridge.value.empty();
    if (waiting == nullptr && waits && channel.caller == seen) waiting = &channel;
  });
  return waiting == nullptr ? nullptr : store_.mutable_find(waiting->id);
}

/// Old PBXs tell nothing of an originated leg but its states; new ones send this, and a Dial when
/// the leg has its caller id.
void Reconciler::begin_originated(Channel& channel, std::string dialstring, WallTime now) {
  channel.base_app = channel.dialplan.app_name = "AppDial2";
  channel.base_data = channel.dialplan.app_data = "(Outgoing Line)";
  ++channel.revision;
  emit(ChannelDialplan{channel, channel.dialplan.app_name, channel.dialplan.app_data}, now);
  channel.dialstring = std::move(dialstring);
  channel.dial_due = channel.placed = true;
}

void Reconciler::tell_due_dial(Channel& channel, WallTime now) {
  if (!std::exchange(channel.dial_due, false)) return;
  channel.dialing = true;
  emit(Dial{nullptr, channel, "", channel.dialstring, ""}, now);
}

/// The two halves of a Local channel are made together, and natively told together.
void Reconciler::announce_far_half(const Channel& half, const ChannelId& id, WallTime now) {
  if (!half.name.ends_with(";1")) return;
  const auto* found = store_.find_name(half.name.substr(0, half.name.size() - 1) + "2");
  if (found == nullptr || found->announced) return;
  Channel& far = *store_.mutable_find(found->id);
  if (!id.value.empty() && !taken(id)) store_.set_id(far, id);
  announce(far, now);
}

/// Old PBXs give the far half of a Local channel the parties of the near one, and tell nothing of
/// it: who is called there sees whom the near half is connected to.
void Reconciler::learn_from_near_half(Channel& half, WallTime now) {
  if (!half.name.ends_with(";2") || half.caller != Party{} || half.connected != Party{}) return;
  const auto* near = store_.find_name(half.name.substr(0, half.name.size() - 1) + "1");
  if (near == nullptr) return;
  half.caller = near->connected != Party{} ? near->connected : near->caller;
  half.connected = near->caller;
  if (half.caller == Party{}) return;
  ++half.revision;
  derive_variables(half);
  emit(ChannelCallerId{half, 0, "Presentation Allowed, Not Screened"}, now);
  if (half.connected != Party{}) emit(ChannelConnectedLine{half}, now);
}

/// Whoever called a Local channel whose dialplan runs Busy() or Congestion() hears of that; old
/// PBXs tell the state of the far half alone, which is Busy for both.
void Reconciler::tell_busy_half(const Channel& half, WallTime now) {
  if (!half.name.ends_with(";2")) return;
  const auto* near = store_.find_name(half.name.substr(0, half.name.size() - 1) + "1");
  if (near == nullptr) return;
  const auto status = half.dialplan.app_name == "Congestion" ? "CONGESTION" : "BUSY";
  dial_status(*store_.mutable_find(near->id), status, now);
}

/// The end of a near half may come before what its far half does is told by a state; "" where that
/// is nothing special.
std::string_view Reconciler::status_by_far_half(const Channel& half) const {
  if (!half.name.ends_with(";1")) return "";
  const auto* far = store_.find_name(half.name.substr(0, half.name.size() - 1) + "2");
  if (far == nullptr) return "";
  if (far->dialplan.app_name == "Busy") return "BUSY";
  return far->dialplan.app_name == "Congestion" ? "CONGESTION" : "";
}

/// Asterisk 1.8 tells the end of a channel and not who asked for it. Natively a leg that was never
/// answered just ends; a phone that hangs up asks, and so does the end of a dialplan, softly.
void Reconciler::tell_untold_request(Channel& channel, int cause, WallTime now) {
  const bool up = channel.state == ChannelState::up;
  const bool has_dialplan = !channel.placed && !channel.dialplan.app_name.empty();
  if (channel.in_disguise || (!up && !has_dialplan)) return;
  if (channel.dialplan.exten == "h") return;  // Told before that.
  static constexpr std::array ends_itself{"Hangup", "Busy", "Congestion"};
  const auto& app = channel.dialplan.app_name;
  const bool by_dialplan =
      std::find(ends_itself.begin(), ends_itself.end(), app) != ends_itself.end();
  if (!channel.hangup_told && !by_dialplan) {
    const bool local = channel.name.starts_with("Local/");  // chan_sip tells no cause.
    emit(ChannelHangupRequest{channel, local ? std::optional{cause} : std::nullopt, false,
                              std::nullopt},
         now);
  }
  channel.hangup_told = true;
  const bool in_ours_alone = channel.in_own_context && !channel.has_home;
  if (!has_dialplan || in_ours_alone || channel.made_first) return;
  constexpr int normal_clearing = 16;
  emit(ChannelHangupRequest{channel, normal_clearing, true, std::nullopt}, now);
}

void Reconciler::begin_dial(Channel* caller, Channel& peer, std::string_view app,
                            std::string_view dialstring, WallTime now) {
  touch(peer);
  announce(peer, now);
  peer.base_app = peer.dialplan.app_name = app;
  peer.base_data = peer.dialplan.app_data = "(Outgoing Line)";
  ++peer.revision;
  emit(ChannelDialplan{peer, peer.dialplan.app_name, peer.dialplan.app_data}, now);
  if (caller != nullptr && peer.connected != caller->caller && caller->caller != Party{}) {
    peer.connected = caller->caller;
    ++peer.revision;
    emit(ChannelConnectedLine{peer}, now);
  }
  peer.dialing = peer.placed = true;
  peer.dialed_by = caller != nullptr ? caller->id : ChannelId{};
  if (caller != nullptr) caller->leg_answered = false;
  peer.dialstring = dialstring;
  emit(Dial{caller, peer, "", peer.dialstring, ""}, now);
}

/// One event at the start, and one at the end of the call; both are of the caller, and only the
/// first names the leg.
void Reconciler::on_dial(const ami::Message& event, WallTime now) {
  Channel* caller = known(event, Role::own, now);
  if (iequals(event[Key::subevent], "End")) {
    if (caller != nullptr) end_dials_of(caller->id, event[Key::dialstatus], now);
    return;
  }
  Channel* peer = told_of(event[Key::destuniqueid]);
  if (peer != nullptr) begin_dial(caller, *peer, "AppDial", event[Key::dialstring], now);
}

/// A queue calls a member: the Dial of app_queue.
void Reconciler::on_agent_called(const ami::Message& event, WallTime now) {
  const auto* caller = store_.find_name(event[Key::channelcalling]);
  const auto* peer = store_.find_name(event[Key::destinationchannel]);
  if (peer == nullptr || peer->placed) return;
  begin_dial(caller == nullptr ? nullptr : store_.mutable_find(caller->id),
             *store_.mutable_find(peer->id), "AppQueue", event[Key::agentcalled], now);
}

void Reconciler::dial_status(Channel& peer, std::string_view status, WallTime now) {
  if (!peer.dialing || status.empty()) return;
  Channel* caller = peer.dialed_by.value.empty() ? nullptr : store_.mutable_find(peer.dialed_by);
  if (status != "RINGING") peer.dialing = false;
  if (caller != nullptr && status == "ANSWER") caller->leg_answered = true;
  // Dial() does not repeat its dial string; Originate and Queue() do.
  const bool repeats = caller == nullptr || peer.base_app == "AppQueue";
  emit(Dial{caller, peer, status, repeats ? std::string_view{peer.dialstring} : "", ""}, now);
  // The caller sees whom it reached; the PBX tells that with the caller's last event only.
  if (caller == nullptr || status != "ANSWER" || caller->connected != Party{}) return;
  caller->connected = peer.caller;
  ++caller->revision;
  if (peer.caller != Party{}) emit(ChannelConnectedLine{*caller}, now);
}

/// The legs that have not ended yet share the status of the whole Dial.
void Reconciler::end_dials_of(const ChannelId& caller, std::string_view status, WallTime now) {
  std::vector<ChannelId> legs;
  store_.each_known([&](const Channel& channel) {
    if (channel.dialing && channel.dialed_by == caller) legs.push_back(channel.id);
  });
  for (const auto& leg : legs) {
    if (Channel* peer = store_.mutable_find(leg)) dial_status(*peer, status, now);
  }
}

// --- functions ----------------------------------------------------------------------------------

void Reconciler::function_set(const ChannelId& id, std::string_view function,
                              std::string_view value, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  const bool language = iequals(function, "CHANNEL(language)");
  if (language) channel->own_languages.clear();
  if (dialect_.snapshots) return;
  if (language && channel->language != value) {
    channel->language = value;
    ++channel->revision;
    derive_variables(*channel);
  }
  if (iequals(function, "CHANNEL(accountcode)") && channel->accountcode != value) {
    channel->accountcode = value;
    ++channel->revision;
    derive_variables(*channel);
  }
  Party connected = channel->connected;
  if (iequals(function, "CONNECTEDLINE(all)")) connected = party_in(value);
  if (iequals(function, "CONNECTEDLINE(name)")) connected.name = value;
  if (iequals(function, "CONNECTEDLINE(num)")) connected.number = value;
  if (connected != channel->connected) {
    touch(*channel);
    channel->connected = std::move(connected);
    ++channel->revision;
    emit(ChannelConnectedLine{*channel}, now);
  }
  Party caller = channel->caller;
  if (iequals(function, "CALLERID(name)")) caller.name = value;
  if (iequals(function, "CALLERID(num)")) caller.number = value;
  if (caller == channel->caller) return;  // 11 tells of it before it answers, 1.8 at times.
  touch(*channel);
  channel->caller = std::move(caller);
  ++channel->revision;
  derive_variables(*channel);
  emit(ChannelCallerId{*channel, 0, "Presentation Allowed, Not Screened"}, now);
}

// --- calls of two -------------------------------------------------------------------------------

void Reconciler::on_bridge(const ami::Message& event, WallTime now) {
  if (iequals(event[Key::bridgestate], "Unlink")) return on_unlink(event, now);
  on_link(event, now);
}

void Reconciler::on_link(const ami::Message& event, WallTime now) {
  Channel* one = told_of(event[Key::uniqueid1]);
  Channel* two = told_of(event[Key::uniqueid2]);
  if (one == nullptr || two == nullptr) return;
  touch(*one);
  touch(*two);
  announce(*one, now);
  announce(*two, now);
  link(*one, *two, now);
}

void Reconciler::link(Channel& one, Channel& two, WallTime now) {
  if (!one.bridge.value.empty() && one.bridge == two.bridge) {
    // Hold, a new connected line, a feature code: the same two go on.
    std::erase_if(unlinked_, [&](const auto& entry) { return entry.bridge == one.bridge; });
    return;
  }
  for (const auto& older : {one.bridge, two.bridge}) end_linked(older, now);
  Bridge bridge;
  bridge.id = link_id(one, two);
  bridge.technology = "simple_bridge";
  bridge.bridge_class = "basic";
  bridge.linked = true;
  Bridge* made = add_bridge(std::move(bridge), now);
  if (made == nullptr) return;
  enter_bridge(two, *made, now);  // The called one first, as native does.
  enter_bridge(one, *made, now);
}

void Reconciler::on_unlink(const ami::Message& event, WallTime now) {
  const Channel* one = store_.mutable_find_uniqueid(event[Key::uniqueid1]);
  const Channel* two = store_.mutable_find_uniqueid(event[Key::uniqueid2]);
  for (const auto* channel : {one, two}) {
    if (channel == nullptr || channel->bridge.value.empty()) continue;
    const Bridge* bridge = store_.find(channel->bridge);
    if (bridge != nullptr && bridge->linked) {
      unlinked_.push_back({bridge->id, now});
      return;
    }
  }
}

/// What comes before the next Link of the two decides whether the Unlink was meant.
void Reconciler::decide_unlinked(const ami::Message& event, WallTime now) {
  const EventName name = event.event();
  const bool ends = name == EventName::hangup || name == EventName::hanguprequest ||
                    name == EventName::softhanguprequest || name == EventName::newexten ||
                    name == EventName::masquerade || name == EventName::dial;
  const Channel* about = ends ? store_.mutable_find_uniqueid(event[Key::uniqueid]) : nullptr;
  std::vector<BridgeId> ended;
  for (const auto& [bridge, since] : unlinked_) {
    const bool meant = (about != nullptr && about->bridge == bridge) ||
                       name == EventName::masquerade || now - since >= relink_within ||
                       now < since;  // The clock was set back.
    if (meant) ended.push_back(bridge);
  }
  for (const auto& bridge : ended) end_linked(bridge, now);
}

void Reconciler::end_linked(const BridgeId& id, WallTime now) {
  const BridgeId ended = id;  // May be a member's own field, which the leaving empties.
  std::erase_if(unlinked_, [&](const auto& entry) { return entry.bridge == ended; });
  const Bridge* bridge = store_.find(ended);
  if (bridge != nullptr && bridge->linked) destroy_bridge(ended, now);
}

// --- conferences and parking lots ---------------------------------------------------------------

/// Enters a bridge that the PBX has but tells nothing of; it is made with its first member.
void Reconciler::enter_made_up(Channel& channel, Bridge bridge, WallTime now) {
  const BridgeId id = bridge.id;
  Bridge* found = store_.mutable_find(id);
  bridge.made_up = true;
  if (found == nullptr) found = add_bridge(std::move(bridge), now);
  if (found != nullptr) enter_bridge(channel, *found, now);
}

void Reconciler::leave_made_up(Channel& channel, WallTime now) {
  const BridgeId left = channel.bridge;
  leave_bridge(channel, now);
  end_if_empty(left, now);
}

void Reconciler::end_if_empty(const BridgeId& id, WallTime now) {
  const Bridge* bridge = store_.find(id);
  if (bridge != nullptr && bridge->made_up && bridge->channels.empty()) destroy_bridge(id, now);
}

void Reconciler::enter_conference(Channel& channel, std::string_view name, WallTime now) {
  Bridge bridge;
  bridge.name = name;
  bridge.id.value = "conference-" + bridge.name;
  bridge.technology = "softmix";
  bridge.bridge_class = "base";
  bridge.creator = "ConfBridge";
  enter_made_up(channel, std::move(bridge), now);
}

void Reconciler::on_conference(const ami::Message& event, bool enters, WallTime now) {
  if (const auto room = room_called(event[Key::conference])) {
    return on_room(event, *room, enters, now);
  }
  Channel* channel = known(event, Role::own, now);
  if (channel == nullptr || channel->hidden) return;
  if (!enters) return leave_made_up(*channel, now);
  const auto data = event[Key::appdata];
  enter_conference(
      *channel,
      event.has(Key::conference) ? event[Key::conference] : data.substr(0, data.find(',')), now);
}

/// It ends when the last one has left, which is told before (11.25:apps/app_confbridge.c).
void Reconciler::on_conference_end(const ami::Message& event, WallTime now) {
  const BridgeId id{"conference-" + std::string{event[Key::conference]}};
  const Bridge* bridge = store_.find(id);
  if (bridge == nullptr) return;
  if (!bridge->channels.empty()) {
    gap_ = true;
    return;
  }
  destroy_bridge(id, now);
}

void Reconciler::on_parked(const ami::Message& event, bool enters, WallTime now) {
  // Asterisk 1.8 up to 1.8.10 and 10 up to 10.2 tell of the end no uniqueid and no lot.
  const bool nameless = !enters && !event.has(Key::uniqueid);
  const Channel* named = nameless ? store_.find_name(event[Key::channel]) : nullptr;
  Channel* channel = named != nullptr ? store_.mutable_find_uniqueid(named->uniqueid.value)
                                      : known(event, Role::own, now);
  if (channel == nullptr) return;
  touch(*channel);
  if (nameless) {
    if (channel->bridge.value.starts_with("parking-")) leave_made_up(*channel, now);
    return;
  }
  if (enters) return enter_lot(*channel, event[Key::parkinglot], now);
  const std::string lot = "parking-" + std::string{event[Key::parkinglot]};
  if (channel->bridge.value == lot) leave_made_up(*channel, now);
}

void Reconciler::enter_lot(Channel& channel, std::string_view name, WallTime now) {
  Bridge bridge;
  bridge.name = name;
  bridge.id.value = "parking-" + bridge.name;
  bridge.technology = "holding_bridge";
  bridge.bridge_class = "parking";
  bridge.creator = "Parking";
  enter_made_up(channel, std::move(bridge), now);
}

// --- bodies change ------------------------------------------------------------------------------

/// Masquerade: Rename A -> A<MASQ> (a); Rename B -> A (b); Rename A<MASQ> -> B<ZOMBIE> (a). The
/// second one moves the call of A, ids and all that ARI shows of it, to the PBX's channel b.
void Reconciler::on_rename(const ami::Message& event, WallTime now) {
  Channel* channel = told_of(event[Key::uniqueid]);
  const auto name = event[Key::newname];
  if (channel == nullptr || name.empty()) return;
  touch(*channel);
  if (!dialect_.snapshots && !name.ends_with(masqueraded) && !name.ends_with(zombie)) {
    const auto* phone = store_.find_name(std::string{name} + std::string{masqueraded});
    if (phone != nullptr && phone != channel) {
      Channel& moved = *store_.mutable_find(phone->id);
      touch(moved);
      store_.rename(moved, name);
      masquerade(moved, *channel, now);
      return;
    }
  }
  // ARI shows no ZOMBIE: until its end it has the name of the channel whose place it takes.
  store_.rename(*channel,
                name.ends_with(zombie) ? name.substr(0, name.size() - zombie.size()) : name);
  ++channel->revision;
}

/// `phone` goes on as the PBX's channel that `taken` has been; `taken` gets the dead body.
void Reconciler::masquerade(Channel& phone, Channel& taken, WallTime now) {
  announce(phone, now);
  if (taken.name.starts_with("Transfered/")) attended_transfer(phone, now);
  const bool held = taken.application.has_value();
  const BridgeId joins = held ? BridgeId{} : taken.bridge;
  // The thread of the phone's old body ends, and with it what held it there.
  if (phone.application) leave(phone.id, now);
  if (const Bridge* left = store_.find(phone.bridge); left != nullptr && left->linked) {
    const BridgeId id = phone.bridge;
    leave_bridge(phone, now);
    if (const Bridge* rest = store_.find(id); rest != nullptr && rest->channels.size() < 2) {
      unlinked_.push_back({id, now});
    }
  } else {
    leave_made_up(phone, now);
  }
  if (!held) {
    leave_bridge(taken, now);
    std::swap(phone.room, taken.room);
    std::swap(phone.member_of, taken.member_of);
  }
  store_.swap_uniqueids(phone, taken);
  // What belongs to the thread stays with it.
  std::swap(phone.dialplan, taken.dialplan);
  std::swap(phone.base_app, taken.base_app);
  std::swap(phone.base_data, taken.base_data);
  std::swap(phone.agi_running, taken.agi_running);
  std::swap(phone.in_agi, taken.in_agi);
  std::swap(phone.in_own_context, taken.in_own_context);
  std::swap(phone.has_home, taken.has_home);
  std::swap(phone.dialing, taken.dialing);
  std::swap(phone.placed, taken.placed);
  std::swap(phone.dialed_by, taken.dialed_by);
  std::swap(phone.dialstring, taken.dialstring);
  store_.each_known([&](const Channel& channel) {  // Legs that one of the two threads dials.
    if (channel.dialed_by != taken.id && channel.dialed_by != phone.id) return;
    store_.mutable_find(channel.id)->dialed_by =
        channel.dialed_by == taken.id ? phone.id : taken.id;
  });
  taken.lives_on_as = phone.id;
  ++phone.revision;
  ++taken.revision;
  if (Bridge* bridge = store_.mutable_find(joins)) {
    std::erase_if(unlinked_, [&](const auto& entry) { return entry.bridge == joins; });
    enter_bridge(phone, *bridge, now);
  }
  if (phone.state == ChannelState::up) dial_status(phone, "ANSWER", now);  // A pickup.
  if (!held) return;
  take_place(phone, taken, now);
  leave(taken.id, now);
}

}  // namespace arigate::model
