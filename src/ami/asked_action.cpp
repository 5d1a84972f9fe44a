#include "ami/asked_action.hpp"

#include <array>
#include <utility>

#include "core/text.hpp"

namespace arigate::ami {

AskedAction::Kind AskedAction::kind() const {
  constexpr std::array<std::pair<std::string_view, Kind>, 6> names{{
      {"CoreShowChannels", Kind::list_channels},
      {"BridgeList", Kind::list_bridges},
      {"Status", Kind::status},
      {"CoreStatus", Kind::core_status},
      {"Originate", Kind::originate},
      {"Redirect", Kind::redirect},
  }};
  const auto name = (*this)["Action"];
  for (const auto& [known, kind] : names) {
    if (iequals(name, known)) return kind;
  }
  return Kind::other;
}

std::string_view AskedAction::id() const {
  return (*this)["ActionID"];
}
std::string_view AskedAction::channel_id() const {
  return (*this)["ChannelId"];
}
std::string_view AskedAction::other_channel_id() const {
  return (*this)["OtherChannelId"];
}

std::string_view AskedAction::operator[](std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) return value;
  }
  return {};
}

std::optional<std::string> AskedAction::variable(std::string_view name) const {
  for (const auto& [key, text] : headers) {
    if (!iequals(key, "Variable") || !text.starts_with(name)) continue;
    const auto escaped = std::string_view{text}.substr(name.size());
    if (!escaped.starts_with('=')) continue;
    std::string value;
    for (std::size_t at = 1; at < escaped.size(); ++at) {
      if (escaped[at] == '\\' && at + 1 < escaped.size()) ++at;
      value += escaped[at];
    }
    return value;
  }
  return std::nullopt;
}

std::optional<AskedAction> ActionReader::next() {
  for (;;) {
    const auto end = buffer_.find('\n');
    if (end == std::string::npos) {
      if (buffer_.size() > action_bytes_max) buffer_.clear();
      return std::nullopt;
    }
    std::string_view line = std::string_view{buffer_}.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool last = line.empty();
    bytes_ += line.size();
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && bytes_ <= action_bytes_max) {
      action_.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    buffer_.erase(0, end + 1);
    if (!last) continue;
    const bool whole = bytes_ <= action_bytes_max && !action_.headers.empty();
    bytes_ = 0;
    auto action = std::exchange(action_, {});
    if (whole) return action;
  }
}

}  // namespace arigate::ami
