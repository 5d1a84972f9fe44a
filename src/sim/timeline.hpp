#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "core/clock.hpp"

namespace arigate::sim {

/// Time inside the PBX: it may run faster than real time, so that a test need not sit through a
/// playback. Durations are PBX time; TimePoints are real and are what timers wait for.
class Timeline {
 public:
  using Duration = std::chrono::microseconds;

  Timeline(double speed, std::function<std::chrono::system_clock::time_point()> wall)
      : speed_{speed > 0 ? speed : 1.0}, wall_{std::move(wall)} {}

  TimePoint now() const { return std::chrono::steady_clock::now(); }
  TimePoint after(Duration pbx_time) const { return later(now(), pbx_time); }
  TimePoint later(TimePoint from, Duration pbx_time) const {
    const std::chrono::duration<double, std::micro> real{static_cast<double>(pbx_time.count()) /
                                                         speed_};
    return from + std::chrono::duration_cast<TimePoint::duration>(real);
  }
  Duration since(TimePoint start) const {
    const std::chrono::duration<double, std::micro> real = now() - start;
    return Duration{static_cast<Duration::rep>(real.count() * speed_)};
  }
  std::chrono::system_clock::time_point wall() const {
    return wall_ ? wall_() : std::chrono::system_clock::now();
  }

 private:
  double speed_;
  std::function<std::chrono::system_clock::time_point()> wall_;
};

}  // namespace arigate::sim
