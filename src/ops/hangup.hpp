#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// DELETE /channels/{id}: AMI Hangup with a cause, in any state of the channel. The PBX sends no
/// event of its own for it and keeps the channel until its AGI ends, so a channel of ours is let go
/// as soon as the PBX has said yes. Errc::not_found; errors of the AMI link.
boost::asio::awaitable<Result<void>> hangup(World& world, Entrance& entrance, ChannelId channel,
                                            int cause);

}  // namespace arigate::ops
