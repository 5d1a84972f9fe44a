#include "ops/answer.hpp"

#include <memory>
#include <string>
#include <variant>

#include "ops/command.hpp"

namespace arigate::ops {
namespace {

/// Like CommandJob, but a negative reply is told at once while success waits for nobody.
class AnswerJob : public Job {
 public:
  AnswerJob(std::string line, Eventual<Result<void>> outcome)
      : line_{std::move(line)}, outcome_{std::move(outcome)} {}
  Step start(TimePoint) override { return Send{line_}; }
  Step on(const agi::Reply& reply, TimePoint) override {
    auto outcome = outcome_of(reply);
    if (outcome && reply.result == "-1") outcome = channel_not_found();
    outcome_.set(outcome);
    return Done{};
  }
  Step on_new_line(TimePoint) override { return Send{line_}; }  // What is up already, it leaves so.
  void abandon(const Error&) override { outcome_.set(channel_not_found()); }

 private:
  std::string line_;
  Eventual<Result<void>> outcome_;
};

}  // namespace

std::string answer_line(const ami::Dialect& dialect) {
  return dialect.snapshots ? "EXEC Answer \",i\"" : "ANSWER";
}

boost::asio::awaitable<Result<void>> answer(World& world, ChannelId channel) {
  const auto control = usable_control_of(world, channel);
  if (!control) co_return control.error();
  Eventual<Result<void>> outcome;
  // Before the command goes out, or the change may be missed.
  const auto up = world.watches.watch([&channel, outcome](const model::Change& change) mutable {
    const auto* state = std::get_if<model::ChannelStateChange>(&change);
    const bool is_up = state != nullptr && state->channel.id == channel &&
                       state->channel.state == model::ChannelState::up;
    if (is_up) outcome.set(Result<void>{});
    return is_up;
  });
  const auto added =
      (*control)->add(std::make_unique<AnswerJob>(answer_line(world.ami.dialect()), outcome));
  if (!added) co_return added.error();
  const auto ended = co_await outcome.wait(world.in(world.timeouts.command));
  if (!ended) co_return Error{Errc::timeout, "The PBX did not confirm the answer"};
  co_return *ended;
}

}  // namespace arigate::ops
