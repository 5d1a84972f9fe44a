// Lists of all channels and bridges: what they change in the model.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ami/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {
namespace {

/// The PBX tells ages in whole seconds, and its list takes a while.
constexpr std::chrono::seconds age_slack{5};

long to_long(std::string_view text) {
  return leading_number<long>(text).value_or(0);
}

/// A caller's number or name that holds headers, or cuts the row off before its uniqueid. Such a
/// row says only that there is a channel of that name.
bool forged(const ami::Message& row) {
  const auto& headers = row.headers();
  return std::count_if(headers.begin(), headers.end(),
                       [](const auto& header) { return header.key == ami::Key::uniqueid; }) != 1;
}

/// "00:01:07" in seconds, 0 for anything else. A PBX whose clock was set back since counts below 0.
std::chrono::seconds duration_of(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return {};
  const long seconds = to_long(parts[0]) * 3600 + to_long(parts[1]) * 60 + to_long(parts[2]);
  return std::chrono::seconds{std::max(seconds, 0L)};
}

/// Names that end in eight hexadecimal digits are counted through: none comes twice. Others are
/// those of a line or an agent (DAHDI/1-1, Agent/1001, Console/dsp), and each of its calls has it.
bool is_counted(std::string_view name) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  constexpr std::size_t digits = 8;
  if (name.starts_with("Local/")) return true;
  const auto counter = name.substr(name.rfind('-') + 1);
  return counter.size() >= digits && counter.find_first_not_of(hexadecimal) == counter.npos;
}

}  // namespace

void Reconciler::begin_list() {
  listing_ = true;
  list_serial_ = serial_;
  gone_during_list_.clear();
}

void Reconciler::abandon_list() {
  listing_ = false;
  gone_during_list_.clear();
  remembered_ids_.clear();
  remembered_bridges_.clear();
  remembered_parked_.reset();
}

void Reconciler::apply_list(std::span<const ami::Message> rows,
                            const std::vector<ami::Message>* bridges, WallTime now) {
  if (!listing_) return;
  listing_ = false;
  telling_ = listed_once_;  // The first list is the state we start from, not news.
  std::unordered_set<std::string_view> listed;
  for (const auto& row : rows) {
    if (!row.has(ami::Key::channel)) continue;
    if (forged(row)) {
      const Channel* channel = store_.find_name(row[ami::Key::channel]);
      if (channel != nullptr) listed.insert(channel->uniqueid.value);
      continue;
    }
    listed.insert(row[ami::Key::uniqueid]);
    if (!gone_during_list_.contains(std::string{row[ami::Key::uniqueid]})) on_row(row, now);
  }
  if (bridges != nullptr) take_bridge_list(*bridges, now);
  put_into_bridges(rows, now);
  put_into_lots(now);
  telling_ = true;
  std::vector<ChannelId> vanished;
  store_.each_known([&](const Channel& channel) {
    if (!channel.unborn && channel.touched <= list_serial_ &&
        !listed.contains(channel.uniqueid.value)) {
      vanished.push_back(channel.id);
    }
  });
  for (const auto& id : vanished) {
    Channel* channel = store_.mutable_find(id);
    if (channel == nullptr) continue;
    // It ended while the link was down, so nobody told the cause; or its end was in doubt.
    const auto told = doubted_.find(channel->uniqueid.value);
    const Cause cause = told != doubted_.end() ? told->second : Cause{0, "Unknown"};
    destroy(*channel, cause.number, cause.text, std::nullopt, now);
  }
  doubted_.clear();
  gone_during_list_.clear();
  remembered_ids_.clear();
  remembered_bridges_.clear();
  remembered_parked_.reset();
  listed_once_ = true;
  emit(Resynced{}, now);
}

void Reconciler::doubt(const ami::Message& event) {
  if (event.event() != ami::EventName::hangup || doubted_.size() >= doubted_max) return;
  doubted_.insert_or_assign(std::string{event[ami::Key::uniqueid]},
                            Cause{static_cast<int>(to_long(event[ami::Key::cause])),
                                  std::string{event[ami::Key::cause_txt]}});
}

void Reconciler::end_all(std::uint64_t up_to, WallTime now) {
  std::vector<ChannelId> ended;
  store_.each_known([&](const Channel& channel) {
    if (channel.touched <= up_to) ended.push_back(channel.id);
  });
  for (const auto& id : ended) {
    if (Channel* channel = store_.mutable_find(id)) {
      destroy(*channel, 0, "Unknown", std::nullopt, now);
    }
  }
  std::vector<BridgeId> bridges;
  store_.each_bridge([&](const Bridge& bridge) {
    if (bridge.touched <= up_to) bridges.push_back(bridge.id);
  });
  for (const auto& id : bridges) destroy_bridge(id, now);
  unlinked_.clear();
  early_responses_.clear();
}

