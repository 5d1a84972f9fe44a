#pragma once

namespace arigate::app {

/// The program: reads the command line, does what it says, returns the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace arigate::app
