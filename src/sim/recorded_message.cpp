#include "sim/recorded_message.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace arigate::sim {
namespace {

constexpr std::string_view banner_start = "Asterisk Call Manager/";
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view message_end = "\r\n\r\n";
/// Old versions end the output of a command so; it may hold empty lines itself.
constexpr std::string_view command_end = "--END COMMAND--\r\n\r\n";
constexpr std::string_view command_start = "Response: Follows\r\n";

/// Calls `each(name, value, begin, end)` for the header lines until it says true.
template <class Each>
void each_header(std::string_view message, Each each) {
  for (std::size_t at = 0; at < message.size();) {
    const auto end = std::min(message.find(line_end, at), message.size());
    if (end == at) return;
    const auto line = message.substr(at, end - at);
    const auto colon = line.find(':');
    const auto next = std::min(end + line_end.size(), message.size());
    if (colon != std::string_view::npos &&
        each(line.substr(0, colon), trim(line.substr(colon + 1)), at, next)) {
      return;
    }
    at = next;
  }
}

}  // namespace

std::optional<std::string> MessageCutter::banner() {
  const auto size = std::min(buffer_.size(), banner_start.size());
  if (buffer_.substr(0, size) != banner_start.substr(0, size)) return "";
  const auto end = buffer_.find(line_end);
  if (end == std::string::npos) return std::nullopt;
  auto line = buffer_.substr(0, end + line_end.size());
  buffer_.erase(0, line.size());
  return line;
}

std::optional<std::string> MessageCutter::next() {
  while (buffer_.starts_with(line_end)) buffer_.erase(0, line_end.size());
  const auto mark = buffer_.starts_with(command_start) ? command_end : message_end;
  const auto end = buffer_.find(mark);
  if (end == std::string::npos) return std::nullopt;
  auto message = buffer_.substr(0, end + mark.size());
  buffer_.erase(0, message.size());
  return message;
}

std::string_view header_of(std::string_view message, std::string_view name) {
  std::string_view found;
  each_header(message, [&](auto key, auto value, std::size_t, std::size_t) {
    const bool match = iequals(key, name);
    if (match) found = value;
    return match;
  });
  return found;
}

bool is_event(std::string_view message) {
  return !header_of(message, "Event").empty();
}

std::string with_action_id(std::string_view message, std::string_view id) {
  std::size_t begin = std::min(message.find(line_end), message.size());
  begin = std::min(begin + line_end.size(), message.size());
  std::size_t end = begin;
  each_header(message, [&](auto key, auto, std::size_t line_begin, std::size_t next) {
    const bool match = iequals(key, "ActionID");
    if (match) {
      begin = line_begin;
      end = next;
    }
    return match;
  });
  std::string out{message.substr(0, begin)};
  if (!id.empty()) out.append("ActionID: ").append(id).append(line_end);
  return out.append(message.substr(end));
}

}  // namespace arigate::sim