/// Bridges come and go as the list says; what events told since it was asked for wins.
void Reconciler::take_bridge_list(std::span<const ami::Message> bridges, WallTime now) {
  std::unordered_set<std::string_view> listed;
  for (const auto& row : bridges) {
    const auto snapshot = ami::bridge_snapshot_of(row);
    if (snapshot.uniqueid.empty()) continue;
    listed.insert(snapshot.uniqueid);
    const Bridge* bridge = store_.find(BridgeId{std::string{snapshot.uniqueid}});
    if (bridge == nullptr || bridge->touched <= list_serial_) {
      known_bridge(row, ami::BridgeRole::own, now);
    }
  }
  std::vector<BridgeId> vanished;
  store_.each_bridge([&](const Bridge& bridge) {
    if (!bridge.own && bridge.touched <= list_serial_ && !listed.contains(bridge.id.value)) {
      vanished.push_back(bridge.id);
    }
  });
  for (const auto& id : vanished) destroy_bridge(id, now);
}

/// Who is in which bridge: BridgeId of new PBXs, the other one of a call of two on old ones.
void Reconciler::put_into_bridges(std::span<const ami::Message> rows, WallTime now) {
  for (const auto& row : rows) {
    Channel* channel = store_.mutable_find_uniqueid(row[ami::Key::uniqueid]);
    if (channel == nullptr || channel->touched > list_serial_) continue;
    if (put_into_room(*channel, row, now)) continue;
    if (dialect_.snapshots) {
      const BridgeId id{std::string{row[ami::Key::bridgeid]}};
      if (channel->bridge == id) continue;
      leave_bridge(*channel, now);
      if (Bridge* bridge = store_.mutable_find(id)) enter_bridge(*channel, *bridge, now);
      continue;
    }
    if (put_into_conference(*channel, row, now)) continue;
    Channel* other = store_.mutable_find_uniqueid(row[ami::Key::bridgeduniqueid]);
    if (other != nullptr && other->touched <= list_serial_) {
      link(*channel, *other, now);
    } else if (other == nullptr) {
      end_linked(channel->bridge, now);
    }
  }
}

void Reconciler::remember_parked(std::span<const ami::Message> rows) {
  auto& parked = remembered_parked_.emplace();
  for (const auto& row : rows) {
    if (parked.size() >= Store::channels_max) return;
    if (!row.has(ami::Key::channel)) continue;
    parked.emplace(row[ami::Key::channel], row[ami::Key::parkinglot]);
  }
}

/// Who is parked where, before Asterisk 12: neither the list of channels nor an event since tells.
void Reconciler::put_into_lots(WallTime now) {
  if (!remembered_parked_) return;
  std::vector<ChannelId> listed;
  store_.each_channel([&](const Channel& channel) {
    if (channel.touched <= list_serial_) listed.push_back(channel.id);
  });
  for (const auto& id : listed) {
    Channel* channel = store_.mutable_find(id);
    if (channel == nullptr) continue;
    const auto found = remembered_parked_->find(channel->name);
    const bool in_lot = channel->bridge.value.starts_with("parking-");
    if (found == remembered_parked_->end()) {
      if (in_lot) leave_made_up(*channel, now);
    } else if (!found->second.empty() || !in_lot) {  // The first 1.8 do not name the lot.
      enter_lot(*channel, found->second.empty() ? "default" : found->second, now);
    }
  }
}

/// The room that a row says its channel is in.
std::optional<Room> Reconciler::room_of_row(const ami::Message& row) const {
  if (row[ami::Key::application] != "ConfBridge") return std::nullopt;
  const auto data =
      row.has(ami::Key::applicationdata) ? row[ami::Key::applicationdata] : row[ami::Key::data];
  return room_called(data.substr(0, data.find(',')));
}

/// A member of an application's bridge. After a restart of ours only the PBX knows of both.
bool Reconciler::put_into_room(Channel& channel, const ami::Message& row, WallTime now) {
  const auto room = room_of_row(row);
  if (!room) {
    if (!channel.room.value.empty()) leave_room(channel, now);
    return !channel.member_of.value.empty();
  }
  if (channel.hidden) return true;
  // One that an application of ours holds is on its way out of a bridge that was destroyed.
  if (store_.find(room->bridge) == nullptr && !channel.application) {
    auto remembered = remembered_bridges_.extract(room->bridge);
    Bridge bridge = remembered.empty() ? Bridge{} : std::move(remembered.mapped());
    bridge.id = room->bridge;
    bridge.holding = room->holding;
    if (bridge.video_mode.empty()) bridge.video_mode = "talker";
    if (!add_own_bridge(std::move(bridge), now)) return true;
  }
  if (channel.member_of.value.empty() && !channel.application) channel.member_of = room->bridge;
  if (channel.room != room->bridge) enter_room(channel, room->bridge, now);
  return true;
}

/// The row of an old PBX names the application that runs, and for ConfBridge() the conference.
bool Reconciler::put_into_conference(Channel& channel, const ami::Message& row, WallTime now) {
  if (row[ami::Key::application] == "ConfBridge") {
    const auto data = row[ami::Key::applicationdata];
    enter_conference(channel, data.substr(0, data.find(',')), now);
    return true;
  }
  if (channel.bridge.value.starts_with("conference-")) leave_made_up(channel, now);
  return false;
}

