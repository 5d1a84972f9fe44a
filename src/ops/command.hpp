#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <string>

#include "agi/decoder.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Runs AGI commands on a channel as native ARI runs its commands: at once on an idle channel, and
/// then the outcome is that of the PBX; behind what runs on a busy one, and then the command counts
/// as accepted, because it may wait as long as a playback lasts.
/// Errc::not_found, not_in_application, overloaded, not_supported (application missing on the PBX).
boost::asio::awaitable<Result<void>> run_commands(World& world, ChannelId channel,
                                                  std::deque<std::string> lines);

/// One command whose reply matters; waits for its turn and its reply.
boost::asio::awaitable<Result<agi::Reply>> run_command(World& world, Control& control,
                                                       std::string line, TimePoint deadline);

/// What a reply means for an operation: 200 with a result other than -2 is success.
Result<void> outcome_of(const agi::Reply& reply);

}  // namespace arigate::ops
