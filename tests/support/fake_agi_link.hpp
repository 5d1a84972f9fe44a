#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ops/ports.hpp"

namespace arigate::test {

/// A FastAGI connection of which a test is the PBX's side.
class FakeAgiLink : public ops::AgiLink {
 public:
  void send(std::string line) override {
    if (!closed_) sent_.push_back(std::move(line));
  }
  void close() override { closed_ = true; }

  /// The lines sent since the last call.
  std::vector<std::string> take() { return std::exchange(sent_, {}); }
  bool closed() const { return closed_; }

 private:
  std::vector<std::string> sent_;
  bool closed_ = false;
};

}  // namespace arigate::test
