#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arigate::app {

/// What `arigate replay` was asked for.
struct ReplayCommand {
  std::vector<std::string> files;
  std::optional<double> speed;  ///< Times the recorded pace; 0: as fast as it goes.
  bool print = false;           ///< Our ARI events, one JSON text a line.
  bool diff = false;            ///< Compare with the PBX's own ARI events in the file.
  bool serve = false;           ///< Serve them on a live ARI port, at the recorded pace.
  std::string application = "replay";
  std::string bind = "127.0.0.1";
  std::optional<std::uint16_t> port;  ///< Else that of ARI, or of AMI with pbx.
  bool pbx = false;                   ///< Play the PBX; of this mode are:
  std::string fastagi;                ///< the application's FastAGI server, else as recorded,
  bool wait = false;                  ///< wait for the client at every recorded action,
  bool once = false;                  ///< end when everything is played,
  bool strict = false;                ///< end at the first action that is not in the capture.
  std::string user = "replay";
  std::string password = "replay";
};

/// The exit code: 0, 1 for a damaged file, a link in it that is no AMI, or differences that no known
/// fact explains, 2 for a file that is no capture.
int replay_command(const ReplayCommand& command);

}  // namespace arigate::app
