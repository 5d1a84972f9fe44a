#pragma once

#include <string_view>

#include "model/channel.hpp"

namespace arigate::model {

/// Of `"Name" <number>`, as the PBX writes a caller id: each part may be missing, and what is in no
/// brackets is a number if it looks like one. `<unknown>` is nobody.
Party party_in(std::string_view text);

}  // namespace arigate::model
