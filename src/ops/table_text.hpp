#pragma once

#include <cstddef>
#include <string_view>

#include "core/text.hpp"

// Reading the tables that the PBX's command line prints: columns of fixed width, which a long first
// column pushes to the right.
namespace arigate::ops {

/// Cuts the first `width` bytes and the blank behind them off `row`; without the blanks that fill
/// it.
inline std::string_view take_column(std::string_view& row, std::size_t width) {
  const auto cell = row.substr(0, width);
  row.remove_prefix(std::min(row.size(), width + 1));
  return trim(cell);
}

/// Cuts the first word off `row`.
inline std::string_view take_word(std::string_view& row) {
  row.remove_prefix(std::min(row.size(), row.find_first_not_of(' ')));
  const auto word = row.substr(0, row.find(' '));
  row.remove_prefix(word.size());
  return word;
}

}  // namespace arigate::ops
