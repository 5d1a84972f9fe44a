#include "model/vetting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ami/snapshot.hpp"
#include "ami/value.hpp"
#include "core/text.hpp"
#include "generated/mapping.hpp"

namespace arigate::model {

using ami::EventName;
using ami::Key;

namespace {

/// Asterisk 1.8 up to 1.8.10 and 10 up to 10.2 name neither the lot nor a uniqueid: their event
/// ends with the name of a caller, from 1.8.5 on with that of who takes the call back
/// (1.8.0, 1.8.5.0, 1.8.10.0, 1.8.11.0, 10.2.1, 10.3.0:main/features.c).
bool is_short_unparked(const ami::Message& event) {
  return event.event() == EventName::unparkedcall && !event.has(Key::parkinglot);
}

/// The header that the PBX writes behind everything that a caller can choose, where there is one
/// (seen: every event of these types in fixtures/captures). Key::unknown: none.
Key closing_key(const ami::Message& event, bool snapshots) {
  // CallerIDNum, which is never escaped, comes before the ids of a snapshot.
  if (snapshots) return event.has(Key::channelstate) ? Key::uniqueid : Key::unknown;
  switch (event.event()) {
    case EventName::newchannel:
    case EventName::newstate:
    case EventName::newexten:
    case EventName::varset:
    case EventName::parkedcall:
    case EventName::parkedcallgiveup:
    case EventName::parkedcalltimeout:
    case EventName::agentcalled:
      return Key::uniqueid;
    case EventName::unparkedcall:
      if (!is_short_unparked(event)) return Key::uniqueid;
      return event.has(Key::connectedlinenum) ? Key::connectedlinename : Key::calleridname;
    case EventName::newcallerid:
      return Key::cid_callingpres;
    case EventName::hangup:
      return Key::cause_txt;
    case EventName::bridge:
    case EventName::unlink:
      return Key::callerid2;
    default:
      return Key::unknown;
  }
}

/// "Local/600@default-00000001;1" and ";2" are the two ends of one call.
std::optional<std::string> other_half(const std::string& name) {
  if (!name.starts_with("Local/") || name.size() < 2 || name[name.size() - 2] != ';') {
    return std::nullopt;
  }
  std::string other = name;
  other.back() = name.back() == '1' ? '2' : '1';
  return other;
}

/// Bytes on the wire.
std::size_t extent(const ami::Message& event) {
  std::size_t bytes = 2;
  for (const auto& header : event.headers()) bytes += header.name.size() + header.value.size() + 4;
  return bytes;
}

Party party_of(const ami::Message& event) {
  const auto snapshot = ami::snapshot_of(event);
  return {std::string{ami::known(snapshot.caller_name)},
          std::string{ami::known(snapshot.caller_number)}};
}

/// As CALLERID(all) says it.
std::string text_of(const Party& party) {
  return fmt::format("\"{}\" <{}>", party.name, party.number);
}

const ShownVariable* shown_variable(const Channel& channel, std::string_view name) {
  for (const auto& variable : channel.variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

Party connected_of(const ami::Message& event) {
  const auto snapshot = ami::snapshot_of(event);
  return {std::string{ami::known(snapshot.connected_name)},
          std::string{ami::known(snapshot.connected_number)}};
}

/// "default,100,1": where in the dialplan an event, a row of Status or the model has a channel.
std::string line_of(const ami::Message& event) {
  const auto snapshot = ami::snapshot_of(event);
  return fmt::format("{},{},{}", snapshot.context, snapshot.exten, snapshot.priority);
}

std::string line_of(const Channel& channel) {
  const auto& place = channel.dialplan;
  return fmt::format("{},{},{}", place.context, place.exten, place.priority);
}

bool tells_a_link(const ami::Message& event) {
  return event.event() == EventName::bridge || event.event() == EventName::link ||
         event.event() == EventName::unlink;
}

bool tells_an_unlink(const ami::Message& event) {
  return event.event() == EventName::unlink || iequals(event[Key::bridgestate], "Unlink");
}

bool tells_an_unparking(const ami::Message& event) {
  return event.event() == EventName::unparkedcall ||
         event.event() == EventName::parkedcalltimeout ||
         event.event() == EventName::parkedcallgiveup;
}

bool is_in_conference(const Channel& channel, std::string_view name) {
  if (!channel.room.value.empty()) return true;
  const std::string_view bridge = channel.bridge.value;
  constexpr std::string_view made_up = "conference-";
  return bridge.starts_with(made_up) && bridge.substr(made_up.size()) == name;
}

bool is_parked(const Channel& channel) {
  return channel.bridge.value.starts_with("parking-");
}

std::size_t count(const ami::Message& event, Key key) {
  const auto& headers = event.headers();
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& h) { return h.key == key; }));
}

}  // namespace

