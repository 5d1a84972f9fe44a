#pragma once

#include <string>
#include <string_view>

#include "sim/exchange.hpp"

namespace arigate::sim {

/// What the command line of the PBX prints: lines that end in LF.
struct CommandOutput {
  std::string text;
  bool known = true;  ///< False: no such command.
};

CommandOutput run_command_line(Exchange& exchange, std::string_view command);

/// "res_agi.so"
bool module_known(std::string_view module);
bool module_loaded(Exchange& exchange, std::string_view module);

}  // namespace arigate::sim
