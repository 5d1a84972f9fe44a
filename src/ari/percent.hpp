#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arigate::ari {

/// Undoes percent-encoding and '+' for a blank, in paths too, as native does. nullopt for a bad
/// escape and for %00: native passes both on, the second one cut short, and no client needs that.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace arigate::ari
