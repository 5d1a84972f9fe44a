#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/number.hpp"
#include "core/text.hpp"

// From the text of a configuration file to a value.
namespace arigate::app {

using std::chrono::milliseconds;

/// The words that Asterisk takes for yes and no.
inline std::optional<bool> to_bool(std::string_view text) {
  const auto is_one_of = [text](const auto& words) {
    return std::any_of(words.begin(), words.end(), [&](auto word) { return iequals(word, text); });
  };
  if (is_one_of(std::array{"yes", "true", "y", "t", "1", "on"})) return true;
  if (is_one_of(std::array{"no", "false", "n", "f", "0", "off"})) return false;
  return std::nullopt;
}

/// "5", "0.1", "5 s", "100 ms", "2 min", "1 h"; a bare number counts `bare_unit`s.
inline std::optional<milliseconds> to_duration(std::string_view text, milliseconds bare_unit) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units{
      {{"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}}};
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = whole_number<double>(text.substr(0, digits));
  const auto unit = trim(text.substr(digits));
  std::int64_t scale = unit.empty() ? bare_unit.count() : 0;
  for (const auto& [name, unit_scale] : units) {
    if (unit == name) scale = unit_scale;
  }
  if (!number || scale == 0 || *number > 1e9) return std::nullopt;
  return milliseconds{std::llround(*number * static_cast<double>(scale))};
}

/// "4096", "64 KiB", "4 MiB".
inline std::optional<std::size_t> to_bytes(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = whole_number<std::uint32_t>(text.substr(0, digits));
  const auto unit = trim(text.substr(digits));
  if (!number) return std::nullopt;
  if (unit.empty()) return *number;
  if (unit == "KiB") return std::size_t{*number} * 1024;
  if (unit == "MiB") return std::size_t{*number} * 1024 * 1024;
  return std::nullopt;
}

inline std::vector<std::string> to_list(std::string_view text) {
  std::vector<std::string> list;
  for (const auto part : split(text, ',')) {
    if (const auto item = trim(part); !item.empty()) list.emplace_back(item);
  }
  return list;
}

}  // namespace arigate::app
