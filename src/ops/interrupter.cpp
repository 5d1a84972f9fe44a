#include "ops/interrupter.hpp"

#include <utility>

#include "core/log.hpp"

namespace arigate::ops {

/// False when the PBX did not take it.
boost::asio::awaitable<bool> Interrupter::press(ChannelId channel) {
  const auto* known = world_.store.find_also_hidden(channel);
  if (known == nullptr) co_return true;  // It hangs up, which ends the command too.
  const std::string key{digit};
  world_.reconciler.expect_own_digit(channel, key, world_.clock.wall());
  auto action = ami::Action{"PlayDTMF"}
                    .add("Channel", known->name)
                    .add("Digit", key)
                    .add("Duration", "1")
                    .add("Receive", "true");
  const TimePoint deadline = world_.in(world_.timeouts.action);
  const auto pressed = co_await world_.ami.request(std::move(action), deadline, "");
  if (!pressed && pressed.error().code != Errc::not_found) {
    log::warn("digit not taken channel={} why=\"{}\"", channel.value, pressed.error().detail);
    co_return false;
  }
  co_return true;
}

boost::asio::awaitable<void> Interrupter::carry_out(Order order) {
  if (by_digit()) {
    if (order.delay.count() > 0) {
      const std::weak_ptr<bool> alive = alive_;
      Eventual<bool> nothing;
      co_await nothing.wait(world_.in(order.delay));
      if (alive.expired()) co_return;  // The process ends.
    }
    const auto control = order.control.lock();
    if (!control || control->dropped() || !order.wanted()) co_return;
    const bool pressed = co_await press(control->channel());
    if (pressed) co_return;
  }
  const auto control = order.control.lock();
  if (!control || control->dropped() || !order.wanted()) co_return;
  if (order.take_out) {
    order.take_out();
    co_return;
  }
  auto wanted = order.wanted;
  const auto out = co_await take_out_(control->channel(), std::move(wanted));
  if (!out && order.wanted()) order.stays();
}

}  // namespace arigate::ops
