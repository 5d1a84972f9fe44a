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

/// Every key of a section with `type = application`, `websocket_client` (but those of its
/// password) or `outbound_websocket`.
const std::vector<ConfigKey<ApplicationConfig>>& application_keys();
const std::vector<ConfigKey<WebSocketClientConfig>>& websocket_client_keys();
const std::vector<ConfigKey<OutboundWebSocketConfig>>& outbound_websocket_keys();

}  // namespace arigate::app
