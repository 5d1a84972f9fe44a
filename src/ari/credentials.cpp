#include "ari/credentials.hpp"

#include "core/base64.hpp"
#include "core/text.hpp"

namespace arigate::ari {
namespace {

/// Whatever its padding is like.
std::optional<std::string> decoded(std::string_view text) {
  text = text.substr(0, text.find_last_not_of('=') + 1);
  return base64_decoded(std::string{text} + std::string((4 - text.size() % 4) % 4, '='));
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
  const auto text = decoded(trim(authorization.substr(scheme.size())));
  if (!text || has_line_break(*text)) return std::nullopt;
  return split_credentials(*text);
}

}  // namespace arigate::ari
