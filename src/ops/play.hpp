#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/interrupter.hpp"
#include "ops/media_target.hpp"
#include "ops/playback.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

struct PlayRequest {
  MediaTarget target;
  std::vector<std::string> media;
  std::string language;
  long offset_ms = 0;
  long skip_ms = 3000;
  PlaybackId id;  ///< "" makes one.
};

/// The playbacks of all channels and bridges: starts them, and finds the one that a control is for.
class Playbacks {
 public:
  static constexpr std::size_t playbacks_max = 10'000;

  Playbacks(World& world, Interrupter& interrupter) : world_{world}, interrupter_{interrupter} {}

  /// Queues it; `queued` sees it before it can start. An id may be given again, as natively.
  /// Errc::bad_request, not_in_application (the target has gone meanwhile), overloaded.
  Result<PlaybackId> play(PlayRequest request,
                          const std::function<void(const model::Playback&)>& queued);

  /// Errc::not_found; Errc::conflict when it is not playing.
  Result<void> control(const PlaybackId& id, PlaybackControl what);

  /// Controls of one playback that wait until the PBX can have read its command.
  static constexpr std::size_t held_max = 100;

 private:
  PlaybackPorts ports_of(const MediaTarget& target);
  void control_stream(const std::weak_ptr<Control>& control, std::string_view verb);
  boost::asio::awaitable<void> let_go(std::weak_ptr<Control> control, PlaybackId id,
                                      TimePoint when);
  boost::asio::awaitable<void> ask_again(std::weak_ptr<Control> control, PlaybackId id,
                                         std::uint32_t token, std::chrono::milliseconds after);

  struct Entry {
    std::weak_ptr<Control> control;
    PlaybackJob* job;               ///< Lives in that queue; erased when it ends.
    std::vector<std::string> held;  ///< Verbs of ControlPlayback for a command not read yet.
  };
  World& world_;
  Interrupter& interrupter_;
  std::unordered_map<PlaybackId, Entry> entries_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace arigate::ops
