#include "ops/room_waker.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace arigate::ops {
namespace {

constexpr std::chrono::milliseconds pause{250};
constexpr std::size_t at_once_max = 8;

std::vector<std::string> members(const World& world) {
  std::vector<std::string> names;
  world.store.each_channel([&](const model::Channel& channel) {
    if (!channel.room.value.empty()) names.push_back(channel.name);
  });
  return names;
}

}  // namespace

boost::asio::awaitable<void> RoomWaker::run() {
  const auto work = running_.begin();
  if (!work) co_return;
  while (world_.ami.up()) {
    const auto end = world_.watches.watch([](const model::Change&) { return false; });
    co_await end->wait(world_.in(pause));
    const auto names = members(world_);
    if (names.empty()) break;
    for (std::size_t count = std::min(names.size(), at_once_max); count > 0; --count) {
      co_await wake(names[next_++ % names.size()]);
    }
  }
}

/// A channel that has a time limit is left alone: a second is too coarse to set it again.
boost::asio::awaitable<void> RoomWaker::wake(std::string channel) {
  constexpr auto limit = "TIMEOUT(absolute)";
  const TimePoint deadline = world_.in(world_.timeouts.action);
  auto question = ami::Action{"Getvar"}.add("Channel", channel).add("Variable", limit);
  const auto answer = co_await world_.ami.request(std::move(question), deadline, "");
  if (!answer) co_return;
  const auto value = (*answer)[ami::Key::value];
  if (value.empty() || value.find_first_not_of("0.") != std::string_view::npos) co_return;
  auto setting =
      ami::Action{"Setvar"}.add("Channel", channel).add("Variable", limit).add("Value", "0");
  co_await world_.ami.request(std::move(setting), deadline, "");
}

}  // namespace arigate::ops
