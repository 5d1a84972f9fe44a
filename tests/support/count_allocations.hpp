#pragma once

// Counts what the program allocates. It replaces the global operators new and delete, so exactly
// one source file of a program includes it.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace arigate::test {

inline std::atomic<std::size_t> allocations = 0;

// Not inlined, because g++ then takes malloc with delete for a mistake.
[[gnu::noinline]] inline void* counted_malloc(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] inline void counted_free(void* memory) noexcept {
  std::free(memory);
}

}  // namespace arigate::test

void* operator new(std::size_t size) {
  if (void* const memory = arigate::test::counted_malloc(size)) return memory;
  throw std::bad_alloc{};
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return arigate::test::counted_malloc(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return arigate::test::counted_malloc(size);
}
void operator delete(void* memory) noexcept {
  arigate::test::counted_free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  arigate::test::counted_free(memory);
}
void operator delete[](void* memory) noexcept {
  arigate::test::counted_free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  arigate::test::counted_free(memory);
}
