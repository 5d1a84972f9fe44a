// What each AMI event does to the model. Sources of the rules: protocol/ami/events.json and the
// captured calls in fixtures/ami.
#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "ami/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "model/destination.hpp"
#include "model/leg_name.hpp"
#include "model/reconciler.hpp"
#include "model/told_variables.hpp"

namespace arigate::model {
namespace {

using ami::Key;

/// Variables that only our way of driving a channel sets; native ARI has none of them.
bool is_own_variable(std::string_view name) {
  while (name.starts_with('_')) name.remove_prefix(1);
  return name.starts_with("ARIGATE_") || name == "AGISTATUS";
}

/// Variables that AGI commands leave behind while an application plays or sends.
bool is_agi_trace(std::string_view name) {
  return name == "PLAYBACKSTATUS" || name == "RECORDED_FILE" || name.starts_with("CPLAYBACK") ||
         name.starts_with("TRANSFERSTATUS");
}

/// Conferences and Local channels that only we see have a device each, and so has the channel that
/// plays announcements to a conference.
bool is_own_device(std::string_view device, std::string_view context) {
  const auto separator = device.find_first_of(":/");
  const auto kind = device.substr(0, separator);
  if (kind == "confbridge" || kind == "CBAnn") {
    return room_named(device.substr(separator + 1), context).has_value();
  }
  if (kind != "Local") return false;
  const auto name = std::string{device} + "-";  // That of a channel goes on with a counter.
  return !leg_token_of(name, context).empty() || is_leg_of_another(name, context);
}

/// The native application that an AGI line of ours stands for.
void show_native_line(DialplanPlace& place, std::string_view own) {
  const bool offers = own.substr(0, own.find(',')) == broadcast_script;
  place.app_name = offers ? broadcast_script : "Stasis";
  if (offers) own.remove_prefix(std::min(own.size(), broadcast_script.size() + 1));
  place.app_data = own;
}

/// Events that stand for a new snapshot of the channel; the others show the last one.
bool makes_snapshot(ami::EventName event) {
  using ami::EventName;
  return event == EventName::newchannel || event == EventName::newstate ||
         event == EventName::newexten || event == EventName::newcallerid ||
         event == EventName::newconnectedline || event == EventName::newaccountcode ||
         event == EventName::hangup || event == EventName::dialend;
}

/// How long a digit lasts that comes whole, as in SIP INFO. AMI tells the end of one alone before
/// Asterisk 12; this is what chan_sip and the PBX take when nobody says another (seen: 1.8, 11).
constexpr std::chrono::milliseconds whole_digit{100};
constexpr std::chrono::minutes longest_digit{1};
constexpr std::size_t digits_max = 80;  ///< Of an extension: AST_MAX_EXTENSION of the PBX.
/// From our order to press a digit to the PBX's word that it was pressed.
constexpr std::chrono::seconds own_digit_within{2};

// The signs that an originated channel runs its application: bits of Channel::originate_steps.
constexpr std::uint8_t originate_response = 1;
constexpr std::uint8_t originate_up = 2;
constexpr std::uint8_t originate_answered = 4;
constexpr std::uint8_t originate_all = 7;

}  // namespace

void Reconciler::apply(const ami::Message& event, WallTime now) {
  ++serial_;
  using ami::EventName;
  makes_snapshot_ = makes_snapshot(event.event());
  if (!unlinked_.empty()) decide_unlinked(event, now);
  switch (event.event()) {
    case EventName::newchannel:
      return on_newchannel(event, now);
    case EventName::newstate:
      return on_newstate(event, now);
    case EventName::newexten:
      return on_newexten(event, now);
    case EventName::newcallerid:
      return on_newcallerid(event, now);
    case EventName::newconnectedline:
      return on_newconnectedline(event, now);
    case EventName::newaccountcode:
      return on_newaccountcode(event);
    case EventName::rename:
      return on_rename(event, now);
    case EventName::varset:
      return on_varset(event, now);
    case EventName::hanguprequest:
      return on_hangup_request(event, false, now);
    case EventName::softhanguprequest:
      return on_hangup_request(event, true, now);
    case EventName::hangup:
      return on_hangup(event, now);
    case EventName::dtmf:
      return on_dtmf(event, now);
    case EventName::dtmfend:
      return on_dtmf_end(event, now);
    case EventName::dial:
      return on_dial(event, now);
    case EventName::agentcalled:
      return dialect_.snapshots ? void() : on_agent_called(event, now);
    case EventName::bridge:
    case EventName::link:
      return on_bridge(event, now);
    case EventName::unlink:
      return on_unlink(event, now);
    case EventName::confbridgejoin:
      return dialect_.snapshots ? void() : on_conference(event, true, now);
    case EventName::confbridgeleave:
      return dialect_.snapshots ? void() : on_conference(event, false, now);
    case EventName::confbridgeend:
      return dialect_.snapshots ? void() : on_conference_end(event, now);
    case EventName::parkedcall:
      return dialect_.snapshots ? void() : on_parked(event, true, now);
    case EventName::unparkedcall:
    case EventName::parkedcalltimeout:
    case EventName::parkedcallgiveup:
      return dialect_.snapshots ? void() : on_parked(event, false, now);
    case EventName::transfer:
      return on_transfer(event, now);
    case EventName::dialbegin:
      return on_dial_begin(event, now);
    case EventName::dialstate:
    case EventName::dialend:
      return on_dial_progress(event, now);
    case EventName::originateresponse:
      return on_originate_response(event, now);
    case EventName::userevent:
      return on_userevent(event, now);
    case EventName::hold:
      return on_hold(event, !iequals(event[Key::status], "Off"), now);
    case EventName::unhold:
      return on_hold(event, false, now);
    case EventName::channeltalkingstart:
      if (const auto* channel = known(event, ami::Role::own, now)) {
        emit(ChannelTalkingStarted{*channel}, now);
      }
      return;
    case EventName::channeltalkingstop:
      if (const auto* channel = known(event, ami::Role::own, now)) {
        emit(
            ChannelTalkingFinished{*channel, leading_number<int>(event[Key::duration]).value_or(0)},
            now);
      }
      return;
    case EventName::bridgecreate:
      return on_bridge_create(event, now);
    case EventName::bridgedestroy:
      return on_bridge_destroy(event, now);
    case EventName::bridgeenter:
      return on_bridge_enter(event, now);
    case EventName::bridgeleave:
      return on_bridge_leave(event, now);
    case EventName::bridgemerge:
      return on_bridge_merge(event, now);
    case EventName::bridgevideosourceupdate:
      return on_bridge_video_source(event, now);
    case EventName::blindtransfer:
      return on_blind_transfer(event, now);
    case EventName::attendedtransfer:
      return on_attended_transfer(event, now);
    case EventName::devicestatechange:
      if (is_own_device(event[Key::device], options_.dialplan_context)) return;
      return on_device_state(event[Key::device], event[Key::state], now);
    case EventName::extensionstatus:
      return dialect_.device_events ? void() : on_extension_status(event, now);
    case EventName::peerstatus:
      return on_peer_status(event, now);
    case EventName::contactstatus:
      return on_contact_status(event, now);
    default:
      return;  // The other events have no equal in ARI.
  }
}

void Reconciler::on_newchannel(const ami::Message& event, WallTime now) {
  const auto snapshot = ami::snapshot_of(event);
  if (Channel* channel = store_.mutable_find_uniqueid(snapshot.uniqueid)) {
    touch(*channel);
    if (!channel->unborn) return;  // Told twice.
    be_born(*channel, nullptr, now);
    take_snapshot(*channel, snapshot);
    return;
  }
  Channel* channel = create(snapshot, now);
  if (channel == nullptr) return;
  touch(*channel);
  take_variables(*channel, event, ami::Role::own);
  show_variables(*channel);
  if (const auto early = early_responses_.extract(channel->uniqueid.value); !early.empty()) {
    channel->originated_app = early.mapped().application;
    channel->originated_data = early.mapped().data;
    channel->originate_steps = originate_response;
  }
  if (dialect_.takes_channel_id) {
    announce(*channel, now);
  } else {
    if (channel->hidden) return;
    if (channel->in_disguise) return announce(*channel, now);
    unannounced_.emplace(channel->uniqueid, HeldBack{now, {}});
  }
}

void Reconciler::on_newstate(const ami::Message& event, WallTime now) {
  const Channel* leg = store_.mutable_find_uniqueid(event[Key::uniqueid]);
  if (leg != nullptr && leg->in_disguise) return;  // Shown as Up from its start.
  if (!dialect_.snapshots) return on_old_newstate(event, now);
  if (Channel* channel = known(event, ami::Role::own, now)) {
    emit(ChannelStateChange{*channel}, now);
    if (channel->state == ChannelState::up) learn_originated_application(*channel, originate_up);
  }
}

void Reconciler::on_newexten(const ami::Message& event, WallTime now) {
  Channel* channel = known(event, ami::Role::own, now);
  if (channel == nullptr) return;
  const auto app = event[Key::application];
  const auto data = event[Key::appdata];
  // A command of ours shows only on who takes the place of another channel in it.
  if (app == "ConfBridge" && dialect_.snapshots) {
    if (const auto room = room_called(data.substr(0, data.find(',')))) {
      if (channel->room != room->bridge) enter_room(*channel, room->bridge, now);
      return;
    }
  }
  const auto own = own_agi(app, data);
  channel->in_agi = own.has_value();
  channel->agi_running = iequals(app, "AGI");
  channel->in_own_context = own_context(event[Key::context]);
  // The PBX's own stand-in for what runs on a leg that it dials; this one is in its application.
  if (channel->made_first && app == "AppDial2") return;
  if (channel->in_own_context) {
    if (own) emit(AgiStarted{*channel}, now);
    return;
  }
  if (!dialect_.snapshots) {
    // Its extension for hangups: natively the request comes before.
    const bool ends = !dialect_.hangup_request && event[Key::extension] == "h";
    if (ends) tell_untold_request(*channel, 0, now);
    tell_due_dial(*channel, now);
    learn_from_near_half(*channel, now);
    if (event[Key::extension] != "h") {
      blind_transfer(*channel, event[Key::extension], event[Key::context], now);
    }
    channel->dialplan.context = event[Key::context];
    channel->dialplan.exten = event[Key::extension];
    channel->dialplan.priority = leading_number<int>(event[Key::priority]).value_or(1);
  }
  if (!dialect_.snapshots) {
    if (app == "UserEvent") last_userevent_ = {channel->uniqueid.value, std::string{data}};
    const bool conference = app == "ConfBridge" && !dialect_.conference_events;
    if (conference || channel->bridge.value.starts_with("conference-")) {
      on_conference(event, conference, now);
    }
  }
  channel->dialplan.app_name = app;
  channel->dialplan.app_data = data;
  if (own) show_native_line(channel->dialplan, *own);
  ++channel->revision;
  if (app == "AppDial" || app == "AppDial2" || app == "AppQueue") {
    channel->base_app = app;
    channel->base_data = data;
  }
  emit(ChannelDialplan{*channel, channel->dialplan.app_name, channel->dialplan.app_data}, now);
  if (own) emit(AgiStarted{*channel}, now);
}

void Reconciler::on_newcallerid(const ami::Message& event, WallTime now) {
  Channel* channel = known(event, ami::Role::own, now);
  if (channel == nullptr) return;
  const Party before = channel->caller;
  if (!dialect_.snapshots) take_snapshot(*channel, ami::snapshot_of(event));
  // Old PBXs tell this of each channel that they originate, also when there is nothing to tell.
  const bool news = dialect_.snapshots || before != channel->caller;
  // "0 (Presentation Allowed, Not Screened)"
  const auto presentation = event[Key::cid_callingpres];
  const auto open = presentation.find('(');
  std::string_view text;
  if (open != std::string_view::npos && presentation.ends_with(')')) {
    text = presentation.substr(open + 1, presentation.size() - open - 2);
  }
  if (news)
    emit(ChannelCallerId{*channel, leading_number<int>(presentation).value_or(0), text}, now);
  if (!channel->dial_due) return;
  if (channel->connected != channel->caller) {  // Originate sets both.
    channel->connected = channel->caller;
    ++channel->revision;
    emit(ChannelConnectedLine{*channel}, now);
  }
  tell_due_dial(*channel, now);
}

void Reconciler::on_newconnectedline(const ami::Message& event, WallTime now) {
  if (const auto* channel = known(event, ami::Role::own, now)) {
    emit(ChannelConnectedLine{*channel}, now);
  }
}

void Reconciler::on_newaccountcode(const ami::Message& event) {
  Channel* channel = told_of(event[Key::uniqueid]);
  if (channel == nullptr || channel->accountcode == event[Key::accountcode]) return;
  touch(*channel);
  channel->accountcode = event[Key::accountcode];
  ++channel->revision;
}

void Reconciler::on_varset(const ami::Message& event, WallTime now) {
  const auto name = event[Key::variable];
  auto value = event[Key::value];
  if (dialect_.escapes_values) value = ami::unescape(value, scratch2_);
  const auto uniqueid = event[Key::uniqueid];
  if (uniqueid.empty() || uniqueid == "none") {
    if (!is_own_variable(name)) emit(ChannelVarset{nullptr, name, value}, now);
    return;
  }
  Channel* channel = store_.mutable_find_uniqueid(uniqueid);
  if (channel != nullptr) on_transfer_variable(*channel, name, value, now);
  if (channel != nullptr && !channel->announced) {
    touch(*channel);
    if (name == "ARIGATE_ID") {
      if (const auto expected = expected_by_token_.extract(std::string{value}); !expected.empty()) {
        // An id that another channel has had meanwhile stays with that one.
        const ChannelId& id = expected.mapped().id;
        Channel* older = store_.mutable_find(id);
        if (older != nullptr && older->unborn) return be_born(*older, channel, now);
        store_.set_id(*channel, id);
      }
      return announce(*channel, now);
    }
    const auto held = unannounced_.find(channel->uniqueid);
    if (held != unannounced_.end() && held->second.varsets.size() < held_back_max) {
      if (name == "SIPCALLID") channel->protocol_id = value;
      if (!is_own_variable(name)) held->second.varsets.emplace_back(name, value);
      return;
    }
  }
  channel = known(event, ami::Role::own, now);
  if (channel == nullptr) return;
  if (name == "AGISTATUS") channel->agi_running = false;
  if (name == "AGISTATUS" && !channel->in_agi && !channel->in_own_context) {
    // Of an AGI that is not ours.
  } else if (is_own_variable(name)) {
    if (name == "AGISTATUS") channel->in_agi = false;
    if (name == "ARIGATE_HOME") channel->has_home = !value.empty();
    return;
  }
  if (name == "STASISSTATUS") {
    if (channel->application) return;  // Late, and told already.
    channel->status_due = false;
  }
  // A command that the end of the channel ends is behind the end of its application.
  if ((channel->application || channel->in_agi) && is_agi_trace(name)) return;
  if (is_room_trace(*channel, name, value)) return;
  set_variable(*channel, name, value);
  keep_inheritable(*channel, name, value);
  if (!was_told(*channel, name, value)) {
    // Before Asterisk 12 those of an originate are set a second time when it is answered.
    const bool dialled = channel->dial_due || channel->dialing;
    const bool comes_twice = channel->from_ari && dialled && !dialect_.dial_events;
    if (comes_twice) told_variables_of(*channel).add(name, value);
    emit(ChannelVarset{channel, name, value}, now);
  }
  if (name == "SIPCALLID") set_protocol_id(channel->id, value);  // Natively shown from now on.
}

void Reconciler::on_dtmf(const ami::Message& event, WallTime now) {
  if (!iequals(event[Key::direction], "Received")) return;
  Channel* channel = known(event, ami::Role::own, now);
  if (channel == nullptr) return;
  if (iequals(event[Key::begin], "Yes")) channel->digit_begun = now;
  if (!iequals(event[Key::end], "Yes")) return;
  const WallTime begun = std::exchange(channel->digit_begun, WallTime{});
  // Nobody presses a key for longer, or less than not at all: the clock was set meanwhile.
  const bool known_begin = begun != WallTime{} && now >= begun && now - begun < longest_digit;
  const auto pressed = known_begin ? now - begun : whole_digit;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(pressed).count();
  if (channel->bridge.value.empty() && channel->digits.size() < digits_max) {
    channel->digits += event[Key::digit];
  }
  emit(ChannelDtmfReceived{*channel, event[Key::digit], ms}, now);
}

void Reconciler::on_dtmf_end(const ami::Message& event, WallTime now) {
  if (!iequals(event[Key::direction], "Received")) return;
  if (Channel* channel = known(event, ami::Role::own, now)) {
    const auto since = now - channel->own_digit_ordered;
    if (event[Key::digit] == channel->own_digit && since <= own_digit_within &&
        since >= WallTime::duration{}) {
      channel->own_digit.clear();
      return;
    }
    emit(ChannelDtmfReceived{*channel, event[Key::digit],
                             leading_number<int>(event[Key::durationms]).value_or(0)},
         now);
  }
}

void Reconciler::on_dial_begin(const ami::Message& event, WallTime now) {
  Channel* peer = known(event, ami::Role::dest, now);
  const Channel* caller = known(event, ami::Role::own, now);
  if (peer == nullptr) return;
  peer->dialstring = event[Key::dialstring];
  emit(Dial{caller, *peer, "", peer->dialstring, ""}, now);
}

void Reconciler::on_dial_progress(const ami::Message& event, WallTime now) {
  Channel* peer = known(event, ami::Role::dest, now);
  const Channel* caller = known(event, ami::Role::own, now);
  if (peer == nullptr) return;
  // A created channel just ends when its dial comes to nothing.
  const auto status = event[Key::dialstatus];
  const bool is_end = event.event() == ami::EventName::dialend;
  if (peer->made_first && is_end && status != "ANSWER") return;
  // Dial() does not repeat its dial string; Originate and Queue() do.
  const bool repeats = caller == nullptr ? !peer->made_first : caller->dialplan.app_name == "Queue";
  const std::string_view dialstring = repeats ? std::string_view{peer->dialstring} : "";
  emit(Dial{caller, *peer, event[Key::dialstatus], dialstring, event[Key::forward],
            known(event, ami::Role::forwarded, now)},
       now);
  if (event[Key::dialstatus] == "ANSWER" && caller == nullptr) {
    learn_originated_application(*peer, originate_answered);
  }
}

/// Native shows the application that an Originate named once the channel is up, the dial is over
/// and the PBX runs it; AMI tells these three in any order and has no Newexten for it.
void Reconciler::learn_originated_application(Channel& channel, std::uint8_t step) {
  channel.originate_steps |= step;
  if (channel.originate_steps != originate_all || channel.originated_app.empty()) return;
  channel.dialplan.app_name = std::exchange(channel.originated_app, {});
  channel.dialplan.app_data = std::exchange(channel.originated_data, {});
  ++channel.revision;
}

void Reconciler::on_originate_response(const ami::Message& event, WallTime now) {
  if (event[Key::response] == "Success" && !event[Key::application].empty() && dialect_.snapshots) {
    OriginatedApplication told{std::string{event[Key::application]}, std::string{event[Key::data]}};
    if (Channel* channel = store_.mutable_find_uniqueid(event[Key::uniqueid])) {
      channel->originated_app = std::move(told.application);
      channel->originated_data = std::move(told.data);
      learn_originated_application(*channel, originate_response);
    } else if (early_responses_.size() < early_responses_max &&
               !ended_.contains(std::string{event[Key::uniqueid]})) {
      early_responses_.insert_or_assign(std::string{event[Key::uniqueid]}, std::move(told));
    }
  }
  constexpr std::string_view prefix = "arigate-originate-", leg_prefix = "arigate-leg-";
  auto action_id = event[Key::actionid];
  if (event[Key::response] != "Failure") return;
  if (action_id.starts_with(leg_prefix)) {
    return emit(LegGone{nullptr, action_id.substr(leg_prefix.size())}, now);
  }
  if (!action_id.starts_with(prefix)) return;
  action_id.remove_prefix(prefix.size());
  const auto expected = expected_by_token_.find(std::string{action_id});
  if (expected == expected_by_token_.end()) return;
  const ChannelId id = expected->second.id;
  const bool never_came = expected_by_id_.contains(id.value);
  forget_expected(id);
  if (never_came)
    emit(OriginateFailed{id, leading_number<int>(event[Key::reason]).value_or(0)}, now);
}

void Reconciler::on_userevent(const ami::Message& event, WallTime now) {
  if (!event.has(Key::userevent)) return;
  const Channel* channel = event.has(Key::uniqueid) ? known(event, ami::Role::own, now) : nullptr;
  if (!dialect_.snapshots && channel == nullptr && !last_userevent_.uniqueid.empty() &&
      last_userevent_.text.starts_with(event[Key::userevent])) {
    // 1.8 names no channel; the dialplan line that it told just before does.
    channel = store_.mutable_find_uniqueid(std::exchange(last_userevent_.uniqueid, {}));
  }
  if (channel == nullptr) return;  // The manager action's own form: native has no event for it.
  // The user's fields follow the headers of the event itself.
  static constexpr std::array own_keys{Key::event, Key::privilege, Key::systemname, Key::timestamp,
                                       Key::userevent};
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  bool past_name = false;
  for (const auto& header : event.headers()) {
    if (header.key == Key::userevent) past_name = true;
    const bool own = std::find(own_keys.begin(), own_keys.end(), header.key) != own_keys.end();
    if (!past_name || own || (!dialect_.snapshots && header.key == Key::uniqueid)) continue;
    fields.emplace_back(header.name, trim(header.value));
  }
  emit(ChannelUserevent{channel, event[Key::userevent], fields}, now);
}

void Reconciler::on_hold(const ami::Message& event, bool on, WallTime now) {
  const auto* channel = known(event, ami::Role::own, now);
  if (channel == nullptr) return;
  if (!on) return emit(ChannelUnhold{*channel}, now);
  const auto music_class = event[Key::musicclass];
  emit(ChannelHold{*channel, music_class.empty() ? "N/A" : music_class}, now);
}

}  // namespace arigate::model
