#pragma once

#include <boost/asio/io_context.hpp>
#include <vector>

#include "ari/api_level.hpp"
#include "ari/router.hpp"
#include "ari/users.hpp"
#include "arigate/config.hpp"
#include "core/result.hpp"
#include "io/agi_server.hpp"
#include "io/http_server.hpp"
#include "ops/ports.hpp"

namespace arigate::app {

// What the parts of a Gateway want to know, from the configuration.

std::vector<ari::User> users_of(const Config& config);
ari::ApiLevel level_of(const Config& config);
ari::RouterOptions router_options(const Config& config, const ari::ApiLevel& level);
io::HttpServerOptions http_options(const HttpConfig& config, io::AriTap* tap);
ops::Timeouts timeouts_of(const Config& config);
/// Looks the PBX's host up, for who may connect: at the start, when nothing else waits.
/// Errc::bad_request: an address that is none.
Result<io::AgiServerOptions> agi_options(const Config& config, boost::asio::io_context& context,
                                         trace::Tap* tap);

/// Who may use FastAGI where the configuration does not say: the addresses of the PBX, and this
/// host.
io::AllowList pbx_and_loopback(const std::vector<boost::asio::ip::address>& pbx);

}  // namespace arigate::app
