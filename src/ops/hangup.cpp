#include "ops/hangup.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "ops/created.hpp"

namespace arigate::ops {

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
  // Native tells an explicit hangup with the number of its reason flag, 32, in place of a cause.
  // The PBX tells nothing of it on AMI; what follows from it may be the next event. A named
  // function object: g++ 12 destroys one twice that is made inside a co_await expression.
  std::function<void()> tell = [&world, channel, told = std::make_shared<bool>(false)] {
    constexpr int explicit_hangup = 32;
    const auto* hung_up = world.store.find(channel);
    // AGI has told it long ago where AMI does not.
    if (*told || hung_up == nullptr ||
        (hung_up->hangup_told && !world.ami.dialect().hangup_request)) {
      return;
    }
    *told = true;
    world.reconciler.hangup_requested(channel, explicit_hangup, true, world.clock.wall());
  };
  co_await entrance.prepare_hangup(known->uniqueid, tell);
  known = world.store.find(channel);
  if (known == nullptr) co_return Result<void>{};  // That was its end.
  auto action =
      ami::Action{"Hangup"}.add("Channel", known->name).add("Cause", std::to_string(cause));
  const TimePoint deadline = world.in(world.timeouts.action);
  const auto answer = co_await world.ami.request_then(std::move(action), deadline, std::move(tell));
  if (!answer) {
    entrance.hangup_asked(channel, false);
    if (answer.error().code == Errc::not_found) co_return channel_not_found();
    co_return answer.error();
  }
  entrance.let_go(channel);
  co_return Result<void>{};
}

}  // namespace arigate::ops
