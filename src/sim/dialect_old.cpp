#include "sim/dialect_old.hpp"

#include <fmt/format.h>

#include "sim/dialect_new.hpp"

namespace arigate::sim {
namespace {

/// A party that is not known is an empty text in some events of this generation…
Fields& add_caller(Fields& fields, const Party& caller) {
  return fields.add("CallerIDNum", caller.number).add("CallerIDName", caller.name);
}
Fields& add_connected(Fields& fields, const Party& party) {
  return fields.add("ConnectedLineNum", party.number).add("ConnectedLineName", party.name);
}
/// …and "<unknown>" in the others.
Fields& add_parties_or_unknown(Fields& fields, const Channel& channel) {
  return fields.add("CallerIDNum", or_unknown(channel.caller.number))
      .add("CallerIDName", or_unknown(channel.caller.name))
      .add("ConnectedLineNum", or_unknown(channel.connected.number))
      .add("ConnectedLineName", or_unknown(channel.connected.name));
}

Fields digit_fields(const Channel& channel, char digit, bool received, bool begins) {
  return Fields{}
      .add("Channel", channel.name)
      .add("Uniqueid", channel.uniqueid)
      .add("Digit", std::string_view{&digit, 1})
      .add("Direction", received ? "Received" : "Sent")
      .add("Begin", begins ? "Yes" : "No")
      .add("End", begins ? "No" : "Yes");
}

Fields bridge_fields(std::string_view state, const Channel& one, const Channel& two) {
  return Fields{}
      .add("Bridgestate", state)
      .add("Bridgetype", "core")
      .add("Channel1", one.name)
      .add("Channel2", two.name)
      .add("Uniqueid1", one.uniqueid)
      .add("Uniqueid2", two.uniqueid)
      .add("CallerID1", one.caller.number)
      .add("CallerID2", two.caller.number);
}

}  // namespace

std::string OldDialect::usage_reply(std::string_view) const {
  // A build without documentation, which old PBXs mostly are, has one line only.
  return "520 Invalid command syntax.  Proper usage not available.\n";
}

std::string OldDialect::event(const Event& event) const {
  return fmt::format("Event: {}\r\nPrivilege: {}\r\n{}\r\n", event.name, to_string(event.privilege),
                     event.fields.text());
}

std::string OldDialect::command_reply(std::string_view action_id, std::string_view output,
                                      bool) const {
  std::string reply = "Response: Follows\r\nPrivilege: Command\r\n";
  if (!action_id.empty()) reply += fmt::format("ActionID: {}\r\n", action_id);
  return fmt::format("{}{}--END COMMAND--\r\n\r\n", reply, output);
}

Fields OldDialect::list_end(std::string_view action_id, long items) const {
  Fields end;
  end.add("EventList", "Complete").add("ListItems", items);
  if (!action_id.empty()) end.add("ActionID", action_id);
  return end;
}

Events OldDialect::newchannel(const Channel& channel) const {
  Fields fields;
  fields.add("Channel", channel.name)
      .add("ChannelState", static_cast<long>(channel.state))
      .add("ChannelStateDesc", name_of(channel.state));
  add_caller(fields, channel.caller)
      .add("AccountCode", channel.accountcode)
      .add("Exten", channel.place.exten)
      .add("Context", channel.place.context)
      .add("Uniqueid", channel.uniqueid);
  return one("Newchannel", privilege::call, std::move(fields));
}

Events OldDialect::newstate(const Channel& channel) const {
  Fields fields;
  fields.add("Channel", channel.name)
      .add("ChannelState", static_cast<long>(channel.state))
      .add("ChannelStateDesc", name_of(channel.state));
  add_caller(fields, channel.caller);
  add_connected(fields, channel.connected).add("Uniqueid", channel.uniqueid);
  return one("Newstate", privilege::call, std::move(fields));
}

Events OldDialect::newexten(const Channel& channel) const {
  return one("Newexten", privilege::dialplan,
             Fields{}
                 .add("Channel", channel.name)
                 .add("Context", channel.place.context)
                 .add("Extension", channel.place.exten)
                 .add("Priority", channel.place.priority)
                 .add("Application", channel.application)
                 .add("AppData", channel.app_data)
                 .add("Uniqueid", channel.uniqueid));
}

Events OldDialect::new_callerid(const Channel& channel) const {
  Fields fields;
  fields.add("Channel", channel.name);
  add_caller(fields, channel.caller)
      .add("Uniqueid", channel.uniqueid)
      .add("CID-CallingPres", "0 (Presentation Allowed, Not Screened)");
  return one("NewCallerid", privilege::call, std::move(fields));
}

Events OldDialect::new_connected_line(const Channel&) const {
  return {};
}

Events OldDialect::new_accountcode(const Channel& channel, std::string_view old) const {
  return one("NewAccountCode", privilege::call,
             Fields{}
                 .add("Channel", channel.name)
                 .add("Uniqueid", channel.uniqueid)
                 .add("AccountCode", channel.accountcode)
                 .add("OldAccountCode", old));
}

Events OldDialect::varset(const Channel* channel, std::string_view name,
                          std::string_view value) const {
  return one("VarSet", privilege::dialplan,
             Fields{}
                 .add("Channel", channel != nullptr ? channel->name : "none")
                 .add("Variable", name)
                 .add("Value", value)
                 .add("Uniqueid", channel != nullptr ? channel->uniqueid : "none"));
}

Events OldDialect::sip_channel_update(const Channel& channel, SipMoment moment) const {
  Fields fields;
  fields.add("Channel", channel.name);
  if (moment == SipMoment::created) fields.add("Uniqueid", channel.uniqueid);
  fields.add("Channeltype", "SIP");
  if (moment == SipMoment::answered) fields.add("Uniqueid", channel.uniqueid);
  fields.add("SIPcallid", channel.call_id)
      .add("SIPfullcontact", fmt::format("sip:{}@127.0.0.1:5060", channel.peer));
  if (moment != SipMoment::created) fields.add("Peername", channel.peer);
  return one("ChannelUpdate", privilege::system, std::move(fields));
}

Events OldDialect::local_bridge(const Channel& one_half, const Channel& two, bool optimize) const {
  return one("LocalBridge", privilege::call,
             Fields{}
                 .add("Channel1", one_half.name)
                 .add("Channel2", two.name)
                 .add("Uniqueid1", one_half.uniqueid)
                 .add("Uniqueid2", two.uniqueid)
                 .add("Context", two.place.context)
                 .add("Exten", two.place.exten)
                 .add("LocalOptimization", optimize ? "Yes" : "No"));
}

Events OldDialect::hangup_request(const Channel& channel) const {
  return one("HangupRequest", privilege::call,
             Fields{}.add("Channel", channel.name).add("Uniqueid", channel.uniqueid));
}

Events OldDialect::soft_hangup_request(const Channel& channel, int cause) const {
  return one(
      "SoftHangupRequest", privilege::call,
      Fields{}.add("Channel", channel.name).add("Uniqueid", channel.uniqueid).add("Cause", cause));
}

Events OldDialect::hangup(const Channel& channel) const {
  Fields fields;
  fields.add("Channel", channel.name).add("Uniqueid", channel.uniqueid);
  add_parties_or_unknown(fields, channel)
      .add("AccountCode", channel.accountcode)
      .add("Cause", channel.cause)
      .add("Cause-txt", cause_text(channel.cause));
  return one("Hangup", privilege::call, std::move(fields));
}

Events OldDialect::dtmf_begin(const Channel& channel, char digit, bool received) const {
  return one("DTMF", privilege::dtmf, digit_fields(channel, digit, received, true));
}

Events OldDialect::dtmf_end(const Channel& channel, char digit, bool received, long) const {
  return one("DTMF", privilege::dtmf, digit_fields(channel, digit, received, false));
}

Events OldDialect::dial_begin(const Channel* caller, const Channel& peer,
                              std::string_view dial_string) const {
  if (caller == nullptr) return {};
  Fields fields;
  fields.add("SubEvent", "Begin").add("Channel", caller->name).add("Destination", peer.name);
  add_parties_or_unknown(fields, *caller)
      .add("UniqueID", caller->uniqueid)
      .add("DestUniqueID", peer.uniqueid)
      .add("Dialstring", dial_string);
  return one("Dial", privilege::call, std::move(fields));
}

Events OldDialect::dial_state(const Channel*, const Channel&, std::string_view) const {
  return {};
}

Events OldDialect::dial_end(const Channel* caller, const Channel*, std::string_view status) const {
  if (caller == nullptr) return {};
  return one("Dial", privilege::call,
             Fields{}
                 .add("SubEvent", "End")
                 .add("Channel", caller->name)
                 .add("UniqueID", caller->uniqueid)
                 .add("DialStatus", status));
}

Events OldDialect::bridge_enter(const Channel& one_side, const Channel& two,
                                std::string_view) const {
  return one("Bridge", privilege::call, bridge_fields("Link", one_side, two));
}

Events OldDialect::bridge_leave(const Channel& one_side, const Channel& two,
                                std::string_view) const {
  return one("Bridge", privilege::call, bridge_fields("Unlink", one_side, two));
}

Events OldDialect::conference_event(std::string_view name, std::string_view conference,
                                    const Channel* channel) const {
  Fields fields;
  if (channel != nullptr) {
    fields.add("Channel", channel->name).add("Uniqueid", channel->uniqueid);
  }
  fields.add("Conference", conference);
  if (channel != nullptr) {
    fields.add("CallerIDnum", or_unknown(channel->caller.number))
        .add("CallerIDname", or_unknown(channel->caller.name));
  }
  return one(name, privilege::call, std::move(fields));
}

Events OldDialect::music_on_hold(const Channel& channel, bool start) const {
  Fields fields;
  fields.add("State", start ? "Start" : "Stop")
      .add("Channel", channel.name)
      .add("UniqueID", channel.uniqueid);
  if (start) fields.add("Class", channel.music_class);
  return one("MusicOnHold", privilege::call, std::move(fields));
}

Events OldDialect::user_event(const Channel& channel, std::string_view name,
                              const Fields& body) const {
  return one("UserEvent", privilege::user,
             Fields{}.add("UserEvent", name).add("Uniqueid", channel.uniqueid).append(body));
}

Events OldDialect::agi_start(const Channel& channel, long command_id,
                             std::string_view command) const {
  return one("AGIExec", privilege::agi,
             Fields{}
                 .add("SubEvent", "Start")
                 .add("Channel", channel.name)
                 .add("CommandId", command_id)
                 .add("Command", command));
}

Events OldDialect::agi_end(const Channel& channel, long command_id, std::string_view command,
                           int code, std::string_view result) const {
  return one("AGIExec", privilege::agi,
             Fields{}
                 .add("SubEvent", "End")
                 .add("Channel", channel.name)
                 .add("CommandId", command_id)
                 .add("Command", command)
                 .add("ResultCode", code)
                 .add("Result", result));
}

Events OldDialect::originate_response(const OriginateOutcome& outcome) const {
  return one("OriginateResponse", privilege::call, fields_of(outcome, "<null>"));
}

Events OldDialect::fully_booted(long) const {
  return one("FullyBooted", privilege::system, Fields{}.add("Status", "Fully Booted"));
}

Fields OldDialect::channel_item(const Channel& channel, long seconds) const {
  const auto bridged = channel.bridged.lock();
  Fields item;
  item.add("Channel", channel.name)
      .add("UniqueID", channel.uniqueid)
      .add("Context", channel.place.context)
      .add("Extension", channel.place.exten)
      .add("Priority", channel.place.priority)
      .add("ChannelState", static_cast<long>(channel.state))
      .add("ChannelStateDesc", name_of(channel.state))
      .add("Application", channel.application)
      .add("ApplicationData", channel.app_data)
      .add("CallerIDnum", channel.caller.number)
      .add("CallerIDname", channel.caller.name);
  add_connected(item, channel.connected)
      .add("Duration", clock_text(seconds))
      .add("AccountCode", channel.accountcode)
      .add("BridgedChannel", bridged ? bridged->name : "")
      .add("BridgedUniqueID", bridged ? bridged->uniqueid : "");
  return item;
}

Fields OldDialect::status_item(const Channel& channel, long seconds) const {
  Fields item;
  item.add("Privilege", "Call").add("Channel", channel.name);
  add_parties_or_unknown(item, channel);
  if (channel.dialplan_running) {
    item.add("Accountcode", channel.accountcode)
        .add("ChannelState", static_cast<long>(channel.state))
        .add("ChannelStateDesc", name_of(channel.state))
        .add("Context", channel.place.context)
        .add("Extension", channel.place.exten)
        .add("Priority", channel.place.priority)
        .add("Seconds", seconds);
  } else {
    item.add("Account", channel.accountcode).add("State", name_of(channel.state));
  }
  if (const auto bridged = channel.bridged.lock()) {
    item.add("BridgedChannel", bridged->name).add("BridgedUniqueid", bridged->uniqueid);
  }
  item.add("Uniqueid", channel.uniqueid);
  return item;
}

std::string clock_text(long seconds) {
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::unique_ptr<Dialect> make_dialect(const Options& options) {
  switch (options.version) {
    case Version::asterisk_1_8:
      return std::make_unique<OldestDialect>();
    case Version::asterisk_11:
      return std::make_unique<OldDialect>();
    case Version::asterisk_13:
      return std::make_unique<NewDialect>("2.10.4", "13.20.0", options.system_name);
    case Version::asterisk_16:
      return std::make_unique<NewDialect>("5.0.4", "16.28.0", options.system_name);
    case Version::asterisk_22:
      return std::make_unique<NewDialect>("11.0.0", "22.10.1", options.system_name);
  }
  return nullptr;
}

}  // namespace arigate::sim
