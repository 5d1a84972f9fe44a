#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arigate/config.hpp"

namespace arigate::app {

/// Puts a value into its place; a text says what is wrong with it instead.
template <class Target>
using SetValue = std::function<std::optional<std::string>(Target&, const std::string&)>;

template <class Target>
struct ConfigKey {
  std::string_view section;  ///< "" in the keys of a user.
  std::string_view name;
  SetValue<Target> set;
};

/// Every key of the fixed sections, but those of a secret (they need files and the environment).
const std::vector<ConfigKey<Config>>& config_keys();

/// Every key of a user's section, but those of the password.
const std::vector<ConfigKey<UserConfig>>& user_keys();

}  // namespace arigate::app
