// More events than anybody asked for: the PBX is read as fast as it sends, whoever listens.
#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

#include "integration/scripted_gateway.hpp"

namespace arigate::test {
namespace {

constexpr int events = 150'000;
constexpr int events_at_once = 1'000;

class StormTest : public ScriptedGateway {
 protected:
  /// All of it, as fast as it is taken; the test would not end if nobody read.
  void storm() {
    int told = 0;
    while (told < events) {
      std::string bytes;
      for (int i = 0; i < events_at_once; ++i) {
        bytes += varset("SIP/victim-1", "1.1", std::to_string(told++));
      }
      pbx_.tell(bytes);
    }
  }
};

TEST_F(StormTest, WhoReadsGetsAllOfItAndWhoDoesNotIsLeftBehind) {
  auto stuck = LineSocket::connect(gateway_->http_port());
  stuck.send(
      "GET /ari/events?app=stuck&subscribeAll=true&api_key=u:p HTTP/1.1\r\nHost: x\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  stuck.read_until("\r\n\r\n");

  std::atomic<int> heard = 0;
  std::thread listener{[&] {
    try {
      while (heard < events) {
        socket_->read_until("\"variable\":\"MARK\"");
        ++heard;
      }
    } catch (const std::exception& lost) {
      ADD_FAILURE() << lost.what();
    }
  }};
  std::thread sender{[&] { storm(); }};
  int pings = 0;
  while (heard < events && !testing::Test::HasFailure()) {
    const auto answer = ask("GET", "/asterisk/ping");
    EXPECT_EQ(answer.substr(9, 3), "200") << "whoever asks is served meanwhile";
    ++pings;
  }
  sender.join();
  listener.join();
  EXPECT_EQ(heard, events);
  EXPECT_GT(pings, 0);
  EXPECT_TRUE(stuck.ends()) << "what waits for one who does not read is bounded";
  EXPECT_TRUE(has(heard_up_to("after"), "ChannelVarset"));
}

}  // namespace
}  // namespace arigate::test
