#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "sim/signal.hpp"
#include "sim/variables.hpp"

namespace arigate::sim {

/// Numbers as on the wire (AMI ChannelState, AGI CHANNEL STATUS).
enum class ChannelState { down = 0, ring = 4, ringing = 5, up = 6, busy = 7 };
std::string_view name_of(ChannelState state);

/// "Normal Clearing" for 16; "Unknown" for a number without a text.
std::string_view cause_text(int cause);

struct Party {
  std::string number;
  std::string name;
};

/// `"Joe D" <555>`, as in CallerID of Originate and in CALLERID(all).
Party parse_party(std::string_view text);

/// A place in the dialplan.
struct Place {
  std::string context;
  std::string exten;
  int priority = 1;
};

/// How a called leg is doing, as seen by whoever calls it.
enum class LegProgress { calling, ringing, answered, busy, congestion, rejected };

/// One channel. Only Exchange changes what others can see of it; the coroutine that runs the
/// channel (dialplan, originate or dial) reads the requests below.
struct Channel {
  std::string name;
  std::string uniqueid;
  std::string linkedid;
  std::string technology;  ///< "SIP", "Local".
  std::string peer;        ///< "alice" of SIP/alice; "exten@context" of a Local channel.
  ChannelState state = ChannelState::down;
  Party caller;
  Party connected;
  std::string dnid;
  std::string rdnis;
  std::string accountcode;
  std::string language = "en";
  std::string music_class = "default";
  Place place;
  std::string application;
  std::string app_data;
  Variables variables;
  int cause = 0;
  std::string call_id;  ///< SIP Call-ID.
  TimePoint created{};
  bool music_playing = false;

  // What others ask of the channel. Whoever sets one of these calls signal.notify().
  bool hangup_requested = false;
  bool far_end_gone = false;  ///< Its phone, or other half, has hung up: nothing takes that back.
  bool redirected = false;    ///< `place` is new: leave the application, go there.
  std::deque<char> digits;    ///< Finished DTMF that no application has read yet.
  std::deque<std::string> playback_control;  ///< Verbs of ControlPlayback, for who streams a file.
  LegProgress progress = LegProgress::calling;
  Signal signal;

  std::string conference;         ///< The ConfBridge that it is in; "" for none.
  bool kicked = false;            ///< Out of the conference, please.
  bool conference_muted = false;  ///< By an action of the conference.
  Variables conference_options;   ///< CONFBRIDGE(user,…) and CONFBRIDGE(bridge,…).

  bool dialplan_running = false;  ///< A dialplan coroutine owns it: it alone destroys it.
  bool hangup_handled = false;    ///< Extension h has run.
  bool gone = false;              ///< Its Hangup event is out.

  std::weak_ptr<Channel> other_half;  ///< Of a Local pair.
  bool first_half = false;            ///< ";1", the half that the caller holds.
  std::weak_ptr<Channel> bridged;     ///< Who it talks to,
  std::string bridge_id;              ///< and in which bridge; "" for none, or a conference.

  // The person at the phone, for scripts: what the phone notices.
  std::function<void()> on_answer;
  std::function<void(char)> on_digit;
  std::function<void(int cause)> on_end;

  /// The application must return: hangup, redirect or the end of the PBX.
  bool interrupted() const { return hangup_requested || redirected || gone; }
};

using ChannelPtr = std::shared_ptr<Channel>;

}  // namespace arigate::sim
