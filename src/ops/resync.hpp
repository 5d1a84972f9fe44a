#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Compares the model with a fresh list of all channels. Events go on meanwhile and win over the
/// rows; a list that is cut short changes nothing.
boost::asio::awaitable<Result<void>> resync(World& world);

}  // namespace arigate::ops
