#pragma once

#include <boost/asio/awaitable.hpp>

#include "ops/world.hpp"

namespace arigate::ops {

/// Asks the PBX for its endpoints, one list for each technology, and hands them to the model. A
/// technology that the PBX does not have, has none; one whose list did not come stays as it is.
boost::asio::awaitable<void> read_endpoints(World& world);

}  // namespace arigate::ops
