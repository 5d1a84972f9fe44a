#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "ops/pbx_media.hpp"
#include "ops/pbx_shell.hpp"
#include "ops/recording_files.hpp"
#include "ops/sounds.hpp"

namespace arigate::ops {

/// The recordings folder by shell commands on the PBX. Every script first goes into the folder, and
/// touches a file only after it has seen where its name really leads.
class ShellRecordings : public RecordingFiles {
 public:
  /// A name has to fit one AGI command, twice for a copy. A recording in no folder has a shorter
  /// one, see is_recording_name(): what can be made here can also be found.
  static constexpr std::size_t name_bytes_max = 300;

  ShellRecordings(const PbxMedia& media, Shell& shell) : media_{media}, shell_{shell} {}

  boost::asio::awaitable<Result<std::vector<StoredRecording>>> list() override;
  boost::asio::awaitable<Result<StoredRecording>> find(RecordingName name) override;
  boost::asio::awaitable<Result<void>> remove(StoredRecording recording) override;
  boost::asio::awaitable<Result<void>> copy(StoredRecording from, RecordingName to) override;
  boost::asio::awaitable<Result<std::shared_ptr<FileReader>>> open(
      StoredRecording recording) override;
  boost::asio::awaitable<Result<void>> make_folders(RecordingName name) override;

 private:
  class Reader;
  boost::asio::awaitable<Result<void>> change(std::string script);
  std::string inside(std::string script) const;

  const PbxMedia& media_;
  Shell& shell_;
};

/// The sounds folder by shell commands on the PBX.
class ShellSounds : public SoundFolder {
 public:
  ShellSounds(const PbxMedia& media, Shell& shell) : media_{media}, shell_{shell} {}
  boost::asio::awaitable<Result<SoundFiles>> read() override;

 private:
  const PbxMedia& media_;
  Shell& shell_;
};

}  // namespace arigate::ops
