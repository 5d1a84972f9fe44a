#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "arigate/config.hpp"
#include "ops/leg.hpp"
#include "ops/pbx_shell.hpp"
#include "ops/recording_files.hpp"
#include "ops/sounds.hpp"
#include "ops/world.hpp"

namespace arigate::app {

/// The ways to the files of the PBX that the configuration opens.
class PbxFiles {
 public:
  PbxFiles(boost::asio::any_io_executor core, const Config& config, ops::World& world,
           ops::Legs& legs);

  /// Null when there is no way.
  ops::RecordingFiles* recordings() const { return recordings_.get(); }
  ops::SoundFolder* sounds() const { return sounds_.get(); }
  /// Nobody waits for a disk any more.
  void stop() {
    if (recordings_) recordings_->stop();
    if (sounds_) sounds_->stop();
  }

 private:
  ops::PbxShell shell_;
  std::unique_ptr<ops::RecordingFiles> recordings_;
  std::unique_ptr<ops::SoundFolder> sounds_;
};

}  // namespace arigate::app
