#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "model/bridge.hpp"
#include "model/channel.hpp"
#include "model/endpoint.hpp"
#include "model/recording.hpp"

namespace arigate::model {

// What happened, in the terms of the model. References and views are good during ChangeSink::on()
// only; the objects show the state after the change.

struct ChannelCreated {
  const Channel& channel;
};
struct ChannelStateChange {
  const Channel& channel;
};
struct ChannelDialplan {
  const Channel& channel;
  std::string_view app;
  std::string_view app_data;
};
struct ChannelCallerId {
  const Channel& channel;
  int presentation;
  std::string_view presentation_text;
};
struct ChannelConnectedLine {
  const Channel& channel;
};
struct ChannelVarset {
  const Channel* channel;  ///< nullptr: a global variable.
  std::string_view variable;
  std::string_view value;
};
struct ChannelDtmfReceived {
  const Channel& channel;
  std::string_view digit;
  long duration_ms;
};
struct ChannelHangupRequest {
  const Channel& channel;
  std::optional<int> cause;
  bool soft;
  std::optional<int> tech_cause;
};
struct ChannelDestroyed {
  const Channel& channel;
  int cause;
  std::string_view cause_text;
  std::optional<int> tech_cause;
};
struct ChannelHold {
  const Channel& channel;
  std::string_view music_class;
};
struct ChannelUnhold {
  const Channel& channel;
};
struct ChannelToneDetected {
  const Channel& channel;
};
struct ChannelTalkingStarted {
  const Channel& channel;
};
struct ChannelTalkingFinished {
  const Channel& channel;
  long duration_ms;
};
struct ChannelUserevent {
  const Channel* channel;
  std::string_view name;
  const std::vector<std::pair<std::string_view, std::string_view>>& fields;
};
struct Dial {
  const Channel* caller;  ///< nullptr: an originated call.
  const Channel& peer;
  std::string_view status;  ///< "" at the start, RINGING, ANSWER, BUSY, …
  std::string_view dialstring;
  std::string_view forward;
  const Channel* forwarded = nullptr;  ///< The channel that the peer sends the call to.
};
struct BridgeCreated {
  const Bridge& bridge;
};
struct BridgeDestroyed {
  const Bridge& bridge;
};
struct ChannelEnteredBridge {
  const Channel& channel;
  const Bridge& bridge;
};
struct ChannelLeftBridge {
  const Channel& channel;
  const Bridge& bridge;
};
struct BridgeMerged {
  const Bridge& bridge;       ///< Has all channels now.
  const Bridge& bridge_from;  ///< Goes.
};
struct BridgeVideoSourceChanged {
  const Bridge& bridge;
  std::string_view old_source;
};
struct BridgeBlindTransfer {
  const Channel& channel;  ///< The transferer.
  const Channel* transferee;
  const Bridge* bridge;
  std::string_view exten, context, result;
  bool is_external;
};
/// What an attended transfer connected to what; see destination_type of ARI.
struct BridgeAttendedTransfer {
  const Channel& first_leg;   ///< The transferer's, of the first call.
  const Channel& second_leg;  ///< The same channel for a transfer by feature code.
  const Channel* transferee;
  const Channel* target;
  const Bridge* first_bridge;
  const Bridge* second_bridge;
  std::string_view result;
  bool is_external;
  std::string_view destination_type;  ///< "bridge", "application", "link", "threeway", "fail".
  std::string_view destination_bridge, destination_application;
  const Channel* link_first_leg;
  const Channel* link_second_leg;
  const Channel* threeway_channel;
  const Bridge* threeway_bridge;
};
struct DeviceStateChanged {
  std::string_view device;
  std::string_view state;
};
/// Its state or its channels are other ones.
struct EndpointStateChange {
  const Endpoint& endpoint;
};
struct PeerStatusChange {
  const Endpoint& endpoint;
  std::string_view status, cause, address, port, time;
};
struct ContactStatusChange {
  const Endpoint& endpoint;
  std::string_view uri, status, aor, roundtrip_usec;
};
struct StasisStart {
  const Channel& channel;
  const AppName& application;
  const std::vector<std::string>& arguments;
  const Channel* replaced = nullptr;  ///< The channel whose place it took.
};
struct StasisEnd {
  const Channel& channel;
  const AppName& application;
};
struct ApplicationMoveFailed {
  const Channel& channel;
  const AppName& application;
  std::string_view destination;
  const std::vector<std::string>& arguments;
};
/// queued → playing: PlaybackStarted; continuing: PlaybackContinuing; done, failed: …Finished.
struct PlaybackChange {
  const Playback& playback;
};
/// recording: RecordingStarted; done, canceled: RecordingFinished; failed: RecordingFailed.
struct RecordingChange {
  const LiveRecording& recording;
};
/// The dialplan of a channel runs an AGI of ours; ARI shows nothing of it.
struct AgiStarted {
  const Channel& channel;
};
/// A held channel goes on under the id of another: a masquerade put that one's call into it.
struct ChannelReplaced {
  const Channel& channel;
  const ChannelId& before;
};
/// An Originate of ours ended without ever having a channel.
struct OriginateFailed {
  const ChannelId& channel;
  int reason;
};
/// One half of a leg of ours is there; ARI shows nothing of it.
struct LegSeen {
  const Channel& half;
  std::string_view token;
};
/// One half of a leg of ours has ended, or the Originate of a leg has failed.
struct LegGone {
  const Channel* half;  ///< nullptr: there never were any.
  std::string_view token;
};
/// The PBX has put a channel into the conference of a bridge of ours, or has let it out. ARI shows
/// only what it means for the bridge.
struct RoomEntered {
  const Channel& channel;
  const BridgeId& room;
};
struct RoomLeft {
  const Channel& channel;
  const BridgeId& room;
};
/// A whole channel list has been compared with the model.
struct Resynced {};

using Change = std::variant<
    ChannelCreated, ChannelStateChange, ChannelDialplan, ChannelCallerId, ChannelConnectedLine,
    ChannelVarset, ChannelDtmfReceived, ChannelHangupRequest, ChannelDestroyed, ChannelHold,
    ChannelUnhold, ChannelToneDetected, ChannelTalkingStarted, ChannelTalkingFinished,
    ChannelUserevent, Dial, BridgeCreated, BridgeDestroyed, ChannelEnteredBridge, ChannelLeftBridge,
    BridgeMerged, BridgeVideoSourceChanged, BridgeBlindTransfer, BridgeAttendedTransfer,
    DeviceStateChanged, EndpointStateChange, PeerStatusChange, ContactStatusChange, StasisStart,
    StasisEnd, ApplicationMoveFailed, PlaybackChange, RecordingChange, AgiStarted, ChannelReplaced,
    OriginateFailed, LegSeen, LegGone, RoomEntered, RoomLeft, Resynced>;

/// The channel that a change is about first of all; nullptr when it is about none. Of a Dial it is
/// the peer.
const Channel* subject_of(const Change& change);

/// Who is told. Called synchronously, in causal order per object.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void on(const Change& change, WallTime when) = 0;
};

}  // namespace arigate::model
