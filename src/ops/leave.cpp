#include "ops/leave.hpp"

#include <memory>
#include <utility>

#include "agi/command.hpp"

namespace arigate::ops {

Result<void> continue_in_dialplan(World& world, Entrance& entrance, const ChannelId& channel,
                                  const DialplanGoal& goal) {
  const auto control = control_of(world, channel);
  if (!control) return control.error();
  std::vector<std::string> lines;
  const std::pair<std::string_view, const std::string&> settings[] = {
      {"SET CONTEXT", goal.context},
      {"SET EXTENSION", goal.exten},
      {"SET PRIORITY", goal.priority}};
  for (const auto& [verb, value] : settings) {
    if (value.empty()) continue;
    auto line = agi::command(verb, {value});
    if (!line) return line.error();
    lines.push_back(std::move(*line));
  }
  // In its turn: what was asked before is done before.
  return (*control)->add(std::make_unique<SequenceJob>(
      std::deque<std::string>{},
      [&entrance, channel, lines = std::move(lines)] { entrance.give_back(channel, lines); }));
}

Result<void> move(World& world, const ChannelId& channel, const AppName& application,
                  std::vector<std::string> arguments) {
  const auto control = control_of(world, channel);
  if (!control) return control.error();
  return (*control)->add(std::make_unique<SequenceJob>(
      std::deque<std::string>{}, [&world, channel, application, arguments = std::move(arguments)] {
        const WallTime now = world.clock.wall();
        if (world.applications.active(application)) {
          world.reconciler.move(channel, application, arguments, now);
        } else {
          world.reconciler.move_failed(channel, application.value, arguments, now);
        }
      }));
}

}  // namespace arigate::ops
