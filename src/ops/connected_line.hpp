#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "model/channel.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// `"Name" <number>`, the value of CONNECTEDLINE(all): the PBX tells of one change and not of two.
std::string connected_line_value(const model::Party& party);

/// Makes the PBX show `party` to the channel as whom it is connected to: the phone is told, where
/// its driver does that. The function CONNECTEDLINE is in every version from 1.8 on; before
/// Asterisk 12 AMI does not tell what it has done.
boost::asio::awaitable<void> tell_connected_line(World& world, ChannelId channel,
                                                 model::Party party);

}  // namespace arigate::ops
