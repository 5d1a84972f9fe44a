#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "generated/ami_names.hpp"

namespace arigate::ami {

/// How far Layout::Name::is_at() may read: there must be this much room behind the place.
inline constexpr std::size_t layout_slack = 32;

/// The headers that the last event of some name had, in their order. Events of one name have the
/// same ones nearly always, so what is where it was needs no search for its colon and its key.
class Layout {
 public:
  /// More headers than this are looked up, each.
  static constexpr std::size_t size_max = 40;

  /// The name of a header with its colon. Empty for names that protocol/ami does not list, and for
  /// those that are too long.
  struct Name {
    alignas(16) std::array<char, layout_slack> text{};
    unsigned bits = 0;  // as many ones as there are characters
    unsigned char size = 0;
    Key key = Key::unknown;

    /// True when the line at `line` begins so, in the same case of letters. Not when the line ends
    /// before, if zeros follow.
    bool is_at(const char* line) const {
#if defined(__SSE2__)
      return size > 0 && (equal_bytes(line, 0) | equal_bytes(line, 16) << 16U | ~bits) == ~0U;
#else
      return size > 0 && std::memcmp(line, text.data(), size) == 0;
#endif
    }

   private:
#if defined(__SSE2__)
    unsigned equal_bytes(const char* line, std::size_t at) const {
      const auto load = [](const char* from) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      };
      return static_cast<unsigned>(
          _mm_movemask_epi8(_mm_cmpeq_epi8(load(line + at), load(text.data() + at))));
    }
#endif
  };

  /// What the header at `place` was; an empty name behind size_max.
  const Name& at(std::size_t place) const {
    return names_[place < size_max ? place : size_max];
  }

  /// The header at `place` has the name `seen` this time.
  void learn(std::size_t place, std::string_view seen, Key key) {
    if (place >= size_max) return;
    auto& name = names_[place];
    name = {};
    if (key == Key::unknown || seen.size() >= layout_slack) return;
    std::memcpy(name.text.data(), seen.data(), seen.size());
    name.text[seen.size()] = ':';
    name.size = static_cast<unsigned char>(seen.size() + 1);
    name.bits = ~0U >> (layout_slack - name.size);
    name.key = key;
  }

 private:
  std::array<Name, size_max + 1> names_{};
};

}  // namespace arigate::ami
