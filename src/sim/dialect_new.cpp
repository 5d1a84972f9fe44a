#include "sim/dialect_new.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace arigate::sim {
namespace {

/// The snapshot of a channel; `role` stands before each name: "", "Dest", "LocalOne".
Fields& add_snapshot(Fields& fields, const Channel& channel, const std::string& role = {}) {
  return fields.add(role + "Channel", channel.name)
      .add(role + "ChannelState", static_cast<long>(channel.state))
      .add(role + "ChannelStateDesc", name_of(channel.state))
      .add(role + "CallerIDNum", or_unknown(channel.caller.number))
      .add(role + "CallerIDName", or_unknown(channel.caller.name))
      .add(role + "ConnectedLineNum", or_unknown(channel.connected.number))
      .add(role + "ConnectedLineName", or_unknown(channel.connected.name))
      .add(role + "Language", channel.language)
      .add(role + "AccountCode", channel.accountcode)
      .add(role + "Context", channel.place.context)
      .add(role + "Exten", channel.place.exten)
      .add(role + "Priority", channel.place.priority)
      .add(role + "Uniqueid", channel.uniqueid)
      .add(role + "Linkedid", channel.linkedid);
}

Fields snapshot(const Channel& channel) {
  Fields fields;
  add_snapshot(fields, channel);
  return fields;
}

Fields dial_fields(const Channel* caller, const Channel* peer) {
  Fields fields;
  if (caller != nullptr) add_snapshot(fields, *caller);
  if (peer != nullptr) add_snapshot(fields, *peer, "Dest");
  return fields;
}

Fields bridge_fields(std::string_view id, long channels) {
  Fields fields;
  fields.add("BridgeUniqueid", id)
      .add("BridgeType", "basic")
      .add("BridgeTechnology", "simple_bridge")
      .add("BridgeCreator", "<unknown>")
      .add("BridgeName", "<unknown>")
      .add("BridgeNumChannels", channels)
      .add("BridgeVideoSourceMode", "none");
  return fields;
}

Event of_bridge(std::string_view name, std::string_view id, long channels,
                const Channel* channel = nullptr) {
  auto fields = bridge_fields(id, channels);
  if (channel != nullptr) add_snapshot(fields, *channel);
  return {std::string{name}, privilege::call, std::move(fields)};
}

std::string room_id(std::string_view conference) {
  return fmt::format("room-{}", conference);
}

Fields room_fields(std::string_view conference) {
  Fields fields;
  fields.add("BridgeUniqueid", room_id(conference))
      .add("BridgeType", "base")
      .add("BridgeTechnology", "softmix")
      .add("BridgeCreator", "ConfBridge")
      .add("BridgeName", conference)
      .add("BridgeNumChannels", 0)
      .add("BridgeVideoSourceMode", "none");
  return fields;
}

/// The event of the bridge below a conference that goes with one of the conference.
std::string_view bridge_event_of(std::string_view name) {
  if (name == "ConfbridgeStart") return "BridgeCreate";
  if (name == "ConfbridgeJoin") return "BridgeEnter";
  if (name == "ConfbridgeLeave") return "BridgeLeave";
  if (name == "ConfbridgeEnd") return "BridgeDestroy";
  return "";
}

}  // namespace

Events OldestDialect::user_event(const Channel&, std::string_view name, const Fields& body) const {
  return one("UserEvent", privilege::user, Fields{}.add("UserEvent", name).append(body));
}

std::string NewDialect::usage_reply(std::string_view command) const {
  return fmt::format(
      "520-Invalid command syntax.  Proper usage follows:\nUsage: {}\n520 End of proper usage.\n",
      command);
}

std::string NewDialect::event(const Event& event) const {
  auto head = fmt::format("Event: {}\r\nPrivilege: {}\r\n", event.name, to_string(event.privilege));
  if (!system_name_.empty()) head += fmt::format("SystemName: {}\r\n", system_name_);
  return head + event.fields.text() + "\r\n";
}

