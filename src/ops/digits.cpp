#include "ops/digits.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace arigate::ops {
namespace {

using std::chrono::milliseconds;

/// How long the dialplan's SendDTMF pauses for a w and a W (16:main/app.c).
constexpr milliseconds short_pause{500};
constexpr milliseconds long_pause{1000};

/// The channel has ended, or left its application for the dialplan.
std::unique_ptr<Watches::Watch> end_of_digits(const World& world, const ChannelId& channel) {
  return world.watches.watch([&world, channel](const model::Change& change) {
    const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change);
    if (destroyed != nullptr) return destroyed->channel.id == channel;
    const auto* end = std::get_if<model::StasisEnd>(&change);
    return end != nullptr && end->channel.id == channel &&
           world.controls.find(channel) == nullptr;  // A move to another application has one too.
  });
}

}  // namespace

Result<void> DigitSender::send(const ChannelId& channel, const DtmfOrder& order) {
  const auto control = usable_control_of(world_, channel);
  if (!control) return control.error();
  auto lines = dtmf_lines(order);
  if (!lines) return lines.error();
  if (!(*control)->resting()) {
    if (is_unanswered(world_, channel)) lines->push_front("EXEC Progress");
    return (*control)->add(std::make_unique<SequenceJob>(std::move(*lines)));
  }
  if (!world_.ami.up()) return link_is_down();
  auto& orders = orders_[channel];
  if (orders.size() >= orders_max) return Error{Errc::overloaded, "too many digits wait"};
  orders.push_back(order);
  if (orders.size() == 1) world_.spawn(play_all(channel));
  return {};
}

boost::asio::awaitable<void> DigitSender::play_all(ChannelId channel) {
  const auto end = end_of_digits(world_, channel);
  for (;;) {
    const auto waiting = orders_.find(channel);
    const DtmfOrder order = waiting->second.front();
    const bool played = co_await play(channel, order, *end);
    const auto still = orders_.find(channel);
    still->second.pop_front();
    if (!played || still->second.empty()) break;
  }
  orders_.erase(channel);
}

/// False: the channel has gone.
boost::asio::awaitable<bool> DigitSender::play(ChannelId channel, DtmfOrder order,
                                               Watches::Watch& end) {
  bool ended = false;
  if (order.before_ms > 0) ended = co_await end.wait(world_.in(milliseconds{order.before_ms}));
  for (const char digit : order.digits) {
    const auto* known = world_.store.find(channel);
    if (ended || known == nullptr) co_return false;
    if (digit == 'w' || digit == 'W') {
      ended = co_await end.wait(world_.in(digit == 'w' ? short_pause : long_pause));
      continue;
    }
    if (!is_digit(digit) || digit == 'f' || digit == 'F') continue;  // AMI has no hook flash.
    auto action = ami::Action{"PlayDTMF"}
                      .add("Channel", known->name)
                      .add("Digit", std::string(1, digit))
                      .add("Duration", std::to_string(std::max(0L, order.duration_ms)));
    world_.ami.post(std::move(action));
    const long pause = std::max(0L, order.duration_ms) + std::max(0L, order.between_ms);
    ended = co_await end.wait(world_.in(milliseconds{pause}));
  }
  if (order.after_ms > 0 && !ended) {
    ended = co_await end.wait(world_.in(milliseconds{order.after_ms}));
  }
  co_return !ended && world_.store.find(channel) != nullptr;
}

}  // namespace arigate::ops
