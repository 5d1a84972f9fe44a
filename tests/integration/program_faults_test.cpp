// The program as a process, in front of a PBX that is mad: what it says about it, and how large it
// becomes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <thread>

#include "integration/gateway_fixture.hpp"
#include "support/line_socket.hpp"
#include "support/program.hpp"
#include "support/scripted_pbx.hpp"
#include "support/temp_folder.hpp"

namespace arigate::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool measurable = false;  // A sanitizer keeps what was given back.
#else
constexpr bool measurable = true;
#endif

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

/// One that no connection is given meanwhile.
std::uint16_t free_port() {
  class Port : public GatewayFixture {
   public:
    using GatewayFixture::free_port;
  };
  return Port::free_port();
}

class ProgramFaults : public testing::Test {
 protected:
  std::string config(std::string_view more = {}) {
    const auto file =
        folder_.write("arigate.conf", fmt::format("[ami]\nport = {}\nuser = u\nsecret = hunter2\n"
                                                  "[fastagi]\nbind = 127.0.0.1\nport = 0\n"
                                                  "[dialplan]\nadd_at_runtime = no\n"
                                                  "[me]\ntype = user\npassword = hunter2\n{}"
                                                  "[http]\nport = {}\n",
                                                  pbx_.port(), more, http_port_));
    ::chmod(file.c_str(), 0600);
    return file.string();
  }
  /// The most memory that it ever had, in bytes.
  static std::size_t peak_of(const Program& program) {
    std::ifstream status{fmt::format("/proc/{}/status", program.pid())};
    for (std::string word; status >> word;) {
      std::size_t kibibytes = 0;
      if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    }
    return std::numeric_limits<std::size_t>::max();
  }
  static std::string ping(std::uint16_t port) {
    auto client = LineSocket::connect(port);
    client.send(
        "GET /ari/asterisk/ping?api_key=me:hunter2 HTTP/1.1\r\nHost: x\r\n"
        "Connection: close\r\n\r\n");
    return client.read_rest();
  }

  bool answers() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < limit) {
      try {
        return ping(http_port_).find("200 OK") != std::string::npos;
      } catch (const boost::system::system_error&) {
        std::this_thread::yield();  // Not yet.
      }
    }
    return false;
  }

  bool logs_in_after(int logins) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (pbx_.logins() == logins && std::chrono::steady_clock::now() < limit) {
      std::this_thread::yield();
    }
    return pbx_.logins() > logins;
  }

  TempFolder folder_;
  std::uint16_t http_port_ = 0;
  ScriptedPbx pbx_{"11.0.0"};
};

TEST_F(ProgramFaults, ARefusedLoginIsNamedWithoutThePassword) {
  pbx_.set_answer("Login",
                  "Response: Error\r\nActionID: @\r\nMessage: Authentication failed\r\n\r\n");
  Program program{{"run", "-c", config()}};
  EXPECT_TRUE(program.prints("Login refused: Authentication failed")) << program.printed();
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_THAT(program.printed(), testing::HasSubstr(fmt::format("port={}", pbx_.port())));
  EXPECT_THAT(program.printed(), testing::Not(testing::HasSubstr("hunter2")));
}

