// What a caller can type must not pass for what the PBX says (values as they come on the wire).
#include "model/vetting.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::model {
namespace {

using Verdict = Vetting::Verdict;

constexpr auto old_pbx = "1.3";
constexpr auto new_pbx = "11.0.0";

std::string text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::sound:
      return "sound";
    case Verdict::forged:
      return "forged";
    case Verdict::sound_if_there:
      return "if there";
    case Verdict::sound_if_gone:
      return "if gone";
    case Verdict::sound_if_so:
      return "if so";
  }
  return "?";
}

/// The events of a channel that talks, as PBXs before Asterisk 12 write them.
std::string old_newchannel(std::string_view name, std::string_view id,
                           std::string_view caller = "Alice") {
  return fmt::format(
      "Event: Newchannel|Privilege: call,all|Channel: {}|ChannelState: 6|ChannelStateDesc: Up|"
      "CallerIDNum: 100|CallerIDName: {}|AccountCode: |Exten: 600|Context: in|Uniqueid: {}",
      name, caller, id);
}
std::string old_hangup(std::string_view name, std::string_view id) {
  return fmt::format(
      "Event: Hangup|Privilege: call,all|Channel: {}|Uniqueid: {}|CallerIDNum: 100|"
      "CallerIDName: Alice|ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|AccountCode: |"
      "Cause: 16|Cause-txt: Normal Clearing",
      name, id);
}
std::string old_varset(std::string_view value, std::string_view name = "SIP/eve-2",
                       std::string_view id = "1.2") {
  return fmt::format(
      "Event: VarSet|Privilege: dialplan,all|Channel: {}|Variable: X|Value: {}|Uniqueid: {}", name,
      value, id);
}

/// The same of Asterisk 12 and later.
std::string snapshot(std::string_view name, std::string_view id, std::string_view number = "100") {
  return fmt::format(
      "Channel: {}|ChannelState: 6|ChannelStateDesc: Up|CallerIDNum: {}|CallerIDName: Alice|"
      "ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|Language: en|AccountCode: |"
      "Context: in|Exten: 600|Priority: 2|Uniqueid: {}|Linkedid: {}",
      name, number, id, id);
}
std::string event_of(std::string_view event, std::string_view name, std::string_view id,
                     std::string_view rest = "") {
  return fmt::format("Event: {}|Privilege: call,all|{}{}", event, snapshot(name, id), rest);
}
std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}
const std::string cause = "|Cause: 16|Cause-txt: Normal Clearing";

/// Two channels talk: the victim (1.1) and eve (1.2). Then come `bytes`, of which each message is
/// judged; what is sound is applied.
std::vector<std::string> judged(std::string_view version, const std::string& bytes) {
  test::SmallWorld world{version};
  Vetting vetting{world.store};
  vetting.use(world.ami.dialect());
  const bool old = !world.ami.dialect().snapshots;
  for (const auto& [name, id] : {std::pair{"SIP/victim-1", "1.1"}, {"SIP/eve-2", "1.2"}}) {
    world.event(old ? old_newchannel(name, id) : event_of("Newchannel", name, id));
  }
  std::vector<std::string> verdicts;
  for (const auto& message : test::ami_messages({bytes})) {
    const auto verdict = vetting.judge(message).verdict;
    verdicts.push_back(std::string{message[ami::Key::event]} + " " + text_of(verdict));
    if (verdict == Verdict::sound) world.reconciler.apply(message, world.clock.wall());
  }
  return verdicts;
}

struct Row {
  const char* what;
  const char* version;
  std::string bytes;  // "|" is a line end, "||" the end of a message.
  std::vector<std::string> verdicts;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(judged(row.version, row.bytes), row.verdicts);
  }
}

