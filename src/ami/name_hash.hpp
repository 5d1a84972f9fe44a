#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// Case-insensitive lookup in the generated tables of names: one hash, one compare, eight bytes at
// a time. tools/gen/ami_names.py computes the same hash and searches displacements without collisions.
namespace arigate::ami {

namespace detail {

inline constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15U;
inline constexpr std::uint64_t fold = 0x2020202020202020U;  // The bit that tells a from A.

template <class Word>
Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * multiplier;
  return state ^ (state >> 32U);
}

/// True when the words are equal but for the case of letters. `listed` holds no byte of '@', '[',
/// '\\', ']', '^', '_' or above 'z': so bit 0x40 in it means a letter.
template <class Word>
bool same_letters(Word seen, Word listed) {
  const auto letters = static_cast<Word>((listed & static_cast<Word>(fold << 1U)) >> 1U);
  return static_cast<Word>((seen ^ listed) & static_cast<Word>(~letters)) == 0;
}

}  // namespace detail

/// Equal bits for names that differ in case only. Not for "".
inline std::uint64_t name_hash(std::string_view name) {
  using detail::load;
  const char* const data = name.data();
  const std::size_t size = name.size();
  std::uint64_t state = size;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      state = detail::mix(state, load<std::uint64_t>(data + at) | detail::fold);
    }
    return detail::mix(state, load<std::uint64_t>(data + size - 8) | detail::fold);
  }
  std::uint64_t word = 0;
  if (size >= 4) {
    word = load<std::uint32_t>(data) |
           static_cast<std::uint64_t>(load<std::uint32_t>(data + size - 4)) << 32U;
  } else {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(data[at]); };
    word = byte(0) | static_cast<std::uint64_t>(byte(size / 2)) << 8U |
           static_cast<std::uint64_t>(byte(size - 1)) << 16U;
  }
  return detail::mix(state, word | detail::fold);
}

/// `listed` is one of the generated names.
inline bool same_name(std::string_view seen, std::string_view listed) {
  using detail::load;
  const std::size_t size = seen.size();
  if (size != listed.size()) return false;
  const char* const a = seen.data();
  const char* const b = listed.data();
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      if (!detail::same_letters(load<std::uint64_t>(a + at), load<std::uint64_t>(b + at))) {
        return false;
      }
    }
    return detail::same_letters(load<std::uint64_t>(a + size - 8),
                                load<std::uint64_t>(b + size - 8));
  }
  if (size >= 4) {
    return detail::same_letters(load<std::uint32_t>(a), load<std::uint32_t>(b)) &&
           detail::same_letters(load<std::uint32_t>(a + size - 4),
                                load<std::uint32_t>(b + size - 4));
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (!detail::same_letters(static_cast<std::uint8_t>(a[at]), static_cast<std::uint8_t>(b[at]))) {
      return false;
    }
  }
  return true;
}

/// Index of `name` in `names`, 0 when it is not there. Both table sizes are powers of two.
template <std::size_t names_size, std::size_t buckets, std::size_t slots>
std::uint16_t find_name(std::string_view name,
                        const std::array<std::string_view, names_size>& names,
                        const std::array<std::uint16_t, buckets>& displacements,
                        const std::array<std::uint16_t, slots>& table) {
  static_assert((buckets & (buckets - 1)) == 0 && (slots & (slots - 1)) == 0);
  if (name.empty()) return 0;
  const std::uint64_t hash = name_hash(name);
  const std::uint64_t step = (hash >> 42U) | 1U;
  const std::uint64_t displacement = displacements[(hash >> 52U) % buckets];
  const std::size_t slot = ((hash >> 32U) + displacement * step) % slots;
  const std::uint16_t index = table[slot];
  return index != 0 && same_name(name, names[index]) ? index : std::uint16_t{0};
}

}  // namespace arigate::ami
