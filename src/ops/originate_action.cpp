#include "ops/originate_action.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "agi/command.hpp"
#include "ops/connected_line.hpp"
#include "ops/originate.hpp"
#include "ops/variables.hpp"

namespace arigate::ops {

ChannelId fresh_channel_id(WallTime now) {
  static std::uint64_t counter = std::random_device{}() % 1'000'000;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return ChannelId{fmt::format("arigate-{}.{}", seconds.count(), ++counter)};
}

std::string timeout_ms(long seconds) {
  constexpr long seconds_max = 2'000'000;  // The PBX reads a 32-bit number of milliseconds.
  return std::to_string(seconds <= 0 ? -1 : std::min(seconds, seconds_max) * 1000);
}

void add_ids(ami::Action& action, const World& world, const ChannelId& channel,
             const ChannelId& other) {
  if (!world.ami.dialect().takes_channel_id) return;
  action.add("ChannelId", channel.value);
  if (!other.value.empty()) action.add("OtherChannelId", other.value);
}

Result<void> add_identity(ami::Action& action, const World& world, const ChannelId& channel,
                          const std::string& token) {
  if (world.ami.dialect().takes_channel_id) return {};
  const auto text = ami::originate_variable(carried_id, channel.value);
  if (!text) return text.error();
  action.add("Variable", *text).add("Variable", "ARIGATE_ID=" + token);
  return {};
}

namespace {

constexpr std::string_view whom_it_is_shown = "CONNECTEDLINE(all,i)";  // i: no news for the phone.

}  // namespace

VariableList inherited_from(const model::Channel& caller, bool shows_caller) {
  VariableList variables;
  if (shows_caller && caller.caller != model::Party{}) {
    variables.emplace_back(whom_it_is_shown, connected_line_value(caller.caller));
  }
  if (!caller.language.empty()) variables.emplace_back("CHANNEL(language)", caller.language);
  return variables;
}

void show_inherited(World& world, const ChannelId& channel, const VariableList& inherited) {
  for (const auto& [name, value] : inherited) {
    const auto function = name == whom_it_is_shown ? "CONNECTEDLINE(all)" : name;
    world.reconciler.function_set(channel, function, value, world.clock.wall());
  }
}

Result<void> check_wanted(const World& world, const VariableList& variables) {
  for (const auto& [name, value] : variables) {
    if (const auto fine = check_writable(world, name); !fine) return fine.error();
    if (name.substr(0, name.find('(')).find(',') != std::string::npos) {
      return Error{Errc::bad_request, "Variable name not usable"};
    }
  }
  return {};
}

Result<void> add_variables(ami::Action& action, const World& world, const VariableList& variables,
                           std::vector<std::string>* later) {
  constexpr std::size_t header_bytes = 10;  // "Variable: "
  // The PBX sets the last one first; natively the first is set first.
  for (auto it = variables.rbegin(); it != variables.rend(); ++it) {
    const auto& [name, value] = *it;
    if (const auto fine = check_variable(world, name); !fine) return fine.error();
    const auto text = ami::originate_variable(name, value);
    if (!text) return text.error();
    if (header_bytes + text->size() <= ami::action_line_bytes_max) {
      action.add("Variable", *text);
      continue;
    }
    if (later == nullptr) {
      return Error{Errc::bad_request, fmt::format("The value of {} is too long for the PBX", name)};
    }
    auto line = agi::command("SET VARIABLE", {name, value});
    if (!line) return line.error();
    later->insert(later->begin(), std::move(*line));
  }
  return {};
}

}  // namespace arigate::ops