void Vetting::use(const ami::Dialect& dialect) {
  dialect_ = dialect;
  inside_ = false;
  doubted_signs_.clear();
  paused();
}

void Vetting::paused() {
  if (inside_) return;  // A PBX that cannot write goes on later.
  doubtful_bytes_ = dialplan_bytes_ = 0;
  behind_others_ = burst_mixed_ = false;
  burst_of_.clear();
}

Vetting::Judgement Vetting::judge(const ami::Message& event) {
  const auto& headers = event.headers();
  const bool doubtful = doubtful_bytes_ > 0;
  const bool may_be_a_value = doubtful || dialplan_bytes_ > 0 || behind_others_;
  const bool behind_own = !behind_another(event);
  if (doubtful) doubtful_bytes_ -= std::min(doubtful_bytes_, extent(event));
  if (dialplan_bytes_ > 0) dialplan_bytes_ -= std::min(dialplan_bytes_, extent(event));
  if (inside_ && inside_value(event)) return {Verdict::forged, {}, {}, false};
  if (headers.size() < 2 || headers[0].key != Key::event || headers[1].key != Key::privilege) {
    return {Verdict::forged, {}, {}, false};
  }
  if (!closed(event)) {
    begin_value(event);
    return {Verdict::forged, {}, {}, false};
  }
  // It ends with text of the dialplan's, and nothing follows to show where that ends.
  if (doubtful && event.event() == EventName::shutdown) return {Verdict::forged, {}, {}, false};
  const bool ends_with_a_value = event.event() == EventName::userevent || is_short_unparked(event);
  if (ends_with_a_value) doubtful_bytes_ = value_bytes_max;
  remember_sign(event, doubtful);
  behind_others_ = !dialect_.escapes_values;
  if (may_be_a_value && tells_a_link(event)) return judge_link(event);
  const auto name = event[Key::channel];
  const auto uniqueid = event[Key::uniqueid];
  if (uniqueid.empty() || name.empty()) return {};
  const Channel* channel = store_.find_uniqueid(uniqueid);
  if (channel == nullptr) {
    const bool begins = event.event() == EventName::newchannel;
    return doubtful && begins ? Judgement{Verdict::sound_if_there, name, uniqueid, false}
                              : Judgement{};
  }
  // Dialled under the id that a client has made: the PBX gives it its name.
  if (channel->unborn)
    return doubtful ? Judgement{Verdict::sound_if_there, name, uniqueid, false} : Judgement{};
  if (event.event() == EventName::rename) {
    if (channel->name != name && channel->lives_on_as.value.empty())
      return {Verdict::forged, {}, {}, false};
    return may_be_a_value ? Judgement{Verdict::sound_if_gone, name, uniqueid, false} : Judgement{};
  }
  if (channel->name != name && dialect_.snapshots)
    return {Verdict::sound_if_there, name, uniqueid, false};
  if (event.event() != EventName::hangup) {
    const Subject subject = may_be_a_value ? changed(event, *channel, !behind_own) : Subject::none;
    if (subject == Subject::none) return {};
    return {Verdict::sound_if_so, channel->name, channel->uniqueid.value, false,
            subject == Subject::line};
  }
  return doubtful ? Judgement{Verdict::sound_if_gone, channel->name, channel->uniqueid.value, false}
                  : judge_hangup(*channel);
}

/// Whether what came since the last pause is of others as well, this event included. Nobody gains
/// by what he makes the PBX say of his own call.
bool Vetting::behind_another(const ami::Message& event) {
  std::string_view name = event[Key::channel];
  if (name.empty()) {  // UserEvent before Asterisk 12; its id comes before its text.
    const Channel* channel = store_.find_uniqueid(event[Key::uniqueid]);
    if (channel != nullptr) name = channel->name;
  }
  if (burst_of_.empty()) {
    burst_of_ = name;
    burst_mixed_ = name.empty();
  }
  burst_mixed_ = burst_mixed_ || burst_of_ != name;
  return burst_mixed_;
}

