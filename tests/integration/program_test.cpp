// The program as a process: exit codes, signals, what it prints. No PBX is there; it must live
// without one.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "arigate/version.hpp"
#include "support/temp_folder.hpp"

namespace arigate {
namespace {

using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// One run of the program. Its standard output and error come through one pipe.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), ARIGATE_PROGRAM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, ARIGATE_PROGRAM, &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(output_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const { ::kill(pid_, number); }

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
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& printed() const { return printed_; }

 private:
  bool read_more() {
    std::array<char, 4096> bytes{};
    const auto count = ::read(output_, bytes.data(), bytes.size());
    if (count <= 0) return count < 0 && errno == EINTR;
    printed_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  pid_t pid_ = 0;
  int output_ = -1;
  std::string printed_;
};

class ProgramTest : public testing::Test {
 protected:
  /// Nobody listens on the AMI port: `closed_` holds it without listening.
  std::string config(const std::string& more = {}) {
    const auto file =
        folder_.write("arigate.conf", fmt::format("[ami]\nport = {}\nuser = u\nsecret = hunter2\n"
                                                  "[fastagi]\nbind = 127.0.0.1\nport = 0\n"
                                                  "[me]\ntype = user\npassword = hunter2\n"
                                                  "[http]\nport = 0\n{}\n",
                                                  closed_.local_endpoint().port(), more));
    ::chmod(file.c_str(), 0600);
    return file.string();
  }

  test::TempFolder folder_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor closed_ = [this] {
    boost::asio::ip::tcp::acceptor acceptor{context_, boost::asio::ip::tcp::v4()};
    acceptor.bind({boost::asio::ip::address_v4::loopback(), 0});
    return acceptor;
  }();
};

TEST_F(ProgramTest, TellsItsVersionAndItsUse) {
  Program shows_version{{"--version"}};
  EXPECT_EQ(shows_version.exit_code(), 0);
  EXPECT_EQ(shows_version.printed(), fmt::format("arigate {}\n", version));
  Program helps{{"--help"}};
  EXPECT_EQ(helps.exit_code(), 0);
  EXPECT_THAT(helps.printed(), AllOf(HasSubstr("run"), HasSubstr("check")));
  for (const auto& wrong : {std::vector<std::string>{}, {"walk"}, {"run", "--config"}}) {
    EXPECT_EQ(Program{wrong}.exit_code(), 2);
  }
}

TEST_F(ProgramTest, ABadConfigurationIsNamedAndNothingIsStarted) {
  for (const auto* command : {"run", "check"}) {
    Program program{{command, "-c", config("prot = 1\nnope = 2")}};
    EXPECT_EQ(program.exit_code(), 2);
    EXPECT_THAT(program.printed(), AllOf(HasSubstr("arigate.conf:13: unknown key prot in [http]"),
                                         HasSubstr("arigate.conf:14: unknown key nope in [http]"),
                                         Not(HasSubstr("listening"))));
  }
}

TEST_F(ProgramTest, ATakenPortEndsItWithOneClearLine) {
  closed_.listen();
  Program program{{"run", "-c", config(fmt::format("port = {}", closed_.local_endpoint().port()))}};
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.printed(), AllOf(HasSubstr("error not started"),
                                       HasSubstr(std::to_string(closed_.local_endpoint().port())),
                                       HasSubstr("in use")));
}

TEST_F(ProgramTest, CheckSaysThatThePbxIsAway) {
  Program program{{"check", "-c", config()}};
  EXPECT_EQ(program.exit_code(), 3);
  EXPECT_THAT(program.printed(), AllOf(HasSubstr("MISSING  login"), HasSubstr("not ready")));
}

class StopSignal : public ProgramTest, public testing::WithParamInterface<int> {};

TEST_P(StopSignal, EndsItWithinFiveSecondsAndExitCodeZero) {
  Program program{{"run", "-c", config()}};
  ASSERT_TRUE(program.prints("listening")) << program.printed();
  const auto before = steady_clock::now();
  program.signal(GetParam());
  EXPECT_EQ(program.exit_code(), 0) << program.printed();
  EXPECT_LT(steady_clock::now() - before, std::chrono::seconds{5});
  EXPECT_THAT(program.printed(), HasSubstr("info stopped"));
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignal, testing::Values(SIGTERM, SIGINT));

TEST_F(ProgramTest, SighupTakesAGoodConfigurationAndRefusesABadOne) {
  Program program{{"run", "-c", config()}};
  ASSERT_TRUE(program.prints("listening")) << program.printed();
  config("nope = 1");
  program.signal(SIGHUP);
  ASSERT_TRUE(program.prints("the old one stays")) << program.printed();
  EXPECT_THAT(program.printed(), HasSubstr("unknown key nope in [http]"));
  config();
  program.signal(SIGHUP);
  ASSERT_TRUE(program.prints("config read again")) << program.printed();
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0) << program.printed();
  EXPECT_THAT(program.printed(), Not(HasSubstr("hunter2"))) << "no secret in the log";
}

TEST_F(ProgramTest, SighupOpensARotatedLogAgain) {
  const auto log = folder_.path() / "log";
  const auto file = config(fmt::format("[general]\nlog_file = {}", log.string()));
  const auto holds = [&](const std::filesystem::path& path, std::string_view text) {
    std::ifstream stream{path};
    return std::string{std::istreambuf_iterator<char>{stream}, {}}.find(text) != std::string::npos;
  };
  const auto wait_for = [&](std::string_view text) {
    const auto limit = steady_clock::now() + std::chrono::seconds{10};
    while (!holds(log, text)) {
      if (steady_clock::now() > limit) return false;
      ::usleep(5'000);  // A file cannot be waited for.
    }
    return true;
  };
  Program program{{"run", "-c", file}};
  ASSERT_TRUE(wait_for("listening"));
  std::filesystem::rename(log, folder_.path() / "log.1");
  program.signal(SIGHUP);
  EXPECT_TRUE(wait_for("config read again"));
  EXPECT_FALSE(holds(log, "listening"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0);
}

}  // namespace
}  // namespace arigate
