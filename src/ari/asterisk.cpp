#include "ari/asterisk.hpp"

#include <algorithm>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {
namespace {

void member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":");
  append_json_string(out, value);
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

}  // namespace

void AsteriskResource::serve(Router& router) {
  router.on(Operation::asterisk_get_info,
            SyncHandler{[this](const Request& request) { return info(request); }});
  router.on(Operation::asterisk_ping, SyncHandler{[this](const Request&) { return ping(); }});
  router.on(Operation::asterisk_get_global_var,
            AsyncHandler{[this](Request request) { return get_variable(std::move(request)); }});
  router.on(Operation::asterisk_set_global_var,
            AsyncHandler{[this](Request request) { return set_variable(std::move(request)); }});
}

Response AsteriskResource::info(const Request& request) const {
  const auto only = request.list("only");
  const auto wanted = [&](std::string_view part) {
    return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
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
    member(out, "options", "");  // Only the PBX's own command line knows them.
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
    out += ",\"setid\":{\"user\":\"\",\"group\":\"\"}}";
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

}  // namespace arigate::ari
