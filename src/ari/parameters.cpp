#include "ari/parameters.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/text.hpp"

namespace arigate::ari {

ChannelId channel_of(const Request& request) {
  return ChannelId{std::string{request.path("channelId")}};
}

std::string text(const Request& request, std::string_view name) {
  return std::string{request.param(name).value_or("")};
}

long number(const Request& request, std::string_view name, long otherwise) {
  const auto given = request.param(name);
  if (!given || given->empty()) return otherwise;
  constexpr long limit = 1'000'000'000;
  return std::clamp(std::strtol(std::string{*given}.c_str(), nullptr, 10), -limit, limit);
}

std::vector<std::string> arguments(std::string_view text) {
  std::vector<std::string> parts;
  for (const auto part : split(text, ',')) parts.emplace_back(part);
  return parts;
}

}  // namespace arigate::ari
