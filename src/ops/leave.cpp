#include "ops/leave.hpp"

#include <functional>
#include <memory>
#include <utility>

#include "agi/command.hpp"

namespace arigate::ops {
namespace {

/// The way out of an application. Natively it is only noted when its turn comes, and what has been
/// queued behind it by then is still carried out: so it goes to the end of the queue, once.
class LeaveJob : public Job {
 public:
  LeaveJob(Controls& controls, ChannelId channel, std::function<void()> leave, bool last = false)
      : controls_{controls}, channel_{std::move(channel)}, leave_{std::move(leave)}, last_{last} {}

  Step start(TimePoint) override {
    Control* control = controls_.find(channel_);
    if (!last_ && control != nullptr && control->has_waiting()) {
      const auto queued =
          control->add(std::make_unique<LeaveJob>(controls_, channel_, leave_, true));
      if (queued) return Done{};
    }
    leave_();
    return Done{};
  }
  Step on(const agi::Reply&, TimePoint) override { return Done{}; }
  bool needs_line() const override { return false; }
  void abandon(const Error&) override {}

 private:
  Controls& controls_;
  ChannelId channel_;
  std::function<void()> leave_;
  bool last_;
};

}  // namespace

Result<std::vector<std::string>> lines_to(const DialplanGoal& goal) {
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
  return lines;
}

Result<void> continue_in_dialplan(World& world, Entrance& entrance, const ChannelId& channel,
                                  const DialplanGoal& goal) {
  const auto control = usable_control_of(world, channel);
  if (!control) return control.error();
  const auto lines = lines_to(goal);
  if (!lines) return lines.error();
  // In its turn: what was asked before is done before.
  return (*control)->add(std::make_unique<LeaveJob>(
      world.controls, channel,
      [&entrance, channel, lines = *lines] { entrance.give_back(channel, {lines}); }));
}

Result<void> move(World& world, const ChannelId& channel, const AppName& application,
                  std::vector<std::string> arguments) {
  const auto control = control_of(world, channel);
  if (!control) return control.error();
  return (*control)->add(std::make_unique<LeaveJob>(
      world.controls, channel, [&world, channel, application, arguments = std::move(arguments)] {
        const WallTime now = world.clock.wall();
        if (world.applications.active(application)) {
          world.reconciler.move(channel, application, arguments, now);
        } else {
          world.reconciler.move_failed(channel, application.value, arguments, now);
        }
      }));
}

}  // namespace arigate::ops
