// Whoever connects to the FastAGI port, and whatever they say there: calls that are up go on.
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "integration/gateway_fixture.hpp"
#include "support/agi_text.hpp"
#include "support/line_socket.hpp"
#include "support/quiet_log.hpp"

namespace arigate::test {
namespace {

using namespace std::chrono_literals;

class AgiFaultsTest : public GatewayFixture {
 protected:
  LineSocket session() { return LineSocket::connect(config_.fastagi.port); }
  std::string caller(EventClient& events) {
    call("600");
    const auto began = events.next("StasisStart");
    return began.is_null() ? "" : std::string{began.at("channel").at("id").as_string()};
  }
};

TEST_F(AgiFaultsTest, WhoSaysNothingIsNotWaitedForForEver) {
  config_.fastagi.environment_timeout = 300ms;
  start(sim::Version::asterisk_11);
  auto silent = session();
  auto half = session();
  half.send("agi_network: yes\nagi_request: agi://127");
  EXPECT_EQ(silent.read_rest(), "");
  EXPECT_EQ(half.read_rest(), "");
}

TEST_F(AgiFaultsTest, WhatIsNoEnvironmentEndsTheConnection) {
  start(sim::Version::asterisk_11);
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += fmt::format("agi_x{}: {}\n", i, i);
  for (const auto& bytes :
       {std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, std::string(70'000, 'x'), lines}) {
    auto socket = session();
    try {
      socket.send(bytes);
    } catch (const boost::system::system_error&) {  // NOLINT(bugprone-empty-catch): closed already.
    }
    EXPECT_TRUE(socket.ends()) << bytes.substr(0, 20);
  }
}

TEST_F(AgiFaultsTest, ACallersNameCannotBeAnotherCallersId) {
  start(sim::Version::asterisk_11);
  EventClient events{port(), "app=demo"};
  const auto victim = caller(events);
  ASSERT_FALSE(victim.empty());
  auto forged = session();
  forged.send(agi_environment("SIP/eve-1", "77.1", "demo", "x\nagi_uniqueid: " + victim));
  const auto told = forged.read_rest();  // Nobody knows 77.1: it goes back to the dialplan.
  EXPECT_EQ(told.find("EXEC"), std::string::npos) << told;
  EXPECT_EQ(ask("POST", "/channels/" + victim + "/ring").status, 204);
  EXPECT_EQ(ask("POST", "/events/user/mark?application=demo").status, 204);
  const auto types = events.types_until("ChannelUserevent");
  EXPECT_EQ(types.find("Stasis"), std::string::npos) << types;
}

TEST_F(AgiFaultsTest, AStrangerIsNotHeard) {
  config_.fastagi.allow = {"192.0.2.0/24", "2001:db8::1"};
  start(sim::Version::asterisk_11);
  auto stranger = session();
  EXPECT_EQ(stranger.read_rest(), "");
}

/// As many as a busy PBX opens in a second, and all of them wait for AMI at a time.
TEST_F(AgiFaultsTest, ManyAtOnceAreAllHeard) {
  constexpr int sessions = 3'000;
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit before = files;
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_max < 3 * sessions)
    GTEST_SKIP() << "needs more open files than this user may have";
  using boost::asio::ip::tcp;
  start(sim::Version::asterisk_11);
  const QuietLog quiet;
  boost::asio::io_context context;
  const tcp::endpoint place{boost::asio::ip::address_v4::loopback(), config_.fastagi.port};
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < sessions; ++i) {
    sockets.emplace_back(context).connect(place);
    boost::asio::write(sockets.back(), boost::asio::buffer(agi_environment("SIP/x", "88.1")));
  }
  int heard = 0;
  for (auto& socket : sockets) {
    std::string told;
    boost::system::error_code error;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(told), '\n', error);
    boost::asio::write(socket, boost::asio::buffer(std::string_view{"200 result=1\n"}), error);
    boost::asio::read(socket, boost::asio::dynamic_buffer(told), error);
    if (told == "SET VARIABLE \"STASISSTATUS\" \"FAILED\"\n") ++heard;
  }
  EXPECT_EQ(heard, sessions);
  sockets.clear();
  stop();
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(AgiFaultsTest, AQueueThatIsFullTakesNoMore) {
  config_.fastagi.commands_queued_max = 3;
  start(sim::Version::asterisk_11);
  EventClient events{port(), "app=demo"};
  const auto channel = caller(events);
  ASSERT_FALSE(channel.empty());
  const auto play = [&](int number) {
    return ask("POST",
               fmt::format("/channels/{}/play/p{}?media=sound:demo-congrats", channel, number));
  };
  EXPECT_EQ(play(0).status, 201);
  EXPECT_FALSE(events.next("PlaybackStarted").is_null());
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(play(i).status, 201) << i;
  const auto refused = play(4);
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_EQ(ask("GET", "/playbacks/p4").status, 404) << "what is refused is not there";
  EXPECT_EQ(ask("DELETE", "/playbacks/p3").status, 204);
  EXPECT_EQ(ask("DELETE", "/channels/" + channel).status, 204);
}

/// What a channel does when its AGI connection breaks.
class BrokenAgiTest : public EveryPbx {};

TEST_P(BrokenAgiTest, EndsWhatRunsAndTheStayAndNothingTwice) {
  start(GetParam());
  for (const bool reset : {true, false}) {
    SCOPED_TRACE(reset ? "reset" : "closed");
    EventClient events{port(), "app=demo"};
    call("600");
    const auto start = events.next("StasisStart");
    ASSERT_FALSE(start.is_null());
    const auto path = "/channels/" + std::string{start.at("channel").at("id").as_string()};
    ASSERT_EQ(ask("POST", path + "/answer").status, 204);
    ASSERT_EQ(ask("POST", path + "/play/p?media=sound:tt-monkeys").status, 201);
    ASSERT_FALSE(events.next("PlaybackStarted").is_null());
    pbx().ask([&](sim::Pbx& pbx) { pbx.close_agi(reset); });
    const auto over = events.next("PlaybackFinished");
    ASSERT_FALSE(over.is_null());
    EXPECT_EQ(over.at("playback").at("state").as_string(), "failed");
    EXPECT_EQ(events.types_until("StasisEnd").find("Playback"), std::string::npos);
    const int status = ask("POST", path + "/ring").status;
    EXPECT_TRUE(status == 404 || status == 409) << status;
    EXPECT_EQ(ask("POST", "/events/user/mark?application=demo").status, 204);
    EXPECT_EQ(events.types_until("ChannelUserevent").find("StasisEnd"), std::string::npos);
  }
}

/// Where the dialplan goes on, the channel is there and not ours.
TEST_P(BrokenAgiTest, LeavesAChannelThatGoesOnToItsDialplan) {
  start(GetParam(),
        "[t]\nexten => 600,1,AGI(agi://@AGI@/demo)\n same => n,Set(GLOBAL(AFTER)=1)\n"
        " same => n,Wait(30)\n");
  EventClient events{port(), "app=demo"};
  call("600", "t");
  const auto start = events.next("StasisStart");
  ASSERT_FALSE(start.is_null());
  const auto path = "/channels/" + std::string{start.at("channel").at("id").as_string()};
  pbx().ask([&](sim::Pbx& pbx) { pbx.close_agi(true); });
  EXPECT_FALSE(events.next("StasisEnd").is_null());
  EXPECT_TRUE(comes_true([&] { return global("AFTER") == "1"; }));
  EXPECT_EQ(ask("POST", path + "/ring").status, 409);
  EXPECT_EQ(ask("POST", path + "/play?media=sound:beep").status, 409);
}

/// Never registered, or registered until a moment ago.
TEST_P(BrokenAgiTest, ACallForNobodyGoesBackToItsDialplanAtOnce) {
  start(GetParam(),
        "[t]\nexten => 600,1,AGI(agi://@AGI@/demo)\n same => n,Set(GLOBAL(AFTER)=${STASISSTATUS})\n"
        " same => n,Hangup()\n");
  const auto goes_back = [&] {
    pbx().ask([](sim::Pbx& pbx) { pbx.set_global("AFTER", ""); });
    call("600", "t");
    return comes_true([&] { return global("AFTER") == "FAILED"; });
  };
  EXPECT_TRUE(goes_back());
  {
    EventClient events{port(), "app=demo"};
    ASSERT_TRUE(events.open());
  }
  ASSERT_TRUE(comes_true([&] { return ask("GET", "/applications/demo").status == 404; }));
  EXPECT_TRUE(goes_back());
}

INSTANTIATE_TEST_SUITE_P(Each, BrokenAgiTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
