#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace arigate::io {

/// Names of the connections of one kind in a capture: "ami", "ami:2", … A name is free again when
/// its connection is over, so that one that was lost and made anew goes on under its name.
class LinkNames {
 public:
  explicit LinkNames(std::string_view kind) : kind_{kind} {}

  std::string take() {
    std::uint64_t number = 1;
    while (taken_.contains(number)) ++number;
    taken_.insert(number);
    return number == 1 ? kind_ : kind_ + ":" + std::to_string(number);
  }
  void free(std::string_view name) {
    const bool first = name.size() == kind_.size();
    taken_.erase(first ? 1 : std::stoull(std::string{name.substr(kind_.size() + 1)}));
  }

 private:
  std::string kind_;
  std::set<std::uint64_t> taken_;
};

}  // namespace arigate::io
