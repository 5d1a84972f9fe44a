#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
/// The same for one that is to be set: arigate's own are forbidden, too.
Result<void> check_writable(const World& world, std::string_view variable);
/// The same with what it is to be set to: Errc::bad_request for a value with line ends.
Result<void> check_setting(const World& world, std::string_view variable, std::string_view value);

/// Channel variable or function: by AGI from an idle channel of ours, else by AMI, which works in
/// any state. Errc::not_found: no such channel, or the variable is unset or empty.
/// Errc::refused_by_pbx: a function that cannot be read.
boost::asio::awaitable<Result<std::string>> get_variable(World& world, ChannelId channel,
                                                         std::string variable);
/// The channel must be in an application, as in native ARI. AMI sets it whatever the channel is
/// doing, so it overtakes the queue. `report` shows it with every event about the channel from now
/// on.
boost::asio::awaitable<Result<void>> set_variable(World& world, ChannelId channel,
                                                  std::string variable, std::string value,
                                                  bool report = false);
using NamedValue = std::pair<std::string, std::string>;
/// Several in their order; the first that cannot be read is the error.
boost::asio::awaitable<Result<std::vector<NamedValue>>> get_variables(
    World& world, ChannelId channel, std::vector<std::string> names);
/// The same for global variables.
boost::asio::awaitable<Result<std::string>> get_global(World& world, std::string variable);
boost::asio::awaitable<Result<void>> set_global(World& world, std::string variable,
                                                std::string value);

}  // namespace arigate::ops
