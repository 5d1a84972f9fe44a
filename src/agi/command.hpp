#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace arigate::agi {

/// Longest command line, without LF, that every version takes as one (1.8, 11, 16: 2047).
inline constexpr std::size_t command_bytes_max = 2000;

/// Joins a verb ("STREAM FILE", "EXEC Playback": sent as it is, one of ours) and its arguments,
/// each put in double quotes with \ and " escaped; "" for an empty one. No LF at the end.
/// Errc::bad_request: CR, LF or NUL in an argument, a line over command_bytes_max, or an argument
/// of an application that holds an expression: with AGIEXECFULL set, late 16 and later evaluate
/// those.
Result<std::string> command(std::string_view verb,
                            std::initializer_list<std::string_view> arguments = {});

/// The same for arguments that have been checked before; "NOOP" where they could not be said.
std::string checked_command(std::string_view verb,
                            std::initializer_list<std::string_view> arguments);

}  // namespace arigate::agi
