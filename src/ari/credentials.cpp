#include "ari/credentials.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/text.hpp"

namespace arigate::ari {
namespace {

constexpr std::array<int, 256> base64_values = [] {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<int>(i);
  }
  return values;
}();

std::optional<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  out.reserve(text.size());
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  return out;
}

}  // namespace

std::optional<Credentials> split_credentials(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  return Credentials{std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1)}};
}

std::optional<Credentials> basic_credentials(std::string_view authorization) {
  constexpr std::string_view scheme = "Basic ";
  if (!iequals(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  const auto text = decode_base64(trim(authorization.substr(scheme.size())));
  if (!text || has_line_break(*text)) return std::nullopt;
  return split_credentials(*text);
}

}  // namespace arigate::ari
