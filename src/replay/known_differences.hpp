#pragma once

#include <vector>

#include "replay/comparison.hpp"

namespace arigate::replay {

/// Gives each difference between one event and native's the fact that explains it; Reason::none
/// where none is known.
void explain(std::vector<Difference>& differences);

}  // namespace arigate::replay
