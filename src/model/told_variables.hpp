#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace arigate::model {

/// What was set for an originate and told already: the PBX tells it once more, in any order, with
/// or without the "_" that says who inherits it.
class ToldVariables {
 public:
  /// An Originate carries 128 lines (ami::action_headers_max), each of at most 64 variables and
  /// 1 KiB: more comes from no application.
  static constexpr std::size_t count_max = std::size_t{128} * 64;
  static constexpr std::size_t bytes_max = std::size_t{128} * 1024;
  /// With each number of "_" once; what comes beyond is told twice.
  static constexpr std::size_t same_name_max = 3;

  /// Not when there is no room.
  void add(std::string_view name, std::string_view value);
  /// Forgets what was added by that name, whoever inherits it.
  void forget(std::string_view name);
  /// True when it was added; then it is forgotten.
  bool take(std::string_view name, std::string_view value);
  std::size_t size() const { return count_; }

 private:
  struct Told {
    std::string name;
    std::string value;
    std::size_t bytes() const { return name.size() + value.size(); }
  };
  template <class Matches>
  std::size_t erase(std::string_view name, Matches matches);

  std::unordered_map<std::string, std::vector<Told>> by_plain_name_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace arigate::model
