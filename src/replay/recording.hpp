#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "replay/event_stream.hpp"
#include "replay/player.hpp"
#include "trace/capture_line.hpp"

namespace arigate::replay {

/// Wall time of a line: when the capture was started, and the line's own microseconds.
class Timeline {
 public:
  /// `started` as in the header, "2026-11-23T16:27:57.651285+00:00"; one that cannot be read counts
  /// as the beginning of 1970.
  explicit Timeline(const std::string& started);
  WallTime of(const trace::Line& line) const {
    return start_ + std::chrono::microseconds{line.t_us};
  }

 private:
  WallTime start_;
};

/// What a capture tells of the set-up it was made in.
struct Setup {
  bool has_ari = false;       ///< It holds ARI events, and they are
  bool ari_is_ours = false;   ///< of arigate, not of the PBX;
  std::string application;    ///< of this application,
  bool subscribe_all = true;  ///< which asked for all.
  std::string asterisk_id;
  std::chrono::minutes utc_offset{0};  ///< Of its timestamps; UTC when there are none.
  std::vector<std::string> channelvars;
  std::string ami_link = "ami";  ///< The first connection that has events.
  KnownStays stays;

  /// The PBX has its own ARI: no AGI is ours, no context is hidden.
  bool beside_native() const { return has_ari && !ari_is_ours; }
};

/// A first pass over the files: some of it comes late.
Setup setup_of(const std::vector<std::filesystem::path>& files);

/// On which port FastAGI sessions are ours, and what is hidden.
model::ReconcilerOptions model_options(const trace::Header& header, const Setup& setup);
Player::Options player_options(const trace::Header& header, const Setup& setup);

/// How a capture is replayed.
struct ReplayOptions {
  std::string application = "replay";
  std::vector<std::string> channelvars;  ///< Unless the capture's own ARI events name them.
  std::size_t cut = 0;                   ///< Cuts chunks of the PBX into pieces of so many bytes.
  /// Called before each line, in its time; for a replay that keeps the recorded pace.
  std::function<void(const trace::Line&)> before;
  std::function<void(const std::string&)> told;  ///< Called with each event of ours as it comes.
  bool keep = true;                              ///< Keep the events for Replayed.
  /// Called at the note that ends the recorded scenario, with the model as it is then.
  std::function<void(const EventStream&)> at_end;
};

/// What came of it.
struct Replayed {
  trace::Header header;
  std::vector<std::string> ours;    ///< Our ARI events, in order.
  std::vector<std::string> native;  ///< The PBX's own, where the capture holds them.
  std::size_t lines = 0;
  std::optional<Error> damaged;  ///< Where the file ends early, after all that is whole.
  std::optional<Error> broken;   ///< The first link on which something else than AMI or FastAGI is.

  /// "16", "1.8": the major version of the PBX, "" if the header does not say.
  std::string pbx_major() const;
};

/// Errc::not_found, Errc::protocol: not a capture at all.
Result<Replayed> replay(const std::filesystem::path& file, const ReplayOptions& options);
/// The files of one recording.
Result<Replayed> replay(const std::vector<std::filesystem::path>& files,
                        const ReplayOptions& options);

}  // namespace arigate::replay
