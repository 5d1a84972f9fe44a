#include "ops/device_states.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <variant>

#include "core/text.hpp"

namespace arigate::ops {
namespace {

constexpr std::string_view own_scheme = "Stasis:";
constexpr std::chrono::milliseconds event_after_answer{100};
constexpr std::string_view family = "CustomDevstate";  ///< Where the PBX keeps its custom devices.

Error no_function() {
  return {Errc::not_supported, "The PBX has no function DEVICE_STATE (func_devstate.so)"};
}

boost::asio::awaitable<Result<std::string>> read(World& world, std::string device) {
  const auto answer = co_await world.ami.request(
      ami::Action{"Getvar"}.add("Variable", "DEVICE_STATE(" + device + ")"),
      world.in(world.timeouts.action), "");
  if (!answer) co_return answer.error();
  const std::string state{(*answer)[ami::Key::value]};
  if (state.empty()) co_return no_function();
  co_return state;
}

boost::asio::awaitable<Result<void>> write(World& world, std::string name, std::string state) {
  const auto answer =
      co_await world.ami.request(ami::Action{"Setvar"}
                                     .add("Variable", "DEVICE_STATE(Custom:" + name + ")")
                                     .add("Value", state),
                                 world.in(world.timeouts.action), "");
  if (answer) co_return Result<void>{};
  // The values are right, so what is wrong is the function.
  if (answer.error().code == Errc::refused_by_pbx) co_return no_function();
  co_return answer.error();
}

}  // namespace

std::optional<std::string> own_device(std::string_view device) {
  if (!iequals(device.substr(0, own_scheme.size()), own_scheme)) return std::nullopt;
  return std::string{device.substr(own_scheme.size())};
}

std::string_view settable_state(std::string_view text) {
  static constexpr std::array<std::string_view, 8> states{
      "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"};
  const auto found = std::find_if(states.begin(), states.end(),
                                  [&](std::string_view state) { return iequals(state, text); });
  return found == states.end() ? std::string_view{} : *found;
}

boost::asio::awaitable<Result<std::string>> device_state(World& world, std::string device) {
  const auto own = own_device(device);
  if (!own) co_return co_await read(world, std::move(device));
  // The PBX goes on answering with the last state of a device that was deleted.
  if (world.reconciler.deleted_device(*own)) co_return std::string{"UNKNOWN"};
  std::string custom = "Custom:" + *own;
  co_return co_await read(world, std::move(custom));
}

boost::asio::awaitable<Result<void>> set_device_state(World& world, std::string name,
                                                      std::string state) {
  world.reconciler.own_device(name);
  const std::string device = std::string{own_scheme} + name;
  const auto change = world.watches.watch([device](const model::Change& change) {
    const auto* told = std::get_if<model::DeviceStateChanged>(&change);
    return told != nullptr && told->device == device;
  });
  world.reconciler.expect_device("Custom:" + name, state);
  const auto written = co_await write(world, name, state);
  world.reconciler.expect_device("Custom:" + name, "");
  if (!written) co_return written;
  if (world.ami.dialect().device_events) {
    // The PBX answers before it tells, and does not tell of a state that is the old one.
    co_await change->wait(world.in(event_after_answer));
  } else {  // There is no event for it.
    world.reconciler.device_state("Custom:" + name, state, true, world.clock.wall());
  }
  co_return Result<void>{};
}

boost::asio::awaitable<Result<void>> delete_device(World& world, std::string name) {
  world.reconciler.leave_device(name);
  // Hints go on showing the last state: it is to be a quiet one.
  const auto written = co_await write(world, name, std::string{model::quiet_state});
  if (!written) co_return written;
  const auto answer =
      co_await world.ami.request(ami::Action{"DBDel"}.add("Family", family).add("Key", name),
                                 world.in(world.timeouts.action), "");
  if (!answer && answer.error().code != Errc::refused_by_pbx &&
      answer.error().code != Errc::not_found) {
    co_return answer.error();
  }
  world.reconciler.delete_device(name, world.clock.wall());
  co_return Result<void>{};
}

boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> list_devices(
    World& world) {
  const std::string show = "database show " + std::string{family};
  const auto answer = co_await world.ami.request(ami::Action{"Command"}.add("Command", show),
                                                 world.in(world.timeouts.action), "");
  if (!answer) co_return answer.error();
  // "/CustomDevstate/lamp                              : INUSE                    "
  const std::string prefix = "/" + std::string{family} + "/";
  std::vector<std::pair<std::string, std::string>> devices;
  for (auto line : split(answer->output(), '\n')) {
    line = trim(line);
    const auto colon = line.rfind(':');
    if (!line.starts_with(prefix) || colon == std::string_view::npos) continue;
    const auto name = trim(line.substr(prefix.size(), colon - prefix.size()));
    devices.emplace_back(name, trim(line.substr(colon + 1)));
  }
  std::sort(devices.begin(), devices.end());
  co_return devices;
}

boost::asio::awaitable<void> poll_devices(World& world, std::vector<std::string> devices) {
  if (world.ami.dialect().device_events) co_return;
  for (auto& device : devices) {
    if (!world.ami.up()) co_return;
    const auto own = own_device(device);
    const std::string name = own ? "Custom:" + *own : device;
    if (own) world.reconciler.watch_device(*own);
    const auto state = co_await read(world, name);
    if (!state && state.error().code == Errc::unavailable) co_return;
    if (state) world.reconciler.device_state(name, *state, false, world.clock.wall());
  }
}

}  // namespace arigate::ops
