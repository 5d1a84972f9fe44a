#include "sim/ami_request.hpp"

#include "core/text.hpp"

namespace arigate::sim {

std::string_view Request::operator[](std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) return value;
  }
  return {};
}

bool Request::has(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) return true;
  }
  return false;
}

std::vector<std::string_view> Request::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) values.push_back(value);
  }
  return values;
}

std::optional<Request> RequestReader::next() {
  for (;;) {
    const auto end = buffer_.find('\n');
    if (end == std::string::npos) {
      if (buffer_.size() > line_bytes_max) {
        too_long_ = true;
        buffer_.clear();  // The rest of this line is thrown away as it comes.
      }
      return std::nullopt;
    }
    std::string_view text{buffer_.data(), end};
    if (text.ends_with('\r')) text.remove_suffix(1);
    const bool whole = text.empty() && !too_long_;
    if (!whole) line(text);
    buffer_.erase(0, end + 1);
    if (!whole) continue;
    auto request = std::move(current_);
    current_ = {};
    return request;
  }
}

void RequestReader::line(std::string_view text) {
  if (too_long_ || text.size() > line_bytes_max) {
    too_long_ = false;
    current_.broken = "Failed to parse message: line too long";
    return;
  }
  if (current_.headers.size() >= headers_max) {
    current_.broken = "Too many lines in message or allocation failure";
    return;
  }
  const auto colon = text.find(':');
  auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);  // Trailing blanks stay (measured).
  current_.headers.emplace_back(text.substr(0, colon), value);
}

}  // namespace arigate::sim
