#include "sim/variables.hpp"

#include <algorithm>

namespace arigate::sim {
namespace {

std::string_view bare(std::string_view name) {
  if (name.starts_with("__")) return name.substr(2);
  if (name.starts_with("_")) return name.substr(1);
  return name;
}

}  // namespace

void Variables::set(std::string_view name, std::string_view value) {
  const auto same = [&](const auto& entry) { return bare(entry.first) == bare(name); };
  const auto found = std::find_if(all_.begin(), all_.end(), same);
  if (found == all_.end()) {
    all_.emplace_back(name, value);
  } else {
    found->first = name;
    found->second = value;
  }
}

std::optional<std::string> Variables::get(std::string_view name) const {
  for (const auto& [key, value] : all_) {
    if (bare(key) == bare(name)) return value;
  }
  return std::nullopt;
}

Variables Variables::inherited() const {
  Variables passed;
  for (const auto& [key, value] : all_) {
    if (key.starts_with("__")) {
      passed.set(key, value);
    } else if (key.starts_with("_")) {
      passed.set(std::string_view{key}.substr(1), value);
    }
  }
  return passed;
}

}  // namespace arigate::sim
