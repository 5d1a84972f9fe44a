#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agi/decoder.hpp"
#include "ami/decoder.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "model/vetting.hpp"
#include "trace/capture_line.hpp"

namespace arigate::replay {

/// Plays the lines of a capture into a model: what the PBX sent on AMI, and the FastAGI sessions as
/// stays in an application. Nothing is asked of anybody, so what only an answer tells is not known,
/// and events that the running program would ask about are believed.
///
/// A FastAGI session becomes StasisStart and StasisEnd when it is for us
/// (Options::sessions_are_ours): application and arguments are those of its URL. The files that it
/// plays become playbacks with made-up ids ("replay-1").
class Player {
 public:
  struct Options {
    std::string ami_link = "ami";  ///< The link whose events are played.
    std::string ami_version;  ///< Of a capture that begins within the stream, without a banner.
    bool sessions_are_ours =
        true;  ///< Else FastAGI is left to somebody else, as native ARI sees it.
  };

  Player(const model::Store& store, model::Reconciler& reconciler, Options options)
      : store_{store}, reconciler_{reconciler}, options_{std::move(options)}, vetting_{store} {}

  /// Errc::protocol: what is on the AMI link is not AMI. Later lines can still be played.
  Result<void> play(const trace::Line& line, WallTime now);
  /// Nothing came for a while.
  void pass_time(WallTime now);

  /// What the AMI banner said; "" before it came.
  const std::string& ami_version() const { return version_; }

 private:
  struct Session {
    agi::Decoder decoder;
    std::optional<agi::Environment> environment;
    Uniqueid uniqueid;
    ChannelId channel;     ///< Set while it is in the application.
    bool ending = false;   ///< HANGUP was seen.
    std::string commands;  ///< Bytes to the PBX that are no whole line yet.
    PlaybackId playback;   ///< Of the file that is being played.
  };

  Result<void> play_ami(std::string_view bytes, WallTime now);
  void play_agi(const trace::Line& line, WallTime now);
  void take(Session& session, const agi::Input& input, WallTime now);
  void take_commands(Session& session, WallTime now);
  void end_playback(Session& session, model::PlaybackState state, WallTime now);
  void enter_if_ready(Session& session, WallTime now);
  void leave(Session& session, WallTime now);
  void look_after_sessions(WallTime now);

  const model::Store& store_;
  model::Reconciler& reconciler_;
  Options options_;
  model::Vetting vetting_;
  ami::Decoder decoder_;
  std::string version_;
  bool begun_ = false;   ///< The AMI link.
  bool broken_ = false;  ///< The AMI link, until it is opened again.
  std::map<std::string, Session, std::less<>> sessions_;  ///< By link.
  std::uint64_t playbacks_ = 0;
};

}  // namespace arigate::replay
