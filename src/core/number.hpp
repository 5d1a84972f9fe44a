#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace arigate {

/// The number that the text begins with; what follows it does not matter. nullopt: it begins with
/// none (a blank and "+" are none), or with one that `Number` cannot hold.
template <class Number>
std::optional<Number> leading_number(std::string_view text) {
  Number number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

/// The number that the text is, from its first to its last character.
template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace arigate
