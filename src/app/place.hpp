#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arigate::app {

/// "host:port", "[2001:db8::1]:port".
struct Place {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<Place> place_of(std::string_view text);

/// Where to listen; "localhost" is 127.0.0.1, every other host must be an address.
std::optional<boost::asio::ip::tcp::endpoint> endpoint_of(std::string_view text);

}  // namespace arigate::app
