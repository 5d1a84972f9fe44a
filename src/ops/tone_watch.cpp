#include "ops/tone_watch.hpp"

#include <chrono>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::ops {

void ToneWatch::on_set(const ChannelId& channel, std::string_view variable) {
  if (!iequals(variable.substr(0, variable.find('(')), "TONE_DETECT")) return;
  if (watched_.size() >= channels_max || !watched_.insert(channel).second) return;
  world_.spawn(watch(channel));
}

boost::asio::awaitable<void> ToneWatch::watch(ChannelId channel) {
  constexpr std::chrono::milliseconds interval{200};
  long heard = 0;
  for (;;) {
    const auto* known = world_.store.find(channel);
    if (known == nullptr) break;
    const auto answer = co_await world_.ami.request(
        ami::Action{"Getvar"}.add("Channel", known->name).add("Variable", "TONE_DETECT(rx)"),
        world_.in(world_.timeouts.action), "");
    // The link may be down for a while; the channel may go meanwhile.
    if (answer) {
      const auto count = leading_number<long>((*answer)[ami::Key::value]);
      if (!count) break;
      for (; heard < *count; ++heard) world_.reconciler.tone_detected(channel, world_.clock.wall());
      heard = *count;  // It begins anew when the detection is set again.
    } else if (answer.error().code == Errc::not_found) {
      break;
    }
    Eventual<bool> never;
    co_await never.wait(world_.in(interval));
  }
  watched_.erase(channel);
}

}  // namespace arigate::ops
