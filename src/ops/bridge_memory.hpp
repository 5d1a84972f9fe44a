#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "model/bridge.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// The names and variables of the bridges of applications, kept by the members on the PBX, so that
/// a restart of ours loses none as long as somebody is in the bridge.

/// AGI lines that make the channel of that line a keeper, on its way into the bridge.
std::vector<std::string> keeping_lines(const World& world, const model::Bridge& bridge);
/// It has changed: tells all who are in it.
void keep_on_members(World& world, const model::Bridge& bridge);
/// For each bridge that a list of channels shows and the model does not have, what its members
/// keep; the model takes it with the list.
boost::asio::awaitable<void> recall_bridges(World& world, const std::vector<ami::Message>& rows);

}  // namespace arigate::ops
