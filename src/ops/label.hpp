#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Whether the dialplan has this label there: native looks before it dials or continues.
/// Errc::not_found: it has not; errors of the AMI link.
boost::asio::awaitable<Result<void>> check_label(World& world, std::string context,
                                                 std::string exten, std::string label);

}  // namespace arigate::ops
