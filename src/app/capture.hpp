#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "arigate/config.hpp"

namespace arigate::app {

/// What `arigate capture` was asked for. Places are "host:port"; "" for what is not wanted.
struct CaptureCommand {
  std::string config;
  CaptureConfig capture;
  std::string ami_listen, ami_to;
  std::string agi_listen, agi_to;
  std::string ari_listen, ari_to;

  bool relays() const { return !ami_listen.empty() || !agi_listen.empty() || !ari_listen.empty(); }
};

/// Records until SIGTERM or SIGINT: what a gateway of its own does (with a configuration and no
/// relay), or what goes through the relays, between others. Returns the exit code: 0, 1 when a port
/// is taken or the file cannot be written, 2 for a wrong command line or configuration.
int capture_command(const CaptureCommand& command);

}  // namespace arigate::app
