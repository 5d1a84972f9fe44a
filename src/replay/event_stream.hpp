#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ami/decoder.hpp"
#include "ari/applications.hpp"
#include "ari/events.hpp"
#include "ari/snapshots.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"

namespace arigate::replay {

/// What one application that is subscribed to everything hears when these bytes come from a PBX:
/// the same decoder, model and writer as in the running program, with the time of the recording.
/// The same bytes and times give the same texts, however the bytes are cut.
class EventStream : public ari::EventSocket {
 public:
  struct Options {
    std::string application = "replay";
    std::string asterisk_id;
    model::ReconcilerOptions model;
  };

  explicit EventStream(Options options);
  ~EventStream() override;

  /// What the PBX sent on the AMI link. Errc::protocol ends the link, as in the program; what comes
  /// after it is not looked at.
  Result<void> feed(std::string_view bytes, WallTime now);
  /// The link ended and a new one begins: a new banner comes.
  void reconnect();

  /// The JSON texts since the last call.
  std::vector<std::string> take();

  const model::Store& store() const { return store_; }
  model::Reconciler& reconciler() { return reconciler_; }
  std::string channel_json(const model::Channel& channel) const { return snapshots_.once(channel); }

  // ari::EventSocket
  void send(std::string_view json) override { texts_.emplace_back(json); }
  void close(std::uint16_t, std::string_view) override {}

 private:
  /// Time as the recording tells it.
  class RecordedClock : public Clock {
   public:
    TimePoint now() const override { return TimePoint{} + wall_.time_since_epoch(); }
    WallTime wall() const override { return wall_; }
    void set(WallTime wall) { wall_ = wall; }

   private:
    WallTime wall_{};
  };

  RecordedClock clock_;
  ami::Decoder decoder_;
  model::Store store_;
  ari::Snapshots snapshots_;
  ari::EventWriter writer_;
  ari::Applications applications_;
  model::Reconciler reconciler_;
  std::string version_;
  std::vector<std::string> texts_;
};

}  // namespace arigate::replay
