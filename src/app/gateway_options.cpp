#include "app/gateway_options.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

namespace arigate::app {

namespace asio = boost::asio;

std::vector<ari::User> users_of(const Config& config) {
  std::vector<ari::User> users;
  for (const auto& user : config.users) {
    users.push_back({user.name, user.password,
                     user.password_format == PasswordFormat::crypt ? ari::User::Format::crypt
                                                                   : ari::User::Format::plain,
                     user.read_only});
  }
  return users;
}

ari::ApiLevel level_of(const Config& config) {
  return ari::ApiLevel{ari::level_of(config.general.ari_version).value_or(ari::newest_level)};
}

ari::RouterOptions router_options(const Config& config, const ari::ApiLevel& level) {
  ari::RouterOptions options;
  options.prefix = config.http.prefix;
  options.realm = config.general.auth_realm;
  options.allowed_origins = config.general.allowed_origins;
  options.pretty = config.general.pretty;
  options.level = &level;
  return options;
}

io::HttpServerOptions http_options(const HttpConfig& config, io::AriTap* tap) {
  io::HttpServerOptions options;
  options.bind_address = config.bind;
  options.port = config.port;
  options.connections_max = config.connections_max;
  auto& connection = options.connection;
  connection.limits.header_bytes_max = config.header_bytes_max;
  connection.limits.target_bytes_max =
      std::min(connection.limits.target_bytes_max, config.header_bytes_max);
  connection.limits.body_bytes_max = config.body_bytes_max;
  connection.head_timeout = connection.body_timeout = config.request_timeout;
  connection.idle_timeout = config.idle_timeout;
  connection.tap = tap;
  auto& websocket = connection.websocket;
  websocket.queue_bytes_max = config.websocket_queue_bytes_max;
  websocket.message_bytes_max = config.websocket_message_bytes_max;
  websocket.write_timeout = config.websocket_write_timeout;
  websocket.ping_interval = config.websocket_ping_interval;
  websocket.pong_timeout = 2 * config.websocket_ping_interval;
  return options;
}

ops::Timeouts timeouts_of(const Config& config) {
  ops::Timeouts timeouts;
  timeouts.action = config.ami.action_timeout;
  timeouts.originate = config.ami.originate_timeout;
  return timeouts;
}

Result<io::AgiServerOptions> agi_options(const Config& config, asio::io_context& context,
                                         trace::Tap* tap) {
  io::AgiServerOptions options;
  boost::system::error_code error;
  options.bind = asio::ip::make_address(config.fastagi.bind, error);
  if (error) return Error{Errc::bad_request, "[fastagi] bind: not an address"};
  options.port = config.fastagi.port;
  options.sessions_max = config.fastagi.sessions_max;
  options.environment_timeout = config.fastagi.environment_timeout;
  options.tap = tap;
  if (config.fastagi.allow.empty()) {
    std::vector<asio::ip::address> addresses;
    asio::ip::tcp::resolver resolver{context};
    for (const auto& place : resolver.resolve(config.ami.host, "", error)) {
      addresses.push_back(place.endpoint().address());
    }
    options.allowed = pbx_and_loopback(addresses);
    return options;
  }
  const auto list = io::AllowList::parse(config.fastagi.allow);
  if (!list) return list.error();
  options.allowed = *list;
  return options;
}

io::AllowList pbx_and_loopback(const std::vector<asio::ip::address>& pbx) {
  io::AllowList list = *io::AllowList::parse({"127.0.0.0/8", "::1"});
  for (const auto& address : pbx) list.add(address);
  return list;
}

}  // namespace arigate::app
