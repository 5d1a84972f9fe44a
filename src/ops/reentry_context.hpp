#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// The dialplan lines of the re-entry context as "extension,priority,Application,data": the channel
/// asks for us, and asks again each second, up to 30 times, when we are away; it ends when we said
/// so (ARIGATE_DONE) or the caller hung up. `url`: "agi://host:port".
std::vector<std::string> reentry_lines(const std::string& url);

/// Its extension for hangups: who ends in there has the `h` of the dialplan that he came from.
std::string hangup_line();
/// Is there one in what the PBX shows of a context?
bool shows_hangup_extension(std::string_view shown);

enum class ReentryState {
  present,
  added,
  completed,  ///< It was there without its extension for hangups.
  elsewhere,  ///< It is there and leads to another address: that of another gateway, perhaps.
  missing
};

/// Looks whether the PBX has the context, and adds what it lacks in memory when `may_add`: that
/// lasts until the next dialplan reload. `missing`: it is not there and could not be added (1.8
/// adds lines only to a context that exists, and the AMI user needs the class `command`).
boost::asio::awaitable<Result<ReentryState>> ensure_reentry_context(World& world, std::string url,
                                                                    bool may_add);

}  // namespace arigate::ops
