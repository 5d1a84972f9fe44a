#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// POST /channels/{id}/redirect: the dialplan's Transfer, which tells a SIP phone to call somebody
/// else (302, or REFER once answered). Queued. The PBX waits for the phone's answer without a limit
/// (seen on 1.8 and 11: over 5 minutes), so after Timeouts::transfer the channel is taken out of
/// it. Errc::not_found, not_in_application, wrong_state, overloaded; bad_request: no endpoint;
/// unprocessable: not "TECH/…" with the channel's own technology.
Result<void> redirect(World& world, Entrance& entrance, const ChannelId& channel,
                      const std::string& endpoint);

}  // namespace arigate::ops
