#include "model/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "ami/value.hpp"
#include "core/text.hpp"
#include "model/destination.hpp"
#include "model/leg_name.hpp"

namespace arigate::model {
namespace {

template <class Number>
Number number_or(std::string_view text, Number otherwise) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end != text.data() ? value : otherwise;
}

/// Assigns when different; tells whether it was.
bool set(std::string& field, std::string_view value) {
  if (field == value) return false;
  field = value;
  return true;
}

}  // namespace

ChannelState state_of(std::string_view number) {
  const auto value = number_or(number, 11U);
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
    const long priority = number_or(snapshot.priority, 1L);
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
  const ami::Key key = ami::variable_key(role);
  if (!event.has(key)) return;
  for (const auto& header : event.headers()) {
    if (header.key != key) continue;
    // Before Asterisk 12 all channels of an event share the key: "ChanVariable(SIP/a-01)".
    const auto open = header.name.find('(');
    if (open != std::string_view::npos && header.name.substr(open + 1) != channel.name + ")") {
      continue;
    }
    const auto equals = header.value.find('=');
    if (equals == std::string_view::npos) continue;
    auto value = header.value.substr(equals + 1);
    if (dialect_.escapes_values) value = ami::unescape(value, scratch_);
    set_variable(channel, header.value.substr(0, equals), value);
  }
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

// --- our own operations -------------------------------------------------------------------------

Result<void> Reconciler::expect(const ChannelId& id, const std::string& token,
                                std::string dialstring, ChannelId other,
                                std::vector<std::string> reported) {
  if (expected_by_id_.size() >= expected_max) {
    return Error{Errc::overloaded, "too many originates under way"};
  }
  if (taken(id)) return Error{Errc::conflict, "Channel with given unique ID already exists"};
  ended_.erase(id.value);  // A client may use an id again.
  expected_by_token_.emplace(token, Expected{id, dialstring, other, {}});
  expected_by_id_.emplace(
      id.value, Expected{id, std::move(dialstring), std::move(other), std::move(reported)});
  return {};
}

void Reconciler::remember_id(std::string_view uniqueid, ChannelId id) {
  if (remembered_ids_.size() >= Store::channels_max) return;
  remembered_ids_.insert_or_assign(std::string{uniqueid}, std::move(id));
}

void Reconciler::remember_bridge(Bridge bridge) {
  if (remembered_bridges_.size() >= Store::bridges_max) return;
  BridgeId id = bridge.id;
  remembered_bridges_.insert_or_assign(std::move(id), std::move(bridge));
}

void Reconciler::forget_expected(const ChannelId& id) {
  expected_by_id_.erase(id.value);
  std::erase_if(expected_by_token_, [&](const auto& entry) { return entry.second.id == id; });
}

bool Reconciler::taken(const ChannelId& id) const {
  return store_.find_also_hidden(id) != nullptr || expected_by_id_.contains(id.value) ||
         std::any_of(shown_legs_.begin(), shown_legs_.end(),
                     [&id](const auto& leg) { return leg.second.id == id; });
}

Result<void> Reconciler::show_leg(const std::string& token, const ChannelId& id, std::string name) {
  if (taken(id)) return Error{Errc::conflict, "Channel with given unique ID already exists"};
  shown_legs_.emplace(token, ShownLeg{id, std::move(name)});
  return {};
}

void Reconciler::enter(const ChannelId& id, const AppName& application,
                       const std::vector<std::string>& arguments,
                       const agi::Environment& environment, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  announce(*channel, now);
  if (channel->application) leave(id, now);
  channel->application = application;
  channel->arguments = arguments;
  channel->in_agi = channel->agi_running = true;
  if (channel->dialplan.app_name != broadcast_script) {
    channel->dialplan.app_name = "Stasis";
    channel->dialplan.app_data = text_of(Destination{application, arguments});
  }
  // What AMI of old versions does not tell.
  if (!environment.language.empty()) channel->language = environment.language;
  if (channel->caller_rdnis.empty()) channel->caller_rdnis = environment.rdnis;
  if (channel->accountcode.empty()) channel->accountcode = environment.accountcode;
  ++channel->revision;
  // It is back before AMI has told how it left: that came first.
  if (std::exchange(channel->status_due, false)) {
    emit(ChannelVarset{channel, "STASISSTATUS", "SUCCESS"}, now);
  }
  emit(ChannelVarset{channel, "STASISSTATUS", ""}, now);
  emit(StasisStart{*channel, *channel->application, arguments}, now);
}

void Reconciler::leave(const ChannelId& id, WallTime now, bool status_follows) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr || !channel->application) return;
  channel->member_of = {};
  if (const Bridge* bridge = store_.find(channel->bridge); bridge != nullptr && bridge->own) {
    leave_bridge(*channel, now);
  }
  const AppName application = *std::exchange(channel->application, std::nullopt);
  channel->status_due = status_follows;
  emit(StasisEnd{*channel, application}, now);
}

