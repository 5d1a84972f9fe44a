// GET, POST, PUT and DELETE of /asterisk/modules.
#include "ari/asterisk.hpp"
#include "ari/errors.hpp"
#include "ops/modules.hpp"

namespace arigate::ari {
namespace {

void append_module(std::string& out, const ops::Module& module) {
  out += "{\"name\":";
  append_json_string(out, module.name);
  out += ",\"description\":";
  append_json_string(out, module.description);
  out.append(",\"use_count\":").append(std::to_string(module.use_count));
  out += ",\"status\":";
  append_json_string(out, module.status);
  out += ",\"support_level\":";
  append_json_string(out, module.support_level);
  out += '}';
}

Response not_running() {
  return message_response(404, "Module not found in running modules");
}

}  // namespace

void AsteriskResource::serve_modules(Router& router) {
  const auto on = [&](Operation operation, Later (AsteriskResource::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  on(Operation::asterisk_list_modules, &AsteriskResource::list_modules);
  on(Operation::asterisk_get_module, &AsteriskResource::get_module);
  on(Operation::asterisk_load_module, &AsteriskResource::load_module);
  on(Operation::asterisk_unload_module, &AsteriskResource::unload_module);
  on(Operation::asterisk_reload_module, &AsteriskResource::reload_module);
}

AsteriskResource::Later AsteriskResource::list_modules(Request request) {
  const auto modules = co_await ops::list_modules(world_);
  if (!modules) co_return answer_to(request, modules.error());
  std::string out = "[";
  for (const auto& module : *modules) {
    if (out.size() > 1) out += ',';
    append_module(out, module);
  }
  co_return json_response(out + ']');
}

AsteriskResource::Later AsteriskResource::get_module(Request request) {
  std::string name{request.path("moduleName")};
  const auto missing = message_response(404, "Module could not be found in running modules");
  if (!ops::is_module_name(name)) co_return missing;
  const auto module = co_await ops::find_module(world_, name);
  if (!module) co_return answer_to(request, module.error());
  if (*module) {
    std::string out;
    append_module(out, **module);
    co_return json_response(std::move(out));
  }
  // Natively a name without ".so" is found, but shown to nobody.
  const auto loaded = co_await ops::is_module_loaded(world_, std::move(name));
  if (!loaded) co_return answer_to(request, loaded.error());
  if (*loaded) co_return message_response(409, "Module information could not be retrieved");
  co_return missing;
}

AsteriskResource::Later AsteriskResource::load_module(Request request) {
  std::string name{request.path("moduleName")};
  // Natively a path is declined by the loader; here it does not reach the PBX.
  if (!ops::is_module_name(name)) co_return message_response(400, "Not the name of a module");
  const auto loaded = co_await ops::is_module_loaded(world_, name);
  if (!loaded) co_return answer_to(request, loaded.error());
  if (*loaded) co_return message_response(409, "Module is already loaded");
  const auto outcome = co_await ops::change_module(world_, std::move(name), "load");
  if (outcome) co_return Response{};
  if (outcome.error().code == Errc::refused_by_pbx) {
    co_return message_response(409, "Module load declined");
  }
  co_return answer_to(request, outcome.error());
}

/// As native finds a module to reload or unload: its name needs no ".so".
boost::asio::awaitable<Result<std::optional<ops::Module>>> AsteriskResource::running_module(
    std::string name) {
  if (!ops::is_module_name(name)) co_return std::optional<ops::Module>{};
  auto module = co_await ops::find_module(world_, name);
  if (!module || *module || name.ends_with(".so")) co_return module;
  co_return co_await ops::find_module(world_, name + ".so");
}

AsteriskResource::Later AsteriskResource::unload_module(Request request) {
  std::string name{request.path("moduleName")};
  const auto module = co_await running_module(std::move(name));
  if (!module) co_return answer_to(request, module.error());
  if (!*module) co_return not_running();
  const auto outcome = co_await ops::change_module(world_, (*module)->name, "unload");
  if (outcome) co_return Response{};
  if (outcome.error().code == Errc::refused_by_pbx) {
    co_return message_response(409, "Module could not be unloaded");
  }
  co_return answer_to(request, outcome.error());
}

AsteriskResource::Later AsteriskResource::reload_module(Request request) {
  std::string name{request.path("moduleName")};
  const auto module = co_await running_module(std::move(name));
  if (!module) co_return answer_to(request, module.error());
  if (!*module) co_return not_running();
  const auto outcome = co_await ops::change_module(world_, (*module)->name, "reload");
  if (outcome) co_return Response{};
  const auto& error = outcome.error();
  if (error.code != Errc::refused_by_pbx) co_return answer_to(request, error);
  const bool cannot = error.detail.find("does not support reload") != std::string::npos;
  co_return message_response(
      409, cannot ? "Module does not support reloading" : "An error occurred while reloading");
}

}  // namespace arigate::ari
