#include "ari/channel_origins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ari/errors.hpp"
#include "ari/formats.hpp"
#include "ari/parameters.hpp"
#include "ari/variable_settings.hpp"
#include "core/text.hpp"
#include "ops/label.hpp"
#include "ops/originate.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {
namespace {

/// What is wrong with the endpoint, as native tells it.
std::optional<Response> refuse_endpoint(const std::string& endpoint) {
  if (endpoint.empty()) return message_response(400, "Endpoint must be specified");
  const auto slash = endpoint.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == endpoint.size()) {
    return message_response(400, "Invalid endpoint specified");
  }
  return std::nullopt;
}

/// Reads the ids and formats into the request of an operation.
template <class Wanted>
std::optional<Response> read_leg(const Request& request, Wanted& wanted) {
  const auto path_id = request.path("channelId");
  wanted.channel.value = path_id.empty() ? text(request, "channelId") : std::string{path_id};
  wanted.other_channel.value = text(request, "otherChannelId");
  wanted.originator.value = text(request, "originator");
  wanted.formats = text(request, "formats");
  for (const auto* id : {&wanted.channel, &wanted.other_channel}) {
    if (id->value.size() > id_bytes_max) {
      return message_response(400,
                              fmt::format("Uniqueid length exceeds maximum of {}", id_bytes_max));
    }
    if (has_line_break(id->value)) return message_response(400, "The id cannot be used");
  }
  if (!wanted.channel.value.empty() && wanted.channel == wanted.other_channel) {
    return message_response(409, "Channel with given unique ID already exists");
  }
  if (!wanted.originator.value.empty() && !wanted.formats.empty()) {
    return message_response(400, "Originator and formats can't both be specified");
  }
  for (const auto format : split(wanted.formats, ',')) {
    if (!is_media_format(trim(format))) {
      return message_response(400, fmt::format("Provided format ({}) was not found", format));
    }
  }
  return std::nullopt;
}

/// Native has no limit for -1 alone, and its default for what makes no sense.
long originate_timeout(long seconds) {
  return seconds > 0 || seconds == -1 ? seconds : 30;
}

void report(ops::World& world, const ChannelId& channel,
            const std::vector<VariableSetting>& settings) {
  for (const auto& setting : settings) {
    if (!setting.report) continue;
    const auto added = world.reconciler.report_variable(channel, setting.name);
    if (added) world.reconciler.set_reported(channel, setting.name, setting.value);
  }
}

Response not_made(const Error& error) {
  if (error.code == Errc::refused_by_pbx && error.detail == "Allocation failed") {
    return json_response(R"({"error":"Allocation failed"})", 500);  // Native's own form.
  }
  return error_response(error);
}

}  // namespace

void ChannelOrigins::serve(Router& router) {
  const auto later = [&](Operation operation, Later (ChannelOrigins::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  later(Operation::channels_originate, &ChannelOrigins::originate);
  later(Operation::channels_originate_with_id, &ChannelOrigins::originate);
  later(Operation::channels_create, &ChannelOrigins::create);
  later(Operation::channels_dial, &ChannelOrigins::dial);
}

ChannelOrigins::Later ChannelOrigins::originate(Request request) {
  ops::OriginateRequest wanted;
  wanted.endpoint = text(request, "endpoint");
  if (auto refused = refuse_endpoint(wanted.endpoint)) co_return *std::move(refused);
  wanted.exten = text(request, "extension");
  wanted.context = text(request, "context");
  const std::string application = text(request, "app");
  if (!application.empty()) {  // Natively it wins over an extension.
    wanted.application =
        ops::Destination{AppName{application}, arguments(text(request, "appArgs"))};
  } else if (!wanted.exten.empty()) {
    wanted.priority = std::to_string(std::max(1L, number(request, "priority", 1)));
    if (auto label = text(request, "label"); !label.empty()) {
      std::string context = wanted.context;
      if (context.empty()) context = "default";
      auto priority = co_await ops::priority_of_label(world_, std::move(context), wanted.exten,
                                                      std::move(label));
      if (!priority) co_return error_response(priority.error());
      wanted.priority = std::move(*priority);
    }
  } else {
    co_return message_response(400, "Application or extension must be specified");
  }
  if (auto refused = read_leg(request, wanted)) co_return *std::move(refused);
  if (!wanted.originator.value.empty() && world_.store.find(wanted.originator) == nullptr) {
    co_return message_response(400, "Provided originator channel was not found");
  }
  wanted.caller_id = text(request, "callerId");
  wanted.timeout_s = originate_timeout(number(request, "timeout", 30));
  const auto settings = variable_settings(request.body());
  if (!settings) co_return error_response(settings.error());
  wanted.variables = pairs_of(settings->list);
  wanted.reported = reported_of(settings->list);

  const auto channel = co_await ops::originate(world_, entrance_, std::move(wanted));
  if (!channel) co_return not_made(channel.error());
  co_return json_response(snapshots_.once(*channel));
}

ChannelOrigins::Later ChannelOrigins::create(Request request) {
  ops::CreateRequest wanted;
  wanted.endpoint = text(request, "endpoint");
  if (auto refused = refuse_endpoint(wanted.endpoint)) co_return *std::move(refused);
  wanted.application = {AppName{text(request, "app")}, arguments(text(request, "appArgs"))};
  // Natively a channel is made that no application can have.
  if (wanted.application.application.value.empty()) {
    co_return message_response(400, "Application must be specified");
  }
  if (auto refused = read_leg(request, wanted)) co_return *std::move(refused);
  const auto settings = variable_settings(request.body());
  if (!settings) co_return error_response(settings.error());
  wanted.variables = pairs_of(settings->list);
  const auto channel = co_await created_.create(std::move(wanted));
  if (!channel) co_return not_made(channel.error());
  report(world_, channel->id, settings->list);
  co_return json_response(snapshots_.once(*channel));
}

/// `caller` gives the call its linked id natively, too; AMI has no way to tell it.
ChannelOrigins::Later ChannelOrigins::dial(Request request) {
  ChannelId caller{text(request, "caller")};
  const auto outcome =
      co_await created_.dial(channel_of(request), std::move(caller), number(request, "timeout", 0));
  co_return done_or_error(outcome);
}

}  // namespace arigate::ari
