#include "ari/bridges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ari/errors.hpp"
#include "ari/formats.hpp"
#include "ari/parameters.hpp"
#include "ari/snapshots.hpp"
#include "core/text.hpp"

namespace arigate::ari {
namespace {

BridgeId bridge_of(const Request& request) {
  return BridgeId{std::string{request.path("bridgeId")}};
}

Response bridge_response(const model::Bridge& bridge) {
  std::string body;
  append_bridge(body, bridge);
  return json_response(std::move(body));
}

/// Puts what the parameter type says into the plan. False for a combination that natively makes no
/// bridge; words that nobody knows are passed over, as there.
bool read_type(const Request& request, ops::Bridges::Plan& plan) {
  const auto given = request.param("type").value_or("");
  bool mixing = given.empty();
  for (const auto part : split(given, ',')) {
    const auto word = trim(part);
    if (word == "mixing") mixing = true;
    if (word == "holding") plan.holding = true;
    if (word == "video_single") plan.video_mode = "single";
    if (word == "video_sfu") {
      mixing = true;
      plan.video_mode = "sfu";
    }
  }
  return mixing != plan.holding;
}

const model::BridgeVariable* find(const model::Bridge& bridge, std::string_view name) {
  for (const auto& variable : bridge.variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

}  // namespace

void BridgeResource::serve(Router& router) {
  using Op = Operation;
  const auto now = [&](Op operation, Response (BridgeResource::*handler)(const Request&)) {
    router.on(operation, SyncHandler{[this, handler](const Request& request) {
                return (this->*handler)(request);
              }});
  };
  const auto later = [&](Op operation, Later (BridgeResource::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  now(Op::bridges_list, &BridgeResource::list);
  now(Op::bridges_get, &BridgeResource::get);
  now(Op::bridges_create, &BridgeResource::create);
  now(Op::bridges_create_with_id, &BridgeResource::create);
  later(Op::bridges_destroy, &BridgeResource::destroy);
  later(Op::bridges_add_channel, &BridgeResource::add_channel);
  later(Op::bridges_remove_channel, &BridgeResource::remove_channel);
  now(Op::bridges_get_bridge_var, &BridgeResource::get_variable);
  now(Op::bridges_get_bridge_vars, &BridgeResource::get_variables);
  now(Op::bridges_set_bridge_var, &BridgeResource::set_variable);
  now(Op::bridges_set_bridge_vars, &BridgeResource::set_variables);
  later(Op::bridges_play, &BridgeResource::play);
  later(Op::bridges_play_with_id, &BridgeResource::play);
  later(Op::bridges_record, &BridgeResource::record);
  later(Op::bridges_start_moh, &BridgeResource::start_moh);
  now(Op::bridges_stop_moh, &BridgeResource::stop_moh);
  later(Op::bridges_set_video_source, &BridgeResource::set_video_source);
  now(Op::bridges_clear_video_source, &BridgeResource::clear_video_source);
}

Response BridgeResource::list(const Request&) {
  std::string body = "[";
  world_.store.each_bridge([&](const model::Bridge& bridge) {
    if (body.size() > 1) body += ',';
    append_bridge(body, bridge);
  });
  body += ']';
  return json_response(std::move(body));
}

Response BridgeResource::get(const Request& request) {
  const auto* bridge = world_.store.find(bridge_of(request));
  if (bridge == nullptr) return error_response(ops::bridge_not_found());
  return bridge_response(*bridge);
}

Response BridgeResource::create(const Request& request) {
  ops::Bridges::Plan plan;
  const auto path_id = request.path("bridgeId");
  plan.id.value = path_id.empty() ? text(request, "bridgeId") : std::string{path_id};
  plan.name = text(request, "name");
  // Natively 500.
  if (!read_type(request, plan)) return message_response(400, "Unable to create bridge");
  const auto settings = variable_settings(request.body());
  if (!settings) return error_response(settings.error());
  for (const auto& setting : settings->list) {
    plan.variables.push_back({std::string{trim(setting.name)}, setting.value, setting.report});
  }
  // In 14 to 21, up to their last releases, a second request with the same id, and nothing to
  // change, shows the bridge.
  const auto* known = world_.store.find(plan.id);
  const bool same = known != nullptr && known->own && !request.param("type") &&
                    (plan.name.empty() || plan.name == known->name);
  if (same && !path_id.empty() && world_.ami.dialect().name == "16") return bridge_response(*known);
  const auto id = bridges_.create(std::move(plan));
  if (!id) return error_response(id.error());
  return bridge_response(*world_.store.find(*id));
}

BridgeResource::Later BridgeResource::destroy(Request request) {
  const auto bridge = bridges_.own(bridge_of(request));
  if (!bridge) co_return error_response(bridge.error());
  sounds_.end(bridge_of(request));  // While the members' applications still hear of it.
  const auto outcome = co_await bridges_.destroy(bridge_of(request));
  co_return done_or_error(outcome);
}

// --- members ------------------------------------------------------------------------------------

namespace {

/// Empty when the parameter was not given, or with nothing in it; natively "a,,b" is "a,b".
std::vector<ChannelId> channels_of(const Request& request) {
  std::vector<ChannelId> channels;
  for (auto& id : request.list("channel")) {
    if (!id.empty()) channels.push_back(ChannelId{std::move(id)});
  }
  return channels;
}

}  // namespace

BridgeResource::Later BridgeResource::add_channel(Request request) {
  ops::MemberOptions options;
  options.announcer = text(request, "role") == "announcer";
  options.absorb_dtmf = request.flag("absorbDTMF", false);
  options.mute = request.flag("mute", false);
  options.keep_connected_line = request.flag("inhibitConnectedLineUpdates", false);
  const auto outcome = co_await bridges_.add(bridge_of(request), channels_of(request), options);
  co_return done_or_error(outcome);
}

BridgeResource::Later BridgeResource::remove_channel(Request request) {
  const auto outcome = co_await bridges_.remove(bridge_of(request), channels_of(request));
  co_return done_or_error(outcome);
}

// --- sound and sight ----------------------------------------------------------------------------

namespace {

/// Of the channel that plays or records natively. Ours has the one that its work needs, whatever
/// is asked for; what no PBX knows is refused, as natively on 22.
std::optional<Response> unknown_format(const Request& request, std::string_view parameter) {
  const auto format = request.param(parameter).value_or("");
  if (format.empty() || is_media_format(format)) return std::nullopt;
  return message_response(422, fmt::format("specified {} is unknown on this system", parameter));
}

}  // namespace

BridgeResource::Later BridgeResource::play(Request request) {
  if (const auto bridge = bridges_.own(bridge_of(request)); !bridge) {
    co_return error_response(bridge.error());
  }
  // Before a leg is made for it.
  if (auto fault = unknown_format(request, "announcer_format")) co_return std::move(*fault);
  if (request.list("media").empty()) {
    co_return message_response(400, "Failed to queue media for playback");
  }
  const auto target = co_await sounds_.announcer(bridge_of(request));
  if (!target) co_return error_response(target.error());
  auto response = media_.play(request, *target);
  sounds_.release(*target);
  co_return response;
}

BridgeResource::Later BridgeResource::record(Request request) {
  if (const auto bridge = bridges_.own(bridge_of(request)); !bridge) {
    co_return error_response(bridge.error());
  }
  if (!world_.media.has_format(text(request, "format"))) {
    co_return message_response(422, "specified format is unknown on this system");
  }
  // Before a leg is made for it.
  if (auto fault = unknown_format(request, "recorder_format")) co_return std::move(*fault);
  if (auto fault = MediaRequests::refuse_record(request)) co_return std::move(*fault);
  if (auto fault = MediaRequests::refuse_record_options(request)) co_return std::move(*fault);
  const auto target = co_await sounds_.recorder(bridge_of(request));
  if (!target) co_return error_response(target.error());
  auto response = co_await media_.record(std::move(request), *target);
  sounds_.release(*target);
  co_return response;
}

BridgeResource::Later BridgeResource::start_moh(Request request) {
  const auto outcome = co_await sounds_.start_music(bridge_of(request), text(request, "mohClass"));
  co_return done_or_error(outcome);
}

Response BridgeResource::stop_moh(const Request& request) {
  return done_or_error(sounds_.stop_music(bridge_of(request)));
}

BridgeResource::Later BridgeResource::set_video_source(Request request) {
  const ChannelId channel{std::string{request.path("channelId")}};
  const auto outcome = co_await bridges_.set_video_source(bridge_of(request), channel);
  co_return done_or_error(outcome);
}

/// A conference has no such action; natively nothing of it is seen either.
Response BridgeResource::clear_video_source(const Request& request) {
  const auto bridge = bridges_.own(bridge_of(request));
  if (!bridge) return error_response(bridge.error());
  if (!world_.ami.dialect().conference_events) {
    return error_response(
        {Errc::not_supported, "The conferences of this PBX have no video source"});
  }
  world_.reconciler.clear_video_source(bridge_of(request));
  return Response{};
}

// --- variables ----------------------------------------------------------------------------------

Response BridgeResource::get_variable(const Request& request) {
  const auto name = text(request, "variable");
  if (name.empty()) return message_response(400, "Variable name is required");
  const auto bridge = bridges_.own(bridge_of(request));
  if (!bridge) return error_response(bridge.error());
  const auto* variable = find(**bridge, name);
  if (variable == nullptr) return message_response(404, "Provided variable was not found");
  std::string body = "{\"value\":";
  append_json_string(body, variable->value);
  return json_response(body + '}');
}

Response BridgeResource::get_variables(const Request& request) {
  const auto names = request.list("variables");
  if (names.empty()) return message_response(400, "At least one variable name is required");
  const auto bridge = bridges_.own(bridge_of(request));
  if (!bridge) return message_response(404, "Provided bridge was not found");
  std::string body = "{\"variables\":{";
  for (const auto& given : names) {
    const auto name = trim(given);
    if (name.empty()) return message_response(400, "Variable names are required");
    const auto* variable = find(**bridge, name);
    if (variable == nullptr) return message_response(404, "Provided variable was not found");
    if (body.back() != '{') body += ',';
    append_json_string(body, name);
    body += ':';
    append_json_string(body, variable->value);
  }
  return json_response(body + "}}");
}

Response BridgeResource::set_variable(const Request& request) {
  const auto name = text(request, "variable");
  // Natively none at all crashes the PBX.
  if (name.empty()) return message_response(400, "Variable name is required");
  const auto bridge = bridges_.own(bridge_of(request));
  if (!bridge) return error_response(bridge.error());
  return done_or_error(
      set(request, {name, text(request, "value"), request.flag("report_events", false)}));
}

Response BridgeResource::set_variables(const Request& request) {
  const auto settings = variable_settings(request.body());
  const bool given = !settings || settings->found != VariableSettings::Found::no_body;
  if (!given) return message_response(400, "The 'variables' field is required");
  const auto bridge = bridges_.own(bridge_of(request));
  if (!bridge) return message_response(404, "Provided bridge was not found");
  if (!settings) return error_response(settings.error());
  if (settings->found == VariableSettings::Found::no_object) {
    return message_response(400, "The 'variables' field must be a JSON object");
  }
  for (const auto& setting : settings->list) {  // All or nothing.
    if (trim(setting.name).empty()) return message_response(400, "Variable name is required");
  }
  for (const auto& setting : settings->list) {
    if (const auto done = set(request, setting); !done) return error_response(done.error());
  }
  return Response{};
}

Result<void> BridgeResource::set(const Request& request, const VariableSetting& setting) {
  const auto name = trim(setting.name);
  if (name.empty()) return Error{Errc::bad_request, "Variable name is required"};
  return bridges_.set_variable(bridge_of(request),
                               {std::string{name}, setting.value, setting.report});
}

}  // namespace arigate::ari
