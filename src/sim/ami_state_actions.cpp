// Actions that ask about channels, phones, the dialplan and variables.
#include <fmt/format.h>

#include <array>

#include "core/text.hpp"
#include "sim/ami_action.hpp"

namespace arigate::sim {
namespace {

ActionWork core_show_channels(ActionCall call) {
  call.begin_list("Channels will follow", true);
  long count = 0;
  for (const auto& channel : call.exchange->channels()) {
    const auto age = call.exchange->age_seconds(*channel);
    call.item("CoreShowChannel", call.exchange->dialect().channel_item(*channel, age));
    ++count;
  }
  call.end_list("CoreShowChannelsComplete",
                call.exchange->dialect().list_end(call.action_id(), count));
  co_return;
}

ActionWork status(ActionCall call) {
  std::vector<ChannelPtr> wanted;
  if (const auto name = call.request["Channel"]; !name.empty()) {
    const auto channel = call.exchange->find(name);
    if (!channel) {
      call.fail("No such channel");
      co_return;
    }
    wanted.push_back(channel);
  } else {
    wanted = call.exchange->channels();
  }
  call.respond("Success", Fields{}.add("Message", "Channel status will follow"));
  for (const auto& channel : wanted) {
    auto item =
        call.exchange->dialect().status_item(*channel, call.exchange->age_seconds(*channel));
    for (const auto name : split(call.request["Variables"], ',')) {
      const auto value = call.exchange->variable(channel.get(), trim(name));
      item.add("Variable", fmt::format("{}={}", trim(name), value.value_or("(null)")));
    }
    if (call.request.has("ActionID")) item.add("ActionID", call.action_id());
    call.end_list("Status", item);
  }
  Fields end;
  if (call.request.has("ActionID")) end.add("ActionID", call.action_id());
  call.end_list("StatusComplete", end.add("Items", static_cast<long>(wanted.size())));
}

/// The channel of Getvar and Setvar: none given means the global variables.
std::optional<ChannelPtr> optional_channel(const ActionCall& call) {
  const auto name = call.request["Channel"];
  if (name.empty()) return ChannelPtr{};
  auto channel = call.exchange->find(name);
  if (channel) return channel;
  call.fail("No such channel");
  return std::nullopt;
}

ActionWork getvar(ActionCall call) {
  const auto name = call.request["Variable"];
  if (name.empty()) {
    call.fail("No variable specified");
    co_return;
  }
  const auto channel = optional_channel(call);
  if (!channel) co_return;
  const auto value = call.exchange->variable(channel->get(), name).value_or("");
  call.respond("Success", Fields{}.add("Variable", name).add("Value", value));
}

ActionWork setvar(ActionCall call) {
  const auto name = call.request["Variable"];
  if (name.empty()) {
    call.fail("No variable specified");
    co_return;
  }
  const auto channel = optional_channel(call);
  if (!channel) co_return;
  if (call.exchange->set_variable(channel->get(), name, call.request["Value"])) {
    call.succeed("Variable Set");
  } else {
    call.fail("Variable not set");
  }
}

ActionWork sip_peers(ActionCall call) {
  call.begin_list("Peer status list will follow", true);
  long count = 0;
  for (const auto& endpoint : call.exchange->options().endpoints) {
    if (!endpoint.name.starts_with("SIP/")) continue;
    const bool registered = call.exchange->registered(endpoint.name);
    call.item("PeerEntry", Fields{}
                               .add("Channeltype", "SIP")
                               .add("ObjectName", endpoint.name.substr(4))
                               .add("ChanObjectType", "peer")
                               .add("IPaddress", registered ? "127.0.0.1" : "-none-")
                               .add("IPport", registered ? "5060" : "0")
                               .add("Dynamic", "yes")
                               .add("AutoForcerport", "no")
                               .add("Forcerport", "yes")
                               .add("AutoComedia", "no")
                               .add("Comedia", "no")
                               .add("VideoSupport", "no")
                               .add("TextSupport", "no")
                               .add("ACL", "no")
                               .add("Status", registered ? "OK (1 ms)" : "UNKNOWN")
                               .add("RealtimeDevice", "no")
                               .add("Description", ""));
    ++count;
  }
  call.end_list("PeerlistComplete", call.exchange->dialect().list_end(call.action_id(), count));
  co_return;
}

ActionWork sip_show_peer(ActionCall call) {
  const auto peer = call.request["Peer"];
  const auto* endpoint = call.exchange->endpoint(fmt::format("SIP/{}", peer));
  if (endpoint == nullptr) {
    call.fail(fmt::format("Peer {} not found.", peer));
    co_return;
  }
  const bool registered = call.exchange->registered(endpoint->name);
  call.respond("Success", Fields{}
                              .add("Channeltype", "SIP")
                              .add("ObjectName", peer)
                              .add("ChanObjectType", "peer")
                              .add("SecretExist", "Y")
                              .add("Context", endpoint->context)
                              .add("Language", "")
                              .add("Callgroup", "")
                              .add("Pickupgroup", "")
                              .add("Dynamic", "Y")
                              .add("Callerid", fmt::format("\"{}\" <{}>", endpoint->caller_name,
                                                           endpoint->caller_number))
                              .add("SIP-DTMFmode", "rfc2833")
                              .add("Address-IP", registered ? "127.0.0.1" : "(null)")
                              .add("Address-Port", registered ? "5060" : "0")
                              .add("Codecs", "(ulaw)")
                              .add("Status", registered ? "OK (1 ms)" : "UNKNOWN")
                              .add("SIP-Useragent", "simulated phone"));
}

ActionWork extension_state(ActionCall call) {
  const auto exten = call.request["Exten"];
  if (exten.empty()) {
    call.fail("Extension not specified");
    co_return;
  }
  const auto context = call.request.has("Context") ? call.request["Context"] : "default";
  std::string device;
  long state = -1;
  for (const auto& hint : call.exchange->dialplan().hints()) {
    if (hint.context != context || hint.exten != exten) continue;
    device = hint.device;
    state = extension_status(call.exchange->device_state(device));
  }
  call.respond("Success", Fields{}
                              .add("Message", "Extension Status")
                              .add("Exten", exten)
                              .add("Context", context)
                              .add("Hint", device)
                              .add("Status", state));
}

ActionWork show_dialplan(ActionCall call) {
  const auto wanted = call.request["Context"];
  if (!wanted.empty() && !call.exchange->dialplan().has_context(wanted)) {
    call.fail("Did not find context " + std::string{wanted});
    co_return;
  }
  call.begin_list("DialPlan list will follow", true);
  long items = 0;
  long extensions = 0;
  long contexts = 0;
  for (const auto& context : call.exchange->dialplan().contexts()) {
    if (!wanted.empty() && context.name != wanted) continue;
    ++contexts;
    for (const auto& extension : context.extensions) {
      ++extensions;
      for (const auto& step : extension.steps) {
        ++items;
        Fields item;
        item.add("Context", context.name).add("Extension", extension.pattern);
        if (!step.label.empty()) item.add("ExtensionLabel", step.label);
        item.add("Priority", step.priority)
            .add("Application", step.application)
            .add("AppData", step.data)
            .add("Registrar", "pbx_config");
        call.item("ListDialplan", item);
      }
    }
  }
  Fields end;
  end.add("EventList", "Complete")
      .add("ListItems", items)
      .add("ListExtensions", extensions)
      .add("ListPriorities", items)
      .add("ListContexts", contexts);
  if (call.request.has("ActionID")) end.add("ActionID", call.action_id());
  call.end_list("ShowDialPlanComplete", end);
}

std::string database_key(const ActionCall& call) {
  return fmt::format("/{}/{}", call.request["Family"], call.request["Key"]);
}

ActionWork db_get(ActionCall call) {
  const auto& database = call.exchange->database();
  const auto found = database.find(database_key(call));
  if (found == database.end()) {
    call.fail("Database entry not found");
    co_return;
  }
  call.respond("Success", Fields{}.add("Message", "Result will follow"));
  Fields id;
  if (call.request.has("ActionID")) id.add("ActionID", call.action_id());
  call.end_list("DBGetResponse", Fields{}
                                     .add("Family", call.request["Family"])
                                     .add("Key", call.request["Key"])
                                     .add("Val", found->second)
                                     .append(id));
  call.end_list("DBGetComplete", id);
}

ActionWork db_put(ActionCall call) {
  call.exchange->database()[database_key(call)] = call.request["Val"];
  call.succeed("Updated database successfully");
  co_return;
}

ActionWork db_del(ActionCall call) {
  if (call.exchange->database().erase(database_key(call)) > 0) {
    call.succeed("Key deleted successfully");
  } else {
    call.fail("Database entry not found");
  }
  co_return;
}

/// A phone takes what is sent to it; nobody else is known.
ActionWork message_send(ActionCall call) {
  const auto to = call.request["To"];
  const auto colon = to.find(':');
  if (to.empty()) {
    call.fail("No 'To' address specified.");
  } else if (!iequals(to.substr(0, colon), "sip")) {
    call.fail("Message technology not found.");
  } else if (call.exchange->endpoint(fmt::format("SIP/{}", to.substr(colon + 1))) == nullptr) {
    call.fail("Message failed to send.");
  } else {
    call.succeed("Message successfully sent");
  }
  co_return;
}

/// One box of voicemail.
ActionWork voicemail_users(ActionCall call) {
  call.respond("Success", Fields{}.add("Message", "Voicemail user list will follow"));
  call.item("VoicemailUserEntry", Fields{}
                                      .add("VMContext", "default")
                                      .add("VoiceMailbox", "100")
                                      .add("NewMessageCount", "3")
                                      .add("OldMessageCount", "1"));
  Fields end;
  if (call.request.has("ActionID")) end.add("ActionID", call.action_id());
  call.end_list("VoicemailUserEntryComplete", end);
  co_return;
}

ActionWork mailbox_count(ActionCall call) {
  const bool there = call.request["Mailbox"] == "100@default";
  call.respond("Success", Fields{}
                              .add("Message", "Mailbox Message Count")
                              .add("Mailbox", call.request["Mailbox"])
                              .add("UrgMessages", "0")
                              .add("NewMessages", there ? "3" : "0")
                              .add("OldMessages", there ? "1" : "0"));
  co_return;
}

constexpr Privilege reporting = privilege::system | privilege::reporting;

constexpr std::array<ActionRow, 14> state_table{{
    {"CoreShowChannels", reporting, core_show_channels},
    {"DBDel", privilege::system, db_del},
    {"DBGet", reporting, db_get},
    {"DBPut", privilege::system, db_put},
    {"ExtensionState", privilege::call | privilege::reporting, extension_state},
    {"Getvar", privilege::call | privilege::reporting, getvar},
    {"MailboxCount", privilege::call | privilege::reporting, mailbox_count},
    {"MessageSend", privilege::message, message_send},
    {"SIPpeers", reporting, sip_peers},
    {"SIPshowpeer", reporting, sip_show_peer},
    {"Setvar", privilege::call, setvar},
    {"ShowDialPlan", privilege::config | privilege::reporting, show_dialplan},
    {"Status", privilege::system | privilege::call | privilege::reporting, status},
    {"VoicemailUsersList", privilege::call | privilege::reporting, voicemail_users},
}};

}  // namespace

std::span<const ActionRow> state_actions() {
  return state_table;
}

}  // namespace arigate::sim
