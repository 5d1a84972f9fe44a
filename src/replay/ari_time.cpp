#include "replay/ari_time.hpp"

#include <cstdlib>
#include <ctime>
#include <string>

namespace arigate::replay {

std::optional<std::chrono::minutes> utc_offset_of(std::string_view time) {
  const auto sign = time.find_last_of("+-Z");
  if (sign == std::string_view::npos || sign < std::string_view{"2026-11-23T"}.size()) {
    return std::nullopt;
  }
  int digits[4]{};
  std::size_t count = 0;
  for (const char c : time.substr(sign + 1)) {
    if (c == ':' && count == 2) continue;
    if (c < '0' || c > '9' || count == 4) return std::nullopt;
    digits[count++] = c - '0';
  }
  if (time[sign] == 'Z') return count == 0 ? std::optional{std::chrono::minutes{0}} : std::nullopt;
  if (count != 4) return std::nullopt;
  const int minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
  return std::chrono::minutes{time[sign] == '-' ? -minutes : minutes};
}

std::optional<double> seconds_of(std::string_view time) {
  const std::string text{time};
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  const double fraction = *rest == '.' ? std::strtod(rest, nullptr) : 0;
  const auto offset = utc_offset_of(time).value_or(std::chrono::minutes{0});
  return static_cast<double>(timegm(&parts)) + fraction -
         static_cast<double>(std::chrono::seconds{offset}.count());
}

}  // namespace arigate::replay
