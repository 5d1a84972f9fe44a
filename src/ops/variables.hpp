#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Dialplan functions that read or run things on the PBX host. Refused with Errc::forbidden: old
/// PBXs would carry them out for whoever may use ARI.
bool is_dangerous_function(std::string_view variable);

/// Whether ARI may read or write this variable: Errc::bad_request for a name that cannot be sent,
/// Errc::forbidden for a dangerous function, unless the configuration lives dangerously.
Result<void> check_variable(const World& world, std::string_view variable);

/// Channel variable or function: by AGI from an idle channel of ours, else by AMI, which works in
/// any state but shows an empty variable as an unset one. Errc::not_found: no such channel, or
/// unset. Errc::refused_by_pbx: a function that cannot be read.
boost::asio::awaitable<Result<std::string>> get_variable(World& world, ChannelId channel,
                                                         std::string variable);
/// The channel must be in an application, as in native ARI.
boost::asio::awaitable<Result<void>> set_variable(World& world, ChannelId channel,
                                                  std::string variable, std::string value);
/// The same for global variables.
boost::asio::awaitable<Result<std::string>> get_global(World& world, std::string variable);
boost::asio::awaitable<Result<void>> set_global(World& world, std::string variable,
                                                std::string value);

}  // namespace arigate::ops
