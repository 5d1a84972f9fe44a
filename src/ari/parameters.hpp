#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ari/request.hpp"
#include "core/ids.hpp"

namespace arigate::ari {

// The parameters of the handlers, read as leniently as native reads them.

/// The longest id that native takes.
constexpr std::size_t id_bytes_max = 149;

/// {channelId} of the path.
ChannelId channel_of(const Request& request);

/// "" when it was not given.
std::string text(const Request& request, std::string_view name);

/// "abc" counts as 0; bounded, because seconds and milliseconds are multiplied further on.
long number(const Request& request, std::string_view name, long otherwise);

/// "a,b" as arguments of an application.
std::vector<std::string> arguments(std::string_view text);

}  // namespace arigate::ari
