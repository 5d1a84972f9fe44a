#include "replay/known_differences.hpp"

#include <array>

namespace arigate::replay {
namespace {

using Kind = Difference::Kind;

/// One fact: which differences it explains, and why. A type or field "" stands for any; a field is
/// matched by a part of its path, `native` and `ours` by their beginning.
struct Fact {
  Kind kind;
  std::string_view type;
  std::string_view field;
  std::string_view native;
  std::string_view ours;
  Reason reason;
  std::string_view why;
};

constexpr std::string_view own_objects =
    "an object of the PBX's own ARI, of which AMI tells nothing";
constexpr std::string_view no_call_id = "AMI does not carry the Call-ID of a channel";
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
    Fact{Kind::missing, "Stasis", "", "", "", Reason::own_object, own_objects},
    Fact{Kind::missing, "Playback", "", "", "", Reason::own_object, own_objects},
    Fact{Kind::missing, "Recording", "", "", "", Reason::own_object, own_objects},
    Fact{Kind::missing, "Application", "", "", "", Reason::own_object, own_objects},
    Fact{Kind::missing, "TextMessageReceived", "", "", "", Reason::own_object, own_objects},
    Fact{Kind::missing, "ChannelUserevent", "", "", "", Reason::own_object, manager_userevent},
    Fact{Kind::missing, "ChannelDialplan", "", "", "ChannelDialplan    AppDial", Reason::other,
         dialplan_of_leg},
    Fact{Kind::field, "", "protocol_id", "", "", Reason::untold_field, no_call_id},
    Fact{Kind::field, "", "caller_rdnis", "", "", Reason::untold_field, no_rdnis},
    Fact{Kind::field, "", "dialplan.app_name", "\"Stasis\"", "", Reason::other, own_stasis},
    Fact{Kind::field, "", "dialplan.app_name", "", "", Reason::other, inner_application},
    Fact{Kind::field, "", "dialplan.app_data", "", "", Reason::other, inner_application},
    Fact{Kind::field, "", "caller.name", "\"\"", "", Reason::other, bad_utf8},
    Fact{Kind::field, "", "connected.name", "\"\"", "", Reason::other, bad_utf8},
    Fact{Kind::extra, "BridgeCreated", "", "", "", Reason::other, older_bridge},
    Fact{Kind::field, "", "bridge.creationtime", "", "", Reason::other, older_creation},
    Fact{Kind::field, "Bridge", "channels", "", "", Reason::other, transfer_bridge},
    Fact{Kind::moved, "BridgeBlindTransfer", "", "", "", Reason::other, transfer_bridge},
    Fact{Kind::field, "Dial", "dialstring", "\"\"", "", Reason::other, queue_cancel},
    Fact{Kind::field, "", "channelvars.", "", "", Reason::other, inherited},
    Fact{Kind::field, "PeerStatusChange", "peer.time", "", "", Reason::other, peer_time},
    Fact{Kind::field, "ContactStatusChange", "endpoint.state", "\"offline\"", "\"online\"",
         Reason::other, older_endpoint},
    Fact{Kind::field, "ContactStatusChange", "endpoint.channel_ids", "[]", "", Reason::other,
         young_channel},
};

}  // namespace

KnownDifference known_difference(const Difference& difference) {
  for (const auto& fact : facts) {
    const bool matches = fact.kind == difference.kind && difference.type.starts_with(fact.type) &&
                         difference.field.find(fact.field) != std::string::npos &&
                         difference.native.starts_with(fact.native) &&
                         difference.ours.starts_with(fact.ours);
    if (matches) return {fact.reason, fact.why};
  }
  return {};
}

}  // namespace arigate::replay
