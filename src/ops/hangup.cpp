#include "ops/hangup.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/log.hpp"
#include "ops/created.hpp"

namespace arigate::ops {

namespace {

ami::Action hangup_action(const model::Channel& channel, int cause) {
  return ami::Action{"Hangup"}.add("Channel", channel.name).add("Cause", std::to_string(cause));
}

/// Called through ARI, and no line of its dialplan has begun.
bool is_before_its_dialplan(const model::Channel& channel) {
  if (channel.in_own_context) return false;
  return channel.made_first || (channel.from_ari && channel.dialplan.app_name == channel.base_app);
}

bool begins_its_dialplan(const model::Change& change) {
  return std::holds_alternative<model::AgiStarted>(change) ||
         std::holds_alternative<model::ChannelDialplan>(change);
}

/// A PBX loses a hangup that it has confirmed when the call was answered a moment before (seen:
/// 1.8, 11): the dialplan begins as if nothing had been asked. Then it is asked once more.
boost::asio::awaitable<void> see_to_it(World& world, ChannelId channel, int cause,
                                       std::unique_ptr<Watches::Watch> goes_on) {
  const TimePoint deadline = world.in(world.timeouts.action);
  const bool lost = co_await goes_on->wait(deadline);
  const auto* known = world.store.find(channel);
  if (!lost || known == nullptr) co_return;
  log::info("hangup was lost, asked once more channel={}", channel.value);
  co_await world.ami.request(hangup_action(*known, cause), deadline, "");
}

}  // namespace

boost::asio::awaitable<Result<void>> hangup(World& world, Entrance& entrance, ChannelId channel,
                                            int cause) {
  if (world.created != nullptr) {
    const bool ended = co_await world.created->hangup(channel, cause);
    if (ended) co_return Result<void>{};
  }
  co_await entrance.settled(channel);  // Between a Redirect and what follows it would be lost.
  const auto* known = world.store.find(channel);
  if (known == nullptr) co_return channel_not_found();
  entrance.hangup_asked(channel, true);
  co_await entrance.prepare_hangup(known->uniqueid);
  known = world.store.find(channel);
  if (known == nullptr) co_return Result<void>{};  // That was its end.
  auto action = hangup_action(*known, cause);
  std::unique_ptr<Watches::Watch> goes_on;
  // Native tells an explicit hangup with the number of its reason flag, 32, in place of a cause.
  // The PBX tells nothing of it on AMI; what follows from it may be the next event. A named
  // function object: g++ 12 destroys one twice that is made inside a co_await expression.
  std::function<void()> tell = [&world, &goes_on, channel] {
    constexpr int explicit_hangup = 32;
    const auto* hung_up = world.store.find(channel);
    if (hung_up != nullptr && is_before_its_dialplan(*hung_up)) {
      goes_on = world.watches.watch([channel](const model::Change& change) {
        const auto* subject = model::subject_of(change);
        return subject != nullptr && subject->id == channel && begins_its_dialplan(change);
      });
    }
    // AGI has told it long ago where AMI does not.
    if (hung_up == nullptr || (hung_up->hangup_told && !world.ami.dialect().hangup_request)) {
      return;
    }
    world.reconciler.hangup_requested(channel, explicit_hangup, true, world.clock.wall());
  };
  const TimePoint deadline = world.in(world.timeouts.action);
  const auto answer = co_await world.ami.request_then(std::move(action), deadline, std::move(tell));
  if (!answer) {
    entrance.hangup_asked(channel, false);
    if (answer.error().code == Errc::not_found) co_return channel_not_found();
    co_return answer.error();
  }
  if (goes_on) world.spawn(see_to_it(world, channel, cause, std::move(goes_on)));
  entrance.let_go(channel);
  co_return Result<void>{};
}

}  // namespace arigate::ops
