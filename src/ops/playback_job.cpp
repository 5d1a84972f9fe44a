// The playback machine as a job of its channel's queue: what it wants done, done.
#include <utility>
#include <variant>

#include "core/overloaded.hpp"
#include "ops/playback.hpp"

namespace arigate::ops {

Job::Step PlaybackJob::start(TimePoint now) {
  if (ports_.unanswered && ports_.unanswered()) machine_.begin_with_progress();
  if (!machine_.plan().language.empty()) ports_.hide_language(machine_.plan().language);
  return carry_out(machine_.start(now), nullptr);
}

Job::Step PlaybackJob::on(const agi::Reply& reply, TimePoint now) {
  return carry_out(machine_.on(reply, now), nullptr);
}

void PlaybackJob::abandon(const Error&) {
  if (machine_.ended()) return;
  const auto& plan = machine_.plan();
  if (machine_.language_set()) ports_.set_language(plan.channel_language);
  if (machine_.started() && !plan.language.empty()) ports_.hide_language("");
  ports_.end(machine_, model::PlaybackState::failed);
}

void PlaybackJob::ask_again(Control& control, std::uint32_t token) {
  control.resume(*this, carry_out(machine_.ask_again(token), &control));
}

void PlaybackJob::stays(Control& control) {
  control.resume(*this, carry_out(machine_.stays(), nullptr));
}

Result<void> PlaybackJob::on(PlaybackControl what, Control& control, TimePoint now) {
  auto outputs = machine_.on(what, now);
  if (!outputs) return outputs.error();
  control.resume(*this, carry_out(*std::move(outputs), &control));
  return {};
}

Job::Step PlaybackJob::carry_out(PlaybackMachine::Outputs outputs, Control* interrupted) {
  Step step = Wait{};
  for (auto& output : outputs) {
    std::visit(
        Overloaded{
            [&](PlaybackMachine::SendAgi& send) { step = Send{std::move(send.line)}; },
            [&](PlaybackMachine::SendToken& send) {
              if (interrupted == nullptr) return;
              interrupted->interrupt(std::move(send.line));
              ports_.ask_again(machine_);
            },
            [&](PlaybackMachine::ControlStream& stream) {
              ports_.control_stream(machine_, stream.verb);
              if (machine_.stop_due()) ports_.ask_again(machine_);
            },
            [&](PlaybackMachine::Interrupt&) { ports_.interrupt(machine_); },
            [&](PlaybackMachine::Tell& tell) { ports_.tell(machine_, tell.state, tell.item); },
            [&](PlaybackMachine::End& ended) {
              step = Done{};
              if (!machine_.plan().language.empty()) ports_.hide_language("");
              ports_.end(machine_, ended.state);
            },
        },
        output);
  }
  return step;
}

}  // namespace arigate::ops
