#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>

#include "io/file_thread.hpp"
#include "ops/sounds.hpp"

namespace arigate::io {

/// The sounds folder of the PBX as this host sees it. Links are followed: distributions make the
/// languages of links.
class SoundDirectory : public ops::SoundFolder {
 public:
  static constexpr std::size_t files_max = 200'000;
  static constexpr std::size_t text_bytes_max = std::size_t{4} * 1024 * 1024;
  static constexpr int depth_max = 8;

  SoundDirectory(boost::asio::any_io_executor core, const Clock& clock, std::string path)
      : clock_{clock}, path_{std::move(path)}, thread_{std::move(core)} {}

  void stop() override { thread_.stop(); }
  boost::asio::awaitable<Result<ops::SoundFiles>> read() override;

 private:
  const Clock& clock_;
  std::string path_;
  FileThread thread_;
};

}  // namespace arigate::io
