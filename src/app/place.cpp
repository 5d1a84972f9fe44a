#include "app/place.hpp"

#include <boost/asio/ip/address.hpp>

#include "core/number.hpp"

namespace arigate::app {

std::optional<Place> place_of(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // An IPv6 address without its brackets.
  }
  const auto port = whole_number<std::uint16_t>(digits);
  if (host.empty() || !port) return std::nullopt;
  return Place{std::string{host}, *port};
}

std::optional<boost::asio::ip::tcp::endpoint> endpoint_of(std::string_view text) {
  const auto place = place_of(text);
  if (!place) return std::nullopt;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(
      place->host == "localhost" ? std::string{"127.0.0.1"} : place->host, error);
  if (error) return std::nullopt;
  return boost::asio::ip::tcp::endpoint{address, place->port};
}

}  // namespace arigate::app