TEST(Vetting, LetsWhatThePbxSaysThrough) {
  check({
      {"a variable", old_pbx, old_varset("1"), {"VarSet sound"}},
      {"with a lone line feed", old_pbx, old_varset("1\n2\n"), {"VarSet sound"}},
      {"with line ends", old_pbx, old_varset("1|2|3"), {"VarSet sound"}},
      {"a new channel", old_pbx, old_newchannel("SIP/bob-3", "1.3"), {"Newchannel sound"}},
      {"a request, then the end",
       old_pbx,
       "Event: HangupRequest|Privilege: call,all|Channel: SIP/victim-1|Uniqueid: 1.1||" +
           old_hangup("SIP/victim-1", "1.1"),
       {"HangupRequest sound", "Hangup sound"}},
      {"a request, then the end",
       new_pbx,
       event_of("HangupRequest", "SIP/victim-1", "1.1") + "||" +
           event_of("Hangup", "SIP/victim-1", "1.1", cause),
       {"HangupRequest sound", "Hangup sound"}},
      {"extension h, then the end",
       old_pbx,
       "Event: Newexten|Privilege: dialplan,all|Channel: SIP/victim-1|Context: in|Extension: h|"
       "Priority: 1|Application: NoOp|AppData: |Uniqueid: 1.1||" +
           old_hangup("SIP/victim-1", "1.1"),
       {"Newexten sound", "Hangup sound"}},
      {"a global variable",
       new_pbx,
       "Event: VarSet|Privilege: dialplan,all|Channel: none|Uniqueid: none|Variable: X|Value: 1",
       {"VarSet sound"}},
  });
}

TEST(Vetting, AsksThePbxAboutAnEndThatNothingAnnounced) {
  check({
      {"old", old_pbx, old_hangup("SIP/victim-1", "1.1"), {"Hangup if gone"}},
      {"new", new_pbx, event_of("Hangup", "SIP/victim-1", "1.1", cause), {"Hangup if gone"}},
  });
}

TEST(Vetting, SeesWhatIsNoEventOfAnyPbx) {
  check({
      {"no privilege",
       old_pbx,
       "Event: Hangup|Channel: SIP/victim-1|Uniqueid: 1.1",
       {"Hangup forged"}},
      {"privilege later",
       new_pbx,
       "Event: Hangup|Channel: SIP/victim-1|Privilege: call,all|Uniqueid: 1.1",
       {"Hangup forged"}},
      {"bytes before the event",
       old_pbx,
       "\x01garbage|" + old_hangup("SIP/victim-1", "1.1"),
       {"Hangup forged"}},
      {"the rest of something", old_pbx, "Uniqueid: 1.1", {" forged"}},
      {"a name of another channel",
       new_pbx,
       event_of("Newstate", "SIP/other-9", "1.1"),
       {"Newstate if there"}},
      {"a rename that does not know the name",
       old_pbx,
       "Event: Rename|Privilege: call,all|Channel: SIP/x-9|Newname: SIP/y-9|Uniqueid: 1.1",
       {"Rename forged"}},
  });
}

TEST(Vetting, KnowsAValueThatEndsItsOwnEvent) {
  const std::string forged = old_hangup("SIP/victim-1", "1.1");
  const std::string later = old_varset("2", "SIP/victim-1", "1.1");
  check({
      {"variable, closed by itself",
       old_pbx,
       old_varset("1||" + forged) + "||" + later,
       {"VarSet forged", "Hangup forged", "VarSet sound"}},
      {"variable, closed by a fragment",
       old_pbx,
       old_varset("1||" + forged + "||") + "||" + later,
       {"VarSet forged", "Hangup forged", " forged", "VarSet sound"}},
      {"variable with a forged close inside",
       old_pbx,
       old_varset("1||Event: X|Privilege: a|Uniqueid: 1.2||" + forged) + "||" + later,
       {"VarSet forged", "X forged", "Hangup if gone", "VarSet sound"}},
      {"caller's name",
       old_pbx,
       old_newchannel("SIP/eve-3", "1.3", "x||" + forged + "||") + "||" + later,
       {"Newchannel forged", "Hangup forged", " forged", "VarSet sound"}},
      {"caller's number",
       new_pbx,
       "Event: Newstate|Privilege: call,all|" +
           snapshot("SIP/eve-2", "1.2", "x||" + event_of("Hangup", "SIP/victim-1", "1.1", cause)) +
           "||" + event_of("VarSet", "SIP/victim-1", "1.1", "|Variable: X|Value: 1"),
       {"Newstate forged", "Hangup forged", "VarSet sound"}},
  });
}

