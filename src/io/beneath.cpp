#include "io/beneath.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "core/text.hpp"

namespace arigate::io {

Error file_error(int number, const std::string& path) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:  // It would lead out of the folder.
    case ENAMETOOLONG:
      return {Errc::not_found, "Recording not found"};
    case EEXIST:
      return {Errc::conflict, "A recording with the same name already exists on the system"};
    default:
      return {Errc::unavailable, fmt::format("{}: {}", path, std::strerror(number))};
  }
}

Result<Fd> open_beneath(const Fd& root, const std::string& path, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed meanwhile, so that the kernel cannot be sure.
  for (int attempt = 0; attempt < 8; ++attempt) {
    const long opened = ::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
    if (opened >= 0) return Fd{static_cast<int>(opened)};
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return file_error(errno, path);
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<Fd> make_folders_beneath(const Fd& root, const std::string& path) {
  auto folder = open_beneath(root, ".", O_RDONLY | O_DIRECTORY);
  const std::string folders = split_path(path).first;
  for (const auto part : split(folders, '/')) {
    if (!folder) return folder;
    const std::string name{part};
    constexpr unsigned mode = 0777;  // As the PBX makes them; the umask has its say.
    if (::mkdirat(folder->get(), name.c_str(), mode) != 0 && errno != EEXIST) {
      return file_error(errno, path);
    }
    // From the root: a link beside may lead elsewhere inside.
    folder = open_beneath(
        root,
        folders.substr(0, static_cast<std::size_t>(part.data() + part.size() - folders.data())),
        O_RDONLY | O_DIRECTORY);
  }
  return folder;
}

}  // namespace arigate::io
