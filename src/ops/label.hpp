#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// The priority that a label stands for: a number is one; others the dialplan must have there, for
/// native looks before it dials or continues. Errc::not_found: it has not; bad_request: 0, less, or
/// more than an int holds; errors of the AMI link.
boost::asio::awaitable<Result<std::string>> priority_of_label(World& world, std::string context,
                                                              std::string exten, std::string label);

}  // namespace arigate::ops