void Reconciler::move(const ChannelId& id, const AppName& application,
                      const std::vector<std::string>& arguments, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr || !channel->application) return;
  // It stays in its bridge.
  const AppName left = *std::exchange(channel->application, std::nullopt);
  emit(StasisEnd{*channel, left}, now);
  channel->application = application;
  channel->arguments = arguments;
  ++channel->revision;
  emit(StasisStart{*channel, *channel->application, arguments}, now);
}

void Reconciler::move_failed(const ChannelId& id, std::string_view destination,
                             const std::vector<std::string>& arguments, WallTime now) {
  const Channel* channel = store_.find(id);
  if (channel == nullptr || !channel->application) return;
  emit(ApplicationMoveFailed{*channel, *channel->application, destination, arguments}, now);
}

void Reconciler::hangup_requested(const ChannelId& id, std::optional<int> cause, bool soft,
                                  WallTime now) {
  if (Channel* channel = store_.mutable_find(id)) {
    channel->hangup_told = true;
    emit(ChannelHangupRequest{*channel, cause, soft, std::nullopt}, now);
  }
}

void Reconciler::expect_own_digit(const ChannelId& id, std::string digit, WallTime now) {
  if (Channel* channel = store_.mutable_find(id)) {
    channel->own_digit = std::move(digit);
    channel->own_digit_ordered = now;
  }
}

void Reconciler::tone_detected(const ChannelId& id, WallTime now) {
  if (const Channel* channel = store_.find(id)) emit(ChannelToneDetected{*channel}, now);
}

void Reconciler::hide_language(const ChannelId& id, std::string_view language) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  channel->own_languages_over = language.empty();
  if (language.empty() || language == channel->language) return;
  if (!channel->hides(language)) channel->own_languages.emplace_back(language);
}

void Reconciler::set_protocol_id(const ChannelId& id, std::string_view protocol_id) {
  Channel* channel = store_.mutable_find(id);
  if (channel != nullptr && set(channel->protocol_id, protocol_id)) ++channel->revision;
}

PlaybackId Reconciler::add_playback(Playback playback) {
  PlaybackId key = playback.id;
  if (store_.find(key) != nullptr) {
    auto& same = store_.same_playback_ids_[key];
    std::size_t number = same.size();
    do {
      key.value = fmt::format("{}\n{}", playback.id.value, ++number);
    } while (store_.playbacks_.contains(key));
    same.push_back(key);
  }
  store_.playbacks_.emplace(key, std::move(playback));
  return key;
}

void Reconciler::set_playback(const PlaybackId& key, PlaybackState state,
                              std::string_view media_uri, std::string_view next_media_uri,
                              WallTime now) {
  const auto found = store_.playbacks_.find(key);
  if (found == store_.playbacks_.end()) return;
  found->second.state = state;
  found->second.media_uri = media_uri;
  found->second.next_media_uri = next_media_uri;
  emit(PlaybackChange{found->second}, now);
}

