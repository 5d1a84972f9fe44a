#include "ops/digits.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace arigate::ops {
namespace {

using std::chrono::milliseconds;

/// How long the dialplan's SendDTMF pauses for a w and a W (16:main/app.c).
constexpr milliseconds short_pause{500};
constexpr milliseconds long_pause{1000};

boost::asio::awaitable<void> pass(World& world, milliseconds time) {
  Eventual<bool> never;
  co_await never.wait(world.in(time));
}

}  // namespace

Result<void> DigitSender::send(const ChannelId& channel, const DtmfOrder& order) {
  const auto control = usable_control_of(world_, channel);
  if (!control) return control.error();
  auto lines = dtmf_lines(order);
  if (!lines) return lines.error();
  if (!(*control)->resting()) {
    return (*control)->add(std::make_unique<SequenceJob>(std::move(*lines)));
  }
  auto& orders = orders_[channel];
  if (orders.size() >= orders_max) return Error{Errc::overloaded, "too many digits wait"};
  orders.push_back(order);
  if (orders.size() == 1) world_.spawn(play_all(channel));
  return {};
}

boost::asio::awaitable<void> DigitSender::play_all(ChannelId channel) {
  for (;;) {
    const auto waiting = orders_.find(channel);
    const DtmfOrder order = waiting->second.front();
    const bool played = co_await play(channel, order);
    const auto still = orders_.find(channel);
    still->second.pop_front();
    if (!played || still->second.empty()) break;
  }
  orders_.erase(channel);
}

/// False: the channel has gone.
boost::asio::awaitable<bool> DigitSender::play(ChannelId channel, DtmfOrder order) {
  if (order.before_ms > 0) co_await pass(world_, milliseconds{order.before_ms});
  for (const char digit : order.digits) {
    const auto* known = world_.store.find(channel);
    if (known == nullptr) co_return false;
    if (digit == 'w' || digit == 'W') {
      co_await pass(world_, digit == 'w' ? short_pause : long_pause);
      continue;
    }
    if (digit == 'f' || digit == 'F') continue;  // A hook flash; AMI has none.
    auto action = ami::Action{"PlayDTMF"}
                      .add("Channel", known->name)
                      .add("Digit", std::string(1, digit))
                      .add("Duration", std::to_string(order.duration_ms));
    world_.ami.post(std::move(action));
    co_await pass(world_, milliseconds{order.duration_ms + order.between_ms});
  }
  if (order.after_ms > 0) co_await pass(world_, milliseconds{order.after_ms});
  co_return world_.store.find(channel) != nullptr;
}

}  // namespace arigate::ops
