#include "ari/external_media.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ari/errors.hpp"
#include "ari/formats.hpp"
#include "ari/parameters.hpp"
#include "ari/snapshots.hpp"
#include "ari/unsupported.hpp"
#include "ari/variable_settings.hpp"
#include "ops/modules.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {
namespace {

/// A parameter whose empty value counts as not given.
std::string text_or(const Request& request, std::string_view name, std::string_view otherwise) {
  const auto given = request.param(name);
  return std::string{given && !given->empty() ? *given : otherwise};
}

bool is_server(const Request& request) {
  return text_or(request, "connection_type", "client") == "server";
}

Response internal_error() {
  return message_response(500, "An internal error prevented this request from being handled");
}

/// What native finds wrong with a request for external media, in its order.
std::optional<Response> media_fault(const Request& request) {
  const auto transport = text_or(request, "transport", "udp");
  const auto encapsulation = text_or(request, "encapsulation", "rtp");
  const bool websocket = transport == "websocket";
  const bool server = is_server(request);
  const auto host = text(request, "external_host");
  if (text(request, "app").empty()) return message_response(400, "app cannot be empty");
  if (websocket && encapsulation != "none") {
    return message_response(400, "encapsulation must be 'none' for websocket transport");
  }
  if (server && !websocket) {
    return message_response(
        400, "'server' connection_type can only be used with the websocket transport");
  }
  if (host.empty() && !(server && websocket)) {
    return message_response(400,
                            "external_host is required for all but websocket server connections");
  }
  if (!websocket && host.find(':') == std::string::npos) {
    return message_response(
        400, "external_host must be <host>:<port> for all transports other than websocket");
  }
  if (text(request, "format").empty()) return message_response(400, "format cannot be empty");
  if (encapsulation == "rtp" && transport != "udp") {
    return message_response(400, "transport must be 'udp' for rtp encapsulation");
  }
  if (encapsulation == "audiosocket" && transport != "tcp") {
    return message_response(400, "transport must be 'tcp' for audiosocket encapsulation");
  }
  const auto direction = text(request, "direction");
  if (!direction.empty() && direction != "both" && direction != "in" && direction != "out") {
    return message_response(400, "Invalid direction specified");
  }
  if (encapsulation == "audiosocket" && text(request, "data").empty()) {
    return message_response(400, "data can not be empty");
  }
  const bool known = encapsulation == "rtp" || encapsulation == "audiosocket" || websocket;
  if (!known) {
    return message_response(501, "The encapsulation and/or transport is not supported");
  }
  return std::nullopt;
}

/// What makes the channel of an encapsulation.
struct Driver {
  std::string_view module;
  std::string_view enable;
};
constexpr Driver rtp_driver{"chan_rtp.so", "Load chan_rtp.so, which Asterisk 13 and later have"};
constexpr Driver audiosocket_driver{
    "chan_audiosocket.so",
    "Load chan_audiosocket.so, which Asterisk 18 and later have, or use encapsulation rtp"};
constexpr Driver websocket_driver{
    "chan_websocket.so",
    "Load chan_websocket.so, which Asterisk 22.5 and later have, or use encapsulation rtp or "
    "audiosocket"};

const Driver& driver_of(std::string_view encapsulation) {
  if (encapsulation == "none") return websocket_driver;
  return encapsulation == "audiosocket" ? audiosocket_driver : rtp_driver;
}

/// The dial string of chan_websocket: who connects to whom, and its options.
std::string websocket_endpoint(const Request& request) {
  auto endpoint = "WebSocket/" + text_or(request, "external_host", "INCOMING");
  const auto options = text(request, "transport_data");
  const auto direction = text(request, "direction");
  if (!options.empty() || !direction.empty()) endpoint += "/" + options;
  if (!direction.empty()) endpoint += fmt::format("d({})", direction);
  return endpoint;
}

}  // namespace

void ExternalMediaResource::serve(Router& router) {
  router.on(Operation::channels_external_media,
            AsyncHandler{[this](Request request) { return open(std::move(request)); }});
}

ExternalMediaResource::Later ExternalMediaResource::open(Request request) {
  const auto settings = variable_settings(request.body());
  if (!settings) co_return error_response(settings.error());
  if (auto fault = media_fault(request)) co_return std::move(*fault);
  ops::OriginateRequest wanted;
  wanted.formats = text(request, "format");
  if (!is_media_format(wanted.formats)) {
    co_return message_response(400,
                               fmt::format("Provided format ({}) was not found", wanted.formats));
  }
  const auto encapsulation = text_or(request, "encapsulation", "rtp");
  const auto host = text(request, "external_host");
  const auto data = text(request, "data");
  const bool websocket = encapsulation == "none";
  if (websocket) {
    wanted.endpoint = websocket_endpoint(request);
  } else if (encapsulation == "rtp") {
    wanted.endpoint = fmt::format("UnicastRTP/{}/c({})", host, wanted.formats);
  } else {
    wanted.endpoint = fmt::format("AudioSocket/{}/{}", host, data);
  }
  wanted.application = ops::Destination{AppName{text(request, "app")}, arguments(data)};
  wanted.channel.value = text(request, "channelId");
  if (wanted.channel.value.size() > id_bytes_max) {
    co_return message_response(400,
                               fmt::format("Uniqueid length exceeds maximum of {}", id_bytes_max));
  }
  wanted.variables = pairs_of(settings->list);
  wanted.reported = reported_of(settings->list);
  auto channel = co_await ops::originate(world_, entrance_, std::move(wanted));
  if (!channel && channel.error().code == Errc::refused_by_pbx) {
    co_return co_await not_made(std::move(request));
  }
  if (!channel) co_return error_response(channel.error());
  channel->variables.clear();
  for (const auto& setting : settings->list) {
    channel->variables.push_back({setting.name, setting.value, setting.value, false, {}});
  }
  co_await add_place(*channel);
  co_return json_response(Snapshots{true}.once(*channel));
}

/// Why the PBX has made no channel.
ExternalMediaResource::Later ExternalMediaResource::not_made(Request request) {
  const auto& driver = driver_of(text_or(request, "encapsulation", "rtp"));
  const auto loaded = co_await ops::is_module_loaded(world_, std::string{driver.module});
  if (loaded && !*loaded) {
    co_return refused_response(request.operation, facts_.version,
                               fmt::format("The PBX has not loaded {}", driver.module),
                               driver.enable);
  }
  if (&driver != &websocket_driver || is_server(request)) co_return internal_error();
  co_return message_response(400, "external_host must be a valid websocket_client connection id.");
}

/// Native tells where the PBX awaits the other side.
boost::asio::awaitable<void> ExternalMediaResource::add_place(model::Channel& channel) {
  std::vector<std::string> names;
  if (channel.name.starts_with("AudioSocket/")) {
    names = {"AUDIOSOCKET_SERVICE", "AUDIOSOCKET_UUID"};
  } else if (channel.name.starts_with("UnicastRTP/")) {
    names = {"UNICASTRTP_LOCAL_PORT", "UNICASTRTP_LOCAL_ADDRESS"};
  } else if (channel.name.starts_with("WebSocket/")) {
    names = {"MEDIA_WEBSOCKET_CONNECTION_ID", "MEDIA_WEBSOCKET_OPTIMAL_FRAME_SIZE"};
  }
  for (const auto& name : names) {
    const auto value = co_await ops::get_variable(world_, channel.id, name);
    if (value) channel.variables.push_back({name, *value, *value, false, {}});
  }
}

}  // namespace arigate::ari