TEST(Vetting, TakesNoIdFromAValue) {
  check({
      {"variable", old_pbx, old_varset("1|Uniqueid: 1.1"), {"VarSet forged"}},
      {"own id, repeated", old_pbx, old_varset("1|Uniqueid: 1.2"), {"VarSet sound"}},
      {"caller's name",
       old_pbx,
       old_newchannel("SIP/eve-3", "1.3", "x|Uniqueid: 1.1"),
       {"Newchannel forged"}},
      {"caller's number",
       new_pbx,
       "Event: Newchannel|Privilege: call,all|" + snapshot("SIP/eve-3", "1.3", "x|Uniqueid: 1.1"),
       {"Newchannel forged"}},
      {"arguments, behind the true id",
       new_pbx,
       event_of("Newexten", "SIP/eve-2", "1.2",
                "|Extension: 600|Application: NoOp|AppData: x|Uniqueid: 1.1"),
       {"Newexten sound"}},
  });
}

/// Seen in the sources of 1.8.0 to 1.8.10 and of 10.0 to 10.2: no Parkinglot, no Uniqueid.
TEST(Vetting, KnowsTheEndOfAnUnparkedCallThatNamesNoId) {
  const std::string shortest =
      "Event: UnParkedCall|Privilege: call,all|Exten: 701|Channel: SIP/victim-1|From: SIP/eve-2|"
      "CallerIDNum: 1|CallerIDName: x";
  const std::string later = "||" + old_varset("2", "SIP/victim-1", "1.1");
  const std::string end = "||" + old_hangup("SIP/eve-2", "1.2");
  check({
      {"1.8.0", old_pbx, shortest + later, {"UnParkedCall sound", "VarSet sound"}},
      {"1.8.5",
       old_pbx,
       shortest + "|ConnectedLineNum: 1|ConnectedLineName: x" + later,
       {"UnParkedCall sound", "VarSet sound"}},
      {"it ends with a name", old_pbx, shortest + end, {"UnParkedCall sound", "Hangup if gone"}},
      {"a number that ends it",
       old_pbx,
       shortest + "|ConnectedLineNum: 1||" + old_newchannel("SIP/x-9", "1.9") +
           "||ConnectedLineName: x" + later,
       {"UnParkedCall forged", "Newchannel forged", " forged", "VarSet sound"}},
      {"1.8.11",
       old_pbx,
       "Event: UnParkedCall|Privilege: call,all|Exten: 701|Channel: SIP/victim-1|Parkinglot: p|"
       "From: SIP/eve-2|CallerIDNum: 1|CallerIDName: x||" +
           old_newchannel("SIP/x-9", "1.9") + "||Uniqueid: 1.1" + later,
       {"UnParkedCall forged", "Newchannel forged", " forged", "VarSet sound"}},
  });
}

