#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arigate::sim {

/// Which Asterisk the simulated PBX speaks like.
enum class Version {
  asterisk_1_8,  ///< AMI 1.1: no requests of hangups, no lines added to a context that is not
                 ///< there.
  asterisk_11,   ///< AMI 1.3: events without snapshots.
  asterisk_13,   ///< AMI 2.10.4: like 16, but PlayDTMF cannot press a key of the channel.
  asterisk_16,   ///< AMI 5.0.4: whole channel snapshots, ChannelId, ControlPlayback.
  asterisk_22,   ///< AMI 11.0.0
};

/// One section of manager.conf. Classes are written as there: "system,call,dtmf", or "all".
struct AmiUser {
  std::string name{};
  std::string secret{};
  std::string read = "all";
  std::string write = "all";
};

/// What the person at a phone does when it rings.
enum class Reaction { answers, busy, declines, congestion, rings_forever, unregistered };

struct Endpoint {
  std::string name{};  ///< "SIP/alice".
  std::string caller_name{};
  std::string caller_number{};  ///< "" stands for the part after the slash.
  Reaction reaction = Reaction::answers;
  std::chrono::milliseconds ring_time{400};  ///< From the first ring to the reaction.
  std::string presses{};                     ///< Digits that it dials after the answer.
  std::chrono::milliseconds press_after{500};
  std::optional<std::chrono::milliseconds> hangs_up_after{};  ///< Counted from the answer.
  /// How long it speaks when somebody records it; after that it is silent. Empty: on and on.
  std::optional<std::chrono::milliseconds> speaks_for{};
  std::string context = "from-trunk";  ///< Where its own calls enter.
};

/// Everything a simulated PBX is made of. The defaults make a small one with no phones; see
/// demo_options() for a complete one.
struct Options {
  std::string bind = "127.0.0.1";
  std::uint16_t ami_port = 0;  ///< 0: any free one; Pbx::ami_port() tells which.
  std::vector<AmiUser> users{{.name = "arigate", .secret = "arigate"}};
  std::string system_name = "sim";  ///< Prefix of the unique ids; "" for none.
  Version version = Version::asterisk_11;
  std::vector<Endpoint> endpoints;
  /// Sound files that exist, and how long they last. Empty: default_sounds().
  std::map<std::string, std::chrono::milliseconds> sounds;
  /// Text in the syntax of extensions.conf.
  std::string dialplan;
  /// PBX seconds per real second; every wait inside the PBX is divided by it.
  double speed = 1.0;
  /// Clock on the wall: unique ids, Ping, start time. Empty: the system's.
  std::function<std::chrono::system_clock::time_point()> wall_clock;
  /// Who leaves a conference hangs there until somebody in one gets a frame (seen: 1.8).
  bool conferences_hang = false;
  /// Phones go where a Transfer sends them, and put down. Else they leave it unanswered.
  bool phones_follow_transfers = false;
  /// How long an answer waits for the far side's media when none comes (Local channels).
  std::chrono::milliseconds media_wait{500};
};

}  // namespace arigate::sim
