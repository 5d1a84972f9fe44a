#include "replay/known_differences.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace arigate::replay {
namespace {

using Kind = Difference::Kind;

/// Which values a fact explains.
struct Value {
  enum class Is { any, exactly, begins, holds, absent };
  Is is = Is::any;
  std::string_view text{};

  bool matches(std::string_view value) const {
    switch (is) {
      case Is::any:
        return true;
      case Is::exactly:
        return value == text;
      case Is::begins:
        return value.starts_with(text);
      case Is::holds:
        return value.find(text) != std::string_view::npos;
      case Is::absent:
        return value.empty();
    }
    return false;
  }
};
constexpr Value any{};
constexpr Value absent{Value::Is::absent};
constexpr Value empty{Value::Is::exactly, "\"\""};
constexpr Value text{Value::Is::begins, "\""};
constexpr Value list{Value::Is::begins, "[\""};
constexpr Value bad_bytes{Value::Is::holds, "\xEF\xBF\xBD"};  ///< U+FFFD.
constexpr Value exactly(std::string_view value) {
  return {Value::Is::exactly, value};
}

/// One fact: which differences it explains, and why. A type "" stands for any; a field that begins
/// with a dot is the end of a path.
struct Fact {
  Kind kind;
  std::string_view type;
  std::string_view field;
  Value native, ours;
  Reason reason;
  std::string_view why;
};

constexpr std::string_view own_objects =
    "an object of the PBX's own ARI, of which AMI tells nothing";
constexpr std::string_view no_call_id = "AMI does not carry the Call-ID of a channel";
constexpr std::string_view ended_channel =
    "what a driver sets at the very end is told natively with the channel as it ended";
constexpr std::string_view no_rdnis = "AMI events do not carry the redirecting number";
constexpr std::string_view own_stasis =
    "native ARI put the channel into the PBX's own Stasis; AMI has no Newexten for that";
constexpr std::string_view dialplan_of_leg =
    "native sends one more ChannelDialplan when a called leg runs extension h; AMI has no event";
constexpr std::string_view inner_application =
    "an application that runs inside another, or of an Originate, is not told by AMI";
constexpr std::string_view peer_time = "the old SIP driver tells the time of a peer to AMI only";

constexpr std::string_view older_endpoint =
    "whether the endpoint was reachable before the recording began is not in it";

constexpr std::string_view young_channel =
    "native shows the endpoint as it was some milliseconds ago, without its youngest channel";

constexpr std::string_view bad_utf8 =
    "native empties a caller name that is not UTF-8; ours shows U+FFFD for each bad byte";
constexpr std::string_view older_bridge = "the bridge was there before the recording began";

constexpr std::string_view transfer_bridge =
    "native shows the bridge as it was when the transfer began; AMI tells the leaving first";
constexpr std::string_view older_creation =
    "the bridge was there before the recording began, so its creation was not seen";
constexpr std::string_view queue_cancel =
    "an abandoned queue call has no dial string natively, an answered one has";
constexpr std::string_view manager_userevent =
    "native tells the UserEvent of an AMI action without a channel; AMI cannot tell whose it is";
constexpr std::string_view inherited =
    "a variable that the channel was created with is set before AMI tells of the channel";

constexpr std::array facts{
    Fact{Kind::missing, "StasisStart", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "StasisEnd", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "PlaybackStarted", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "PlaybackContinuing", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "PlaybackFinished", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "RecordingStarted", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "RecordingFinished", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "RecordingFailed", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "ApplicationMoveFailed", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "ApplicationReplaced", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "TextMessageReceived", "", any, any, Reason::own_object, own_objects},
    Fact{Kind::missing, "ChannelDialplan", "", any,
         Value{Value::Is::begins, "ChannelDialplan    AppDial"}, Reason::other, dialplan_of_leg},
    Fact{Kind::field, "", ".protocol_id", text, empty, Reason::untold_field, no_call_id},
    Fact{Kind::field, "ChannelVarset", "channel.protocol_id", empty, text, Reason::other,
         ended_channel},
    Fact{Kind::field, "", ".caller_rdnis", text, absent, Reason::untold_field, no_rdnis},
    Fact{Kind::field, "", ".caller.name", empty, bad_bytes, Reason::other, bad_utf8},
    Fact{Kind::field, "", ".connected.name", empty, bad_bytes, Reason::other, bad_utf8},
    Fact{Kind::extra, "BridgeCreated", "", any, any, Reason::other, older_bridge},
    Fact{Kind::field, "ChannelEnteredBridge", "bridge.creationtime", text, text, Reason::other,
         older_creation},
    Fact{Kind::field, "ChannelLeftBridge", "bridge.creationtime", text, text, Reason::other,
         older_creation},
    Fact{Kind::field, "BridgeBlindTransfer", "bridge.channels", list, any, Reason::other,
         transfer_bridge},
    Fact{Kind::field, "BridgeAttendedTransfer", "transferer_first_leg_bridge.channels", list, any,
         Reason::other, transfer_bridge},
    Fact{Kind::field, "BridgeAttendedTransfer", "transferer_second_leg_bridge.channels", list, any,
         Reason::other, transfer_bridge},
    Fact{Kind::moved, "BridgeBlindTransfer", "", any, any, Reason::other, transfer_bridge},
    Fact{Kind::field, "Dial", "dialstring", empty, text, Reason::other, queue_cancel},
    Fact{Kind::field, "ChannelVarset", "channel.channelvars.FOO", text, text, Reason::other,
         inherited},
    Fact{Kind::field, "PeerStatusChange", "peer.time", any, absent, Reason::other, peer_time},
    Fact{Kind::field, "ContactStatusChange", "endpoint.state", exactly("\"offline\""),
         exactly("\"online\""), Reason::other, older_endpoint},
    Fact{Kind::field, "ContactStatusChange", "endpoint.channel_ids", exactly("[]"), list,
         Reason::other, young_channel},
    // The replies to EXEC on a channel that has hung up.
    Fact{Kind::field, "ChannelVarset", "channel.dialplan.app_data", exactly("\"dead\""), text,
         Reason::other, inner_application},
    Fact{Kind::field, "ChannelHangupRequest", "channel.dialplan.app_data", exactly("\"dead\""),
         text, Reason::other, inner_application},
};

/// The application that a channel runs, where it is another natively, and in which events: those
/// that show what was there, and not what begins. What it was given differs with it.
struct Application {
  std::string_view native, ours;
  std::string_view types;  ///< A blank around each.
  std::string_view why;
};

constexpr std::string_view app_name = ".dialplan.app_name";
constexpr std::string_view app_data = ".dialplan.app_data";
constexpr std::string_view in_bridges = " ChannelEnteredBridge ChannelLeftBridge ";
constexpr std::string_view ends_with_it = " ChannelVarset ChannelHangupRequest ChannelDestroyed ";
constexpr std::string_view in_variables = " ChannelVarset ChannelHangupRequest ";

constexpr std::array applications{
    Application{"Stasis", "AppDial2", in_variables, own_stasis},
    Application{"Stasis", "AppDial2", in_bridges, own_stasis},
    Application{"Stasis", "", in_variables, own_stasis},
    Application{"Dial", "AppDial2", " ChannelVarset Dial ", inner_application},
    Application{"AGI", "AppDial2", in_variables, inner_application},
    Application{"Wait", "AppDial2", " ChannelHangupRequest ", inner_application},
    Application{"AppDial2", "Dial", " ChannelHangupRequest ", inner_application},
    Application{"AGI", "NoOp", " ChannelHangupRequest ", inner_application},
    Application{"Playback", "AGI", " ChannelVarset ", inner_application},
    Application{"Ringing", "AGI", in_variables, inner_application},
    Application{"Set", "AGI", " ChannelVarset ", inner_application},
    Application{"Wait", "AGI", in_variables, inner_application},
    Application{"Dial", "Park", in_variables, inner_application},
    Application{"Dial", "Park", in_bridges, inner_application},
    Application{"Dial", "Park", " ChannelConnectedLine Dial ", inner_application},
    Application{"", "Wait", in_variables, inner_application},
    Application{"", "Wait", in_bridges, inner_application},
    Application{"", "Wait", " ChannelConnectedLine ", inner_application},
    Application{"", "AppDial", " ChannelHangupRequest ChannelDestroyed ", inner_application},
    Application{"AppDial", "", " ChannelDestroyed ", inner_application},
    Application{"AppDial", "Wait", " BridgeBlindTransfer ", inner_application},
};

bool is_text(std::string_view json, std::string_view content) {
  return json.size() == content.size() + 2 && json.substr(1, content.size()) == content &&
         json.front() == '"';
}

bool is_field(std::string_view path, std::string_view field) {
  return field.starts_with('.') ? path.ends_with(field) : path == field;
}

void explain_application(Difference& name) {
  for (const auto& known : applications) {
    const std::string type = " " + name.type + " ";
    if (is_text(name.native, known.native) && is_text(name.ours, known.ours) &&
        known.types.find(type) != std::string_view::npos) {
      name.reason = Reason::other;
      name.why = known.why;
      return;
    }
  }
  // Of a channel whose dialplan has ended AMI tells nothing until its Hangup.
  if (!is_text(name.native, "")) return;
  if (ends_with_it.find(" " + name.type + " ") == std::string_view::npos) return;
  name.reason = Reason::other;
  name.why = ended_channel;
}

void explain_alone(Difference& difference) {
  if (difference.kind == Kind::field && difference.field.ends_with(app_name)) {
    return explain_application(difference);
  }
  if (difference.kind == Kind::missing && difference.type == "ChannelUserevent" &&
      difference.object.empty()) {
    difference.reason = Reason::own_object;
    difference.why = manager_userevent;
    return;
  }
  for (const auto& fact : facts) {
    if (fact.kind != difference.kind || !(fact.type.empty() || fact.type == difference.type) ||
        !is_field(difference.field, fact.field) || !fact.native.matches(difference.native) ||
        !fact.ours.matches(difference.ours)) {
      continue;
    }
    difference.reason = fact.reason;
    difference.why = fact.why;
    return;
  }
}

}  // namespace

void explain(std::vector<Difference>& differences) {
  for (auto& difference : differences) explain_alone(difference);
  for (auto& data : differences) {
    if (data.reason != Reason::none || !data.field.ends_with(app_data)) continue;
    const auto channel =
        std::string_view{data.field}.substr(0, data.field.size() - app_data.size());
    const auto name = std::find_if(differences.begin(), differences.end(), [&](const auto& other) {
      return other.field.ends_with(app_name) && other.field.starts_with(channel) &&
             other.field.size() == channel.size() + app_name.size();
    });
    if (name == differences.end()) continue;
    data.reason = name->reason;
    data.why = name->why;
  }
}

}  // namespace arigate::replay
