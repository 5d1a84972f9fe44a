#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// As AMI calls them: `in` is what the far end says, `out` what it hears.
enum class MuteDirection : std::uint8_t { in, out, all };

/// AMI MuteAudio. It works whatever the channel is doing, so it overtakes its queue.
/// Errc::not_found, not_in_application, wrong_state; not_supported: res_mutestream is not loaded.
boost::asio::awaitable<Result<void>> mute(World& world, ChannelId channel, MuteDirection direction,
                                          bool on);

}  // namespace arigate::ops
