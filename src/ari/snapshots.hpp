#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.hpp"
#include "model/bridge.hpp"
#include "model/channel.hpp"
#include "model/endpoint.hpp"
#include "model/recording.hpp"

namespace arigate::ari {

/// Appends "2026-11-23T16:22:10.509+0000" with quotes: local time of this host, milliseconds,
/// offset without colon; the only form that all clients read.
void append_timestamp(std::string& out, WallTime when);
/// Timestamps have this offset to UTC from now on; nullopt: that of this host.
void use_utc_offset(std::optional<std::chrono::minutes> offset);

/// ARI's names of the model's states.
std::string_view state_name(model::ChannelState state);
std::string_view state_name(model::PlaybackState state);
std::string_view state_name(model::EndpointState state);
std::string_view state_name(model::RecordingState state);

/// The JSON of a Playback.
void append_playback(std::string& out, const model::Playback& playback);

/// The JSON of a LiveRecording.
void append_recording(std::string& out, const model::LiveRecording& recording);

/// The JSON of a Bridge.
void append_bridge(std::string& out, const model::Bridge& bridge);

/// The JSON of an Endpoint. It is short, so it is written anew for each use.
void append_endpoint(std::string& out, const model::Endpoint& endpoint);

/// The JSON of channels. Written once for each change of a channel, however many events, answers
/// and clients show it.
class Snapshots {
 public:
  /// `with_variables`: the configuration names channelvars, so the object is shown.
  explicit Snapshots(bool with_variables) : with_variables_{with_variables} {}

  /// Good until the channel changes or forget().
  std::string_view channel(const model::Channel& channel);
  /// The same for a copy of a channel, which is not kept.
  std::string once(const model::Channel& channel) const {
    std::string json;
    write(json, channel);
    return json;
  }
  void forget(const ChannelId& id) { entries_.erase(id); }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t revision = ~std::uint64_t{0};
    std::string json;
  };
  void write(std::string& out, const model::Channel& channel) const;

  bool with_variables_;
  std::unordered_map<ChannelId, Entry> entries_;
};

}  // namespace arigate::ari
