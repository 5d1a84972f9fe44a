#include "ops/command.hpp"

#include <memory>
#include <utility>

namespace arigate::ops {

Result<void> outcome_of(const agi::Reply& reply) {
  if (reply.code == agi::dead_channel) return channel_not_found();
  if (!reply.ok()) return Error{Errc::refused_by_pbx, reply.text};
  if (reply.result == "-2") {
    return Error{Errc::not_supported, "The PBX has no dialplan application for this"};
  }
  return {};
}

boost::asio::awaitable<Result<agi::Reply>> run_command(World&, Control& control, std::string line,
                                                       TimePoint deadline) {
  auto job = std::make_unique<CommandJob>(std::move(line));
  auto outcome = job->outcome();
  if (const auto added = control.add(std::move(job)); !added) co_return added.error();
  auto reply = co_await outcome.wait(deadline);
  if (!reply) co_return Error{Errc::timeout, "The PBX did not answer the AGI command"};
  co_return std::move(*reply);
}

boost::asio::awaitable<Result<void>> run_commands(World& world, ChannelId channel,
                                                  std::deque<std::string> lines) {
  const auto control = usable_control_of(world, channel);
  if (!control) co_return control.error();
  if (!(*control)->idle()) {
    co_return (*control)->add(std::make_unique<SequenceJob>(std::move(lines)));
  }
  const TimePoint deadline = world.in(world.timeouts.command);
  for (auto& line : lines) {
    // Looked up again: the channel may go between two lines.
    const auto still = control_of(world, channel);
    if (!still) co_return still.error();
    auto reply = co_await run_command(world, **still, std::move(line), deadline);
    if (!reply) co_return reply.error();
    if (const auto outcome = outcome_of(*reply); !outcome) co_return outcome.error();
  }
  co_return Result<void>{};
}

}  // namespace arigate::ops
