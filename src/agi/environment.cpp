#include "agi/environment.hpp"

#include "core/text.hpp"

namespace arigate::agi {
namespace {

/// What is no escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<Target> target_of(const Environment& environment) {
  const std::string_view script = environment.network_script;
  const auto query = script.find('?');
  Target target;
  target.application = script.substr(0, query);
  if (target.application.empty()) {
    return Error{Errc::not_found, "The AGI URL names no application"};
  }
  if (query != std::string_view::npos) {
    for (const auto part : split(script.substr(query + 1), '&')) {
      target.arguments.push_back(percent_decoded(part));
    }
  }
  target.arguments.insert(target.arguments.end(), environment.arguments.begin(),
                          environment.arguments.end());
  return target;
}

}  // namespace arigate::agi
