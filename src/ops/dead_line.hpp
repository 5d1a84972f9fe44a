#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

#include "core/ids.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// So long natively a recording waits for a channel that sends nothing (seen: 16, 22).
inline constexpr std::chrono::seconds dead_line_time{4};

/// Until the driver of the channel has received nothing for that long, or at most twice as long:
/// its packets are counted at that interval. False: `wanted` no longer holds, or the driver counts
/// none.
boost::asio::awaitable<bool> line_is_dead(World& world, ChannelId channel,
                                          std::function<bool()> wanted);

}  // namespace arigate::ops
