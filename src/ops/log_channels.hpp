#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// A log channel of the PBX, as the table of `logger show channels` has it.
struct LogChannel {
  std::string name;  ///< A file with its folder; the table cuts it after 35 bytes. "" the console.
  std::string type;  ///< "File", "Syslog", "Console".
  std::string status;  ///< "Enabled", "Disabled".
  std::string levels;  ///< "NOTICE WARNING ", each with the blank behind it, as native shows it.
};

/// Rows of `logger show channels`, with a column for the formatter (16 and up) or without.
std::vector<LogChannel> log_channels_of(std::string_view table);

/// False for what would be a path outside of the log folder or more than one word of a command.
bool is_log_channel_name(std::string_view name);
/// "notice,warning", "[json]debug,verbose(3)", "*".
bool is_log_level_list(std::string_view levels);

/// True when the row, which may be cut, is the channel of that name.
bool is_log_channel(const LogChannel& row, std::string_view name);

boost::asio::awaitable<Result<std::vector<LogChannel>>> list_log_channels(World& world);
/// Errc::conflict: it exists. Errc::not_supported: the PBX cannot do it (11 and older).
boost::asio::awaitable<Result<void>> add_log_channel(World& world, std::string name,
                                                     std::string levels);
/// Errc::not_found: no such channel, or one of logger.conf. Errc::not_supported as above.
boost::asio::awaitable<Result<void>> remove_log_channel(World& world, std::string name);
/// Errc::not_found. The PBX rotates all of its log files.
boost::asio::awaitable<Result<void>> rotate_log_channel(World& world, std::string name);

}  // namespace arigate::ops
