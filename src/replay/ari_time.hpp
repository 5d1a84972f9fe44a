#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace arigate::replay {

/// The offset to UTC at the end of "2026-11-23T16:20:37.647+0530"; nullopt when it has none.
std::optional<std::chrono::minutes> utc_offset_of(std::string_view time);

/// The whole as seconds since 1970, whatever its offset.
std::optional<double> seconds_of(std::string_view time);

}  // namespace arigate::replay
