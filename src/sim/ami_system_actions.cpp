// Actions about the PBX itself.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

#include "core/text.hpp"
#include "sim/ami_action.hpp"
#include "sim/command_line.hpp"

namespace arigate::sim {
namespace {

ActionWork ping(ActionCall call) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(
                          call.exchange->time().wall().time_since_epoch())
                          .count();
  call.respond("Success", Fields{}
                              .add("Ping", "Pong")
                              .add("Timestamp", fmt::format("{}.{:06}", micros / 1'000'000,
                                                            micros % 1'000'000)));
  co_return;
}

ActionWork command(ActionCall call) {
  const auto reply = run_command_line(*call.exchange, call.request["Command"]);
  call.out->send(call.exchange->dialect().command_reply(call.action_id(), reply.text, reply.known));
  co_return;
}

ActionWork core_settings(ActionCall call) {
  call.respond("Success", Fields{}
                              .add("AMIversion", call.exchange->dialect().ami_version())
                              .add("AsteriskVersion", call.exchange->dialect().pbx_version())
                              .add("SystemName", call.exchange->options().system_name)
                              .add("CoreMaxCalls", "0")
                              .add("CoreMaxLoadAvg", "0.000000")
                              .add("CoreRunUser", "")
                              .add("CoreRunGroup", "")
                              .add("CoreMaxFilehandles", "0")
                              .add("CoreRealTimeEnabled", "No")
                              .add("CoreCDRenabled", "Yes")
                              .add("CoreHTTPenabled", "No"));
  co_return;
}

ActionWork core_status(ActionCall call) {
  const auto started = std::chrono::system_clock::to_time_t(call.exchange->started());
  const auto date = fmt::format("{:%Y-%m-%d}", fmt::localtime(started));
  const auto time = fmt::format("{:%H:%M:%S}", fmt::localtime(started));
  call.respond("Success",
               Fields{}
                   .add("CoreStartupDate", date)
                   .add("CoreStartupTime", time)
                   .add("CoreReloadDate", date)
                   .add("CoreReloadTime", time)
                   .add("CoreCurrentCalls", static_cast<long>(call.exchange->channels().size())));
  co_return;
}

ActionWork list_commands(ActionCall call) {
  Fields list;
  for (const auto group :
       {call_actions(), state_actions(), conference_actions(), system_actions()}) {
    for (const auto& row : group) {
      if (find_action(call.exchange->dialect(), row.name) == nullptr) continue;
      if (!row.needed.empty() && !row.needed.meets(call.writes)) continue;
      list.add(row.name, fmt::format(" (Priv: {})", to_string(row.needed)));
    }
  }
  for (const auto* name : {"Challenge", "Login", "Logoff", "Events"}) {
    list.add(name, " (Priv: <none>)");
  }
  call.respond("Success", list);
  co_return;
}

ActionWork module_check(ActionCall call) {
  std::string module{call.request["Module"]};
  if (!module.ends_with(".so")) module += ".so";
  if (module_loaded(*call.exchange, module)) {
    call.respond("Success", Fields{}.add("Version", call.exchange->dialect().pbx_version()));
  } else {
    call.fail("Module not loaded");
  }
  co_return;
}

ActionWork module_load(ActionCall call) {
  const std::string module{call.request["Module"]};
  const auto type = call.request["LoadType"];
  const bool loaded = module_loaded(*call.exchange, module);
  auto& unloaded = call.exchange->unloaded_modules();
  if (iequals(type, "load")) {
    if (loaded || !module_known(module)) {
      call.fail("Could not load module.");
    } else {
      unloaded.erase(module);
      call.succeed("Module loaded.");
    }
  } else if (iequals(type, "unload")) {
    if (!loaded || module == "res_agi.so") {  // Which this very link keeps in use.
      call.fail("Could not unload module.");
    } else {
      unloaded.insert(module);
      call.succeed("Module unloaded.");
    }
  } else if (!iequals(type, "reload")) {
    call.fail("Incomplete ModuleLoad action.");
  } else if (!loaded) {
    call.fail("No such module.");
  } else if (module == "res_musiconhold.so" || module == "chan_sip.so") {
    call.succeed("Module reloaded.");
  } else {
    call.fail("Module does not support reload action.");
  }
  co_return;
}

ActionWork filter(ActionCall call) {
  if (!iequals(call.request["Operation"], "Add")) {
    call.fail("Unknown operation");
  } else {
    call.respond("Success", Fields{});
  }
  co_return;
}

constexpr std::array<ActionRow, 8> system_table{{
    {"Command", privilege::command, command},
    {"CoreSettings", privilege::system | privilege::reporting, core_settings},
    {"CoreStatus", privilege::system | privilege::reporting, core_status},
    {"Filter", privilege::system, filter},
    {"ListCommands", privilege::none, list_commands},
    {"ModuleCheck", privilege::system, module_check},
    {"ModuleLoad", privilege::system, module_load},
    {"Ping", privilege::none, ping},
}};

}  // namespace

std::span<const ActionRow> system_actions() {
  return system_table;
}

}  // namespace arigate::sim
