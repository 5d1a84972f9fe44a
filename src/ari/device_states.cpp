#include "ari/device_states.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "ari/errors.hpp"
#include "ops/device_states.hpp"

namespace arigate::ari {
namespace {

void append_device(std::string& out, std::string_view name, std::string_view state) {
  out += "{\"name\":";
  append_json_string(out, name);
  out += ",\"state\":";
  append_json_string(out, state);
  out += '}';
}

Response not_ours() {
  return message_response(409, "Uncontrolled device specified");
}

}  // namespace

void DeviceStateResource::serve(Router& router) {
  const auto on = [&](Operation operation, Later (DeviceStateResource::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  on(Operation::device_states_list, &DeviceStateResource::list);
  on(Operation::device_states_get, &DeviceStateResource::get);
  on(Operation::device_states_update, &DeviceStateResource::update);
  on(Operation::device_states_delete, &DeviceStateResource::remove);
}

DeviceStateResource::Later DeviceStateResource::list(Request) {
  const auto devices = co_await ops::list_devices(world_);
  if (!devices) co_return error_response(devices.error());
  std::string body = "[";
  for (const auto& [name, state] : *devices) {
    if (body.size() > 1) body += ',';
    append_device(body, "Stasis:" + name, state);
  }
  body += ']';
  co_return json_response(std::move(body));
}

DeviceStateResource::Later DeviceStateResource::get(Request request) {
  const std::string name{request.path("deviceName")};
  const auto state = co_await ops::device_state(world_, name);
  if (!state) co_return error_response(state.error());
  std::string body;
  append_device(body, name, *state);
  co_return json_response(std::move(body));
}

DeviceStateResource::Later DeviceStateResource::update(Request request) {
  auto name = ops::own_device(request.path("deviceName"));
  if (!name) co_return not_ours();
  if (name->empty()) co_return message_response(404, "Device name is missing");
  std::string state{ops::settable_state(request.param("deviceState").value_or(""))};
  // Natively 500 "Unknown device", for what is the caller's mistake.
  if (state.empty()) co_return message_response(400, "Unknown device state");
  const auto outcome = co_await ops::set_device_state(world_, *std::move(name), std::move(state));
  co_return done_or_error(outcome);
}

DeviceStateResource::Later DeviceStateResource::remove(Request request) {
  auto name = ops::own_device(request.path("deviceName"));
  if (!name) co_return not_ours();
  if (name->empty()) co_return message_response(404, "Device name is missing");
  const auto outcome = co_await ops::delete_device(world_, *std::move(name));
  co_return done_or_error(outcome);
}

}  // namespace arigate::ari
