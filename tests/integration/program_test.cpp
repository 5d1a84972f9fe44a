// The program as a process: exit codes, signals, what it prints. No PBX is there; it must live
// without one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "arigate/version.hpp"
#include "support/program.hpp"
#include "support/temp_folder.hpp"

namespace arigate {
namespace {

using std::chrono::steady_clock;
using test::port_after;
using test::Program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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
  EXPECT_THAT(helps.printed(), AllOf(HasSubstr("run"), HasSubstr("check"), HasSubstr("demo")));
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

TEST(Demo, ServesASimulatedPbxAndPlacesACallWhenAsked) {
  Program demo{{"demo", "--port", "0"}};
  ASSERT_TRUE(demo.prints("calls the application \"demo\".")) << demo.printed();

  boost::asio::ip::tcp::iostream http;
  http.expires_after(std::chrono::seconds{10});
  const auto port = port_after("http://127.0.0.1:", demo.printed());
  http.connect("127.0.0.1", std::to_string(port));
  http << "GET /ari/asterisk/ping HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n"
          "Authorization: Basic ZGVtbzpkZW1v\r\n\r\n"
       << std::flush;
  const std::string answer{std::istreambuf_iterator<char>{http}, {}};
  EXPECT_THAT(answer, AllOf(HasSubstr("200 OK"), HasSubstr("pong")));

  // Nobody has registered the application, so the dialplan takes the call back and ends it.
  demo.type("call\n");
  EXPECT_TRUE(demo.prints("SIP/alice calls 600: channel SIP/alice-")) << demo.printed();
  EXPECT_TRUE(demo.prints("SIP/alice: the call is over")) << demo.printed();
  demo.type("phones\nquit\n");
  EXPECT_EQ(demo.exit_code(), 0) << demo.printed();
  EXPECT_THAT(demo.printed(), HasSubstr("SIP/busy"));
}

TEST(Demo, SaysWhenItsPortIsTaken) {
  boost::asio::io_context context;
  const boost::asio::ip::tcp::acceptor taken{context, {boost::asio::ip::address_v4::loopback(), 0}};
  Program demo{{"demo", "--port", std::to_string(taken.local_endpoint().port())}};
  EXPECT_EQ(demo.exit_code(), 1);
  EXPECT_THAT(demo.printed(), AllOf(HasSubstr("not started"), HasSubstr("in use")));
}

}  // namespace
}  // namespace arigate