/// The text of UserEvent() is the last of its event: what it forges has no trace at all.
TEST(Vetting, AsksAboutAllThatBeginsOrEndsBehindAUserEvent) {
  const std::string old_event =
      "Event: UserEvent|Privilege: user,all|UserEvent: Note|Uniqueid: 1.2|text: x||";
  const std::string old_request =
      "Event: HangupRequest|Privilege: call,all|Channel: SIP/victim-1|Uniqueid: 1.1||";
  check({
      {"hangup",
       old_pbx,
       old_event + old_request + old_hangup("SIP/victim-1", "1.1"),
       {"UserEvent sound", "HangupRequest sound", "Hangup if gone"}},
      {"new channel",
       old_pbx,
       old_event + old_newchannel("SIP/ghost-9", "1.9"),
       {"UserEvent sound", "Newchannel if there"}},
      {"rename",
       old_pbx,
       old_event +
           "Event: Rename|Privilege: call,all|Channel: SIP/victim-1|Newname: SIP/x|Uniqueid: 1.1",
       {"UserEvent sound", "Rename if gone"}},
      {"shutdown",
       old_pbx,
       old_event + "Event: Shutdown|Privilege: system,all|Shutdown: Cleanly",
       {"UserEvent sound", "Shutdown forged"}},
      {"new channel",
       new_pbx,
       event_of("UserEvent", "SIP/eve-2", "1.2", "|UserEvent: Note|text: x") + "||" +
           event_of("Newchannel", "SIP/ghost-9", "1.9"),
       {"UserEvent sound", "Newchannel if there"}},
      {"far behind it",
       old_pbx,
       old_event + old_varset(std::string(Vetting::value_bytes_max, 'x')) + "||" +
           old_newchannel("SIP/bob-9", "1.9"),
       {"UserEvent sound", "VarSet sound", "Newchannel sound"}},
  });
}

/// From Asterisk 12 on the arguments of an application are the last of their event.
TEST(Vetting, AsksAboutAnEndThatWasAnnouncedBehindALineOfTheDialplan) {
  const std::string line =
      event_of("Newexten", "SIP/eve-2", "1.2", "|Extension: 600|Application: NoOp|AppData: x") +
      "||";
  const std::string far_end =
      event_of("Newexten", "SIP/eve-2", "1.2", "|Extension: |Application: AppDial|AppData: x") +
      "||";
  const std::string request = event_of("HangupRequest", "SIP/victim-1", "1.1") + "||";
  const std::string end = event_of("Hangup", "SIP/victim-1", "1.1", cause);
  const std::string filler =
      event_of("VarSet", "SIP/eve-2", "1.2",
               "|Variable: X|Value: " + std::string(Vetting::value_bytes_max, 'x')) +
      "||";
  check({
      {"both",
       new_pbx,
       line + request + end,
       {"Newexten sound", "HangupRequest sound", "Hangup if gone"}},
      {"by a place",
       new_pbx,
       line + event_of("Newstate", "SIP/victim-1", "1.1") + "||" + end,
       {"Newexten sound", "Newstate sound", "Hangup if gone"}},
      {"the request came before",
       new_pbx,
       request + line + end,
       {"HangupRequest sound", "Newexten sound", "Hangup sound"}},
      {"in two places",
       new_pbx,
       line + request + filler + line + end,
       {"Newexten sound", "HangupRequest sound", "VarSet sound", "Newexten sound",
        "Hangup if gone"}},
      {"far behind it",
       new_pbx,
       line + filler + request + end,
       {"Newexten sound", "VarSet sound", "HangupRequest sound", "Hangup sound"}},
      {"the far end of a dial",
       new_pbx,
       far_end + request + end,
       {"Newexten sound", "HangupRequest sound", "Hangup sound"}},
  });
}

/// Up to Asterisk 13.4 so is the value of a variable, and it comes as it is.
TEST(Vetting, AsksAboutAnEndThatWasAnnouncedBehindARawValue) {
  const std::string bytes = event_of("VarSet", "SIP/eve-2", "1.2", "|Variable: X|Value: x") + "||" +
                            event_of("HangupRequest", "SIP/victim-1", "1.1") + "||" +
                            event_of("Hangup", "SIP/victim-1", "1.1", cause);
  check({
      {"13.4", "2.7.0", bytes, {"VarSet sound", "HangupRequest sound", "Hangup if gone"}},
      {"13.5", "2.8.0", bytes, {"VarSet sound", "HangupRequest sound", "Hangup sound"}},
  });
}

