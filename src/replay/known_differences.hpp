#pragma once

#include <string_view>

namespace arigate::replay {

struct Difference;

/// The fact that makes ours differ from native ARI in this way; "" when none is known. `pbx`: major
/// version of Asterisk ("16").
std::string_view known_reason(const Difference& difference, std::string_view pbx);

}  // namespace arigate::replay
