#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/privilege.hpp"

namespace arigate::sim {

/// The "Key: value" lines of one AMI message, in wire order. Values go out as they are: an old PBX
/// escapes nothing, so a line end in a value is seen on the wire (as a bare LF).
class Fields {
 public:
  Fields& add(std::string_view key, std::string_view value) & {
    lines_.emplace_back(key, value);
    return *this;
  }
  Fields&& add(std::string_view key, std::string_view value) && {
    return std::move(this->add(key, value));
  }
  Fields& add(std::string_view key, long value) & { return add(key, std::to_string(value)); }
  Fields&& add(std::string_view key, long value) && { return std::move(this->add(key, value)); }
  Fields& append(const Fields& more) & {
    lines_.insert(lines_.end(), more.lines_.begin(), more.lines_.end());
    return *this;
  }
  Fields&& append(const Fields& more) && { return std::move(this->append(more)); }

  const std::vector<std::pair<std::string, std::string>>& lines() const { return lines_; }

  /// The lines, without the empty one that ends a message.
  std::string text() const {
    std::string out;
    for (const auto& [key, value] : lines_) {
      out += key;
      out += ": ";
      out += value;
      out += "\r\n";
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

/// An event that everybody may get who reads `privilege`.
struct Event {
  std::string name;
  Privilege privilege;
  Fields fields;
};
using Events = std::vector<Event>;

inline Events one(std::string_view name, Privilege privilege, Fields fields) {
  Events events;
  events.push_back(Event{std::string{name}, privilege, std::move(fields)});
  return events;
}

}  // namespace arigate::sim
