#pragma once

#include <cstddef>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace arigate::ami {

/// How far find_byte() may read past the end: there must be this much room.
inline constexpr std::size_t find_byte_slack = 16;

/// First `wanted` in [at, end), or `end`. Names and values are short, so calling memchr costs more
/// than it finds; this one is inline and most often done after its first step.
inline const char* find_byte(const char* at, const char* end, char wanted) {
#if defined(__SSE2__)
  const __m128i pattern = _mm_set1_epi8(wanted);
  for (; at < end; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, pattern)));
    if (hits != 0) {
      const char* const found = at + __builtin_ctz(hits);
      return found < end ? found : end;
    }
  }
  return end;
#else
  if (at == end) return end;
  const void* const found = std::memchr(at, wanted, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
#endif
}

}  // namespace arigate::ami
