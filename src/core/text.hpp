#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arigate {

/// ASCII case-insensitive equality; header names of AMI differ in case between versions.
bool iequals(std::string_view a, std::string_view b);

/// Splits at every `separator`; "" gives no parts, "a,,b" gives "a", "", "b".
std::vector<std::string_view> split(std::string_view text, char separator);

/// Without leading and trailing blanks and tabs.
std::string_view trim(std::string_view text);

/// True when `text` holds CR, LF or NUL: it could end a line of AMI or AGI.
bool has_line_break(std::string_view text);

/// Value of a hexadecimal digit, -1 for anything else.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "${…}" or "$[…]": what a dialplan evaluates.
bool has_expression(std::string_view text);

/// `text` itself when it is valid UTF-8; else a copy in `scratch` with U+FFFD for each bad byte.
std::string_view valid_utf8(std::string_view text, std::string& scratch);

}  // namespace arigate
