#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arigate/config.hpp"
#include "core/result.hpp"

namespace spdlog {
class formatter;
}

namespace arigate::app {

/// Sends the log to where the configuration says: standard error or a file, from its level on.
/// A thread of its own writes, so that a slow disk or a stuck pipe holds no call up; what is said
/// again within seconds is counted instead of repeated, except at the level debug.
/// Calling it again opens the file again, so that a rotated log is let go.
/// Errc::unavailable: the file cannot be opened; the log stays as it was.
Result<void> set_up_logging(const GeneralConfig& general);

/// "2026-01-31T12:00:00.123+01:00 warning text", one line each: control characters of the text,
/// which may come from a caller, are written as \xNN, so that nobody can forge a line.
std::unique_ptr<spdlog::formatter> log_formatter();

/// `text` with control characters as \xNN.
std::string one_line(std::string_view text);

}  // namespace arigate::app
