#include "ari/percent.hpp"

#include "core/text.hpp"

namespace arigate::ari {

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out{text};
  auto at = out.find_first_of(std::string_view{"%+\0", 3});
  if (at == std::string::npos) return out;
  auto end = at;
  for (; at < out.size(); ++at) {
    char c = out[at];
    if (c == '+') {
      c = ' ';
    } else if (c == '%') {
      if (out.size() - at < 3) return std::nullopt;
      const int high = hex_value(out[at + 1]);
      const int low = hex_value(out[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (c == '\0') return std::nullopt;
    out[end++] = c;
  }
  out.resize(end);
  return out;
}

}  // namespace arigate::ari
