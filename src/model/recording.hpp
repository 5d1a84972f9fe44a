#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/ids.hpp"

namespace arigate::model {

enum class RecordingState : std::uint8_t { queued, recording, paused, done, failed, canceled };

/// A recording under way, or waiting to be, of a channel or of a bridge.
struct LiveRecording {
  RecordingName name;
  std::string format;
  std::string target_uri;  ///< "channel:ID" or "bridge:ID".
  ChannelId channel;       ///< "" for a bridge.
  BridgeId bridge;         ///< "" for a channel.
  RecordingState state = RecordingState::queued;
  std::string cause;             ///< Why it failed; "" is not shown.
  std::optional<long> duration;  ///< Seconds; known at its end.
  std::optional<long> talking;   ///< Of these with sound; only where silence was watched for.
};

}  // namespace arigate::model
