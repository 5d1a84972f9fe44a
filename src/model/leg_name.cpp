#include "model/leg_name.hpp"

namespace arigate::model {

std::string_view leg_token_of(std::string_view channel_name, std::string_view context) {
  constexpr std::string_view technology = "Local/";
  if (!channel_name.starts_with(technology)) return {};
  channel_name.remove_prefix(technology.size());
  const auto token = channel_name.substr(0, channel_name.find('@'));
  const bool is_token = token.size() == leg_token_digits && token.starts_with(leg_token_prefix) &&
                        token.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_token || token.size() == channel_name.size()) return {};
  channel_name.remove_prefix(token.size() + 1);
  const bool ours = !context.empty() && channel_name.starts_with(context) &&
                    channel_name.substr(context.size()).starts_with('-');
  return ours ? token : std::string_view{};
}

}  // namespace arigate::model
