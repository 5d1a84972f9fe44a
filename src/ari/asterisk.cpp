#include "ari/asterisk.hpp"

#include <algorithm>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"
#include "core/number.hpp"
#include "ops/dynamic_config.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {
namespace {

void member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":");
  append_json_string(out, value);
}

/// Left out for "", "0" and "0.000000", and for what is no number.
void number(std::string& out, std::string_view name, std::string_view value) {
  if (whole_number<double>(value).value_or(0) <= 0) return;
  out.append(",\"").append(name).append("\":").append(value);
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

}  // namespace

void AsteriskResource::serve(Router& router) {
  router_ = &router;
  router.on(Operation::asterisk_get_info,
            SyncHandler{[this](const Request& request) { return info(request); }});
  router.on(Operation::asterisk_ping, SyncHandler{[this](const Request&) { return ping(); }});
  router.on(Operation::asterisk_get_global_var,
            AsyncHandler{[this](Request request) { return get_variable(std::move(request)); }});
  router.on(Operation::asterisk_set_global_var,
            AsyncHandler{[this](Request request) { return set_variable(std::move(request)); }});
  router.on(Operation::asterisk_get_object,
            AsyncHandler{[this](Request request) { return get_object(std::move(request)); }});
  serve_modules(router);
  serve_logging(router);
}

Response AsteriskResource::answer_to(const Request& request, const Error& error) const {
  return error.code == Errc::not_supported ? router_->unsupported(request.operation)
                                           : error_response(error);
}

Response AsteriskResource::info(const Request& request) const {
  const auto only = request.list("only");
  const bool given = !only.empty() || request.param("only");  // Natively "" asks for no part.
  const auto wanted = [&](std::string_view part) {
    return !given || std::find(only.begin(), only.end(), part) != only.end();
  };
  std::string out = "{";
  const auto open = [&out](std::string_view name) {
    if (out.back() != '{') out += ',';
    out.append("\"").append(name).append("\":{");
  };
  if (wanted("build")) {
    open("build");
    member(out, "os", or_unknown(facts_.build_os));
    member(out, "kernel", or_unknown(facts_.build_kernel));
    member(out, "machine", or_unknown(facts_.build_machine));
    member(out, "options", facts_.build_options);
    member(out, "date", or_unknown(facts_.build_date));
    member(out, "user", or_unknown(facts_.build_user));
    out += '}';
  }
  if (wanted("system")) {
    open("system");
    member(out, "version", or_unknown(facts_.version));
    member(out, "entity_id", facts_.entity_id);
    out += '}';
  }
  if (wanted("config")) {
    open("config");
    member(out, "name", facts_.system_name);
    member(out, "default_language", facts_.default_language);
    out += ",\"setid\":{";
    member(out, "user", facts_.run_user);
    member(out, "group", facts_.run_group);
    out += '}';
    // As native: shown where the PBX has a limit.
    number(out, "max_channels", facts_.max_calls);
    number(out, "max_load", facts_.max_load);
    out += '}';
  }
  if (wanted("status")) {
    open("status");
    member(out, "startup_time", facts_.startup_time);
    member(out, "last_reload_time", facts_.reload_time);
    out += '}';
  }
  return json_response(out + '}');
}

Response AsteriskResource::ping() const {
  // Ours to answer, also while the PBX is away.
  std::string out = "{\"ping\":\"pong\",\"timestamp\":";
  append_timestamp(out, world_.clock.wall());
  out += ",\"asterisk_id\":";
  append_json_string(out, facts_.entity_id);
  out += '}';
  return json_response(std::move(out));
}

AsteriskResource::Later AsteriskResource::get_variable(Request request) {
  std::string variable{request.param("variable").value_or("")};
  if (variable.empty()) co_return message_response(400, "Variable name is required");
  const auto value = co_await ops::get_global(world_, std::move(variable));
  if (!value) co_return error_response(value.error());
  std::string out = "{\"value\":";
  append_json_string(out, *value);
  co_return json_response(out + '}');
}

AsteriskResource::Later AsteriskResource::set_variable(Request request) {
  std::string variable{request.param("variable").value_or("")};
  if (variable.empty()) co_return message_response(400, "Variable name is required");
  const auto outcome = co_await ops::set_global(world_, std::move(variable),
                                                std::string{request.param("value").value_or("")});
  co_return done_or_error(outcome);
}

AsteriskResource::Later AsteriskResource::get_object(Request request) {
  std::string config_class{request.path("configClass")};
  std::string type{request.path("objectType")};
  std::string id{request.path("id")};
  const auto fields = co_await ops::find_config_object(world_, std::move(config_class),
                                                       std::move(type), std::move(id));
  if (!fields) co_return answer_to(request, fields.error());
  std::string out = "[";
  for (const auto& [attribute, value] : *fields) {
    if (out.size() > 1) out += ',';
    out += '{';
    member(out, "attribute", attribute);
    member(out, "value", value);
    out += '}';
  }
  co_return json_response(out + ']');
}

}  // namespace arigate::ari
