#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "sim/default_dialplan.hpp"
#include "sim/demo.hpp"
#include "support/fake_pbx.hpp"
#include "support/line_socket.hpp"

namespace arigate::sim {
namespace {

using namespace std::chrono_literals;
using test::FakePbx;
using test::LineSocket;

class Faults : public testing::Test {
 protected:
  LineSocket log_in() {
    auto socket = LineSocket::connect(pbx_.ami_port());
    socket.send("Action: Login\r\nUsername: arigate\r\nSecret: arigate\r\n\r\n");
    socket.read_until("Fully Booted\r\n\r\n");
    return socket;
  }
  static Options options() {
    auto options = demo_options("127.0.0.1:1");
    options.speed = 20;
    return options;
  }
  void call() {
    pbx_.ask([](Pbx& pbx) { pbx.place_call({.endpoint = "SIP/alice", .exten = "603"}); });
  }

  FakePbx pbx_{options()};
};

TEST_F(Faults, LinksAreCut) {
  for (const auto how : {Cut::fin, Cut::rst}) {
    auto socket = log_in();
    pbx_.ask([&](Pbx& pbx) { pbx.cut_ami(how); });
    EXPECT_TRUE(socket.ends());
  }
  auto back = log_in();  // It can be reached again at once.
}

TEST_F(Faults, ALinkIsCutInsideAnEvent) {
  auto socket = log_in();
  pbx_.ask([](Pbx& pbx) { pbx.cut_ami(Cut::mid_event); });
  call();
  EXPECT_THROW(socket.read_until("\r\n\r\n"), std::runtime_error) << "no whole event came";
  EXPECT_TRUE(socket.ends());
}

TEST_F(Faults, AStalledPbxSaysNothingAndThenEverything) {
  auto socket = log_in();
  pbx_.ask([](Pbx& pbx) { pbx.stall_ami(true); });
  call();
  socket.send("Action: Ping\r\n\r\n");
  EXPECT_TRUE(socket.silent_for(50ms));
  pbx_.ask([](Pbx& pbx) { pbx.stall_ami(false); });
  socket.read_until("Event: Newchannel");
  socket.read_until("Ping: Pong");
}

TEST_F(Faults, ARefusingPbxComesBackOnTheSamePort) {
  pbx_.ask([](Pbx& pbx) { pbx.refuse_ami(true); });
  EXPECT_THROW(LineSocket::connect(pbx_.ami_port()), boost::system::system_error);
  pbx_.ask([](Pbx& pbx) { pbx.refuse_ami(false); });
  auto back = log_in();
}

TEST_F(Faults, LoginsAreRejected) {
  pbx_.ask([](Pbx& pbx) { pbx.reject_logins(true); });
  auto socket = LineSocket::connect(pbx_.ami_port());
  socket.send("Action: Login\r\nUsername: arigate\r\nSecret: arigate\r\n\r\n");
  socket.read_until("Message: Authentication failed\r\n\r\n");
  EXPECT_TRUE(socket.ends());
}

TEST_F(Faults, EventsAreLost) {
  auto socket = log_in();
  pbx_.ask([](Pbx& pbx) {
    pbx.lose_events([](std::string_view event) { return event.starts_with("Event: Newchannel"); });
  });
  call();
  EXPECT_TRUE(socket.read_until("\r\n\r\n").starts_with("Event: VarSet"));
}

TEST_F(Faults, AnswersAreLate) {
  auto socket = log_in();
  pbx_.ask([](Pbx& pbx) { pbx.delay_answers(2000ms); });
  socket.send("Action: Ping\r\n\r\n");
  EXPECT_TRUE(socket.silent_for(50ms));
  socket.read_until("Ping: Pong");
}

TEST_F(Faults, ARestartForgetsCallsAndCountsFromTheStart) {
  auto socket = log_in();
  call();
  socket.read_until("SIP/alice-00000000");
  pbx_.ask([](Pbx& pbx) {
    pbx.set_global("LEFT", "1");
    pbx.command("dialplan add extension 1,1,NoOp, into fresh");
    pbx.restart();
  });
  EXPECT_TRUE(socket.ends());
  auto back = log_in();
  back.send("Action: CoreShowChannels\r\n\r\n");
  back.read_until("ListItems: 0");
  EXPECT_EQ(pbx_.ask([](Pbx& pbx) { return pbx.global("LEFT"); }), "");
  EXPECT_EQ(pbx_.ask([](Pbx& pbx) { return pbx.command("dialplan show fresh"); }),
            "There is no existence of 'fresh' context\n");
  call();
  back.read_until("SIP/alice-00000000");
}

TEST_F(Faults, APbxThatGoesAwayWithCallsUpLeavesNothingRunning) {
  FakePbx other{options()};
  auto socket = LineSocket::connect(other.ami_port());
  other.ask([](Pbx& pbx) {
    for (const auto* exten : {"602", "603", "802", "600"}) {
      pbx.place_call({.endpoint = "SIP/alice", .exten = exten});
    }
    EXPECT_GE(pbx.channel_count(), 4U);
  });
  // Its destructor waits for the thread, which ends when no coroutine is left.
}

TEST(DemoConsole, PlacesCallsAndAnswersQuestions) {
  boost::asio::io_context context;
  Demo demo{context.get_executor(), {.fastagi = "127.0.0.1:1", .speed = 100}};
  std::string news;
  demo.on_news([&](std::string_view line) { news += std::string{line} + "\n"; });
  EXPECT_TRUE(
      demo.command("call alice 601").starts_with("SIP/alice calls 601: channel SIP/alice-"));
  EXPECT_EQ(demo.command("call nobody"), "There is no phone SIP/nobody.\n");
  EXPECT_NE(demo.command("phones").find("SIP/busy"), std::string::npos);
  EXPECT_NE(demo.command("help").find("hangup"), std::string::npos);
  EXPECT_NE(demo.command("dialplan show from-trunk").find("'600' =>"), std::string::npos);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (news.find("over") == std::string::npos && std::chrono::steady_clock::now() < deadline) {
    context.run_one_for(1s);
  }
  EXPECT_EQ(news, "SIP/alice: somebody answered\nSIP/alice: the call is over, cause 16\n");
  EXPECT_EQ(demo.command("hangup"), "No call to hang up.\n");
  const auto text = demo_greeting({"http://127.0.0.1:8088", "demo", "secret"});
  EXPECT_NE(text.find("curl -u demo:secret http://127.0.0.1:8088/ari/channels"), std::string::npos);
  EXPECT_NE(text.find("ws://127.0.0.1:8088/ari/events?app=demo&api_key=demo:secret"),
            std::string::npos);
}

}  // namespace
}  // namespace arigate::sim