/// An old PBX may have moved a call to another uniqueid while nobody listened; its name tells. It
/// ends in <MASQ> when the link broke between the lines of a masquerade.
Channel* Reconciler::find_masqueraded(const ami::Snapshot& row, std::string_view duration,
                                      Channel* channel, WallTime now) {
  const Channel* named = store_.find_name(row.channel);
  if (named == nullptr) {
    named = store_.find_name(std::string{row.channel} + std::string{masqueraded});
    // A phone that we have not seen took this one's place: its own id nobody tells any more, and
    // an application goes on with it under this one.
    if (named == nullptr) named = channel;
    if (named != nullptr) store_.rename(*store_.mutable_find(named->id), row.channel);
  }
  if (named == nullptr || named == channel || named->touched > list_serial_) return channel;
  Channel& phone = *store_.mutable_find(named->id);
  // A call that is younger than the one that had its name before is another one.
  const bool younger = !duration.empty() && now - duration_of(duration) > phone.created + age_slack;
  if (channel == nullptr && younger && !is_counted(row.channel)) return nullptr;
  if (channel != nullptr) {
    masquerade(phone, *channel, now);
  } else {
    store_.set_uniqueid(phone, row.uniqueid);
    // What the thread of its old body was ends with that.
    phone.base_app.clear();
    phone.base_data.clear();
    phone.placed = false;
  }
  return &phone;
}

void Reconciler::on_row(const ami::Message& row, WallTime now) {
  const auto snapshot = ami::snapshot_of(row);
  if (!dialect_.snapshots && snapshot.channel.ends_with(zombie)) return;  // Its body is dead.
  ended_.erase(std::string{snapshot.uniqueid});  // The PBX has it: what ended it was no Hangup.
  Channel* channel = store_.mutable_find_uniqueid(snapshot.uniqueid);
  if (channel != nullptr && channel->touched > list_serial_) return;  // Events are newer.
  const auto duration = row[ami::Key::duration];
  if (!dialect_.snapshots) channel = find_masqueraded(snapshot, duration, channel, now);
  const bool fresh = channel == nullptr;
  const Shown before = fresh ? Shown{} : shown(*channel);
  if (fresh) {
    channel = create(snapshot, now);
    if (channel == nullptr) return;
    channel->created = now - duration_of(duration);
  } else {
    take_snapshot(*channel, snapshot);
    if (row.has(ami::Key::context) && snapshot.context.empty() && !channel->in_disguise) {
      auto& place = channel->dialplan;  // In a body that has not been in the dialplan.
      place = {"", "", 1, std::move(place.app_name), std::move(place.app_data)};
    }
  }
  Party connected{std::string{ami::known(snapshot.connected_name)},
                  std::string{ami::known(snapshot.connected_number)}};
  // Old PBXs may not know it yet where we do.
  if (!dialect_.snapshots && connected != Party{}) channel->connected = std::move(connected);
  const auto app = row[ami::Key::application];
  const auto data =
      row.has(ami::Key::applicationdata) ? row[ami::Key::applicationdata] : row[ami::Key::data];
  if (own_agi(app, data)) {
    channel->in_agi = channel->agi_running = true;
  } else if (app.empty() && channel->placed) {
    // An old PBX shows nothing on a leg that is called.
  } else if (!own_context(snapshot.context) && !channel->application) {
    const bool in_room = room_of_row(row).has_value();
    channel->dialplan.app_name = in_room ? "Stasis" : app;
    channel->dialplan.app_data = in_room ? "" : data;
    ++channel->revision;
  }
  if (fresh) {
    // The first list is the state we start from, not news.
    if (listed_once_) announce(*channel, now);
    channel->announced = true;
  } else {
    tell_news(*channel, before, now);
  }
}

Reconciler::Shown Reconciler::shown(const Channel& channel) {
  return {channel.state, channel.caller, channel.connected, channel.dialplan};
}

/// What a row has changed, as the events would have told it that were missed.
void Reconciler::tell_news(Channel& channel, const Shown& before, WallTime now) {
  if (channel.connected != before.connected) ++channel.revision;
  if (channel.state != before.state) emit(ChannelStateChange{channel}, now);
  if (channel.caller != before.caller) {
    emit(ChannelCallerId{channel, 0, "Presentation Allowed, Not Screened"}, now);
  }
  if (channel.connected != before.connected) emit(ChannelConnectedLine{channel}, now);
  // Natively another application is one only at another place, and none is told of nothing
  // (16:main/stasis_channels.c).
  const auto& place = channel.dialplan;
  const auto& last = before.dialplan;
  const bool moved =
      place.context != last.context || place.exten != last.exten || place.priority != last.priority;
  if ((moved || last.app_name.empty()) && !place.app_name.empty()) {
    emit(ChannelDialplan{channel, place.app_name, place.app_data}, now);
  }
}

}  // namespace arigate::model
