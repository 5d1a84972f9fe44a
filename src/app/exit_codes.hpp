#pragma once

namespace arigate::app {

/// What the process tells whoever started it. README.md has the same table.
enum ExitCode : int {
  exit_ok = 0,
  exit_failed = 1,         ///< A port is taken, a file cannot be written, …
  exit_usage = 2,          ///< The command line or the configuration is wrong.
  exit_unreachable = 3,    ///< check: the PBX does not answer.
  exit_login_refused = 4,  ///< check: it answers, and refuses user or secret.
  exit_incomplete = 5,     ///< check: logged in, but calls would fail.
};

}  // namespace arigate::app
