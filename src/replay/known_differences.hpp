#pragma once

#include <string_view>

#include "replay/comparison.hpp"

namespace arigate::replay {

struct KnownDifference {
  Reason reason = Reason::none;
  std::string_view why;
};

/// The fact that makes ours differ from native ARI in this way; Reason::none when none is known.
KnownDifference known_difference(const Difference& difference);

}  // namespace arigate::replay
