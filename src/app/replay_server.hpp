#pragma once

#include "app/replay.hpp"

namespace arigate::app {

/// Serves the capture on a live ARI port: the calls of yesterday come again, at their pace, for
/// clients to be developed against. It begins when the first application connects, and goes on
/// serving its last state until SIGTERM. What a client asks of a channel is answered with 503: the
/// PBX of a recording can be asked nothing.
int serve_replay(const ReplayCommand& command);

}  // namespace arigate::app
