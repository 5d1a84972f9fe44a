#include "sim/thread.hpp"

#include <utility>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::sim {
namespace {

constexpr int normal_clearing = 16;

/// Newexten, then the application of one step.
boost::asio::awaitable<AppResult> run_step(ExchangePtr exchange, ChannelPtr channel, Step step) {
  channel->application = step.application;
  channel->app_data = exchange->substitute(channel.get(), step.data);
  exchange->publish(exchange->dialect().newexten(*channel));
  co_return co_await execute(exchange, channel, step.application, channel->app_data);
}

}  // namespace

boost::asio::awaitable<void> run_dialplan(ExchangePtr exchange, ChannelPtr channel) {
  channel->dialplan_running = true;
  bool redirected = false;
  for (;;) {
    const auto* found = exchange->dialplan().find(channel->place.context, channel->place.exten,
                                                  channel->place.priority);
    auto result = AppResult::hangup;
    // What a Redirect leads to is begun, though the channel has hung up meanwhile (seen: 1.8).
    const bool begins = std::exchange(redirected, false) || !channel->hangup_requested;
    if (found != nullptr && begins) {
      result = co_await run_step(exchange, channel, *found);
    }
    if (channel->redirected) {
      // Measured: the jump clears every request to hang up that came meanwhile from inside the PBX.
      channel->redirected = false;
      redirected = true;
      channel->hangup_requested = channel->far_end_gone;
      channel->digits.clear();
      continue;
    }
    if (found == nullptr || result != AppResult::proceed || channel->hangup_requested) break;
    ++channel->place.priority;  // After Goto as well: it stands one before its target.
  }
  exchange->publish(exchange->dialect().soft_hangup_request(*channel, normal_clearing));
  co_await run_hangup_extension(exchange, channel);
  exchange->destroy(*channel);
}

boost::asio::awaitable<void> run_application(ExchangePtr exchange, ChannelPtr channel,
                                             std::string application, std::string data) {
  channel->application = application;
  channel->app_data = data;
  co_await execute(exchange, channel, std::move(application), std::move(data));
  if (channel->redirected && !channel->gone) {
    channel->redirected = false;
    co_await run_dialplan(exchange, channel);
    co_return;
  }
  if (channel->cause == 0 && channel->technology == "SIP") channel->cause = normal_clearing;
  exchange->destroy(*channel);
}

boost::asio::awaitable<void> run_hangup_extension(ExchangePtr exchange, ChannelPtr channel) {
  if (channel->hangup_handled) co_return;
  channel->hangup_handled = true;
  Place next{channel->place.context, "h", 1};
  for (;;) {
    const auto* found = exchange->dialplan().find(next.context, next.exten, next.priority);
    if (found == nullptr) break;
    channel->place = next;
    const auto result = co_await run_step(exchange, channel, *found);
    if (result != AppResult::proceed) break;
    next = channel->place;  // A Goto leads away from there.
    ++next.priority;
  }
}

std::optional<Place> resolve_place(const Dialplan& plan, const Place& here, std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.empty() || parts.size() > 3) return std::nullopt;
  Place place = here;
  if (parts.size() == 3) place.context = trim(parts[0]);
  if (parts.size() >= 2) place.exten = trim(parts[parts.size() - 2]);
  const auto where = trim(parts.back());
  if (const auto priority = whole_number<decltype(place.priority)>(where)) {
    place.priority = *priority;
    return place;
  }
  const auto labelled = plan.labelled(place.context, place.exten, where);
  if (!labelled) return std::nullopt;
  place.priority = *labelled;
  return place;
}

}  // namespace arigate::sim
