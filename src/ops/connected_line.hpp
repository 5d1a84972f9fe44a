#pragma once

#include <string>

#include "ami/action.hpp"
#include "model/channel.hpp"

namespace arigate::ops {

/// Makes the PBX show `party` to the channel as whom it is connected to: the phone is told, where
/// its driver does that. The function CONNECTEDLINE is in every version from 1.8 on.
ami::Action connected_line_action(const std::string& channel_name, const model::Party& party);

}  // namespace arigate::ops
