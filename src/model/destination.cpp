#include "model/destination.hpp"

#include <system_error>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::model {

std::string text_of(const Destination& destination) {
  std::string text = destination.application.value;
  for (const auto& argument : destination.arguments) text.append(",").append(argument);
  return text;
}

Destination destination_in(std::string_view text) {
  Destination destination;
  for (const auto part : split(text, ',')) {
    if (destination.application.value.empty()) {
      destination.application.value = part;
    } else {
      destination.arguments.emplace_back(part);
    }
  }
  return destination;
}

std::string text_of(const DialplanPlace& place) {
  return place.context + "," + place.exten + "," + std::to_string(place.priority);
}

std::optional<DialplanPlace> place_in(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 3 || parts[0].empty() || parts[1].empty()) return std::nullopt;
  const long priority = whole_number<long>(parts[2]).value_or(0);
  if (priority < 1) return std::nullopt;
  return DialplanPlace{std::string{parts[0]}, std::string{parts[1]}, priority, "", ""};
}

}  // namespace arigate::model