/// What ARI shows of the channel that the event tells anew. Of the dialplan and of who is where it
/// is so only behind another channel's events (`place_too`): both change with each step of a call,
/// and each question holds it up.
Vetting::Subject Vetting::changed(const ami::Message& event, const Channel& channel,
                                  bool place_too) const {
  if (channel.hidden || channel.in_disguise) return Subject::none;
  const EventName type = event.event();
  const bool snapshot = dialect_.snapshots && event.has(Key::channelstate);
  if (snapshot || type == EventName::newstate) {
    const ChannelState told = state_of(event[Key::channelstate]);
    // 1.8 tells the far leg's ringing to a Local half that is up; it stays so.
    const bool back = channel.state == ChannelState::up && told == ChannelState::ringing;
    if (told != channel.state && !back) return Subject::state;
  }
  if (type == EventName::newcallerid && party_of(event) != channel.caller) return Subject::caller;
  if (type == EventName::varset) {
    const ShownVariable* shown = shown_variable(channel, event[Key::variable]);
    if (shown != nullptr && shown->value != event[Key::value]) return Subject::variable;
  }
  return place_too && !dialect_.escapes_values ? changed_place(event, channel) : Subject::none;
}

/// Where it is: among others, or in the dialplan. Before Asterisk 13.5 only: later the arguments of
/// an application alone can hold an event, and there the questions would cost each call more than
/// they are worth.
Vetting::Subject Vetting::changed_place(const ami::Message& event, const Channel& channel) const {
  const EventName type = event.event();
  const bool snapshot = dialect_.snapshots && event.has(Key::channelstate);
  if (snapshot && connected_of(event) != channel.connected) return Subject::connected;
  if (!dialect_.snapshots) {
    const bool in_conference = is_in_conference(channel, event[Key::conference]);
    if (type == EventName::confbridgejoin && !in_conference) return Subject::conference;
    if (type == EventName::confbridgeleave && in_conference) return Subject::conference;
    if (type == EventName::parkedcall && !is_parked(channel)) return Subject::lot;
    if (tells_an_unparking(event) && is_parked(channel)) return Subject::lot;
  }
  const bool line = dialect_.snapshots ? snapshot : type == EventName::newexten;
  return line && line_of(event) != line_of(channel) ? Subject::line : Subject::none;
}

/// Before Asterisk 12: who talks to whom.
Vetting::Judgement Vetting::judge_link(const ami::Message& event) const {
  const Channel* one = store_.find_uniqueid(event[Key::uniqueid1]);
  if (one == nullptr || one->hidden || one->in_disguise) return {};
  const Claim claim = claim_of_link(event, *one);
  if (claim.told == claim.known) return {};
  return {Verdict::sound_if_so, one->name, one->uniqueid.value, false};
}

Vetting::Claim Vetting::claim_of_link(const ami::Message& event, const Channel& channel) const {
  Claim claim;
  claim.means = Claim::Means::link;
  claim.leaves = tells_an_unlink(event);
  if (!claim.leaves) claim.told = event[Key::uniqueid2];
  const Bridge* bridge = store_.find(channel.bridge);
  if (bridge == nullptr || !bridge->linked) return claim;
  for (const auto& id : bridge->channels) {
    const Channel* other = id == channel.id ? nullptr : store_.find(id);
    if (other != nullptr) claim.known = other->uniqueid.value;
  }
  return claim;
}

Vetting::Claim Vetting::claim(const ami::Message& event) const {
  using Means = Claim::Means;
  if (tells_a_link(event)) {
    const Channel* one = store_.find_uniqueid(event[Key::uniqueid1]);
    return one == nullptr ? Claim{} : claim_of_link(event, *one);
  }
  const Channel* channel = store_.find_uniqueid(event[Key::uniqueid]);
  if (channel == nullptr) return {};
  const auto in_or_out = [](bool in) { return std::string{in ? is_in : is_out}; };
  switch (changed(event, *channel, true)) {
    case Subject::state:
      return {Means::variable, "CHANNEL(state)", std::string{event[Key::channelstatedesc]},
              std::string{mapping::channel_state_name(static_cast<int>(channel->state))}};
    case Subject::caller:
      return {Means::variable, "CALLERID(all)", text_of(party_of(event)), text_of(channel->caller)};
    case Subject::variable: {
      const auto name = event[Key::variable];
      return {Means::variable, std::string{name}, std::string{event[Key::value]},
              shown_variable(*channel, name)->value};
    }
    case Subject::connected:
      return {Means::variable, "CONNECTEDLINE(all)", text_of(connected_of(event)),
              text_of(channel->connected)};
    case Subject::line:
      return {Means::line, {}, line_of(event), line_of(*channel)};
    case Subject::conference: {
      const bool joins = event.event() == EventName::confbridgejoin;
      return {Means::conference, std::string{event[Key::conference]}, in_or_out(joins),
              in_or_out(!joins), !joins};
    }
    case Subject::lot: {
      const bool enters = event.event() == EventName::parkedcall;
      return {Means::lot, {}, in_or_out(enters), in_or_out(!enters), !enters};
    }
    case Subject::none:
      break;
  }
  return {};
}

