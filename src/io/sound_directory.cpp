#include "io/sound_directory.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace arigate::io {
namespace {

namespace fs = std::filesystem;

std::string contents_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::string text(SoundDirectory::text_bytes_max, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Result<ops::SoundFiles> read_all(const std::string& path) {
  std::error_code error;
  fs::recursive_directory_iterator entries{path,
                                           fs::directory_options::follow_directory_symlink |
                                               fs::directory_options::skip_permission_denied,
                                           error};
  if (error) return Error{Errc::unavailable, path + ": " + error.message()};
  ops::SoundFiles files;
  for (; entries != fs::recursive_directory_iterator{}; entries.increment(error)) {
    if (error || files.names.size() >= SoundDirectory::files_max) break;
    if (entries.depth() >= SoundDirectory::depth_max) entries.disable_recursion_pending();
    if (!entries->is_regular_file(error)) continue;
    auto name = entries->path().lexically_relative(path).string();
    if (entries->path().extension() == ".txt") {
      files.texts.emplace_back(std::move(name), contents_of(entries->path()));
    } else {
      files.names.push_back(std::move(name));
    }
  }
  return files;
}

}  // namespace

boost::asio::awaitable<Result<ops::SoundFiles>> SoundDirectory::read() {
  auto work = [path = path_] { return read_all(path); };
  co_return co_await thread_.run(std::move(work), clock_.now() + std::chrono::seconds{30});
}

}  // namespace arigate::io
