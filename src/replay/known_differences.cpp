#include "replay/known_differences.hpp"

#include <array>

#include "replay/comparison.hpp"

namespace arigate::replay {
namespace {

using Kind = Difference::Kind;

/// One fact: which differences it explains, and why. A type or field "" stands for any; fields are
/// compared by their end; `native` and `ours` by their beginning.
struct Fact {
  Kind kind;
  std::string_view type;
  std::string_view field;
  std::string_view native;
  std::string_view ours;
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

constexpr std::string_view bad_utf8 =
    "native empties a caller name that is not UTF-8; ours shows U+FFFD for each bad byte";
constexpr std::string_view older_bridge = "the bridge was there before the recording began";

constexpr std::array facts{
    Fact{Kind::missing, "Stasis", "", "", "", own_objects},
    Fact{Kind::missing, "Playback", "", "", "", own_objects},
    Fact{Kind::missing, "Recording", "", "", "", own_objects},
    Fact{Kind::missing, "Application", "", "", "", own_objects},
    Fact{Kind::missing, "TextMessageReceived", "", "", "", own_objects},
    Fact{Kind::missing, "ChannelDialplan", "", "", "ChannelDialplan    AppDial", dialplan_of_leg},
    Fact{Kind::field, "", "protocol_id", "", "", no_call_id},
    Fact{Kind::field, "", "caller_rdnis", "", "", no_rdnis},
    Fact{Kind::field, "", "dialplan.app_name", "\"Stasis\"", "", own_stasis},
    Fact{Kind::field, "", "dialplan.app_name", "", "", inner_application},
    Fact{Kind::field, "", "dialplan.app_data", "", "", inner_application},
    Fact{Kind::field, "", ".name", "\"\"", "", bad_utf8},
    Fact{Kind::extra, "BridgeCreated", "", "", "", older_bridge},
    Fact{Kind::field, "PeerStatusChange", "peer.time", "", "", peer_time},
};

}  // namespace

std::string_view known_reason(const Difference& difference, std::string_view) {
  for (const auto& fact : facts) {
    const bool matches = fact.kind == difference.kind && difference.type.starts_with(fact.type) &&
                         difference.field.ends_with(fact.field) &&
                         difference.native.starts_with(fact.native) &&
                         difference.ours.starts_with(fact.ours);
    if (matches) return fact.why;
  }
  return "";
}

}  // namespace arigate::replay