void Reconciler::show_playback(const PlaybackId& key, PlaybackState state) {
  const auto found = store_.playbacks_.find(key);
  if (found != store_.playbacks_.end()) found->second.state = state;
}

void Reconciler::end_playback(const PlaybackId& key, PlaybackState state, WallTime now) {
  auto ended = store_.playbacks_.extract(key);
  if (ended.empty()) return;
  const auto same = store_.same_playback_ids_.find(ended.mapped().id);
  if (same != store_.same_playback_ids_.end() && std::erase(same->second, key) > 0 &&
      same->second.empty()) {
    store_.same_playback_ids_.erase(same);
  }
  ended.mapped().state = state;
  emit(PlaybackChange{ended.mapped()}, now);
}

Result<void> Reconciler::add_recording(LiveRecording recording) {
  const auto [place, fresh] = store_.recordings_.try_emplace(recording.name, std::move(recording));
  if (!fresh) return Error{Errc::conflict, "Recording already exists"};
  return {};
}

void Reconciler::set_recording(const RecordingName& name, RecordingState state, WallTime now) {
  const auto found = store_.recordings_.find(name);
  if (found == store_.recordings_.end()) return;
  const bool begins = found->second.state == RecordingState::queued;
  found->second.state = state;
  if (begins) emit(RecordingChange{found->second}, now);
}

void Reconciler::end_recording(LiveRecording ended, WallTime now) {
  if (store_.recordings_.erase(ended.name) > 0) emit(RecordingChange{ended}, now);
}

// --- channels go --------------------------------------------------------------------------------

void Reconciler::end_playbacks_of(const ChannelId& id, WallTime now) {
  std::vector<PlaybackId> playing;
  for (const auto& [playback_id, playback] : store_.playbacks_) {
    if (playback.channel == id) playing.push_back(playback_id);
  }
  for (const auto& playback_id : playing) end_playback(playback_id, PlaybackState::failed, now);
}

void Reconciler::remember_ended(std::string uniqueid) {
  if (ended_order_.size() >= ended_max) {
    ended_.erase(ended_order_.front());
    ended_order_.pop_front();
  }
  if (ended_.insert(uniqueid).second) ended_order_.push_back(std::move(uniqueid));
}

void Reconciler::destroy(Channel& channel, int cause, std::string_view text,
                         std::optional<int> tech_cause, WallTime now) {
  announce(channel, now);
  if (!channel.gives_place_to.value.empty()) give_place(channel, now);
  const BridgeId bridge = channel.bridge;
  leave_made_up(channel, now);
  end_linked(bridge, now);
  if (channel.application) end_playbacks_of(channel.id, now);
  // Natively the end of a dial that nobody answered asks for the hangup itself.
  const bool unanswered = channel.made_first && channel.application && !channel.in_agi;
  if (unanswered && !channel.hangup_told) hangup_requested(channel.id, 32, true, now);
  leave(channel.id, now);
  if (unanswered) emit(ChannelVarset{&channel, "STASISSTATUS", "SUCCESS"}, now);
  set(channel.dialplan.app_name, channel.base_app);
  set(channel.dialplan.app_data, channel.base_data);
  if (dialect_.soft_hangup_shows_base) channel.protocol_id.clear();  // The driver has let go of it.
  ++channel.revision;
  if (listing_) gone_during_list_.insert(channel.uniqueid.value);
  unannounced_.erase(channel.uniqueid);
  emit(ChannelDestroyed{channel, cause, text, tech_cause}, now);
  if (const auto token = leg_token_of(channel.name, options_.dialplan_context); !token.empty()) {
    sink_.on(LegGone{&channel, token}, now);
  }
  if (channel.hidden) --hidden_count_;
  // One that is still being made has not ended on the PBX.
  if (!expected_by_id_.contains(channel.id.value)) remember_ended(channel.uniqueid.value);
  const ChannelId id = channel.id;
  const std::string name = channel.hidden ? "" : channel.name;
  store_.erase(id);
  tell_endpoint_of(name, now);
}

}  // namespace arigate::model
