#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// ANSWER waits up to 500 ms for the caller's first media frame, and what is played next waits with
/// it. The option i of the dialplan's Answer (late 16 to 22) does not; releases without it ignore
/// it.
std::string answer_line(const ami::Dialect& dialect);

/// POST /channels/{id}/answer. AGI ANSWER waits up to 500 ms for a first media frame, but the state
/// change comes on AMI at once: done when the channel is Up, or when the reply is in, whichever is
/// first. The reply still keeps later commands waiting, as it must.
boost::asio::awaitable<Result<void>> answer(World& world, ChannelId channel);

}  // namespace arigate::ops
