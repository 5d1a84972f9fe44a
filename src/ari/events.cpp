#include "ari/events.hpp"

#include <variant>

#include "ari/replies.hpp"
#include "core/overloaded.hpp"
#include "ops/text_messages.hpp"

namespace arigate::ari {
namespace {

using namespace model;

/// One JSON object that is being written: members in the order of the calls.
class Members {
 public:
  explicit Members(std::string& out) : out_{out} { out_ += '{'; }

  Members& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
    return *this;
  }
  Members& number(std::string_view name, long value) {
    key(name).append(std::to_string(value));
    return *this;
  }
  Members& raw(std::string_view name, std::string_view json) {
    key(name).append(json);
    return *this;
  }
  Members& timestamp(WallTime when) {
    append_timestamp(key("timestamp"), when);
    return *this;
  }
  Members& strings(std::string_view name, const std::vector<std::string>& values) {
    key(name) += '[';
    for (const auto& value : values) {
      if (out_.back() != '[') out_ += ',';
      append_json_string(out_, value);
    }
    out_ += ']';
    return *this;
  }
  std::string& key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    return out_.append("\"").append(name).append("\":");
  }

 private:
  std::string& out_;
};

/// The members of one event, up to those that all have at their end. In native's order: most begin
/// with the type, some with members of their own.
class EventBody {
 public:
  EventBody(std::string& out, Snapshots& snapshots, std::string_view type, WallTime when)
      : out_{out}, snapshots_{snapshots}, type_{type}, when_{when} {}

