#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/playback.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

struct PlayRequest {
  ChannelId channel;
  std::vector<std::string> media;
  std::string language;
  long offset_ms = 0;
  long skip_ms = 3000;
  PlaybackId id;  ///< "" makes one.
};

/// The playbacks of all channels: starts them, and finds the one that a control is for.
class Playbacks {
 public:
  static constexpr std::size_t playbacks_max = 10'000;

  explicit Playbacks(World& world) : world_{world} {}

  /// Queues it; `queued` sees it before it can start. Errc::not_found, not_in_application,
  /// bad_request, conflict (the id plays already), overloaded.
  Result<PlaybackId> play(PlayRequest request,
                          const std::function<void(const model::Playback&)>& queued);

  /// Errc::not_found; Errc::conflict when it is not playing.
  Result<void> control(const PlaybackId& id, PlaybackControl what);

 private:
  struct Entry {
    ChannelId channel;
    PlaybackJob* job;  ///< Lives in the channel's queue; erased when it ends.
  };
  World& world_;
  std::unordered_map<PlaybackId, Entry> entries_;
};

}  // namespace arigate::ops
