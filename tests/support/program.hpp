#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/paths.hpp"

namespace arigate::test {

/// One run of the program. Its standard output and error come through one pipe, its standard input
/// is another. `error` takes standard error instead, if given.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments, int error = -1) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    EXPECT_EQ(::pipe2(in.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
    input_ = in[1];
    output_ = out[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, error < 0 ? out[1] : error, STDERR_FILENO);
    const auto path = program().string();
    arguments.insert(arguments.begin(), path);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, path.c_str(), &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(input_);
    ::close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void type(std::string_view text) const {
    EXPECT_EQ(::write(input_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void signal(int number) const { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }

  /// Reads until `text` has been printed; false when the program ended without it.
  bool prints(std::string_view text) {
    while (printed_.find(text) == std::string::npos) {
      if (!read_more()) return false;
    }
    return true;
  }

  /// Reads to the end, and gives the exit code; -1 when a signal ended it.
  int exit_code() {
    while (read_more()) {
    }
    int status = 0;
    const auto end = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd ended{end, POLLIN, 0};
    if (::poll(&ended, 1, wait_max_ms) <= 0) ::kill(pid_, SIGKILL);
    ::close(end);
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& printed() const { return printed_; }

 private:
  /// False at the end of the output, or when nothing came for so long that nothing will.
  bool read_more() {
    pollfd readable{output_, POLLIN, 0};
    if (::poll(&readable, 1, wait_max_ms) <= 0) return false;
    std::array<char, 4096> bytes{};
    const auto count = ::read(output_, bytes.data(), bytes.size());
    if (count <= 0) return count < 0 && errno == EINTR;
    printed_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  static constexpr int wait_max_ms = 10'000;
  pid_t pid_ = 0;
  int input_ = -1;
  int output_ = -1;
  std::string printed_;
};

/// The number after `text` in what the program printed.
inline std::uint16_t port_after(std::string_view text, const std::string& printed) {
  const auto at = printed.find(text);
  if (at == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::stoul(printed.substr(at + text.size(), 5)));
}

}  // namespace arigate::test
