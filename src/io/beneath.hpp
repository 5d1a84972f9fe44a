#pragma once

#include <unistd.h>

#include <string>
#include <utility>

#include "core/result.hpp"

namespace arigate::io {

/// A file descriptor that is closed with it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_{number} {}
  Fd(Fd&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

/// Opens `path` below the folder `root`; no "..", no link and no mount point of /proc leads out of
/// it. Errc::not_found (also for what would lead out), conflict (O_EXCL and it is there),
/// forbidden, unavailable with the system's words.
Result<Fd> open_beneath(const Fd& root, const std::string& path, int flags, unsigned mode = 0);

/// The folder of `path` ("" when it has none), made where it is missing.
Result<Fd> make_folders_beneath(const Fd& root, const std::string& path);

/// "a/b/c" as "a/b" and "c".
std::pair<std::string, std::string> split_path(const std::string& path);

/// Of errno.
Error file_error(int number, const std::string& path);

}  // namespace arigate::io
