#include "sim/privilege.hpp"

#include <array>

#include "core/text.hpp"

namespace arigate::sim {
namespace {

constexpr std::array<std::string_view, 19> names{
    "system",       "call", "log",       "verbose", "command",  "agent",     "user",
    "config",       "dtmf", "reporting", "cdr",     "dialplan", "originate", "agi",
    "hookresponse", "cc",   "aoc",       "test",    "message"};

}  // namespace

Privilege parse_privilege(std::string_view text) {
  Privilege found;
  for (const auto part : split(text, ',')) {
    const auto name = trim(part);
    if (iequals(name, "all")) return privilege::all;
    for (std::size_t bit = 0; bit < names.size(); ++bit) {
      if (iequals(name, names[bit])) found = found | Privilege{1U << bit};
    }
  }
  return found;
}

std::string to_string(Privilege privilege) {
  if (privilege.empty()) return "<none>";
  std::string text;
  for (std::size_t bit = 0; bit < names.size(); ++bit) {
    if (!privilege.meets(Privilege{1U << bit})) continue;
    text += names[bit];
    text += ',';
  }
  return text + "all";
}

}  // namespace arigate::sim
