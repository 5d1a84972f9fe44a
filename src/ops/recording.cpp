#include "ops/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "agi/command.hpp"
#include "core/overloaded.hpp"

namespace arigate::ops {
namespace {

using model::RecordingState;

/// A position that no file reaches: RECORD FILE then starts at the end of what is there.
constexpr std::string_view end_of_file = "1000000000";

constexpr std::string_view file_variable = "ARIGATE_FILE";

}  // namespace

RecordingMachine::Outputs RecordingMachine::start(TimePoint now) {
  Outputs outputs;
  if (state_ != State::queued) return outputs;
  if (stopping_) {  // While it waited in the queue.
    end(outputs, RecordingState::canceled);
  } else {
    go_on(outputs, now);
  }
  return outputs;
}

/// To the next step that is needed before the recording, or to the recording.
void RecordingMachine::go_on(Outputs& outputs, TimePoint now) {
  if (stopping_) return end(outputs, RecordingState::canceled);
  if (std::exchange(plan_.answer, false)) {
    state_ = State::answering;
    outputs.push_back(SendAgi{"ANSWER"});
  } else if (std::exchange(plan_.only_new, false)) {
    // By way of a variable, whose value the PBX does not evaluate: a name may hold "${SHELL(…)}".
    state_ = State::naming;
    outputs.push_back(SendAgi{agi::checked_command(
        "SET VARIABLE", {file_variable, fmt::format("{}.{}", plan_.file, plan_.format)})});
  } else if (std::exchange(plan_.make_folders, false)) {
    // RECORD FILE makes none. MixMonitor does before it writes anything; "a" keeps a file that is
    // there.
    state_ = State::folders_pending;
    outputs.push_back(SendAgi{agi::checked_command(
        "EXEC MixMonitor", {fmt::format("{}.{},a", plan_.file, plan_.format)})});
  } else {
    record(outputs, now);
  }
}

void RecordingMachine::record(Outputs& outputs, TimePoint now) {
  const bool first = !std::exchange(began_, true);
  state_ = State::recording;
  long left_ms = -1;
  if (plan_.max_duration_s > 0) {
    const auto left = std::chrono::seconds{plan_.max_duration_s} - recorded_;
    if (left <= left.zero()) return end(outputs, RecordingState::done);
    left_ms = static_cast<long>(left.count());
  }
  segment_began_ = now;
  if (first) outputs.push_back(Tell{RecordingState::recording});
  auto command = agi::checked_command(
      "RECORD FILE",
      {plan_.file, plan_.format, plan_.terminate_on + Interrupter::digit, std::to_string(left_ms)});
  opens_file_ = std::exchange(fresh_, false);
  const bool at_end = !opens_file_ || plan_.append;
  command.append(" \"").append(at_end ? end_of_file : "0").append("\"");
  beeps_ = std::exchange(plan_.beep, false);
  if (beeps_) command += " BEEP";
  if (plan_.max_silence_s > 0) command += fmt::format(" s={}", plan_.max_silence_s);
  outputs.push_back(SendAgi{std::move(command)});
}

RecordingMachine::Outputs RecordingMachine::on(const agi::Reply& reply, TimePoint now) {
  Outputs outputs;
  switch (state_) {
    case State::answering:
      if (!reply.ok() || reply.result == "-1") {
        end(outputs, RecordingState::failed, "Failed to answer channel");
      } else {
        go_on(outputs, now);
      }
      break;
    case State::naming:
      state_ = State::looking;
      outputs.push_back(SendAgi{agi::checked_command(
          "GET FULL VARIABLE", {fmt::format("${{STAT(e,${{{}}})}}", file_variable)})});
      break;
    case State::looking:
      if (reply.value == "1") {
        end(outputs, RecordingState::failed, "The file exists already");
      } else {
        go_on(outputs, now);
      }
      break;
    case State::folders_pending:
      state_ = State::folders_stop_pending;
      outputs.push_back(SendAgi{"EXEC StopMixMonitor"});
      break;
    case State::folders_stop_pending:
      go_on(outputs, now);
      break;
    case State::recording:
    case State::interrupted:
      take_result(outputs, reply, now);
      break;
    case State::trimming:
      end(outputs, RecordingState::done);
      break;
    case State::queued:
    case State::paused:
    case State::ended:
      break;
  }
  return outputs;
}

void RecordingMachine::take_result(Outputs& outputs, const agi::Reply& reply, TimePoint now) {
  if (reply.endpos) samples_ = std::max(*reply.endpos, samples_.value_or(0));
  if (!reply_seen_) count(now);
  if (reply.value == "randomerror" && std::exchange(beeps_, false)) {
    // The PBX has no such sound, or a digit came meanwhile; natively neither matters.
    fresh_ = true;
    return state_ == State::interrupted ? after_interrupt(outputs, now) : record(outputs, now);
  }
  if (state_ == State::interrupted && !by_digit_ && reply.code == agi::dead_channel) {
    reply_seen_ = true;  // The line was about to go before the command began on it.
    fresh_ = opens_file_;
    return;
  }
  if (!reply.ok() || reply.value == "writefile" || reply.value == "randomerror") {
    return end(outputs, RecordingState::failed, "The PBX could not write the file");
  }
  if (ended_by_silence(reply)) return trim(outputs);
  const bool stop_digit = reply.value == "dtmf" && reply.number() == Interrupter::digit;
  const bool by_itself = reply.value == "timeout" || (reply.value == "dtmf" && !stop_digit);
  if (state_ == State::recording) {
    // A digit that came too late for the recording before this one; the PBX has cut off 200 ms.
    const bool stray =
        stop_digit && plan_.terminate_on.find(Interrupter::digit) == std::string::npos;
    return stray ? record(outputs, now) : end(outputs, RecordingState::done);
  }
  if (!by_digit_ && !by_itself && reply.value == "hangup") {
    reply_seen_ = true;  // Of our doing, most likely; a true hangup ends the session anyway.
    return;
  }
  if (by_itself) return end(outputs, RecordingState::done);
  after_interrupt(outputs, now);
}

RecordingMachine::Outputs RecordingMachine::on_new_line(TimePoint now) {
  Outputs outputs;
  switch (state_) {
    case State::recording:
    case State::interrupted:
      if (!std::exchange(reply_seen_, false)) {
        count_by_clock(now);
      }
      after_interrupt(outputs, now);
      break;
    case State::paused:
    case State::queued:
    case State::ended:
      break;
    default:
      go_on(outputs, now);
  }
  return outputs;
}

RecordingMachine::Outputs RecordingMachine::stays() {
  Outputs outputs;
  if (state_ != State::interrupted) return outputs;
  if (std::exchange(reply_seen_, false)) {
    end(outputs, RecordingState::done);
  } else if (stopping_) {
    // It goes on until its own end; what was asked for is not forgotten.
  } else {
    state_ = State::recording;
    pausing_ = false;
    outputs.push_back(Tell{RecordingState::recording});
  }
  return outputs;
}

void RecordingMachine::after_interrupt(Outputs& outputs, TimePoint now) {
  if (stopping_) {
    end(outputs, RecordingState::done);
  } else if (pausing_) {
    state_ = State::paused;
  } else {
    record(outputs, now);
  }
}

void RecordingMachine::count(TimePoint now) {
  recorded_ += std::chrono::duration_cast<std::chrono::milliseconds>(now - segment_began_);
}

/// Where the reply that tells the length does not come.
void RecordingMachine::count_by_clock(TimePoint now) {
  count(now);
  samples_ = static_cast<long>(recorded_.count()) * samples_per_second() / 1000;
}

/// Silence leaves some of the time, and the result is how much; its own end leaves a frame at most.
bool RecordingMachine::ended_by_silence(const agi::Reply& reply) const {
  constexpr int frame_ms = 20;
  if (plan_.max_silence_s <= 0 || reply.value != "timeout") return false;
  return plan_.max_duration_s <= 0 || reply.number().value_or(0) > frame_ms;
}

/// The PBX leaves one second of the silence in the file, native ARI none. RECORD FILE cuts the file
/// at the position where it starts.
void RecordingMachine::trim(Outputs& outputs) {
  const long end = std::max(0L, samples_.value_or(0) - samples_per_second());
  samples_ = end + plan_.max_silence_s * samples_per_second();  // Natively all of it counts.
  state_ = State::trimming;
  outputs.push_back(SendAgi{agi::checked_command(
      "RECORD FILE", {plan_.file, plan_.format, "", "1", std::to_string(end)})});
}

Result<RecordingMachine::Outputs> RecordingMachine::on(RecordingControl control, TimePoint now) {
  Outputs outputs;
  const Error wrong{Errc::conflict, "Recording not in session"};
  using Do = RecordingControl;
  if (state_ == State::ended || state_ == State::trimming) return wrong;
  const bool begun =
      state_ == State::recording || state_ == State::interrupted || state_ == State::paused;
  if (control == Do::stop || control == Do::cancel) {
    if (stopping_) return wrong;
    stopping_ = true;
    canceling_ = control == Do::cancel;
    if (!begun) outputs.push_back(Tell{RecordingState::canceled});
    if (state_ == State::recording) interrupt(outputs);
    if (state_ == State::paused) end(outputs, RecordingState::done);
    return outputs;
  }
  if (!begun || stopping_) return wrong;
  switch (control) {
    case Do::pause:
      if (std::exchange(pausing_, true)) break;
      outputs.push_back(Tell{RecordingState::paused});
      if (state_ == State::recording) interrupt(outputs);
      break;
    case Do::unpause:
      if (!std::exchange(pausing_, false)) break;
      outputs.push_back(Tell{RecordingState::recording});
      if (state_ == State::paused) record(outputs, now);
      break;
    case Do::mute:
    case Do::unmute:
      if (std::exchange(muted_, control == Do::mute) != muted_) outputs.push_back(Mute{muted_});
      break;
    case Do::stop:
    case Do::cancel:
      break;
  }
  return outputs;
}

void RecordingMachine::interrupt(Outputs& outputs) {
  state_ = State::interrupted;
  outputs.push_back(Interrupt{});
}

RecordingMachine::Outputs RecordingMachine::abandon(TimePoint now) {
  Outputs outputs;
  if (ended()) return outputs;
  if (state_ == State::recording || state_ == State::interrupted) {
    if (!reply_seen_) count_by_clock(now);
  }
  end(outputs, began_ ? RecordingState::done : RecordingState::canceled);
  return outputs;
}

void RecordingMachine::end(Outputs& outputs, RecordingState state, std::string cause) {
  state_ = State::ended;
  if (std::exchange(muted_, false)) outputs.push_back(Mute{false});
  outputs.push_back(End{state, std::move(cause), canceling_ && began_});
}

/// RECORD FILE counts samples at the rate of the format.
long RecordingMachine::samples_per_second() const {
  static constexpr long narrow = 8000;
  const auto& format = plan_.format;
  if (format == "wav16" || format == "sln16" || format == "g722") return 2 * narrow;
  if (format.starts_with("sln") && format.size() > 3) {
    return 1000 * std::atol(format.c_str() + 3);
  }
  return narrow;
}

std::optional<long> RecordingMachine::duration_s() const {
  if (!samples_) return std::nullopt;
  return *samples_ / samples_per_second();
}

std::optional<long> RecordingMachine::talking_s() const {
  if (plan_.max_silence_s <= 0 || !samples_) return std::nullopt;
  return duration_s();
}

// --- the job ------------------------------------------------------------------------------------

void RecordingJob::abandon(const Error&) {
  carry_out(machine_.abandon(ports_.now()));
}

void RecordingJob::stays(Control& control) {
  control.resume(*this, carry_out(machine_.stays()));
}

Result<void> RecordingJob::on(RecordingControl what, Control& control, TimePoint now) {
  auto outputs = machine_.on(what, now);
  if (!outputs) return outputs.error();
  control.resume(*this, carry_out(*std::move(outputs)));
  return {};
}

Job::Step RecordingJob::carry_out(RecordingMachine::Outputs outputs) {
  Step step = Wait{};
  for (auto& output : outputs) {
    std::visit(Overloaded{
                   [&](RecordingMachine::SendAgi& send) { step = Send{std::move(send.line)}; },
                   [&](RecordingMachine::Interrupt&) { ports_.interrupt(); },
                   [&](RecordingMachine::Mute& mute) { ports_.mute(mute.on); },
                   [&](RecordingMachine::Tell& tell) { ports_.tell(machine_, tell.state); },
                   [&](RecordingMachine::End& ended) {
                     step = Done{};
                     ports_.end(machine_, ended);
                   },
               },
               output);
  }
  return step;
}

}  // namespace arigate::ops