  void operator()(const ChannelCreated& event) { only_channel(event.channel); }
  void operator()(const ChannelStateChange& event) { only_channel(event.channel); }
  void operator()(const ChannelConnectedLine& event) { only_channel(event.channel); }
  void operator()(const ChannelUnhold& event) { only_channel(event.channel); }
  void operator()(const ChannelTalkingStarted& event) { only_channel(event.channel); }
  void operator()(const ChannelToneDetected& event) { only_channel(event.channel); }
  void operator()(const StasisEnd& event) { only_channel(event.channel); }
  void operator()(const ChannelDialplan& event) {
    auto members = begin();
    members.text("dialplan_app", event.app).text("dialplan_app_data", event.app_data);
    channel(members, event.channel);
  }
  void operator()(const ChannelCallerId& event) {
    auto members = begin();
    members.number("caller_presentation", event.presentation)
        .text("caller_presentation_txt", event.presentation_text);
    channel(members, event.channel);
  }
  void operator()(const ChannelVarset& event) {
    Members members{out_};
    members.text("variable", event.variable).text("value", event.value);
    members.text("type", type_).timestamp(when_);
    if (event.channel != nullptr) channel(members, *event.channel);
  }
  void operator()(const ChannelDtmfReceived& event) {
    auto members = begin();
    members.text("digit", event.digit).number("duration_ms", event.duration_ms);
    channel(members, event.channel);
  }
  void operator()(const ChannelHangupRequest& event) {
    Members members{out_};
    if (event.cause) members.number("cause", *event.cause);
    if (event.soft) members.raw("soft", "true");
    if (event.tech_cause) members.number("tech_cause", *event.tech_cause);
    members.text("type", type_).timestamp(when_);
    channel(members, event.channel);
  }
  void operator()(const ChannelDestroyed& event) {
    auto members = begin();
    members.number("cause", event.cause).text("cause_txt", event.cause_text);
    if (event.tech_cause) members.number("tech_cause", *event.tech_cause);
    channel(members, event.channel);
  }
  void operator()(const ChannelHold& event) {
    Members members{out_};
    members.text("musicclass", event.music_class).text("type", type_).timestamp(when_);
    channel(members, event.channel);
  }
  void operator()(const ChannelTalkingFinished& event) {
    Members members{out_};
    members.number("duration", event.duration_ms).text("type", type_).timestamp(when_);
    channel(members, event.channel);
  }
  void operator()(const ChannelUserevent& event) {
    auto members = begin();
    members.text("eventname", event.name);
    std::string fields;
    Members own{fields};
    own.text("eventname", event.name);
    for (const auto& [name, value] : event.fields) {
      fields += ',';
      append_json_string(fields, name);
      fields += ':';
      append_json_string(fields, value);
    }
    members.raw("userevent", fields + '}');
    if (event.channel != nullptr) channel(members, *event.channel);
  }
  void operator()(const Dial& event) {
    auto members = begin();
    members.text("dialstatus", event.status)
        .text("forward", event.forward)
        .text("dialstring", event.dialstring);
    if (event.caller != nullptr) members.raw("caller", snapshots_.channel(*event.caller));
    members.raw("peer", snapshots_.channel(event.peer));
    party(members, "forwarded", event.forwarded);
  }
  void operator()(const BridgeCreated& event) { only_bridge(event.bridge); }
  void operator()(const BridgeDestroyed& event) { only_bridge(event.bridge); }
  void operator()(const ChannelEnteredBridge& event) {
    auto members = begin();
    bridge(members, "bridge", &event.bridge);
    channel(members, event.channel);
  }
  void operator()(const ChannelLeftBridge& event) {
    auto members = begin();
    bridge(members, "bridge", &event.bridge);
    channel(members, event.channel);
  }
  void operator()(const BridgeMerged& event) {
    auto members = begin();
    bridge(members, "bridge", &event.bridge);
    bridge(members, "bridge_from", &event.bridge_from);
  }
  void operator()(const BridgeVideoSourceChanged& event) {
    auto members = begin();
    bridge(members, "bridge", &event.bridge);
    if (!event.old_source.empty()) members.text("old_video_source_id", event.old_source);
  }
  void operator()(const BridgeBlindTransfer& event) {
    auto members = begin();
    channel(members, event.channel);
    members.text("exten", event.exten)
        .text("context", event.context)
        .text("result", event.result)
        .raw("is_external", event.is_external ? "true" : "false");
    party(members, "transferee", event.transferee);
    bridge(members, "bridge", event.bridge);
  }
  void operator()(const BridgeAttendedTransfer& event) {
    auto members = begin();
    party(members, "transferer_first_leg", &event.first_leg);
    party(members, "transferer_second_leg", &event.second_leg);
    members.text("result", event.result).raw("is_external", event.is_external ? "true" : "false");
    party(members, "transferee", event.transferee);
    party(members, "transfer_target", event.target);
    bridge(members, "transferer_first_leg_bridge", event.first_bridge);
    bridge(members, "transferer_second_leg_bridge", event.second_bridge);
    members.text("destination_type", event.destination_type);
    if (!event.destination_bridge.empty()) {
      members.text("destination_bridge", event.destination_bridge);
    }
    if (!event.destination_application.empty()) {
      members.text("destination_application", event.destination_application);
    }
    party(members, "destination_link_first_leg", event.link_first_leg);
    party(members, "destination_link_second_leg", event.link_second_leg);
    party(members, "destination_threeway_channel", event.threeway_channel);
    bridge(members, "destination_threeway_bridge", event.threeway_bridge);
  }
  void operator()(const DeviceStateChanged& event) {
    auto members = begin();
    std::string state;
    Members{state}.text("name", event.device).text("state", event.state);
    members.raw("device_state", state + '}');
  }
  void operator()(const EndpointStateChange& event) {
    auto members = begin();
    append_endpoint(members.key("endpoint"), event.endpoint);
  }
  void operator()(const PeerStatusChange& event) {
    auto members = begin();
    append_endpoint(members.key("endpoint"), event.endpoint);
    std::string peer;
    Members of_peer{peer};
    of_peer.text("peer_status", event.status);
    if (!event.cause.empty()) of_peer.text("cause", event.cause);
    if (!event.address.empty()) of_peer.text("address", event.address);
    if (!event.port.empty()) of_peer.text("port", event.port);
    if (!event.time.empty()) of_peer.text("time", event.time);
    members.raw("peer", peer + '}');
  }
  void operator()(const ContactStatusChange& event) {
    auto members = begin();
    append_endpoint(members.key("endpoint"), event.endpoint);
    std::string contact;
    Members of_contact{contact};
    of_contact.text("uri", event.uri).text("contact_status", event.status).text("aor", event.aor);
    if (!event.roundtrip_usec.empty()) {
      of_contact.text("roundtrip_usec", event.roundtrip_usec);
    }
    members.raw("contact_info", contact + '}');
  }
  void operator()(const StasisStart& event) {
    auto members = begin();
    members.strings("args", event.arguments);
    channel(members, event.channel);
    party(members, "replace_channel", event.replaced);
  }
  void operator()(const ApplicationMoveFailed& event) {
    auto members = begin();
    channel(members, event.channel);
    members.text("destination", event.destination).strings("args", event.arguments);
  }
  void operator()(const PlaybackChange& event) {
    auto members = begin();
    append_playback(members.key("playback"), event.playback);
  }
  void operator()(const RecordingChange& event) {
    auto members = begin();
    append_recording(members.key("recording"), event.recording);
  }
  // No events of ARI.
  void operator()(const AgiStarted&) {}
  void operator()(const ChannelReplaced&) {}
  void operator()(const OriginateFailed&) {}
  void operator()(const LegSeen&) {}
  void operator()(const LegGone&) {}
  void operator()(const RoomEntered&) {}
  void operator()(const RoomLeft&) {}
  void operator()(const Resynced&) {}

