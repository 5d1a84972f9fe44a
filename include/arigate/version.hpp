#pragma once

#include <string_view>

namespace arigate {

/// The same as VERSION of project() in CMakeLists.txt; a test compares them.
inline constexpr std::string_view version = "0.1.0";

}  // namespace arigate
