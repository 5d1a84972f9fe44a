#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

using RtpCounters = std::unordered_map<std::string, std::string>;

/// What the channel's driver counts under these names, read through the function CHANNEL in any
/// state of the channel; a name that it does not know has no value.
/// Errc::not_found: no such channel, or it has no audio yet; forbidden, as natively: its driver has
/// no RTP.
boost::asio::awaitable<Result<RtpCounters>> rtp_counters(World& world, ChannelId channel,
                                                         std::vector<std::string_view> names);

}  // namespace arigate::ops
