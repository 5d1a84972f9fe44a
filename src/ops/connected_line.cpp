#include "ops/connected_line.hpp"

#include <utility>

namespace arigate::ops {

std::string connected_line_value(const model::Party& party) {
  std::string value;
  if (!party.name.empty()) {
    value += '"';
    for (const char c : party.name) {
      if (c == '"' || c == '\\') value += '\\';
      value += c;
    }
    value += "\" ";
  }
  if (!party.number.empty()) value.append("<").append(party.number).append(">");
  return value;
}

boost::asio::awaitable<void> tell_connected_line(World& world, ChannelId channel,
                                                 model::Party party) {
  const auto* known = world.store.find(channel);
  if (known == nullptr) co_return;
  constexpr auto function = "CONNECTEDLINE(all)";
  const std::string value = connected_line_value(party);
  ami::Action action{"Setvar"};
  action.add("Channel", known->name).add("Variable", function).add("Value", value);
  const auto deadline = world.in(world.timeouts.action);
  const auto answer = co_await world.ami.request(std::move(action), deadline, "");
  if (answer) world.reconciler.function_set(channel, function, value, world.clock.wall());
}

}  // namespace arigate::ops
