#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/interrupter.hpp"
#include "ops/media_target.hpp"
#include "ops/recording.hpp"
#include "ops/recording_files.hpp"
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

  /// `files` null: the recordings folder cannot be reached. Then only the PBX itself can look
  /// whether a file is there, and nothing can be canceled.
  Recordings(World& world, Interrupter& interrupter, RecordingFiles* files)
      : world_{world}, interrupter_{interrupter}, files_{files} {}

  /// Queues it; `queued` sees it before it can start. Errc::bad_request, unprocessable (a
  /// format that the PBX does not have), conflict (the name is taken), not_in_application (the
  /// target has gone meanwhile), overloaded.
  boost::asio::awaitable<Result<void>> record(RecordRequest request, Queued queued);

  /// Errc::not_found; conflict when its state has no such operation; not_supported.
  Result<void> control(const RecordingName& name, RecordingControl what);

  /// One of this channel is under way or waits.
  bool has(const ChannelId& channel) const;

 private:
  struct Entry {
    ChannelId channel;  ///< "" for a bridge.
    std::weak_ptr<Control> control;
    RecordingJob* job;                    ///< Lives in that queue; erased when it ends.
    std::shared_ptr<const bool> begun{};  ///< From its begin on.
  };
  RecordingPlan plan_of(const RecordRequest& request) const;
  RecordingPorts ports_of(const MediaTarget& target, const RecordingName& name);
  void ended(const RecordingMachine& machine, const RecordingMachine::End& end);
  void give_up(const RecordingName& name, std::string cause);
  void has_begun(const RecordingName& name);
  boost::asio::awaitable<void> end_on_dead_line(RecordingName name, ChannelId channel,
                                                std::weak_ptr<const bool> lasts);
  bool interrupted(const RecordingName& name) const;
  void stays(const RecordingName& name);
  boost::asio::awaitable<void> mute(ChannelId channel, bool on);
  boost::asio::awaitable<void> erase(StoredRecording recording);
  Result<void> start(RecordRequest& request, const Queued& queued);

  World& world_;
  Interrupter& interrupter_;
  RecordingFiles* files_;
  std::unordered_map<RecordingName, Entry> entries_;
};

}  // namespace arigate::ops
