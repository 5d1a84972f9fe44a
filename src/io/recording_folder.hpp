#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/beneath.hpp"
#include "io/file_thread.hpp"
#include "ops/pbx_media.hpp"
#include "ops/recording_files.hpp"

namespace arigate::io {

/// The recordings folder of the PBX as this host sees it: the same machine, or a mount.
class RecordingFolder : public ops::RecordingFiles {
 public:
  static constexpr std::size_t listed_max = 100'000;
  static constexpr int depth_max = 16;
  static constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
  /// Whether a file of this extension is a recording.
  using IsFormat = std::function<bool(std::string_view extension)>;

  RecordingFolder(boost::asio::any_io_executor core, const Clock& clock, std::string path,
                  const ops::PbxMedia& media);

  void stop() override { thread_->stop(); }
  boost::asio::awaitable<Result<std::vector<ops::StoredRecording>>> list() override;
  boost::asio::awaitable<Result<ops::StoredRecording>> find(RecordingName name) override;
  boost::asio::awaitable<Result<void>> remove(ops::StoredRecording recording) override;
  boost::asio::awaitable<Result<void>> copy(ops::StoredRecording from, RecordingName to) override;
  boost::asio::awaitable<Result<std::shared_ptr<ops::FileReader>>> open(
      ops::StoredRecording recording) override;
  boost::asio::awaitable<Result<void>> make_folders(RecordingName name) override;

 private:
  class Reader;
  TimePoint deadline() const;
  /// Of its own: the file thread asks it.
  IsFormat is_format() const;

  const Clock& clock_;
  std::string path_;
  const ops::PbxMedia& media_;
  std::shared_ptr<FileThread> thread_;
};

}  // namespace arigate::io