 private:
  Members begin() {
    Members members{out_};
    members.text("type", type_).timestamp(when_);
    return members;
  }
  void only_channel(const Channel& of) {
    auto members = begin();
    channel(members, of);
  }
  void only_bridge(const Bridge& of) {
    auto members = begin();
    bridge(members, "bridge", &of);
  }
  void channel(Members& members, const Channel& of) {
    members.raw("channel", snapshots_.channel(of));
  }
  void party(Members& members, std::string_view name, const Channel* of) {
    if (of != nullptr) members.raw(name, snapshots_.channel(*of));
  }
  void bridge(Members& members, std::string_view name, const Bridge* of) {
    if (of != nullptr) append_bridge(members.key(name), *of);
  }

  std::string& out_;
  Snapshots& snapshots_;
  std::string_view type_;
  WallTime when_;
};

}  // namespace

std::string_view event_type(const Change& change) {
  return std::visit(
      Overloaded{
          [](const ChannelCreated&) -> std::string_view { return "ChannelCreated"; },
          [](const ChannelStateChange&) -> std::string_view { return "ChannelStateChange"; },
          [](const ChannelDialplan&) -> std::string_view { return "ChannelDialplan"; },
          [](const ChannelCallerId&) -> std::string_view { return "ChannelCallerId"; },
          [](const ChannelConnectedLine&) -> std::string_view { return "ChannelConnectedLine"; },
          [](const ChannelVarset&) -> std::string_view { return "ChannelVarset"; },
          [](const ChannelDtmfReceived&) -> std::string_view { return "ChannelDtmfReceived"; },
          [](const ChannelHangupRequest&) -> std::string_view { return "ChannelHangupRequest"; },
          [](const ChannelDestroyed&) -> std::string_view { return "ChannelDestroyed"; },
          [](const ChannelHold&) -> std::string_view { return "ChannelHold"; },
          [](const ChannelUnhold&) -> std::string_view { return "ChannelUnhold"; },
          [](const ChannelTalkingStarted&) -> std::string_view { return "ChannelTalkingStarted"; },
          [](const ChannelToneDetected&) -> std::string_view { return "ChannelToneDetected"; },
          [](const ChannelTalkingFinished&) -> std::string_view {
            return "ChannelTalkingFinished";
          },
          [](const ChannelUserevent&) -> std::string_view { return "ChannelUserevent"; },
          [](const Dial&) -> std::string_view { return "Dial"; },
          [](const BridgeCreated&) -> std::string_view { return "BridgeCreated"; },
          [](const BridgeDestroyed&) -> std::string_view { return "BridgeDestroyed"; },
          [](const ChannelEnteredBridge&) -> std::string_view { return "ChannelEnteredBridge"; },
          [](const ChannelLeftBridge&) -> std::string_view { return "ChannelLeftBridge"; },
          [](const BridgeMerged&) -> std::string_view { return "BridgeMerged"; },
          [](const BridgeVideoSourceChanged&) -> std::string_view {
            return "BridgeVideoSourceChanged";
          },
          [](const BridgeBlindTransfer&) -> std::string_view { return "BridgeBlindTransfer"; },
          [](const BridgeAttendedTransfer&) -> std::string_view {
            return "BridgeAttendedTransfer";
          },
          [](const DeviceStateChanged&) -> std::string_view { return "DeviceStateChanged"; },
          [](const EndpointStateChange&) -> std::string_view { return "EndpointStateChange"; },
          [](const PeerStatusChange&) -> std::string_view { return "PeerStatusChange"; },
          [](const ContactStatusChange&) -> std::string_view { return "ContactStatusChange"; },
          [](const StasisStart&) -> std::string_view { return "StasisStart"; },
          [](const StasisEnd&) -> std::string_view { return "StasisEnd"; },
          [](const ApplicationMoveFailed&) -> std::string_view { return "ApplicationMoveFailed"; },
          [](const PlaybackChange& change_of) -> std::string_view {
            switch (change_of.playback.state) {
              case PlaybackState::playing:
                return "PlaybackStarted";
              case PlaybackState::continuing:
                return "PlaybackContinuing";
              case PlaybackState::done:
              case PlaybackState::failed:
                return "PlaybackFinished";
              case PlaybackState::queued:
              case PlaybackState::paused:
                return "";  // Native tells neither.
            }
            return "";
          },
          [](const RecordingChange& change_of) -> std::string_view {
            switch (change_of.recording.state) {
              case RecordingState::recording:
                return "RecordingStarted";
              case RecordingState::done:
              case RecordingState::canceled:
                return "RecordingFinished";
              case RecordingState::failed:
                return "RecordingFailed";
              case RecordingState::queued:
              case RecordingState::paused:
                return "";  // Native tells neither.
            }
            return "";
          },
          [](const AgiStarted&) -> std::string_view { return ""; },
          [](const ChannelReplaced&) -> std::string_view { return ""; },
          [](const OriginateFailed&) -> std::string_view { return ""; },
          [](const LegSeen&) -> std::string_view { return ""; },
          [](const LegGone&) -> std::string_view { return ""; },
          [](const RoomEntered&) -> std::string_view { return ""; },
          [](const RoomLeft&) -> std::string_view { return ""; },
          [](const Resynced&) -> std::string_view { return ""; },
      },
      change);
}

