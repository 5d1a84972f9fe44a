#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arigate::ari {

struct Credentials {
  std::string name;
  std::string password;
};

/// From "name:password"; nullopt without a colon or a password, as native.
std::optional<Credentials> split_credentials(std::string_view text);

/// From the value of an Authorization header; nullopt for other schemes and garbled text.
std::optional<Credentials> basic_credentials(std::string_view authorization);

}  // namespace arigate::ari