/// A line of 1 MiB, an event of 100,000 lines, and one that never ends.
TEST_F(ProgramFaults, WhatThePbxSendsMakesItNoLargerThanItsLimit) {
  Program program{{"run", "-c", config()}};
  ASSERT_TRUE(program.prints("pbx known")) << program.printed();
  const auto port = port_after("http=127.0.0.1:", program.printed());
  pbx_.tell("Event: VarSet\r\nPrivilege: dialplan,all\r\nValue: " + std::string(mebibyte, 'x') +
            "\r\n\r\n");
  EXPECT_TRUE(program.prints("ami text cut lines=1 headers=0")) << program.printed();
  std::string many = "Event: VarSet\r\nPrivilege: dialplan,all\r\n";
  for (int i = 0; i < 100'000; ++i) many += fmt::format("Header{}: {}\r\n", i, i);
  pbx_.tell(many + "\r\n");
  EXPECT_THAT(ping(port), testing::HasSubstr("200 OK"));
  const int connections = pbx_.connections();
  for (int i = 0; i < 32 && pbx_.connections() == connections; ++i) {
    pbx_.tell(std::string(4 * mebibyte, 'x'));
  }
  EXPECT_TRUE(program.prints("AMI message too long")) << program.printed();
  EXPECT_THAT(ping(port), testing::HasSubstr("200 OK"));
  if (measurable) {
    EXPECT_LT(peak_of(program), 64 * mebibyte);
  }
  program.signal(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0);
}

/// Nobody reads what it says, or the disk is full: it has other work to do.
TEST_F(ProgramFaults, WhoCannotLogGoesOn) {
  http_port_ = free_port();
  int logins = 0;
  for (const bool disk_full : {true, false}) {
    std::array<int, 2> closed{};
    ASSERT_EQ(::pipe2(closed.data(), O_CLOEXEC), 0);
    ::close(closed[0]);
    const auto file = config(disk_full ? "[general]\nlog_file = /dev/full\n" : "");
    Program program{{"run", "-c", file}, closed[1]};
    ::close(closed[1]);
    EXPECT_TRUE(answers()) << disk_full;
    for (int i = 0; i < 3; ++i) {  // Each is a line of the log.
      EXPECT_TRUE(logs_in_after(logins));
      logins = pbx_.logins();
      pbx_.cut();
    }
    EXPECT_TRUE(answers()) << disk_full;
    program.signal(SIGTERM);
    EXPECT_EQ(program.exit_code(), 0);
  }
}

/// A crash; what was in an application asks for it again from the context of ours.
TEST(ProgramKilled, KnowsItsChannelsAgainWithinASecondOfTheLogin) {
  const TempFolder folder;
  const auto fastagi = free_port();
  auto options = sim::demo_options(fmt::format("127.0.0.1:{}", fastagi));
  options.dialplan += sim::arigate_context();
  FakePbx pbx{std::move(options)};
  const auto file = folder.write("arigate.conf",
                                 fmt::format("[ami]\nport = {}\nuser = arigate\nsecret = arigate\n"
                                             "[fastagi]\nbind = 127.0.0.1\nport = {}\n"
                                             "[u]\ntype = user\npassword = p\n[http]\nport = 0\n",
                                             pbx.ami_port(), fastagi));
  ::chmod(file.c_str(), 0600);
  std::string rings;
  {
    Program program{{"run", "-c", file.string()}};
    ASSERT_TRUE(program.prints("pbx known")) << program.printed();
    const auto port = port_after("http=127.0.0.1:", program.printed());
    EventClient events{port, "app=demo"};
    RawClient client{port};
    const auto made = client.ask(
        "POST /ari/channels/kept?endpoint=SIP/alice&app=demo HTTP/1.1\r\n"
        "Host: h\r\nContent-Length: 0\r\n" +
        std::string{basic_header} + "\r\n");
    ASSERT_EQ(made.status, 200) << made.body;
    ASSERT_FALSE(events.next("StasisStart").is_null());
    rings = pbx.ask([](sim::Pbx& sim) {
      return sim.place_call({.endpoint = "SIP/alice", .exten = "603"})->uniqueid();
    });
    program.signal(SIGKILL);
    EXPECT_EQ(program.exit_code(), -1);
  }
  Program program{{"run", "-c", file.string()}};
  ASSERT_TRUE(program.prints("ami link up")) << program.printed();
  const auto up = std::chrono::steady_clock::now();
  const auto port = port_after("http=127.0.0.1:", program.printed());
  for (const auto& id : {std::string{"kept"}, rings}) {
    EXPECT_EQ(RawClient{port}.ask(http_get("/ari/channels/" + id)).status, 200) << id;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - up, std::chrono::seconds{measurable ? 1 : 5});
  EventClient events{port, "app=demo"};
  const auto again = events.next("StasisStart");
  ASSERT_FALSE(again.is_null());
  EXPECT_EQ(again.at("channel").at("id").as_string(), "kept");
}

}  // namespace
}  // namespace arigate::test
