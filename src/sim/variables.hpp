#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arigate::sim {

/// Variables of one channel (or the global ones). A name is found without its inheritance mark:
/// "__DEEP" and "DEEP" are the same variable.
class Variables {
 public:
  void set(std::string_view name, std::string_view value);
  std::optional<std::string> get(std::string_view name) const;

  /// What a channel that this one calls starts with: "_x" becomes "x", "__x" stays.
  Variables inherited() const;

  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace arigate::sim