std::optional<std::string> Vetting::said(const Claim& claim, std::string_view name,
                                         std::string_view uniqueid,
                                         const std::vector<ami::Message>& rows) {
  if (claim.means == Claim::Means::conference || claim.means == Claim::Means::lot) {
    const bool listed =
        std::ranges::any_of(rows, [&](const auto& row) { return row[Key::channel] == name; });
    return std::string{listed ? is_in : is_out};
  }
  for (const auto& row : rows) {
    if (row[Key::uniqueid] != uniqueid) continue;
    if (claim.means == Claim::Means::link) return std::string{row[Key::bridgeduniqueid]};
    if (row.has(Key::context)) return line_of(row);
  }
  return std::nullopt;
}

/// Keeps of whom a place that may hold whole events has told a sign of the end. It stays in doubt:
/// the end itself may be hidden in another place.
void Vetting::remember_sign(const ami::Message& event, bool doubtful) {
  if (!dialect_.snapshots) return;
  const EventName type = event.event();
  if (doubtful || dialplan_bytes_ > 0) {
    const bool sign = type == EventName::hanguprequest || type == EventName::softhanguprequest ||
                      type == EventName::newstate || type == EventName::bridgeleave ||
                      event[Key::exten] == "h";
    if (sign) doubted_signs_.emplace(event[Key::uniqueid]);
    if (doubted_signs_.size() > std::max(signs_max, 2 * store_.channel_count())) {
      std::erase_if(doubted_signs_,
                    [&](const auto& id) { return store_.find_uniqueid(id) == nullptr; });
    }
  }
  // What the far end of a Dial runs has no arguments of the dialplan's. Up to Asterisk 13.4 a
  // variable's value comes as it is, and is the last of its event as well.
  const bool line = (type == EventName::newexten && !event[Key::appdata].empty() &&
                     !event[Key::application].starts_with("AppDial")) ||
                    (type == EventName::varset && !dialect_.escapes_values);
  if (line) dialplan_bytes_ = value_bytes_max;
}

Vetting::Judgement Vetting::judge_hangup(const Channel& channel) const {
  bool doubted = doubted_signs_.contains(channel.uniqueid.value);
  if (const auto other = other_half(channel.name); other && !doubted) {
    const Channel* half = store_.find_name(*other);
    doubted = half != nullptr && doubted_signs_.contains(half->uniqueid.value);
  }
  const bool told = announced(channel);
  if (told && !doubted) return {};
  return {Verdict::sound_if_gone, channel.name, channel.uniqueid.value, told};
}

/// Something told before that this channel would end: a request, the extension h, the end of its
/// other half or of its call. Most ends have such a sign (seen: 98 % on 16 and 22).
bool Vetting::announced(const Channel& channel) const {
  const auto ends = [](const Channel& told) {
    return told.hangup_told || told.dialplan.exten == "h" || !told.lives_on_as.value.empty();
  };
  const bool call_is_over = channel.bridge.value.empty() && channel.base_app == "AppDial";
  if (ends(channel) || channel.state != ChannelState::up || call_is_over) return true;
  const auto other = other_half(channel.name);
  if (!other) return false;
  const Channel* half = store_.find_name(*other);
  return half == nullptr || ends(*half);
}

/// Whether the event ends where the PBX ends it, and names its channel once. A second Uniqueid is
/// harmless when the first one is that of the channel's name.
bool Vetting::closed(const ami::Message& event) const {
  const Key closing = closing_key(event, dialect_.snapshots);
  if (closing == Key::unknown) return true;
  if (!event.has(closing)) return false;
  if (count(event, Key::uniqueid) < 2) return true;
  const Channel* named = store_.find_name(event[Key::channel]);
  return named != nullptr && named->uniqueid.value == event[Key::uniqueid];
}

void Vetting::begin_value(const ami::Message& event) {
  const Channel* channel = store_.find_name(event[Key::channel]);
  value_of_ = channel != nullptr ? channel->uniqueid.value : "";
  doubtful_bytes_ = value_bytes_max;
  awaited_ = closing_key(event, dialect_.snapshots);
  inside_ = !event.has(awaited_);
}

/// The value ends with the headers that its own event lacks.
bool Vetting::inside_value(const ami::Message& event) {
  if (doubtful_bytes_ == 0) {
    inside_ = false;
    return false;
  }
  for (const auto& header : event.headers()) {
    if (header.key != awaited_) continue;
    if (awaited_ == Key::uniqueid && !value_of_.empty() && header.value != value_of_) continue;
    inside_ = false;
  }
  return true;
}

}  // namespace arigate::model
