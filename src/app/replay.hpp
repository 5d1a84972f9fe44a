#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace arigate::app {

/// What `arigate replay` was asked for.
struct ReplayCommand {
  std::vector<std::string> files;
  double speed = 0;    ///< Times the recorded pace; 0: as fast as it goes.
  bool print = false;  ///< Our ARI events, one JSON text a line.
  bool diff = false;   ///< Compare with the PBX's own ARI events in the file.
  bool serve = false;  ///< Serve them on a live ARI port, at the recorded pace.
  std::string application = "replay";
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8088;
  std::string user = "replay";
  std::string password = "replay";
};

/// The exit code: 0, 1 for a damaged file or differences that no known fact explains, 2 for a file
/// that is no capture.
int replay_command(const ReplayCommand& command);

}  // namespace arigate::app
