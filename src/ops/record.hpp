#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/media_target.hpp"
#include "ops/recording.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

enum class IfExists : std::uint8_t { fail, overwrite, append };

struct RecordRequest {
  MediaTarget target;
  RecordingName name;
  std::string format;
  long max_duration_s = 0;
  long max_silence_s = 0;
  IfExists if_exists = IfExists::fail;
  bool beep = false;
  std::string terminate_on;  ///< Digits; "" for none.
};

/// The recordings of all channels and bridges that are under way: starts them, and finds the one
/// that a control is for.
class Recordings {
 public:
  static constexpr std::size_t recordings_max = 10'000;
  using Queued = std::function<void(const model::LiveRecording&)>;

  explicit Recordings(World& world) : world_{world} {}

  /// Queues it; `queued` sees it before it can start. Errc::bad_request, conflict (the name is
  /// taken), not_in_application (the target has gone meanwhile), overloaded.
  boost::asio::awaitable<Result<void>> record(RecordRequest request, Queued queued);

  /// Errc::not_found; Errc::conflict when its state has no such operation.
  Result<void> control(const RecordingName& name, RecordingControl what);

 private:
  struct Entry {
    std::weak_ptr<Control> control;
    RecordingJob* job;  ///< Lives in that queue; erased when it ends.
  };
  RecordingPorts ports_of(const std::shared_ptr<Control>& control);
  void interrupt(Control& control);
  void mute(Control& control, bool on);
  Result<void> start(RecordRequest& request, const Queued& queued);

  World& world_;
  std::unordered_map<RecordingName, Entry> entries_;
};

/// A name that stays inside the recordings folder: relative, no "..", no empty part, no control
/// character, not longer than a file system takes.
bool is_recording_name(std::string_view name);

}  // namespace arigate::ops