/// Nothing but the PBX's word tells them from those that a caller has put into a value.
TEST(Vetting, AsksAboutAStateOrACallerThatAValueMayHaveTold) {
  const auto newstate = [](std::string_view number) {
    return fmt::format(
        "Event: Newstate|Privilege: call,all|Channel: SIP/victim-1|ChannelState: {}|"
        "ChannelStateDesc: Busy|CallerIDNum: 100|CallerIDName: Alice|ConnectedLineNum: |"
        "ConnectedLineName: |Uniqueid: 1.1",
        number);
  };
  const auto newcallerid = [](std::string_view number) {
    return fmt::format(
        "Event: NewCallerid|Privilege: call,all|Channel: SIP/victim-1|CallerIDNum: {}|"
        "CallerIDName: Alice|Uniqueid: 1.1|CID-CallingPres: 0 (Presentation Allowed)",
        number);
  };
  const auto busy = [](std::string_view event) {
    return replaced(event_of(event, "SIP/victim-1", "1.1"), "ChannelState: 6", "ChannelState: 7");
  };
  const std::string line =
      event_of("Newexten", "SIP/eve-2", "1.2", "|Extension: 600|Application: NoOp|AppData: x") +
      "||";
  check({
      {"another state, old",
       old_pbx,
       old_varset("x") + "||" + newstate("7"),
       {"VarSet sound", "Newstate if so"}},
      {"of the one whose value it was",
       old_pbx,
       old_varset("x", "SIP/victim-1", "1.1") + "||" + newstate("7"),
       {"VarSet sound", "Newstate if so"}},
      {"nothing before it", old_pbx, newstate("7"), {"Newstate sound"}},
      {"the same state",
       old_pbx,
       old_varset("x") + "||" + newstate("6"),
       {"VarSet sound", "Newstate sound"}},
      {"the ringing of a far leg",
       old_pbx,
       old_varset("x") + "||" + newstate("5"),
       {"VarSet sound", "Newstate sound"}},
      {"another caller",
       old_pbx,
       old_varset("x") + "||" + newcallerid("911"),
       {"VarSet sound", "NewCallerid if so"}},
      {"the same caller",
       old_pbx,
       old_varset("x") + "||" + newcallerid("100"),
       {"VarSet sound", "NewCallerid sound"}},
      {"another state, new",
       new_pbx,
       line + busy("Newstate"),
       {"Newexten sound", "Newstate if so"}},
      {"in any event",
       new_pbx,
       line + busy("MusicOnHoldStart"),
       {"Newexten sound", "MusicOnHoldStart if so"}},
      {"behind an escaped value",
       new_pbx,
       event_of("VarSet", "SIP/eve-2", "1.2", "|Variable: X|Value: x") + "||" + busy("Newstate"),
       {"VarSet sound", "Newstate sound"}},
      {"behind a raw value",
       "2.7.0",
       event_of("VarSet", "SIP/eve-2", "1.2", "|Variable: X|Value: x") + "||" + busy("Newstate"),
       {"VarSet sound", "Newstate if so"}},
  });
}

