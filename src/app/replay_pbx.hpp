#pragma once

#include "app/replay.hpp"

namespace arigate::app {

/// Lets a capture play the PBX, for an AMI and FastAGI application to be developed against, arigate
/// itself included. Goes on until SIGTERM, or with ReplayCommand::once until everything is played.
/// The exit code is 1 when something was asked that the capture does not hold.
int replay_as_pbx(const ReplayCommand& command);

}  // namespace arigate::app
