#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/ids.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Asks for the SIP Call-ID of a PJSIP channel, which is in no AMI event; native shows it with
/// every event of the channel. Others have none, or tell it by a VarSet.
boost::asio::awaitable<void> learn_call_id(World& world, ChannelId channel);

}  // namespace arigate::ops
