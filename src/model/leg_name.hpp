#pragma once

#include <cstddef>
#include <string_view>

namespace arigate::model {

/// Extensions of our own context that name a leg of ours: two zeros and twelve digits. Those of
/// originated channels have no zeros before.
constexpr std::size_t leg_token_digits = 14;
constexpr std::string_view leg_token_prefix = "00";

/// The token in the name of a leg of ours, "Local/00123456789012@arigate-0000001f;2"; "" for every
/// other channel. Old PBXs write the counter at the end with fewer digits.
std::string_view leg_token_of(std::string_view channel_name, std::string_view context);

/// A leg of another gateway on the same PBX. Each has a context of its own, and all of their names
/// begin alike.
bool is_leg_of_another(std::string_view channel_name, std::string_view context);

}  // namespace arigate::model
