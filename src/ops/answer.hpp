#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// POST /channels/{id}/answer. AGI ANSWER waits up to 500 ms for a first media frame, but the state
/// change comes on AMI at once: done when the channel is Up, or when the reply is in, whichever is
/// first. The reply still keeps later commands waiting, as it must.
boost::asio::awaitable<Result<void>> answer(World& world, ChannelId channel);

}  // namespace arigate::ops
