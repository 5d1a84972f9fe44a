#pragma once

#include <cstdint>
#include <string>

namespace arigate::app {

struct DemoOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8088;
  unsigned call_every_s = 0;  ///< 0: only when somebody types "call".
  bool verbose = false;
};

/// `arigate demo`: a simulated PBX and a gateway in one process; returns the exit code.
int demo_command(const DemoOptions& options);

}  // namespace arigate::app
