// What operations of ours do to the model, or announce of what the PBX will tell.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/destination.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {

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
  if (channel == nullptr || channel->protocol_id == protocol_id) return;
  channel->protocol_id = protocol_id;
  ++channel->revision;
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

}  // namespace arigate::model
