#include "ari/snoop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ari/errors.hpp"
#include "ari/formats.hpp"
#include "ari/unsupported.hpp"
#include "core/text.hpp"
#include "ops/originate.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {
namespace {

constexpr std::size_t id_bytes_max = 149;

std::string text(const Request& request, std::string_view name) {
  return std::string{request.param(name).value_or("")};
}

/// A parameter whose empty value counts as not given.
std::string text_or(const Request& request, std::string_view name, std::string_view otherwise) {
  const auto given = request.param(name);
  return std::string{given && !given->empty() ? *given : otherwise};
}

std::optional<ops::Direction> direction(std::string_view name) {
  if (name.empty() || name == "none") return ops::Direction::none;
  if (name == "in") return ops::Direction::in;
  if (name == "out") return ops::Direction::out;
  if (name == "both") return ops::Direction::both;
  return std::nullopt;
}

Response internal_error() {
  return message_response(500, "An internal error prevented this request from being handled");
}

/// What native finds wrong with a request for external media, in its order.
std::optional<Response> media_fault(const Request& request) {
  const auto transport = text_or(request, "transport", "udp");
  const auto encapsulation = text_or(request, "encapsulation", "rtp");
  const bool websocket = transport == "websocket";
  const bool server = text_or(request, "connection_type", "client") == "server";
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
  if (encapsulation == "audiosocket" && text(request, "data").empty()) {
    return message_response(400, "data can not be empty");
  }
  const bool known = encapsulation == "rtp" || encapsulation == "audiosocket" || websocket;
  if (!known) {
    return message_response(501, "The encapsulation and/or transport is not supported");
  }
  return std::nullopt;
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool hex = std::string_view{"0123456789abcdefABCDEF"}.find(text[i]) != text.npos;
    if (form[i] == '-' ? text[i] != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

void SnoopResource::serve(Router& router) {
  const auto snoop_on = AsyncHandler{[this](Request request) { return snoop(std::move(request)); }};
  router.on(Operation::channels_snoop_channel, snoop_on);
  router.on(Operation::channels_snoop_channel_with_id, snoop_on);
  router.on(Operation::channels_external_media,
            AsyncHandler{[this](Request request) { return external_media(std::move(request)); }});
}

SnoopResource::Later SnoopResource::snoop(Request request) {
  const auto spy = direction(text(request, "spy"));
  if (!spy) co_return message_response(400, "Invalid direction specified for spy");
  const auto whisper = direction(text(request, "whisper"));
  if (!whisper) co_return message_response(400, "Invalid direction specified for whisper");
  if (*spy == ops::Direction::none && *whisper == ops::Direction::none) {
    co_return message_response(400, "Direction must be specified for at least spy or whisper");
  }
  const auto application = text(request, "app");
  if (application.empty()) co_return message_response(400, "Application name is required");
  ops::SnoopRequest wanted;
  wanted.target.value = request.path("channelId");
  if (world_.store.find(wanted.target) == nullptr) {
    co_return message_response(404, "Provided channel was not found");
  }
  const auto path_id = request.path("snoopId");
  wanted.id.value = path_id.empty() ? text(request, "snoopId") : std::string{path_id};
  // As natively: cut, not refused.
  wanted.id.value.resize(std::min(wanted.id.value.size(), id_bytes_max));
  wanted.spy = *spy;
  wanted.whisper = *whisper;
  wanted.destination.application.value = application;
  const auto app_args = text(request, "appArgs");
  for (const auto part : split(app_args, ',')) {
    wanted.destination.arguments.emplace_back(part);
  }
  const Operation operation = request.operation;
  const auto channel = co_await snoops_.snoop(std::move(wanted));
  if (channel) co_return json_response(snapshots_.once(*channel));
  switch (channel.error().code) {
    case Errc::not_found:
      co_return message_response(404, "Provided channel was not found");
    case Errc::not_supported:
      co_return refused_response(operation, facts_.version, channel.error().detail,
                                 "Whisper out, or both");
    case Errc::conflict:
    case Errc::refused_by_pbx:
      co_return message_response(500, "Snoop channel could not be created");
    default:
      co_return error_response(channel.error());
  }
}

SnoopResource::Later SnoopResource::external_media(Request request) {
  if (auto fault = media_fault(request)) co_return std::move(*fault);
  const auto format = text(request, "format");
  if (!is_media_format(format)) {
    co_return message_response(400, fmt::format("Provided format ({}) was not found", format));
  }
  const auto encapsulation = text_or(request, "encapsulation", "rtp");
  const auto data = text(request, "data");
  const auto host = text(request, "external_host");
  ops::OriginateRequest wanted;
  if (encapsulation == "rtp") {
    wanted.endpoint = fmt::format("UnicastRTP/{}/c({})", host, format);
  } else if (encapsulation == "audiosocket") {
    if (!is_uuid(data)) co_return message_response(400, "data must be a UUID");
    wanted.endpoint = fmt::format("AudioSocket/{}/{}/c({})", host, data, format);
  } else {
    co_return refused_response(request.operation, facts_.version,
                               "Media over WebSocket is offered by native ARI alone",
                               "Use encapsulation rtp or audiosocket");
  }
  wanted.application = ops::Destination{AppName{text(request, "app")}, {}};
  wanted.channel.value = text(request, "channelId");
  if (wanted.channel.value.size() > id_bytes_max) {
    co_return message_response(400,
                               fmt::format("Uniqueid length exceeds maximum of {}", id_bytes_max));
  }
  auto variables = request.string_fields("variables");
  if (!variables) co_return error_response(variables.error());
  wanted.variables = std::move(*variables);
  auto channel = co_await ops::originate(world_, entrance_, std::move(wanted));
  if (!channel && channel.error().code == Errc::refused_by_pbx) co_return internal_error();
  if (!channel) co_return error_response(channel.error());
  if (encapsulation != "rtp") co_return json_response(snapshots_.once(*channel));
  co_return co_await with_local_place(std::move(*channel));
}

/// Native tells where the PBX awaits the other side's packets.
SnoopResource::Later SnoopResource::with_local_place(model::Channel channel) {
  std::vector<model::ShownVariable> variables;
  for (const std::string name : {"UNICASTRTP_LOCAL_PORT", "UNICASTRTP_LOCAL_ADDRESS"}) {
    const auto value = co_await ops::get_variable(world_, channel.id, name);
    if (value) variables.push_back({name, *value, *value});
  }
  channel.variables = std::move(variables);
  co_return json_response(Snapshots{true}.once(channel));
}

}  // namespace arigate::ari
