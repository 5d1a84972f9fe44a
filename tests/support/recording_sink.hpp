#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ari/snapshots.hpp"
#include "core/overloaded.hpp"
#include "model/change.hpp"

namespace arigate::test {

inline std::string text_of(const model::Party& party) {
  return "\"" + party.name + "\"<" + party.number + ">";
}

/// One change as a short line: its name, the channel, what it says.
inline std::string text_of(const model::Change& change) {
  using namespace model;
  const auto id = [](const Channel& channel) -> const std::string& { return channel.id.value; };
  const auto name = [](const Endpoint& endpoint) {
    return fmt::format("{}/{}={}", endpoint.technology, endpoint.resource,
                       ari::state_name(endpoint.state));
  };
  const auto optional = [](const std::optional<int>& number) {
    return number ? std::to_string(*number) : std::string{"-"};
  };
  return std::visit(
      Overloaded{
          [&](const ChannelCreated& e) {
            return fmt::format("created {} {} {}", id(e.channel), e.channel.name,
                               ari::state_name(e.channel.state));
          },
          [&](const ChannelStateChange& e) {
            return fmt::format("state {} {}", id(e.channel), ari::state_name(e.channel.state));
          },
          [&](const ChannelDialplan& e) {
            return fmt::format("dialplan {} {}({})", id(e.channel), e.app, e.app_data);
          },
          [&](const ChannelCallerId& e) {
            return fmt::format("callerid {} {} {} {}", id(e.channel), text_of(e.channel.caller),
                               e.presentation, e.presentation_text);
          },
          [&](const ChannelConnectedLine& e) {
            return fmt::format("connected {} {}", id(e.channel), text_of(e.channel.connected));
          },
          [&](const ChannelVarset& e) {
            return fmt::format("varset {} {}={}", e.channel != nullptr ? id(*e.channel) : "-",
                               e.variable, e.value);
          },
          [&](const ChannelDtmfReceived& e) {
            return fmt::format("dtmf {} {} {}", id(e.channel), e.digit, e.duration_ms);
          },
          [&](const ChannelHangupRequest& e) {
            return fmt::format("hanguprequest {} {}{}{}", id(e.channel), optional(e.cause),
                               e.soft ? " soft" : "",
                               e.tech_cause ? " tech " + optional(e.tech_cause) : "");
          },
          [&](const ChannelDestroyed& e) {
            return fmt::format("destroyed {} {} {}{}", id(e.channel), e.cause, e.cause_text,
                               e.tech_cause ? " tech " + optional(e.tech_cause) : "");
          },
          [&](const ChannelHold& e) {
            return fmt::format("hold {} {}", id(e.channel), e.music_class);
          },
          [&](const ChannelUnhold& e) { return fmt::format("unhold {}", id(e.channel)); },
          [&](const ChannelToneDetected& e) { return fmt::format("tone {}", id(e.channel)); },
          [&](const ChannelTalkingStarted& e) { return fmt::format("talking {}", id(e.channel)); },
          [&](const ChannelTalkingFinished& e) {
            return fmt::format("talked {} {}", id(e.channel), e.duration_ms);
          },
          [&](const ChannelUserevent& e) {
            std::string fields;
            for (const auto& [name, value] : e.fields) fields += fmt::format(" {}={}", name, value);
            return fmt::format("userevent {} {}{}", e.channel != nullptr ? id(*e.channel) : "-",
                               e.name, fields);
          },
          [&](const Dial& e) {
            return fmt::format("dial {}>{} [{}] [{}]{}", e.caller != nullptr ? id(*e.caller) : "-",
                               id(e.peer), e.status, e.dialstring,
                               e.forward.empty() ? "" : fmt::format(" to {}", e.forward));
          },
          [&](const DeviceStateChanged& e) {
            return fmt::format("device {} {}", e.device, e.state);
          },
          [&](const EndpointStateChange& e) {
            return fmt::format("endpoint {} {}", name(e.endpoint), e.endpoint.channels.size());
          },
          [&](const PeerStatusChange& e) {
            return fmt::format("peer {} {} cause={} at {}:{} time={}", name(e.endpoint), e.status,
                               e.cause, e.address, e.port, e.time);
          },
          [&](const ContactStatusChange& e) {
            return fmt::format("contact {} {} {}", name(e.endpoint), e.uri, e.status);
          },
          [&](const StasisStart& e) {
            return fmt::format("start {} {}({})", id(e.channel), e.application.value,
                               fmt::join(e.arguments, ","));
          },
          [&](const StasisEnd& e) {
            return fmt::format("end {} {}", id(e.channel), e.application.value);
          },
          [&](const ApplicationMoveFailed& e) {
            return fmt::format("movefailed {} {} to {}({})", id(e.channel), e.application.value,
                               e.destination, fmt::join(e.arguments, ","));
          },
          [&](const PlaybackChange& e) {
            return fmt::format("playback {} {} {}", e.playback.id.value,
                               ari::state_name(e.playback.state), e.playback.media_uri);
          },
          [&](const RecordingChange& e) {
            return fmt::format("recording {} {}", e.recording.name.value,
                               ari::state_name(e.recording.state));
          },
          [&](const AgiStarted& e) { return fmt::format("agi {}", id(e.channel)); },
          [&](const ChannelReplaced& e) {
            return fmt::format("replaced {} by {}", e.before.value, id(e.channel));
          },
          [&](const BridgeCreated& e) { return fmt::format("bridge {}", e.bridge.id.value); },
          [&](const BridgeDestroyed& e) { return fmt::format("no bridge {}", e.bridge.id.value); },
          [&](const ChannelEnteredBridge& e) {
            return fmt::format("enter {} {}", e.bridge.id.value, id(e.channel));
          },
          [&](const ChannelLeftBridge& e) {
            return fmt::format("left {} {}", e.bridge.id.value, id(e.channel));
          },
          [&](const BridgeMerged& e) {
            return fmt::format("merge {} {}", e.bridge.id.value, e.bridge_from.id.value);
          },
          [&](const BridgeVideoSourceChanged& e) {
            return fmt::format("video {} {}", e.bridge.id.value, e.bridge.video_source);
          },
          [&](const BridgeBlindTransfer& e) {
            return fmt::format("blind transfer {} {}", id(e.channel), e.exten);
          },
          [&](const BridgeAttendedTransfer& e) {
            return fmt::format("attended transfer {} {} to {} {}{}", id(e.first_leg),
                               id(e.second_leg), e.destination_type, e.destination_bridge,
                               e.destination_application);
          },
          [&](const OriginateFailed& e) {
            return fmt::format("originatefailed {} {}", e.channel.value, e.reason);
          },
          [&](const LegSeen& e) { return fmt::format("leg {} {}", e.token, e.half.name); },
          [&](const LegGone& e) {
            return fmt::format("no leg {} {}", e.token, e.half != nullptr ? e.half->name : "-");
          },
          [&](const RoomEntered& e) {
            return fmt::format("room {} {}", e.room.value, e.channel.id.value);
          },
          [&](const RoomLeft& e) {
            return fmt::format("noroom {} {}", e.room.value, e.channel.id.value);
          },
          [&](const Resynced&) { return std::string{"resynced"}; },
      },
      change);
}

/// Writes down every change, and passes it on.
class RecordingSink : public model::ChangeSink {
 public:
  void pass_to(model::ChangeSink& next) { next_.push_back(&next); }
  void on(const model::Change& change, WallTime when) override {
    lines_.push_back(text_of(change));
    for (auto* sink : next_) sink->on(change, when);
  }
  /// What has come since the last call.
  std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<model::ChangeSink*> next_;
  std::vector<std::string> lines_;
};

}  // namespace arigate::test
