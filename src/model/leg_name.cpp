#include "model/leg_name.hpp"

#include <optional>

namespace arigate::model {
namespace {

constexpr std::string_view contexts_begin_with = "arigate";

struct Leg {
  std::string_view token, context;
};

/// "Local/<token>@<context>-<hexadecimal>;1", with as many digits as there are.
std::optional<Leg> leg_in(std::string_view name) {
  constexpr std::string_view technology = "Local/";
  if (!name.starts_with(technology)) return std::nullopt;
  name.remove_prefix(technology.size());
  const auto token = name.substr(0, name.find('@'));
  const bool is_token = token.size() == leg_token_digits && token.starts_with(leg_token_prefix) &&
                        token.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_token || token.size() == name.size()) return std::nullopt;
  name.remove_prefix(token.size() + 1);
  const auto counter = name.rfind('-');
  if (counter == std::string_view::npos) return std::nullopt;
  return Leg{token, name.substr(0, counter)};
}

}  // namespace

std::string_view leg_token_of(std::string_view channel_name, std::string_view context) {
  const auto leg = leg_in(channel_name);
  return leg && !context.empty() && leg->context == context ? leg->token : std::string_view{};
}

bool is_leg_of_another(std::string_view channel_name, std::string_view context) {
  const auto leg = leg_in(channel_name);
  return leg && !context.empty() && leg->context != context &&
         leg->context.starts_with(contexts_begin_with);
}

}  // namespace arigate::model
