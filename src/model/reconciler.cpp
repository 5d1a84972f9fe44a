#include "model/reconciler.hpp"

#include <algorithm>
#include <array>

#include "ami/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "model/leg_name.hpp"

namespace arigate::model {
namespace {

/// Assigns when different; tells whether it was.
bool set(std::string& field, std::string_view value) {
  if (field == value) return false;
  field = value;
  return true;
}

}  // namespace

ChannelState state_of(std::string_view number) {
  const auto value = leading_number<unsigned>(number).value_or(11);
  return value <= 10 ? static_cast<ChannelState>(value) : ChannelState::unknown;
}

namespace {

/// Channels that a PBX makes for itself: to move another one, to announce and record in a
/// conference. Native ARI never shows them.
bool is_helper(std::string_view name, bool snapshots) {
  static constexpr std::array always{"ConfBridgeRecorder/", "CBAnn/", "Announcer/", "Recorder/"};
  static constexpr std::array before_12{"AsyncGoto/", "Bridge/", "Parked/", "Transfered/"};
  const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
  return std::any_of(always.begin(), always.end(), begins) ||
         (!snapshots && std::any_of(before_12.begin(), before_12.end(), begins));
}

}  // namespace

Reconciler::Reconciler(Store& store, ChangeSink& sink, ReconcilerOptions options)
    : store_{store}, sink_{sink}, options_{std::move(options)} {}

void Reconciler::use(const ami::Dialect& dialect) {
  dialect_ = dialect;
  // The PBX may have restarted meanwhile and count its channels from the start.
  ended_.clear();
  ended_order_.clear();
}

// --- channels come ------------------------------------------------------------------------------

Channel* Reconciler::create(const ami::Snapshot& snapshot, WallTime now) {
  if (snapshot.uniqueid.empty() || snapshot.channel.empty()) return nullptr;
  Channel channel;
  channel.uniqueid.value = snapshot.uniqueid;
  channel.id.value = snapshot.uniqueid;
  if (const auto known = remembered_ids_.find(channel.id.value); known != remembered_ids_.end()) {
    // The halves of a leg may carry the id of who was called by then: one of them, and it is
    // hidden.
    if (store_.mutable_find(known->second) == nullptr) channel.id = known->second;
  }
  channel.name = snapshot.channel;
  channel.created = now;
  channel.language = "en";  // The PBX's default until it says another; old dialects never do.
  for (const auto& name : options_.channelvars)
    channel.variables.push_back({name, "", "", false, {}});
  if (store_.channel_count() >= Store::channels_max) return nullptr;
  if (ended_.contains(channel.uniqueid.value)) return nullptr;
  if (store_.mutable_find(channel.id) != nullptr)
    return nullptr;  // An alias holds this id already.
  Channel& stored = store_.add(std::move(channel));
  take_snapshot(stored, snapshot);
  if (is_helper(stored.name, dialect_.snapshots) ||
      is_leg_of_another(stored.name, options_.dialplan_context)) {
    hide(stored);
  }
  if (const auto token = leg_token_of(stored.name, options_.dialplan_context); !token.empty()) {
    take_leg(stored, token, now);
  }
  return &stored;
}

/// A half of a leg of ours, by its name. Told in the first list too: it may be a leftover.
void Reconciler::take_leg(Channel& channel, std::string_view token, WallTime now) {
  const auto shown = shown_legs_.find(std::string{token});
  if (shown == shown_legs_.end() || !channel.name.ends_with(";2") ||
      !store_.set_id(channel, shown->second.id)) {
    hide(channel);
  } else {
    channel.shown_name = shown->second.name;
    channel.state = ChannelState::up;
    channel.dialplan = {"default", "s", 1, "", ""};
    channel.from_ari = channel.in_disguise = true;
    shown_legs_.erase(shown);
  }
  sink_.on(LegSeen{channel, token}, now);
}

/// ARI shows nothing of this channel, ever.
void Reconciler::hide(Channel& channel) {
  if (!std::exchange(channel.hidden, true)) ++hidden_count_;
}

void Reconciler::take_snapshot(Channel& channel, const ami::Snapshot& snapshot) {
  if (channel.in_disguise) return;  // It stays as it was made.
  const auto text = [&](std::string_view value) {
    return dialect_.escapes_values ? ami::unescape(ami::known(value), scratch_) : ami::known(value);
  };
  bool changed = false;
  // Before Asterisk 12 only Rename changes a name, and the dead body of a masquerade has another.
  if (dialect_.snapshots && !snapshot.channel.empty() && channel.name != snapshot.channel) {
    store_.rename(channel, snapshot.channel);
    changed = true;
  }
  if (!snapshot.state.empty()) {
    const auto state = state_of(snapshot.state);
    changed |= std::exchange(channel.state, state) != state;
  }
  // What an event does not tell stays as it is.
  const auto take = [&](std::string& field, std::string_view told, std::string_view value) {
    if (told.data() != nullptr) changed |= set(field, value);
  };
  take(channel.caller.number, snapshot.caller_number, ami::known(snapshot.caller_number));
  take(channel.caller.name, snapshot.caller_name, text(snapshot.caller_name));
  if (dialect_.snapshots) {
    const auto number = ami::known(snapshot.connected_number);
    take(channel.connected.number, snapshot.connected_number, number);
    take(channel.connected.name, snapshot.connected_name, text(snapshot.connected_name));
    take(channel.accountcode, snapshot.accountcode, snapshot.accountcode);
    if (!snapshot.language.empty() && !channel.hides(snapshot.language)) {
      changed |= set(channel.language, snapshot.language);
      if (std::exchange(channel.own_languages_over, false)) channel.own_languages.clear();
    }
    changed |= set(channel.tenantid, snapshot.tenantid);
  } else if (!snapshot.accountcode.empty()) {
    changed |= set(channel.accountcode, snapshot.accountcode);
  }
  // Our own context is a place that native ARI does not have: the channel stays where it was.
  if (!snapshot.context.empty() && !own_context(snapshot.context)) {
    changed |= set(channel.dialplan.context, snapshot.context);
    changed |= set(channel.dialplan.exten, snapshot.exten);
    const long priority = leading_number<long>(snapshot.priority).value_or(1);
    changed |= std::exchange(channel.dialplan.priority, priority) != priority;
  }
  if (changed) {
    ++channel.revision;
    derive_variables(channel);
  }
}

/// The configured variables that are functions of what the snapshot says.
void Reconciler::derive_variables(Channel& channel) {
  for (auto& variable : channel.variables) {
    if (variable.name == "CALLERID(num)") variable.next = channel.caller.number;
    if (variable.name == "CALLERID(name)") variable.next = channel.caller.name;
    if (variable.name == "CHANNEL(language)") variable.next = channel.language;
    if (variable.name == "CHANNEL(accountcode)") variable.next = channel.accountcode;
  }
}

/// The PBX's own list of channel variables: "NAME=value" with each channel of an event.
void Reconciler::take_variables(Channel& channel, const ami::Message& event, ami::Role role) {
  if (options_.channelvars.empty()) return;
  ami::each_variable(event, role, channel.name, [&](std::string_view name, std::string_view value) {
    set_variable(channel, name, dialect_.escapes_values ? ami::unescape(value, scratch_) : value);
  });
}

Channel* Reconciler::known(const ami::Message& event, ami::Role role, WallTime now) {
  const auto snapshot = ami::snapshot_of(event, role);
  if (snapshot.uniqueid.empty()) return nullptr;
  Channel* channel = store_.mutable_find_uniqueid(snapshot.uniqueid);
  if (channel == nullptr) {
    // An event of an unknown channel: where it carries a whole snapshot it is as good as a
    // Newchannel (a lost one, or one from before a list).
    if (dialect_.snapshots && snapshot.context.data() != nullptr && !snapshot.state.empty()) {
      channel = create(snapshot, now);
    }
    if (channel == nullptr) {
      gap_ |= !ended_.contains(std::string{snapshot.uniqueid});
      return nullptr;
    }
    touch(*channel);
    take_variables(*channel, event, role);
    show_variables(*channel);
    announce(*channel, now);
    return channel;
  }
  touch(*channel);
  if (dialect_.snapshots) {
    take_snapshot(*channel, snapshot);
  } else if (!channel->announced) {
    announce(*channel, now);
  }
  take_variables(*channel, event, role);
  if (makes_snapshot_) show_variables(*channel);
  return channel;
}

void Reconciler::announce(Channel& channel, WallTime now) {
  if (channel.announced || channel.hidden) return;
  channel.announced = true;
  ++channel.revision;
  auto held = unannounced_.extract(channel.uniqueid);
  tell_endpoint_of(channel.name, now);
  emit(ChannelCreated{channel}, now);
  auto expected = expected_by_id_.extract(channel.id.value);
  if (!dialect_.takes_channel_id) {
    announce_far_half(channel, expected.empty() ? ChannelId{} : expected.mapped().other, now);
  }
  if (!expected.empty()) {
    channel.from_ari = true;
    channel.dialstring = std::move(expected.mapped().dialstring);
    for (const auto& name : expected.mapped().reported) {
      if (!report_variable(channel.id, name, false)) break;
    }
    if (!dialect_.dial_events) begin_originated(channel, channel.dialstring, now);
  }
  if (held.empty()) return;
  for (const auto& [name, value] : held.mapped().varsets) {
    set_variable(channel, name, value);
    keep_inheritable(channel, name, value);
    emit(ChannelVarset{&channel, name, value}, now);
  }
}

void Reconciler::decide(WallTime before, WallTime now) {
  // What waits since a time to come has seen the clock being set back.
  const auto is_over = [&](WallTime since) { return since <= before || since > now; };
  std::vector<BridgeId> ended;
  for (const auto& [bridge, since] : unlinked_) {
    if (is_over(since)) ended.push_back(bridge);
  }
  for (const auto& bridge : ended) end_linked(bridge, now);
  if (unannounced_.empty()) return;
  std::vector<Uniqueid> waited;  // In the order in which they came.
  store_.each_channel([&](const Channel& channel) {
    if (channel.announced) return;
    const auto held = unannounced_.find(channel.uniqueid);
    if (held != unannounced_.end() && is_over(held->second.since)) {
      waited.push_back(channel.uniqueid);
    }
  });
  for (const auto& uniqueid : waited) {
    if (Channel* channel = store_.mutable_find(uniqueid)) announce(*channel, now);
    unannounced_.erase(uniqueid);
  }
}

void Reconciler::set_variable(Channel& channel, std::string_view name, std::string_view value) {
  for (auto& variable : channel.variables) {
    if (variable.name != name) continue;
    variable.next = value;
    using Showing = ShownVariable::Showing;
    if (variable.showing == Showing::when_set) {
      variable.showing = variable.reported ? Showing::yes : Showing::from_next_snapshot;
      ++channel.revision;
    }
    if (variable.reported && set(variable.value, value)) ++channel.revision;
  }
}

/// A PBX has one variable of a name, whatever underscores it was last set with.
void Reconciler::keep_inheritable(Channel& channel, std::string_view name, std::string_view value) {
  const bool inherited = name.starts_with('_');
  auto& kept = channel.inheritable;
  if (name.ends_with(')') || (!inherited && kept.empty())) return;
  std::erase_if(kept, [plain = plain_name(name)](const auto& variable) {
    return plain_name(variable.first) == plain;
  });
  if (!inherited || value.empty() || kept.size() >= inheritable_max) return;
  std::size_t bytes = name.size() + value.size();
  for (const auto& variable : kept) bytes += variable.first.size() + variable.second.size();
  if (bytes <= inheritable_bytes_max) kept.emplace_back(name, value);
}

/// Natively setting a variable makes no new snapshot, unless one is reported.
void Reconciler::show_variables(Channel& channel) {
  using Showing = ShownVariable::Showing;
  const auto unwanted = std::erase_if(channel.variables, [](const ShownVariable& variable) {
    return variable.showing == Showing::until_next_snapshot;
  });
  if (unwanted != 0) ++channel.revision;
  for (auto& variable : channel.variables) {
    if (variable.showing == Showing::from_next_snapshot) {
      variable.showing = Showing::yes;
      variable.reported = true;
      ++channel.revision;
    }
    if (set(variable.value, variable.next)) ++channel.revision;
  }
}

std::optional<std::string> Reconciler::own_agi(std::string_view app, std::string_view data) const {
  if (!iequals(app, "AGI") || !data.starts_with("agi://")) return std::nullopt;
  data.remove_prefix(6);
  const auto slash = data.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string host{data.substr(0, slash)};
  if (host.find(':') == std::string::npos) host += ":4573";
  const bool ours =
      host == options_.fastagi_advertised || host.ends_with(":" + options_.fastagi_port);
  if (!ours) return std::nullopt;
  std::string target{data.substr(slash + 1)};
  if (const auto query = target.find('?'); query != std::string::npos) {
    target[query] = ',';
    std::replace(target.begin(), target.end(), '&', ',');
  }
  return target;
}

}  // namespace arigate::model