void EventWriter::write(std::string& out, const Change& change, WallTime when) const {
  std::visit(EventBody{out, snapshots_, event_type(change), when}, change);
  if (!asterisk_id_.empty()) {
    out += ",\"asterisk_id\":";
    append_json_string(out, asterisk_id_);
  }
}

void EventWriter::write_text_message(std::string& out, const model::Endpoint* endpoint,
                                     const ops::ReceivedMessage& received, WallTime when) const {
  Members members{out};
  members.text("type", "TextMessageReceived").timestamp(when);
  if (endpoint != nullptr) append_endpoint(members.key("endpoint"), *endpoint);
  std::string variables;
  Members named{variables};
  for (const auto& [name, value] : received.variables) named.text(name, value);
  std::string message;
  Members{message}
      .text("from", received.from)
      .text("to", received.to)
      .text("body", received.body)
      .raw("variables", variables + '}');
  members.raw("message", message + '}');
  if (!asterisk_id_.empty()) members.text("asterisk_id", asterisk_id_);
}

void EventWriter::write_user_event(std::string& out, const UserEvent& event, WallTime when) const {
  Members members{out};
  members.text("type", "ChannelUserevent").timestamp(when).text("eventname", event.name);
  std::string fields{"{"};
  fields += event.fields;
  if (fields.size() > 1) fields += ',';
  fields += "\"eventname\":";
  append_json_string(fields, event.name);
  members.raw("userevent", fields + '}');
  if (!event.channel.empty()) members.raw("channel", event.channel);
  if (!event.bridge.empty()) members.raw("bridge", event.bridge);
  if (!event.endpoint.empty()) members.raw("endpoint", event.endpoint);
  if (!asterisk_id_.empty()) members.text("asterisk_id", asterisk_id_);
}

void EventWriter::write_offer(std::string& out, const Channel& channel, WallTime when) const {
  Members members{out};
  members.text("type", "CallBroadcast").timestamp(when).raw("channel", snapshots_.channel(channel));
  members.text("caller", channel.caller.number).text("called", channel.dialplan.exten);
  if (!asterisk_id_.empty()) members.text("asterisk_id", asterisk_id_);
}

void EventWriter::write_offer_taken(std::string& out, const Channel& channel, const AppName& winner,
                                    WallTime when) const {
  Members members{out};
  members.text("type", "CallClaimed").timestamp(when).raw("channel", snapshots_.channel(channel));
  members.text("winner_app", winner.value);
  if (!asterisk_id_.empty()) members.text("asterisk_id", asterisk_id_);
}

void EventWriter::write_plain(std::string& out, std::string_view type, WallTime when) const {
  Members members{out};
  members.text("type", type).timestamp(when);
  if (!asterisk_id_.empty()) members.text("asterisk_id", asterisk_id_);
}

}  // namespace arigate::ari
