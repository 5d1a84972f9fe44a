#include "io/recording_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace arigate::io {
namespace {

using ops::StoredRecording;
using IsFormat = RecordingFolder::IsFormat;

constexpr std::chrono::seconds answer_timeout{10};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

/// "a.b.wav" as "a.b" and "wav"; no extension: "".
std::pair<std::string_view, std::string_view> split_extension(std::string_view file) {
  const auto dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {file, {}};
  return {file.substr(0, dot), file.substr(dot + 1)};
}

Result<Fd> root_of(const std::string& path) {
  Fd root{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!root) return Error{Errc::unavailable, file_error(errno, path).detail};
  return root;
}

std::string below(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string{name} : folder + '/' + std::string{name};
}

/// Whether a link leads to a file of this folder: one that leads out is as if it were not there.
bool is_file_inside(const Fd& root, const std::string& path) {
  const auto opened = open_beneath(root, path, O_PATH);
  struct stat status {};
  return opened && ::fstat(opened->get(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Calls `visit(name, is_folder)` for each entry of a folder, in the folder's own order, until it
/// returns false.
template <class Visit>
void each_entry(const Fd& root, const std::string& folder, Visit visit) {
  auto opened = open_beneath(root, folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return;
  const int number = opened->get();
  const Directory directory{::fdopendir(opened->release())};
  if (!directory) return;
  while (const auto* entry = ::readdir(directory.get())) {
    const std::string_view name{entry->d_name};
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (::fstatat(number, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const bool is_file = S_ISREG(status.st_mode) ||
                         (S_ISLNK(status.st_mode) && is_file_inside(root, below(folder, name)));
    if (!S_ISDIR(status.st_mode) && !is_file) continue;
    if (!visit(name, S_ISDIR(status.st_mode))) return;
  }
}

void collect(const Fd& root, const std::string& folder, int depth, const IsFormat& is_format,
             std::vector<StoredRecording>& found) {
  std::vector<std::string> folders;
  each_entry(root, folder, [&](std::string_view name, bool is_folder) {
    if (is_folder) {
      folders.push_back(below(folder, name));
    } else if (const auto [base, extension] = split_extension(name); is_format(extension)) {
      found.push_back({RecordingName{below(folder, base)}, std::string{extension}});
    }
    return found.size() < RecordingFolder::listed_max;
  });
  if (depth >= RecordingFolder::depth_max) return;
  for (const auto& next : folders) collect(root, next, depth + 1, is_format, found);
}

Result<StoredRecording> find_in(const Fd& root, const RecordingName& name,
                                const IsFormat& is_format) {
  const auto [folder, wanted] = split_path(name.value);
  std::string format;
  each_entry(root, folder, [&, &wanted = wanted](std::string_view file, bool is_folder) {
    const auto [base, extension] = split_extension(file);
    if (!is_folder && base == wanted && is_format(extension)) format = extension;
    return format.empty();
  });
  if (format.empty()) return ops::recording_not_found();
  return StoredRecording{name, format};
}

std::string file_of(const StoredRecording& recording) {
  return recording.name.value + '.' + recording.format;
}

Result<void> remove_in(const Fd& root, const StoredRecording& recording) {
  const auto [folder, file] = split_path(file_of(recording));
  const auto opened = open_beneath(root, folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return opened.error();
  if (::unlinkat(opened->get(), file.c_str(), 0) != 0) return file_error(errno, file);
  return {};
}

Result<void> copy_in(const Fd& root, const StoredRecording& from, const RecordingName& to) {
  const auto source = open_beneath(root, file_of(from), O_RDONLY);
  if (!source) return source.error();
  if (const auto folders = make_folders_beneath(root, to.value); !folders) return folders.error();
  const std::string name = to.value + '.' + from.format;
  constexpr unsigned mode = 0666;
  const auto target = open_beneath(root, name, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!target) return target.error();
  std::string piece(RecordingFolder::piece_bytes, '\0');
  for (;;) {
    const auto count = ::read(source->get(), piece.data(), piece.size());
    if (count == 0) return {};
    ssize_t written = 0;
    while (count > 0 && written < count) {
      const auto more =
          ::write(target->get(), piece.data() + written, static_cast<std::size_t>(count - written));
      if (more < 0 && errno != EINTR) break;
      written += std::max<ssize_t>(more, 0);
    }
    if (count > 0 && written == count) continue;
    const auto error = file_error(errno, name);
    remove_in(root, {to, from.format});  // No half a copy.
    return error;
  }
}

}  // namespace

/// Reads on the file thread. The file stays open as long as somebody reads.
class RecordingFolder::Reader : public ops::FileReader {
 public:
  Reader(std::shared_ptr<FileThread> thread, const Clock& clock, Fd file, std::uint64_t size)
      : thread_{std::move(thread)},
        clock_{clock},
        file_{std::make_shared<Fd>(std::move(file))},
        size_{size} {}

  std::uint64_t size() const override { return size_; }

  boost::asio::awaitable<Result<std::string>> read() override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size_ - at_, piece_bytes));
    if (wanted == 0) co_return std::string{};
    auto work = [file = file_, at = at_, wanted]() -> Result<std::string> {
      std::string piece(wanted, '\0');
      const auto count = ::pread(file->get(), piece.data(), piece.size(), static_cast<off_t>(at));
      if (count < 0) return file_error(errno, "recording");
      if (count == 0) return Error{Errc::unavailable, "The recording became shorter"};
      piece.resize(static_cast<std::size_t>(count));
      return piece;
    };
    auto piece = co_await thread_->run(std::move(work), clock_.now() + answer_timeout);
    if (piece) at_ += piece->size();
    co_return piece;
  }

 private:
  std::shared_ptr<FileThread> thread_;
  const Clock& clock_;
  std::shared_ptr<Fd> file_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

RecordingFolder::RecordingFolder(boost::asio::any_io_executor core, const Clock& clock,
                                 std::string path, const ops::PbxMedia& media)
    : clock_{clock},
      path_{std::move(path)},
      media_{media},
      thread_{std::make_shared<FileThread>(std::move(core))} {}

TimePoint RecordingFolder::deadline() const {
  return clock_.now() + answer_timeout;
}

RecordingFolder::IsFormat RecordingFolder::is_format() const {
  return [formats = media_.formats](std::string_view extension) {
    return formats.contains(extension);
  };
}

boost::asio::awaitable<Result<std::vector<StoredRecording>>> RecordingFolder::list() {
  auto work = [path = path_, is_format = is_format()]() -> Result<std::vector<StoredRecording>> {
    const auto root = root_of(path);
    if (!root) return root.error();
    std::vector<StoredRecording> found;
    collect(*root, "", 0, is_format, found);
    return ops::listed(std::move(found));
  };
  co_return co_await thread_->run(std::move(work), deadline());
}

boost::asio::awaitable<Result<StoredRecording>> RecordingFolder::find(RecordingName name) {
  auto work = [path = path_, is_format = is_format(), name]() -> Result<StoredRecording> {
    const auto root = root_of(path);
    if (!root) return root.error();
    return find_in(*root, name, is_format);
  };
  co_return co_await thread_->run(std::move(work), deadline());
}

boost::asio::awaitable<Result<void>> RecordingFolder::remove(StoredRecording recording) {
  auto work = [path = path_, recording]() -> Result<void> {
    const auto root = root_of(path);
    if (!root) return root.error();
    return remove_in(*root, recording);
  };
  co_return co_await thread_->run(std::move(work), deadline());
}

boost::asio::awaitable<Result<void>> RecordingFolder::copy(StoredRecording from, RecordingName to) {
  auto work = [path = path_, from, to]() -> Result<void> {
    const auto root = root_of(path);
    if (!root) return root.error();
    return copy_in(*root, from, to);
  };
  co_return co_await thread_->run(std::move(work), deadline());
}

boost::asio::awaitable<Result<std::shared_ptr<ops::FileReader>>> RecordingFolder::open(
    StoredRecording recording) {
  struct Opened {
    Fd file;
    std::uint64_t size;
  };
  auto work = [path = path_, recording]() -> Result<Opened> {
    const auto root = root_of(path);
    if (!root) return root.error();
    auto file = open_beneath(*root, file_of(recording), O_RDONLY | O_NONBLOCK);
    if (!file) return file.error();
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return ops::recording_not_found();
    }
    return Opened{std::move(*file), static_cast<std::uint64_t>(status.st_size)};
  };
  auto opened = co_await thread_->run(std::move(work), deadline());
  if (!opened) co_return opened.error();
  const auto size = opened->size;
  auto reader = std::make_shared<Reader>(thread_, clock_, std::move(opened->file), size);
  co_return std::shared_ptr<ops::FileReader>{std::move(reader)};
}

boost::asio::awaitable<Result<void>> RecordingFolder::make_folders(RecordingName name) {
  auto work = [path = path_, name]() -> Result<void> {
    const auto root = root_of(path);
    if (!root) return root.error();
    const auto folders = make_folders_beneath(*root, name.value);
    if (!folders) return folders.error();
    return {};
  };
  co_return co_await thread_->run(std::move(work), deadline());
}

}  // namespace arigate::io
