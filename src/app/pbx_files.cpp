#include "app/pbx_files.hpp"

#include <utility>

#include "io/recording_folder.hpp"
#include "io/sound_directory.hpp"
#include "ops/shell_files.hpp"

namespace arigate::app {

PbxFiles::PbxFiles(boost::asio::any_io_executor core, const Config& config, ops::World& world,
                   ops::Legs& legs)
    : shell_{world, legs} {
  if (!config.recordings.directory.empty()) {
    recordings_ = std::make_unique<io::RecordingFolder>(core, world.clock,
                                                        config.recordings.directory, world.media);
  } else if (config.recordings.through_pbx) {
    recordings_ = std::make_unique<ops::ShellRecordings>(world.media, shell_);
  }
  if (!config.sounds.directory.empty()) {
    sounds_ = std::make_unique<io::SoundDirectory>(core, world.clock, config.sounds.directory);
  } else if (config.sounds.through_pbx) {
    sounds_ = std::make_unique<ops::ShellSounds>(world.media, shell_);
  }
}

}  // namespace arigate::app
