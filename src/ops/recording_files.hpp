#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace arigate::ops {

/// A finished recording, or one that grows: a file in the recordings folder of the PBX.
struct StoredRecording {
  RecordingName name;
  std::string format;  ///< Its extension.
};

/// The bytes of a file, piece by piece.
class FileReader {
 public:
  virtual ~FileReader() = default;
  /// As it was when it was opened; more than that is not read.
  virtual std::uint64_t size() const = 0;
  /// The next piece, "" at the end. An error when the file became shorter or cannot be read.
  virtual boost::asio::awaitable<Result<std::string>> read() = 0;
};

/// The recordings folder of the PBX, however it can be reached. Names were checked by
/// is_recording_name(); nothing outside the folder is read, moved or deleted, links included.
/// Errors beside those named: unavailable, timeout, not_supported.
class RecordingFiles {
 public:
  virtual ~RecordingFiles() = default;
  /// What is under way ends with Errc::unavailable, soon.
  virtual void stop() {}
  /// See listed().
  virtual boost::asio::awaitable<Result<std::vector<StoredRecording>>> list() = 0;
  /// Of several formats the first that the folder lists. Errc::not_found.
  virtual boost::asio::awaitable<Result<StoredRecording>> find(RecordingName name) = 0;
  /// Errc::not_found.
  virtual boost::asio::awaitable<Result<void>> remove(StoredRecording recording) = 0;
  /// To a new name of the same format; makes folders. Errc::not_found, conflict (it is there).
  virtual boost::asio::awaitable<Result<void>> copy(StoredRecording from, RecordingName to) = 0;
  /// Errc::not_found.
  virtual boost::asio::awaitable<Result<std::shared_ptr<FileReader>>> open(
      StoredRecording recording) = 0;
  /// The folders in the name of a recording that is about to be made.
  virtual boost::asio::awaitable<Result<void>> make_folders(RecordingName name) = 0;
};

/// A name that stays inside the recordings folder: relative, no "..", no empty part, no control
/// character, not longer than a file system takes.
bool is_recording_name(std::string_view name);

/// Whether the name can be among the arguments of a dialplan application: MixMonitor would take
/// what stands behind a comma for options and a command to run.
bool is_application_argument(std::string_view name);

/// As native ARI lists them: by name, and of several formats the last that the folder lists.
std::vector<StoredRecording> listed(std::vector<StoredRecording> found);

inline Error recording_not_found() {
  return {Errc::not_found, "Recording not found"};
}

}  // namespace arigate::ops
