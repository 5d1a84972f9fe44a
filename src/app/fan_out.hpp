#pragma once

#include <utility>
#include <vector>

#include "model/change.hpp"

namespace arigate::app {

/// Tells each listener of a change, in this order.
class FanOut : public model::ChangeSink {
 public:
  FanOut() = default;
  explicit FanOut(std::vector<model::ChangeSink*> sinks) : sinks_{std::move(sinks)} {}
  void add(model::ChangeSink& sink) { sinks_.push_back(&sink); }
  void on(const model::Change& change, WallTime when) override {
    for (auto* sink : sinks_) sink->on(change, when);
  }

 private:
  std::vector<model::ChangeSink*> sinks_;
};

}  // namespace arigate::app
