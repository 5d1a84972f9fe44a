#include "ops/call_id.hpp"

namespace arigate::ops {

boost::asio::awaitable<void> learn_call_id(World& world, ChannelId channel) {
  const auto* known = world.store.find(channel);
  if (known == nullptr || !known->protocol_id.empty() || !known->name.starts_with("PJSIP/")) {
    co_return;
  }
  const auto answer = co_await world.ami.request(
      ami::Action{"Getvar"}.add("Channel", known->name).add("Variable", "CHANNEL(pjsip,call-id)"),
      world.in(world.timeouts.channel_known), "");
  if (answer) world.reconciler.set_protocol_id(channel, (*answer)[ami::Key::value]);
}

}  // namespace arigate::ops