std::string NewDialect::command_reply(std::string_view action_id, std::string_view output,
                                      bool known) const {
  std::string reply = known ? "Response: Success\r\n" : "Response: Error\r\n";
  if (!action_id.empty()) reply += fmt::format("ActionID: {}\r\n", action_id);
  reply += known ? "Message: Command output follows\r\n" : "Message: No such command\r\n";
  while (output.ends_with('\n')) output.remove_suffix(1);
  for (const auto line : split(output, '\n')) reply += fmt::format("Output: {}\r\n", line);
  return reply + "\r\n";
}

Fields NewDialect::list_end(std::string_view action_id, long items) const {
  Fields end;
  if (!action_id.empty()) end.add("ActionID", action_id);
  end.add("EventList", "Complete").add("ListItems", items);
  return end;
}

Events NewDialect::newchannel(const Channel& channel) const {
  return one("Newchannel", privilege::call, snapshot(channel));
}

Events NewDialect::newstate(const Channel& channel) const {
  return one("Newstate", privilege::call, snapshot(channel));
}

Events NewDialect::newexten(const Channel& channel) const {
  return one("Newexten", privilege::dialplan,
             snapshot(channel)
                 .add("Extension", channel.place.exten)
                 .add("Application", channel.application)
                 .add("AppData", channel.app_data));
}

Events NewDialect::new_callerid(const Channel& channel) const {
  return one("NewCallerid", privilege::call,
             snapshot(channel).add("CID-CallingPres", "0 (Presentation Allowed, Not Screened)"));
}

Events NewDialect::new_connected_line(const Channel& channel) const {
  return one("NewConnectedLine", privilege::call, snapshot(channel));
}

Events NewDialect::new_accountcode(const Channel& channel, std::string_view old) const {
  return one("NewAccountCode", privilege::call, snapshot(channel).add("OldAccountCode", old));
}

Events NewDialect::varset(const Channel* channel, std::string_view name,
                          std::string_view value) const {
  Fields fields = channel != nullptr ? snapshot(*channel) : Fields{};
  fields.add("Variable", name).add("Value", value);
  return one("VarSet", privilege::dialplan, std::move(fields));
}

Events NewDialect::local_bridge(const Channel& one_half, const Channel& two, bool optimize) const {
  Fields fields;
  add_snapshot(fields, one_half, "LocalOne");
  add_snapshot(fields, two, "LocalTwo");
  fields.add("Context", two.place.context)
      .add("Exten", two.place.exten)
      .add("LocalOptimization", optimize ? "Yes" : "No");
  return one("LocalBridge", privilege::call, std::move(fields));
}

Events NewDialect::hangup_request(const Channel& channel) const {
  auto fields = snapshot(channel);
  if (channel.cause != 0) fields.add("Cause", channel.cause);
  return one("HangupRequest", privilege::call, std::move(fields));
}

Events NewDialect::soft_hangup_request(const Channel& channel, int cause) const {
  return one("SoftHangupRequest", privilege::call, snapshot(channel).add("Cause", cause));
}

Events NewDialect::hangup(const Channel& channel) const {
  return one(
      "Hangup", privilege::call,
      snapshot(channel).add("Cause", channel.cause).add("Cause-txt", cause_text(channel.cause)));
}

Events NewDialect::dtmf_begin(const Channel& channel, char digit, bool received) const {
  return one("DTMFBegin", privilege::dtmf,
             snapshot(channel)
                 .add("Digit", std::string_view{&digit, 1})
                 .add("Direction", received ? "Received" : "Sent"));
}

Events NewDialect::dtmf_end(const Channel& channel, char digit, bool received, long ms) const {
  return one("DTMFEnd", privilege::dtmf,
             snapshot(channel)
                 .add("Digit", std::string_view{&digit, 1})
                 .add("DurationMs", ms)
                 .add("Direction", received ? "Received" : "Sent"));
}

Events NewDialect::dial_begin(const Channel* caller, const Channel& peer,
                              std::string_view dial_string) const {
  // The part behind the technology: "SIP/bob" is dialled as "bob".
  const auto slash = dial_string.find('/');
  if (caller == nullptr && slash != std::string_view::npos) dial_string.remove_prefix(slash + 1);
  return one("DialBegin", privilege::call,
             dial_fields(caller, &peer).add("DialString", dial_string));
}

