#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ari/applications.hpp"
#include "ari/events.hpp"
#include "ari/snapshots.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "replay/player.hpp"

namespace arigate::replay {

/// Time as the recording tells it.
class RecordedClock : public Clock {
 public:
  TimePoint now() const override { return TimePoint{} + wall_.time_since_epoch(); }
  WallTime wall() const override { return wall_; }
  void set(WallTime wall) { wall_ = wall; }

 private:
  WallTime wall_{};
};

/// What one application, usually one that is subscribed to everything, hears of a capture: the same
/// decoder, model and writer as in the running program, with the time of the recording. The same
/// lines give the same texts, however their bytes are cut.
class EventStream : public ari::EventSocket {
 public:
  struct Options {
    std::string application = "replay";
    bool subscribe_all = true;
    std::string asterisk_id;
    std::chrono::minutes utc_offset{0};  ///< Of its timestamps, whatever this host has.
    model::ReconcilerOptions model;
    Player::Options player;
  };

  explicit EventStream(Options options);
  ~EventStream() override;

  Result<void> play(const trace::Line& line, WallTime now);
  /// Nothing more comes.
  void finish(WallTime now);
  /// The JSON texts since the last call.
  std::vector<std::string> take();

  const model::Store& store() const { return store_; }
  model::Reconciler& reconciler() { return reconciler_; }
  std::string channel_json(const model::Channel& channel) const { return snapshots_.once(channel); }

  // ari::EventSocket
  void send(std::string_view json) override { texts_.emplace_back(json); }
  void close(std::uint16_t, std::string_view) override {}

 private:
  RecordedClock clock_;
  model::Store store_;
  ari::Snapshots snapshots_;
  ari::EventWriter writer_;
  ari::Applications applications_;
  model::Reconciler reconciler_;
  Player player_;
  std::chrono::minutes utc_offset_;
  std::vector<std::string> texts_;
};

}  // namespace arigate::replay
