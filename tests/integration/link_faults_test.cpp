// What the link to the PBX may do while a call is up: the call and its clients stay.
#include <chrono>
#include <future>
#include <string>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

using namespace std::chrono_literals;

class LinkFaultsTest : public EveryPbx {
 protected:
  /// A caller in the application; "" when none came.
  std::string caller(EventClient& events) {
    call("600");
    const auto began = events.next("StasisStart");
    if (began.is_null()) return "";
    return std::string{began.at("channel").at("id").as_string()};
  }
  /// Needs the PBX.
  int asked() { return ask("GET", "/asterisk/variable?variable=EPOCH").status; }
  bool becomes(int status) {
    return comes_true([&] { return asked() == status; });
  }
  /// The events that came before one of our own: "" for none.
  std::string told_meanwhile(EventClient& events) {
    EXPECT_EQ(ask("POST", "/events/user/mark?application=demo").status, 204);
    const std::string mark = "ChannelUserevent";
    auto types = events.types_until(mark);
    return types.substr(0, types.size() - mark.size());
  }
};

TEST_P(LinkFaultsTest, ACallOutlivesALinkThatIsCut) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto channel = caller(events);
  ASSERT_FALSE(channel.empty());
  told_meanwhile(events);
  for (const auto how : {sim::Cut::fin, sim::Cut::rst, sim::Cut::mid_event}) {
    pbx().ask([&](sim::Pbx& pbx) {
      pbx.refuse_ami(true);
      pbx.cut_ami(how);
    });
    if (how == sim::Cut::mid_event) call("600", "nowhere");  // Of an event it sends a part.
    EXPECT_TRUE(becomes(503)) << "without its PBX";
    EXPECT_EQ(ask("GET", "/channels/" + channel).status, 200) << "what is known is told";
    pbx().ask([](sim::Pbx& pbx) { pbx.refuse_ami(false); });
    EXPECT_TRUE(becomes(200)) << "it is asked again";
    EXPECT_EQ(ask("POST", "/channels/" + channel + "/ring").status, 204);
    EXPECT_EQ(told_meanwhile(events).find("ChannelDestroyed"), std::string::npos);
  }
}

TEST_P(LinkFaultsTest, AnsweringLateLosesNothing) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto channel = caller(events);
  ASSERT_FALSE(channel.empty());
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(true); });
  auto waits = std::async(std::launch::async, [this] { return asked(); });
  EXPECT_EQ(ask("GET", "/channels/" + channel).status, 200) << "what needs no PBX waits for none";
  EXPECT_EQ(waits.wait_for(100ms), std::future_status::timeout);
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(false); });
  EXPECT_EQ(waits.get(), 200);
}

TEST_P(LinkFaultsTest, AnAnswerThatDoesNotComeIsATimeoutAndNobodyElsesAnswer) {
  start(GetParam());
  pbx().ask([](sim::Pbx& pbx) {
    pbx.set_global("COLOUR", "green");
    pbx.delay_answers(5'500ms);
  });
  EXPECT_EQ(ask("GET", "/asterisk/variable?variable=LATE").status, 504);
  pbx().ask([](sim::Pbx& pbx) { pbx.delay_answers(0ms); });
  const auto answer = ask("GET", "/asterisk/variable?variable=COLOUR");
  EXPECT_EQ(answer.body, R"({"value":"green"})");
}

INSTANTIATE_TEST_SUITE_P(Each, LinkFaultsTest,
                         testing::Values(sim::Version::asterisk_1_8, sim::Version::asterisk_22),
                         version_name);

}  // namespace
}  // namespace arigate::test
