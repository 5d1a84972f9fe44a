#include "core/text.hpp"

#include <simdjson.h>

#include <algorithm>

namespace arigate {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_continuation(unsigned char c) {
  return (c & 0xC0U) == 0x80U;
}

/// Length of the valid UTF-8 sequence at the start of `text`, 0 when it starts with a bad byte.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

bool has_expression(std::string_view text) {
  return text.find("${") != std::string_view::npos || text.find("$[") != std::string_view::npos;
}

std::string_view valid_utf8(std::string_view text, std::string& scratch) {
  if (simdjson::validate_utf8(text.data(), text.size())) return text;
  scratch.clear();
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) {
      scratch += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      scratch += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return scratch;
}

}  // namespace arigate
