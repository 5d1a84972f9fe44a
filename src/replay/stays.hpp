#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agi/decoder.hpp"
#include "ami/asked_action.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/destination.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "trace/capture_line.hpp"

namespace arigate::replay {

/// What a first pass over the recording of an arigate tells of the sessions in it.
struct KnownStays {
  std::string own_context = "arigate";  ///< The re-entry context.
  std::set<std::string> refused{};      ///< Links of sessions that no application took.
  /// Channels whose StasisStart the recording holds, as it was told: theirs comes at that time.
  std::set<std::string> told{};
  bool all_told = false;  ///< There is no StasisStart but these.
};

/// The FastAGI sessions of a recording as stays of channels in an application: StasisStart and
/// StasisEnd, and what they play as playbacks with made-up ids ("replay-1").
///
/// Application and arguments are those of the StasisStart that was told; else those of the URL. A
/// session of the re-entry context of an arigate belongs to a channel that it has originated: then
/// they are in the Originate; or that it took out of a command: then the stay goes on; or that was
/// there when it came: then it has asked the channel (ARIGATE_APP).
class Stays {
 public:
  /// Originates and Redirects whose sessions may still come.
  static constexpr std::size_t awaited_max = 10'000;

  Stays(const model::Store& store, model::Reconciler& reconciler, KnownStays known)
      : store_{store}, reconciler_{reconciler}, known_{std::move(known)} {}

  /// A line of an `agi:` link. Errc::protocol: that is no FastAGI; the session ends there.
  Result<void> play(const trace::Line& line, WallTime now);
  /// An event that an arigate told while it was recorded.
  void told(const std::string& event, WallTime now);
  /// What was asked of the PBX, and how it answered.
  void asked(const ami::AskedAction& action);
  void answered(std::string_view action_id, bool ok, WallTime now);
  /// AMI has told something: stays begin when it has caught up, and end when it has told the
  /// request for the hangup.
  void look_after(WallTime now);

 private:
  struct Session {
    agi::Decoder decoder;
    std::optional<agi::Environment> environment;
    Uniqueid uniqueid;
    ChannelId channel;  ///< Set while it is in the application.
    bool begun = false;
    bool broken = false;      ///< What follows is left out.
    bool refused = false;     ///< No application took it.
    bool ending = false;      ///< HANGUP was seen.
    bool returning = false;   ///< It is redirected, and comes back with another session.
    bool asks_where = false;  ///< The next reply is the value of ARIGATE_APP.
    std::optional<model::Destination> destination;
    std::string commands;  ///< Bytes to the PBX that are no whole line yet.
    PlaybackId playback;   ///< Of the file that is being played.
  };

  void take(Session& session, const agi::Input& input, WallTime now);
  void take_reply(Session& session, const agi::Reply& reply, WallTime now);
  void take_hangup(Session& session, WallTime now);
  void take_commands(Session& session, WallTime now);
  void begin_playback(Session& session, std::string file, WallTime now);
  void end_playback(Session& session, model::PlaybackState state, WallTime now);
  void enter_if_ready(Session& session, WallTime now);
  bool in_own_context(const Session& session) const;
  std::optional<model::Destination> destination_of(const Session& session,
                                                   const model::Channel& channel);
  bool come_back(Session& session, WallTime now);
  void leave(Session& session, WallTime now, bool status_follows = false);
  bool leads_to_us(const ami::AskedAction& action) const;
  void asked_redirect(const ami::AskedAction& action);
  void asked_originate(const ami::AskedAction& action);
  void forget_the_gone();

  const model::Store& store_;
  model::Reconciler& reconciler_;
  KnownStays known_;
  std::map<std::string, Session, std::less<>> sessions_;               ///< By link.
  std::map<std::string, model::Destination, std::less<>> starts_;      ///< Told, by channel.
  std::map<std::string, model::Destination, std::less<>> originated_;  ///< By token.
  std::map<std::string, ChannelId, std::less<>> returning_;            ///< By token.
  std::map<std::string, ChannelId, std::less<>> originates_;           ///< By ActionID.
  std::map<std::string, std::string, std::less<>> redirects_;          ///< Tokens by ActionID.
  std::uint64_t playbacks_ = 0;
};

}  // namespace arigate::replay
