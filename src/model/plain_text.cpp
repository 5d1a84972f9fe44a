#include "model/plain_text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace arigate::model {
namespace {

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.';
}

}  // namespace

std::string to_plain(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (is_plain(c)) {
      plain += c;
    } else {
      plain += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return plain;
}

std::string from_plain(std::string_view plain) {
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    unsigned value = 0;
    const char* const digits = plain.data() + i + 1;
    if (plain[i] == '_' && i + 2 < plain.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      text += static_cast<char>(value);
      i += 2;
    } else {
      text += plain[i];
    }
  }
  return text;
}

}  // namespace arigate::model
