#pragma once

#include "trace/capture_line.hpp"

namespace arigate::trace {

/// Who is told of everything that goes over the links.
class Tap {
 public:
  virtual ~Tap() = default;
  /// Gives the line its time and keeps it. Never waits and never fails: what cannot be kept is
  /// counted and told in the capture.
  virtual void record(Line line) = 0;
};

}  // namespace arigate::trace
