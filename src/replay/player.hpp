#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ami/asked_action.hpp"
#include "ami/decoder.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "model/vetting.hpp"
#include "replay/recorded_lists.hpp"
#include "replay/stays.hpp"
#include "replay/told_bridges.hpp"
#include "trace/capture_line.hpp"

namespace arigate::replay {

/// Plays the lines of a capture into a model: what the PBX sent on AMI, and the FastAGI sessions as
/// stays in an application. Nothing is asked of anybody: what only an answer tells is known where
/// the recording holds it (RecordedLists, Stays), and events that the running program would ask
/// about are believed.
class Player {
 public:
  struct Options {
    std::string ami_link = "ami";  ///< The link whose events are played.
    std::string ami_version;  ///< Of a capture that begins within the stream, without a banner.
    bool sessions_are_ours =
        true;  ///< Else FastAGI is left to somebody else, as native ARI sees it.
    KnownStays stays{};
  };

  Player(const model::Store& store, model::Reconciler& reconciler, Options options)
      : reconciler_{reconciler},
        options_{std::move(options)},
        vetting_{store},
        lists_{reconciler},
        stays_{store, reconciler, options_.stays},
        bridges_{store, reconciler} {}

  /// Errc::protocol: what is on the link is not AMI, or not FastAGI; it is told once, and what
  /// follows on this link is left out. Later lines can still be played.
  Result<void> play(const trace::Line& line, WallTime now);
  /// Nothing came for a while.
  void pass_time(WallTime now);

  /// What the AMI banner said; "" before it came.
  const std::string& ami_version() const { return version_; }

 private:
  Result<void> play_ami(const trace::Line& line, WallTime now);
  Result<void> take_ami(std::string_view bytes, WallTime now);
  void take_message(const ami::Message& message, WallTime now);
  void take_actions(std::string_view bytes);
  void begin_link();
  void end_link(WallTime now);

  model::Reconciler& reconciler_;
  Options options_;
  model::Vetting vetting_;
  RecordedLists lists_;
  Stays stays_;
  ToldBridges bridges_;
  ami::Decoder decoder_;
  ami::ActionReader actions_;
  std::string version_;
  std::string held_back_;    ///< The first bytes of the AMI link, while they may be a banner.
  bool opened_ = false;      ///< The AMI link: its begin is in the recording.
  bool begun_ = false;       ///< Something has come on it.
  bool link_is_up_ = false;  ///< So has its version.
  bool broken_ = false;      ///< Until it is opened again.
};

}  // namespace arigate::replay
