#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Compares the model with a fresh list of all channels. Events go on meanwhile and win over the
/// rows; a list that is cut short changes nothing.
boost::asio::awaitable<Result<void>> resync(World& world);

/// When the PBX was started, as it says it; another text means another start. "": it does not say.
boost::asio::awaitable<std::string> pbx_started(World& world);

}  // namespace arigate::ops
