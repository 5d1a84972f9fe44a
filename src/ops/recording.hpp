#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agi/decoder.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "model/recording.hpp"
#include "ops/control.hpp"
#include "ops/interrupter.hpp"

namespace arigate::ops {

enum class RecordingControl : std::uint8_t { stop, cancel, pause, unpause, mute, unmute };

/// What is to be recorded, and how.
struct RecordingPlan {
  RecordingName name;
  std::string format;       ///< Also the extension of the file.
  std::string file;         ///< As the PBX sees it, without extension.
  long max_duration_s = 0;  ///< 0: no limit.
  long max_silence_s = 0;   ///< 0: silence does not end it.
  bool beep = false;
  std::string terminate_on;   ///< Digits that end it.
  bool append = false;        ///< To a file that is there already.
  bool only_new = false;      ///< Fails when the file is there; asked on the channel itself.
  bool make_folders = false;  ///< The name has folders, which the PBX has to make.
  bool answer = false;        ///< The channel is not up: native answers it first.
};

/// Records one channel with RECORD FILE. Pausing ends the command, going on starts it again at the
/// end of the file: a position beyond the end is taken as the end on every version.
///
///   queued --start--> answering --reply--> naming --reply--> looking --reply--> recording
///                                                                           (each only if needed)
///   recording --pause--> interrupted --reply--> paused --unpause--> recording
///   recording, paused --stop, cancel--> over;   recording --reply--> over, done or failed
///   recording --silence--> trimming --reply--> over
///
/// The command itself cannot be interrupted by another one. `Interrupt` asks the world to end it.
/// By a digit: the reply comes then, or has been under way already; both look the same. By taking
/// the channel out of it: the reply may come or not, and then a new line.
class RecordingMachine {
 public:
  struct SendAgi {
    std::string line;
  };                    ///< A command; its reply comes back to on().
  struct Interrupt {};  ///< End the running command: its reply, or a new line, is awaited.
  struct Mute {
    bool on;
  };  ///< Silence what the channel says.
  struct Tell {
    model::RecordingState state;
  };
  struct End {
    model::RecordingState state;
    std::string cause;  ///< Of a failure.
    bool erase;         ///< Canceled: the file goes.
  };
  using Output = std::variant<SendAgi, Interrupt, Mute, Tell, End>;
  using Outputs = std::vector<Output>;

  /// `by_digit`: an interrupted command tells its end by its reply; else by a new line.
  RecordingMachine(RecordingPlan plan, bool by_digit)
      : plan_{std::move(plan)}, by_digit_{by_digit} {}

  Outputs start(TimePoint now);
  Outputs on(const agi::Reply& reply, TimePoint now);
  /// The channel was taken out of the command; its reply never comes, or has come already.
  Outputs on_new_line(TimePoint now);
  /// It could not be taken out.
  Outputs stays();
  /// Errc::conflict in a state that has no such operation.
  Result<Outputs> on(RecordingControl control, TimePoint now);
  /// The channel is gone before the reply came.
  Outputs abandon(TimePoint now);

  const RecordingPlan& plan() const { return plan_; }
  bool ended() const { return state_ == State::ended; }
  /// The end of the running command has been asked for and has not come.
  bool interrupted() const { return state_ == State::interrupted; }
  /// A command records, which no other one ends.
  bool recording() const { return state_ == State::recording; }
  std::optional<long> duration_s() const;
  std::optional<long> talking_s() const;

 private:
  enum class State : std::uint8_t {
    queued,
    answering,             // the reply to ANSWER
    folders_pending,       // the reply to MixMonitor
    folders_stop_pending,  // the reply to its end
    naming,                // the reply to the variable that holds the file's name
    looking,               // the reply to the question whether the file is there
    recording,             // the reply to RECORD FILE
    interrupted,           // the same, after we asked for its end
    paused,
    trimming,  // the reply to the command that cuts the silence off
    ended,
  };

  void go_on(Outputs& outputs, TimePoint now);
  void record(Outputs& outputs, TimePoint now);
  void end(Outputs& outputs, model::RecordingState state, std::string cause = {});
  void take_result(Outputs& outputs, const agi::Reply& reply, TimePoint now);
  void after_interrupt(Outputs& outputs, TimePoint now);
  void count(TimePoint now);
  void count_by_clock(TimePoint now);
  bool ended_by_silence(const agi::Reply& reply) const;
  void trim(Outputs& outputs);
  void interrupt(Outputs& outputs);
  long samples_per_second() const;

  RecordingPlan plan_;
  bool by_digit_;
  State state_ = State::queued;
  TimePoint segment_began_{};              // when the running command was sent
  std::chrono::milliseconds recorded_{0};  // by the commands before
  bool began_ = false;                     // RecordingStarted is told
  bool fresh_ = true;                      // the file is still to be opened
  bool opens_file_ = false;                // the running command does that
  bool beeps_ = false;                     // the running command beeps first
  bool stopping_ = false;
  bool canceling_ = false;
  bool pausing_ = false;  // pause is wanted; unpause takes it back
  bool muted_ = false;
  bool reply_seen_ = false;  // of the interrupted command, whose line is still to go
  std::optional<long> samples_;
};

/// How a recording reaches the PBX and the model.
struct RecordingPorts {
  std::function<TimePoint()> now;
  std::function<void()> interrupt;
  std::function<void(bool on)> mute;
  std::function<void(const RecordingMachine&, model::RecordingState)> tell;
  std::function<void(const RecordingMachine&, const RecordingMachine::End&)> end;
};

/// The machine as a job of the channel's queue.
class RecordingJob : public Job {
 public:
  RecordingJob(RecordingMachine machine, RecordingPorts ports)
      : machine_{std::move(machine)}, ports_{std::move(ports)} {}

  Step start(TimePoint now) override { return carry_out(machine_.start(now)); }
  Step on(const agi::Reply& reply, TimePoint now) override {
    return carry_out(machine_.on(reply, now));
  }
  Step on_new_line(TimePoint now) override { return carry_out(machine_.on_new_line(now)); }
  void abandon(const Error& why) override;

  bool interrupted() const { return machine_.interrupted(); }
  bool needs_ami() const { return machine_.recording(); }
  /// The command that was to be interrupted goes on. `control`: the queue that this job is in.
  void stays(Control& control);
  /// From REST, at any time.
  Result<void> on(RecordingControl what, Control& control, TimePoint now);

 private:
  Step carry_out(RecordingMachine::Outputs outputs);
  RecordingMachine machine_;
  RecordingPorts ports_;
};

}  // namespace arigate::ops
