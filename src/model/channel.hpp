#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"

namespace arigate::model {

class ToldVariables;

/// The PBX's channel states, by their number in AMI (ChannelState).
enum class ChannelState : std::uint8_t {
  down = 0,
  reserved = 1,
  off_hook = 2,
  dialing = 3,
  ring = 4,
  ringing = 5,
  up = 6,
  busy = 7,
  dialing_off_hook = 8,
  pre_ring = 9,
  mute = 10,
  unknown = 11,
};

/// From the decimal number in AMI; unknown for anything else.
ChannelState state_of(std::string_view number);

/// Asterisk before 12 puts these behind the name of a channel whose place another takes, and of
/// what is left of the one that was there.
inline constexpr std::string_view masqueraded = "<MASQ>";
inline constexpr std::string_view zombie = "<ZOMBIE>";

/// Name and number; "" where nobody is known.
struct Party {
  std::string name;
  std::string number;
  bool operator==(const Party&) const = default;
};

/// Where the channel is in the dialplan, and the dialplan application that runs.
struct DialplanPlace {
  std::string context;
  std::string exten;
  long priority = 1;
  std::string app_name;
  std::string app_data;
};

/// "__SHAPE", to be inherited, is read as "SHAPE".
constexpr std::string_view plain_name(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('_'), std::min<std::size_t>(2, name.size())));
  return name;
}

/// A variable that ARI shows with the channel: natively it is part of the channel's snapshot.
struct ShownVariable {
  enum class Showing : std::uint8_t {
    yes,
    when_set,             ///< Not before the PBX tells that it has been set.
    from_next_snapshot,   ///< It has been set.
    until_next_snapshot,  ///< Nobody wants it any more.
  };
  std::string name;
  std::string value;
  std::string next;       ///< Shown from the channel's next snapshot on.
  bool reported = false;  ///< Wanted by report_events of this channel: what is set shows at once.
  Showing showing = Showing::yes;

  bool shown() const { return showing == Showing::yes || showing == Showing::until_next_snapshot; }
};

/// One leg of a call, as the PBX last told. Only model::Reconciler writes it.
struct Channel {
  ChannelId id;            ///< The public id: never changes while the channel lives.
  Uniqueid uniqueid;       ///< What the PBX calls it; equal to id unless the PBX cannot take ids.
  std::string name;        ///< "SIP/alice-00000003"; changes with a rename.
  std::string shown_name;  ///< What ARI shows in its place; "" for nothing else.
  ChannelState state = ChannelState::down;
  Party caller;
  Party connected;
  std::string accountcode;
  std::string language;
  std::string protocol_id;  ///< SIP Call-ID where the PBX tells it.
  std::string caller_rdnis;
  std::string tenantid;
  DialplanPlace dialplan;
  std::string base_app;  ///< Application shown again when the dialplan ends: AppDial2 or none.
  std::string base_data;
  /// The dialplan application that an Originate named, shown once all three of its signs are in.
  std::string originated_app, originated_data;
  std::uint8_t originate_steps = 0;  ///< Bits: response, state Up, DialEnd ANSWER.
  WallTime created{};
  std::vector<ShownVariable> variables;  ///< The configured channelvars.
  /// Its variables "_X" and "__X", oldest first, as AMI told: whom it calls inherits them.
  std::vector<std::pair<std::string, std::string>> inheritable;

  BridgeId bridge;                     ///< Which bridge it is in; "" for none.
  BridgeId member_of;                  ///< The application's bridge that it belongs to.
  BridgeId room;                       ///< The bridge whose conference the PBX has it in now.
  bool leaves = false;                 ///< Its next way out of the room is told as a leaving.
  bool has_peer = false;               ///< BRIDGEPEER was told.
  bool own_peer = false;               ///< It was told by us: the PBX's room is no bridge.
  std::optional<AppName> application;  ///< Which ARI application holds it.
  std::vector<std::string> arguments;  ///< What that application was entered with.
  bool agi_running = false;            ///< Its dialplan runs an AGI, whosever it is.
  bool in_agi = false;                 ///< AMI has told that its dialplan runs an AGI of ours.
  bool in_own_context = false;         ///< Its dialplan is in our re-entry context.
  bool has_home = false;               ///< A dialplan of the PBX's has brought it there.
  bool from_ari = false;               ///< Originated through ARI.
  bool in_disguise = false;  ///< The near half of a leg of ours that ARI shows as a channel.
  bool unborn = false;       ///< Made by create: the PBX has no channel for it yet.
  bool made_first = false;   ///< Made by create: in its application before it is dialled.
  /// What was set for an originate and told already; none, or that of all copies of this channel.
  std::shared_ptr<ToldVariables> told_variables;
  bool hidden = false;        ///< A helper of the PBX that ARI does not show (old dialects).
  bool dial_due = false;      ///< Its Dial is told when its caller id is known (old dialects).
  bool placed = false;        ///< It is a called leg: Dial is told for it (old dialects).
  bool status_due = false;    ///< It has left an application; STASISSTATUS tells so soon.
  bool hangup_told = false;   ///< ChannelHangupRequest is out (old dialects).
  ChannelId lives_on_as;      ///< A masquerade gave its call to this channel (old dialects).
  ChannelId gives_place_to;   ///< A transfer puts this channel where it is, which ends it.
  bool announced = false;     ///< ChannelCreated is out.
  bool dialing = false;       ///< A Dial to it is under way (old dialects).
  ChannelId dialed_by;        ///< Who dials it; "" for an originated channel (old dialects).
  std::string dialstring;     ///< Of the Dial that made it; repeated in later Dial events.
  bool leg_answered = false;  ///< One of those that its last Dial calls has (old dialects).
  // Transfers by feature codes, which old dialects tell by variables only.
  std::string digits;      ///< Pressed since it was last in a bridge: where a transfer goes.
  ChannelId last_linked;   ///< Whom it was in a call of two with.
  ChannelId transfers;     ///< Whom it transfers blindly.
  ChannelId transferer;    ///< Who transfers it blindly, to where its next line shows.
  std::string called_for;  ///< Name of the one who calls it to make an attended transfer.
  WallTime digit_begun{};  ///< Start of the DTMF digit being pressed (old dialects).
  /// Set by playbacks of ours: not shown, and events that carry them may come after the end.
  std::vector<std::string> own_languages;
  bool own_languages_over = false;  ///< The next other language is the channel's own again.
  std::string own_digit;            ///< One that we are about to press ourselves: not shown.
  WallTime own_digit_ordered{};     ///< When we ordered it.
  std::uint64_t touched = 0;        ///< Serial number of the last event about it, for resync.
  std::uint64_t revision = 0;       ///< Grows with each change of a field that ARI shows.

  bool hides(std::string_view language) const {
    return std::ranges::find(own_languages, language) != own_languages.end();
  }
};

enum class PlaybackState : std::uint8_t { queued, playing, paused, continuing, done, failed };

/// Media being played, or waiting to be, to one channel or one bridge.
struct Playback {
  PlaybackId id;
  std::string media_uri;
  std::string next_media_uri;
  std::string target_uri;  ///< "channel:ID" or "bridge:ID".
  ChannelId channel;       ///< "" for a bridge.
  BridgeId bridge;         ///< "" for a channel.
  std::string language;
  PlaybackState state = PlaybackState::queued;
};

}  // namespace arigate::model