/// A caller who knows name and uniqueid of another channel; his own come first.
TEST(Vetting, AsksWhereAChannelIsThatAnotherMayHaveToldOf) {
  const std::string own = old_varset("x", "SIP/victim-1", "1.1") + "||";
  const std::string another = old_varset("x") + "||";
  const auto line = [](std::string_view exten) {
    return fmt::format(
        "Event: Newexten|Privilege: dialplan,all|Channel: SIP/victim-1|Context: in|Extension: {}|"
        "Priority: 1|Application: NoOp|AppData: |Uniqueid: 1.1",
        exten);
  };
  const auto bridge = [](std::string_view state) {
    return fmt::format(
        "Event: Bridge|Privilege: call,all|Bridgestate: {}|Bridgetype: core|"
        "Channel1: SIP/victim-1|Channel2: SIP/eve-2|Uniqueid1: 1.1|Uniqueid2: 1.2|CallerID1: 1|"
        "CallerID2: 2",
        state);
  };
  const auto at = [](std::string_view event, std::string_view rest) {
    return fmt::format("Event: {}|Privilege: call,all|Channel: SIP/victim-1|{}|Uniqueid: 1.1",
                       event, rest);
  };
  const std::string joins = at("ConfbridgeJoin", "Conference: 9");
  const std::string parks = at("ParkedCall", "Parkinglot: default");
  const std::string renames = at("Rename", "Newname: SIP/other-9");
  const auto snapshot_line = [](std::string_view event) {
    return replaced(event_of(event, "SIP/victim-1", "1.1"), "Exten: 600", "Exten: 601");
  };
  const std::string app =
      event_of("Newexten", "SIP/eve-2", "1.2", "|Extension: 600|Application: NoOp|AppData: x") +
      "||";
  check({
      {"his own line", old_pbx, own + line("601"), {"VarSet sound", "Newexten sound"}},
      {"behind his own UserEvent",
       old_pbx,
       "Event: UserEvent|Privilege: user,all|UserEvent: Note|Uniqueid: 1.1|text: x||" + line("601"),
       {"UserEvent sound", "Newexten sound"}},
      {"behind another's",
       old_pbx,
       "Event: UserEvent|Privilege: user,all|UserEvent: Note|Uniqueid: 1.2|text: x||" + line("601"),
       {"UserEvent sound", "Newexten if so"}},
      {"another's", old_pbx, another + line("601"), {"VarSet sound", "Newexten if so"}},
      {"the one that is known", old_pbx, another + line("600"), {"VarSet sound", "Newexten sound"}},
      {"nothing before it", old_pbx, line("601"), {"Newexten sound"}},
      {"the begin of a call of two",
       old_pbx,
       own + bridge("Link"),
       {"VarSet sound", "Bridge if so"}},
      {"the end of none", old_pbx, own + bridge("Unlink"), {"VarSet sound", "Bridge sound"}},
      {"a call of two, as the first", old_pbx, bridge("Link"), {"Bridge sound"}},
      {"and its end",
       old_pbx,
       bridge("Link") + "||" + bridge("Unlink"),
       {"Bridge sound", "Bridge if so"}},
      {"told twice",
       old_pbx,
       bridge("Link") + "||" + bridge("Link"),
       {"Bridge sound", "Bridge sound"}},
      {"a conference", old_pbx, another + joins, {"VarSet sound", "ConfbridgeJoin if so"}},
      {"his own", old_pbx, own + joins, {"VarSet sound", "ConfbridgeJoin sound"}},
      {"out of it",
       old_pbx,
       joins + "||" + another + at("ConfbridgeLeave", "Conference: 9"),
       {"ConfbridgeJoin sound", "VarSet sound", "ConfbridgeLeave if so"}},
      {"out of one where it is not",
       old_pbx,
       joins + "||" + another + at("ConfbridgeLeave", "Conference: 8"),
       {"ConfbridgeJoin sound", "VarSet sound", "ConfbridgeLeave sound"}},
      {"a lot", old_pbx, another + parks, {"VarSet sound", "ParkedCall if so"}},
      {"out of it",
       old_pbx,
       parks + "||" + another + at("UnParkedCall", "Parkinglot: default"),
       {"ParkedCall sound", "VarSet sound", "UnParkedCall if so"}},
      {"another name", old_pbx, another + renames, {"VarSet sound", "Rename if gone"}},
      {"his own other name", old_pbx, own + renames, {"VarSet sound", "Rename if gone"}},
      {"another's line, with snapshots",
       "2.7.0",
       app + snapshot_line("Newstate"),
       {"Newexten sound", "Newstate if so"}},
      {"whom it talks to, with snapshots",
       "2.7.0",
       app + replaced(event_of("NewConnectedLine", "SIP/victim-1", "1.1"),
                      "ConnectedLineNum: <unknown>", "ConnectedLineNum: 911"),
       {"Newexten sound", "NewConnectedLine if so"}},
      {"behind an escaped value",
       new_pbx,
       event_of("VarSet", "SIP/eve-2", "1.2", "|Variable: X|Value: x") + "||" +
           snapshot_line("Newstate"),
       {"VarSet sound", "Newstate sound"}},
      {"behind the arguments of an application",
       new_pbx,
       app + snapshot_line("Newstate"),
       {"Newexten sound", "Newstate if so"}},
      {"its own line",
       new_pbx,
       event_of("Newexten", "SIP/victim-1", "1.1", "|Extension: 600|Application: NoOp|AppData: x") +
           "||" + snapshot_line("Newstate"),
       {"Newexten sound", "Newstate sound"}},
      {"a bridge",
       new_pbx,
       app + event_of("BridgeEnter", "SIP/victim-1", "1.1", "|BridgeUniqueid: b"),
       {"Newexten sound", "BridgeEnter if so"}},
      {"the way out of one, which names what nobody can guess",
       new_pbx,
       app + event_of("BridgeLeave", "SIP/victim-1", "1.1", "|BridgeUniqueid: b"),
       {"Newexten sound", "BridgeLeave sound"}},
      {"another application",
       new_pbx,
       app + event_of("Newexten", "SIP/victim-1", "1.1",
                      "|Extension: 600|Application: Dial|AppData: "),
       {"Newexten sound", "Newexten if so"}},
  });
}

