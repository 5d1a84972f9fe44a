#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"

namespace arigate::test {

/// What a fuzz target promises beyond not crashing.
#define FUZZ_EXPECT(condition) ARIGATE_ASSERT(condition)

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Chunk sizes from 1 up that depend on the input alone, so that a finding repeats itself.
class Cuts {
 public:
  explicit Cuts(std::string_view text) : state_{static_cast<std::uint32_t>(text.size())} {
    for (const char c : text.substr(0, 64)) state_ = state_ * 31U + static_cast<unsigned char>(c);
  }
  std::size_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return 1 + (state_ >> 16U) % 97U;
  }

 private:
  std::uint32_t state_;
};

}  // namespace arigate::test