Events NewDialect::dial_state(const Channel* caller, const Channel& peer,
                              std::string_view status) const {
  return one("DialState", privilege::call, dial_fields(caller, &peer).add("DialStatus", status));
}

Events NewDialect::dial_end(const Channel* caller, const Channel* peer,
                            std::string_view status) const {
  return one("DialEnd", privilege::call, dial_fields(caller, peer).add("DialStatus", status));
}

Events NewDialect::bridge_enter(const Channel& one_side, const Channel& two,
                                std::string_view bridge_id) const {
  return {of_bridge("BridgeCreate", bridge_id, 0), of_bridge("BridgeEnter", bridge_id, 1, &two),
          of_bridge("BridgeEnter", bridge_id, 2, &one_side)};
}

Events NewDialect::bridge_leave(const Channel& one_side, const Channel& two,
                                std::string_view bridge_id) const {
  return {of_bridge("BridgeLeave", bridge_id, 1, &one_side),
          of_bridge("BridgeLeave", bridge_id, 0, &two), of_bridge("BridgeDestroy", bridge_id, 0)};
}

Events NewDialect::conference_event(std::string_view name, std::string_view conference,
                                    const Channel* channel) const {
  Events events;
  auto fields = room_fields(conference);
  if (channel != nullptr) add_snapshot(fields, *channel);
  if (const auto bridge = bridge_event_of(name); !bridge.empty()) {
    events.push_back({std::string{bridge}, privilege::call, fields});
  }
  Fields told;
  told.add("Conference", conference).append(fields);
  if (channel != nullptr) told.add("Admin", "No");
  events.push_back({std::string{name}, privilege::call, std::move(told)});
  return events;
}

Events NewDialect::music_on_hold(const Channel& channel, bool start) const {
  auto fields = snapshot(channel);
  if (start) fields.add("Class", channel.music_class);
  return one(start ? "MusicOnHoldStart" : "MusicOnHoldStop", privilege::call, std::move(fields));
}

Events NewDialect::user_event(const Channel& channel, std::string_view name,
                              const Fields& body) const {
  return one("UserEvent", privilege::user, snapshot(channel).add("UserEvent", name).append(body));
}

Events NewDialect::agi_start(const Channel& channel, long command_id,
                             std::string_view command) const {
  return one("AGIExecStart", privilege::agi,
             snapshot(channel).add("CommandId", command_id).add("Command", command));
}

Events NewDialect::agi_end(const Channel& channel, long command_id, std::string_view command,
                           int code, std::string_view result) const {
  return one("AGIExecEnd", privilege::agi,
             snapshot(channel)
                 .add("CommandId", command_id)
                 .add("Command", command)
                 .add("ResultCode", code)
                 .add("Result", result));
}

Events NewDialect::originate_response(const OriginateOutcome& outcome) const {
  return one("OriginateResponse", privilege::call, fields_of(outcome, ""));
}

Events NewDialect::fully_booted(long uptime_seconds) const {
  return one("FullyBooted", privilege::system,
             Fields{}
                 .add("Uptime", uptime_seconds)
                 .add("LastReload", uptime_seconds)
                 .add("Status", "Fully Booted"));
}

Fields NewDialect::channel_item(const Channel& channel, long seconds) const {
  return snapshot(channel)
      .add("Application", channel.application)
      .add("ApplicationData", channel.app_data)
      .add("Duration", clock_text(seconds))
      .add("BridgeId", "");
}

Fields NewDialect::status_item(const Channel& channel, long seconds) const {
  Fields item;
  item.add("Privilege", "Call");
  add_snapshot(item, channel)
      .add("Type", channel.technology)
      .add("DNID", channel.dnid)
      .add("BridgeID", channel.conference.empty() ? channel.bridge_id : room_id(channel.conference))
      .add("Application", channel.application)
      .add("Data", channel.app_data)
      .add("Seconds", seconds);
  return item;
}

}  // namespace arigate::sim
