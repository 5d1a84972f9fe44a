#pragma once

#include "core/clock.hpp"

namespace arigate::io {

/// The clock of the host.
class SystemClock : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace arigate::io
