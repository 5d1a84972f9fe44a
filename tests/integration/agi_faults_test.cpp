// Whoever connects to the FastAGI port, and whatever they say there: calls that are up go on.
#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "integration/gateway_fixture.hpp"
#include "support/line_socket.hpp"

namespace arigate::test {
namespace {

using namespace std::chrono_literals;

std::string environment(std::string_view channel, std::string_view id,
                        std::string_view caller = "100") {
  return fmt::format(
      "agi_network: yes\nagi_network_script: demo\nagi_request: agi://127.0.0.1/demo\n"
      "agi_channel: {}\nagi_language: en\nagi_type: SIP\nagi_uniqueid: {}\nagi_version: 11.0\n"
      "agi_callerid: {}\nagi_calleridname: x\nagi_context: in\nagi_extension: 1\n"
      "agi_priority: 1\nagi_enhanced: 0.0\nagi_accountcode: \nagi_threadid: 1\n\n",
      channel, id, caller);
}

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
  forged.send(environment("SIP/eve-1", "77.1", "x\nagi_uniqueid: " + victim));
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

TEST_F(AgiFaultsTest, ManyAtOnceAreAllHeard) {
  using boost::asio::ip::tcp;
  start(sim::Version::asterisk_11);
  boost::asio::io_context context;
  const tcp::endpoint place{boost::asio::ip::address_v4::loopback(), config_.fastagi.port};
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < 400; ++i) {
    sockets.emplace_back(context).connect(place);
    boost::asio::write(sockets.back(), boost::asio::buffer(environment("SIP/x", "88.1")));
  }
  for (auto& socket : sockets) {
    std::string told;
    boost::system::error_code error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(told), error);
    EXPECT_EQ(error, boost::asio::error::eof);
    EXPECT_NE(told, "");
  }
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

}  // namespace
}  // namespace arigate::test
