#pragma once

#include <string>
#include <string_view>

namespace arigate::ari {

/// Re-indents compact JSON by two blanks a level, in the layout of native's `pretty`. `json` must
/// be valid; anything else comes out as some text, never as a crash.
std::string pretty_json(std::string_view json);

}  // namespace arigate::ari
