#include "ops/mute.hpp"

#include <string_view>
#include <utility>

namespace arigate::ops {
namespace {

std::string_view name_of(MuteDirection direction) {
  switch (direction) {
    case MuteDirection::in:
      return "in";
    case MuteDirection::out:
      return "out";
    case MuteDirection::all:
      return "all";
  }
  return "";
}

}  // namespace

boost::asio::awaitable<Result<void>> mute(World& world, ChannelId channel, MuteDirection direction,
                                          bool on) {
  const auto control = usable_control_of(world, channel);
  if (!control) co_return control.error();
  auto action = ami::Action{"MuteAudio"}
                    .add("Channel", world.store.find(channel)->name)
                    .add("Direction", name_of(direction))
                    .add("State", on ? "on" : "off");
  const auto answer =
      co_await world.ami.request(std::move(action), world.in(world.timeouts.action), "");
  if (answer) co_return Result<void>{};
  if (answer.error().code == Errc::not_found) co_return channel_not_found();
  if (answer.error().code == Errc::not_supported) {
    co_return Error{Errc::not_supported, "The PBX has not loaded res_mutestream"};
  }
  co_return answer.error();
}

}  // namespace arigate::ops