TEST(Vetting, BelievesWhatCameBehindAPause) {
  test::SmallWorld world{new_pbx};
  Vetting vetting{world.store};
  vetting.use(world.ami.dialect());
  world.event(event_of("Newchannel", "SIP/victim-1", "1.1"));
  const auto judge = [&](const std::string& text) {
    const auto message = test::ami_message(text);
    const auto verdict = vetting.judge(message).verdict;
    world.reconciler.apply(message, world.clock.wall());
    return verdict;
  };
  judge(event_of("Newexten", "SIP/eve-2", "1.2", "|Extension: 600|Application: NoOp|AppData: x"));
  judge(event_of("UserEvent", "SIP/eve-2", "1.2", "|UserEvent: Note|text: x"));
  vetting.paused();
  const auto busy =
      replaced(event_of("Newstate", "SIP/victim-1", "1.1"), "ChannelState: 6", "ChannelState: 7");
  EXPECT_EQ(judge(busy), Verdict::sound);
  judge(event_of("HangupRequest", "SIP/victim-1", "1.1"));
  EXPECT_EQ(judge(event_of("Hangup", "SIP/victim-1", "1.1", cause)), Verdict::sound);
}

/// Those of channels that are there stay.
TEST(Vetting, KeepsOnlySoManySignsOfChannelsThatAreNotThere) {
  const auto line = test::ami_message(
      event_of("Newexten", "SIP/eve-2", "1.2", "|Extension: 600|Application: NoOp|AppData: x"));
  for (const bool too_many : {false, true}) {
    test::SmallWorld world{new_pbx};
    Vetting vetting{world.store};
    vetting.use(world.ami.dialect());
    const auto doubtful_sign = [&](const std::string& name, const std::string& id) {
      vetting.judge(line);
      vetting.judge(test::ami_message(event_of("HangupRequest", name, id)));
    };
    const auto end = [&](const std::string& name, const std::string& id) {
      world.event(event_of("HangupRequest", name, id));
      return vetting.judge(test::ami_message(event_of("Hangup", name, id, cause))).verdict;
    };
    world.event(event_of("Newchannel", "SIP/here-1", "1.1"));
    doubtful_sign("SIP/here-1", "1.1");
    doubtful_sign("SIP/late-3", "1.3");
    for (std::size_t i = too_many ? 1 : 2; i < Vetting::signs_max; ++i) {
      const auto number = std::to_string(i);
      doubtful_sign("SIP/none-" + number, "2." + number);
    }
    vetting.paused();
    world.event(event_of("Newchannel", "SIP/late-3", "1.3"));
    EXPECT_EQ(end("SIP/here-1", "1.1"), Verdict::sound_if_gone);
    EXPECT_EQ(end("SIP/late-3", "1.3"), too_many ? Verdict::sound : Verdict::sound_if_gone);
  }
}

}  // namespace
}  // namespace arigate::model
