// How channels end, and all that ends with them.
#include <chrono>
#include <string_view>
#include <utility>

#include "ami/snapshot.hpp"
#include "core/number.hpp"
#include "model/leg_name.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {

using ami::Key;

namespace {

/// A leg of its Dial ended before the time that Dial was given (`SIP/bob,20`): the caller has given
/// up, which Asterisk 1.8 tells when all legs are gone.
bool before_time(const Channel& caller, WallTime::duration rang) {
  constexpr std::chrono::milliseconds slack{500};
  if (caller.dialplan.app_name != "Dial") return false;
  std::string_view rest = caller.dialplan.app_data;
  const auto comma = rest.find(',');
  if (comma == std::string_view::npos) return true;  // It rings for ever.
  rest.remove_prefix(comma + 1);
  const auto seconds = leading_number<int>(rest.substr(0, rest.find_first_of(".,"))).value_or(0);
  return seconds <= 0 || rang + slack < std::chrono::seconds{seconds};
}

}  // namespace

void Reconciler::on_hangup_request(const ami::Message& event, bool soft, WallTime now) {
  Channel* channel = known(event, ami::Role::own, now);
  if (channel == nullptr) return;
  channel->hangup_told = true;
  if (channel->in_disguise) return;  // It ends with its target or its far half, unasked.
  // The end of our own dialplan lines: native has none under an originated channel.
  if (soft && channel->in_own_context && !channel->has_home) return;
  if (soft && dialect_.soft_hangup_shows_base && !channel->application && !channel->agi_running) {
    channel->dialplan.app_name = channel->base_app;
    channel->dialplan.app_data = channel->base_data;
    ++channel->revision;
  }
  emit(ChannelHangupRequest{*channel, leading_number<int>(event[Key::cause]), soft,
                            leading_number<int>(event[Key::techcause])},
       now);
}

/// Status of a Dial whose leg ended with this cause: the PBX tells none, or one for all legs later.
std::string_view Reconciler::status_of_end(const Channel& peer, int cause, WallTime now) const {
  switch (cause) {
    case 17:
      return "BUSY";
    case 34:
    case 38:
    case 42:
      return "CONGESTION";
    case 18:
    case 19:
      // Natively an Originate that rings for too long just ends; one that is given up does not.
      return peer.dialed_by.value.empty() && !peer.hangup_told ? "" : "NOANSWER";
    case 21:
      return "NOANSWER";
    case 3:
    case 20:
      return "CHANUNAVAIL";
    case 26:
      return "CANCEL";
    default:
      if (const auto told = status_by_far_half(peer); !told.empty()) return told;
      break;
  }
  const Channel* caller = peer.dialed_by.value.empty() ? nullptr : store_.find(peer.dialed_by);
  if (caller == nullptr) return "";  // An Originate that ran out of time has no last Dial natively.
  if (caller->leg_answered || caller->hangup_told) return "CANCEL";
  return !dialect_.hangup_request && before_time(*caller, now - peer.created) ? "CANCEL"
                                                                              : "NOANSWER";
}

void Reconciler::on_hangup(const ami::Message& event, WallTime now) {
  Channel* channel = known(event, ami::Role::own, now);
  if (channel == nullptr) {
    remember_ended(std::string{event[Key::uniqueid]});  // Its Newchannel may come late.
    return;
  }
  int cause = leading_number<int>(event[Key::cause]).value_or(0);
  std::string_view text = event[Key::cause_txt];
  if (!dialect_.snapshots) {
    tell_due_dial(*channel, now);
    take_connected(*channel, ami::snapshot_of(event), now);
    if (channel->dialing && !channel->made_first)
      dial_status(*channel, status_of_end(*channel, cause, now), now);
    // Old PBXs often say 0 where native says 16: a call that was up ended without failure.
    if (cause == 0 && channel->state == ChannelState::up) {
      cause = 16;
      text = "Normal Clearing";
    } else if (cause == 0 && channel->state == ChannelState::busy) {
      const bool congestion = channel->dialplan.app_name == "Congestion";
      cause = congestion ? 34 : 17;
      text = congestion ? "Circuit/channel congestion" : "User busy";
    }
    if (!dialect_.hangup_request) tell_untold_request(*channel, cause, now);
  } else if (cause == 0 && channel->made_first && channel->state == ChannelState::up) {
    // Of a created channel native says 16, of one that was originated what the PBX does (seen: 22).
    cause = 16;
    text = "Normal Clearing";
  }
  destroy(*channel, cause, text.empty() ? "Unknown" : text,
          leading_number<int>(event[Key::techcause]), now);
}

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
  channel.dialplan.app_name = channel.base_app;
  channel.dialplan.app_data = channel.base_data;
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
