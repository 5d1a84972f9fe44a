#include "model/vetting.hpp"

#include <algorithm>
#include <optional>
#include <utility>

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

std::size_t count(const ami::Message& event, Key key) {
  const auto& headers = event.headers();
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& h) { return h.key == key; }));
}

}  // namespace

void Vetting::use(const ami::Dialect& dialect, std::string_view own_context) {
  dialect_ = dialect;
  claims_.use(dialect, own_context);
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
  const auto claims = [&] { return judge_claims(event, may_be_a_value, !behind_own); };
  const auto name = event[Key::channel];
  const auto uniqueid = event[Key::uniqueid];
  if (uniqueid.empty() || name.empty()) return claims();
  const Channel* channel = store_.find_uniqueid(uniqueid);
  if (channel == nullptr) {
    const bool begins = event.event() == EventName::newchannel;
    return doubtful && begins ? Judgement{Verdict::sound_if_there, name, uniqueid, false}
                              : claims();
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
  if (event.event() != EventName::hangup) return claims();
  return doubtful ? Judgement{Verdict::sound_if_gone, channel->name, channel->uniqueid.value, false}
                  : judge_hangup(*channel);
}

Vetting::Judgement Vetting::judge_claims(const ami::Message& event, bool may_be_a_value,
                                         bool behind_another) const {
  if (!may_be_a_value) return {};
  auto claims = claims_.of(event, behind_another);
  if (claims.empty()) return {};
  return {Verdict::sound_if_so, {}, {}, false, std::move(claims)};
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
