// What becomes of the calls of an application that is not there, or whose last client has gone.
#include "ops/admission.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_agi_link.hpp"
#include "support/quiet_log.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

class LostCallsTest : public testing::Test {
 protected:
  LostCallsTest() {
    world_.sink.pass_to(entrance_);
    world_.sink.pass_to(admission_);
    world_.wait_for_ever();
    policy_.lost_call = AwayPolicy::LostCall::hang_up;
    policy_.grace = std::chrono::hours{-48};  // Over before it begins.
  }
  /// A channel in the application.
  std::shared_ptr<test::FakeAgiLink> call(const std::string& id) {
    const auto who = "|Channel: SIP/a-" + id + "|Context: trunk|Uniqueid: " + id;
    world_.event("Event: Newchannel|ChannelState: 6|CallerIDNum: |CallerIDName: |Exten: 600" + who);
    world_.event(
        "Event: Newexten|Extension: 600|Priority: 1|Application: AGI|"
        "AppData: agi://gate/app" +
        who);
    agi::Environment environment;
    environment.uniqueid = id;
    environment.network_script = "app";
    environment.context = "trunk";
    auto link = std::make_shared<test::FakeAgiLink>();
    world_.run([&] { entrance_.connected(link, environment); });
    return link;
  }
  void application_goes() {
    world_.applications.names.clear();
    world_.run([&] { admission_.lost(AppName{"app"}); });
  }
  /// The link to the PBX is up, and the channels were listed.
  void link_comes_back(const std::string& id) {
    world_.ami.set_up(true);
    world_.run([&] {
      world_.reconciler.begin_list();
      world_.reconciler.apply_list(
          test::ami_messages({"Event: CoreShowChannel|Channel: SIP/a-" + id + "|UniqueID: " + id +
                              "|ChannelState: 6|Context: trunk|Extension: 600|Priority: 1"}),
          world_.clock.wall());
    });
  }
  bool in_application(const std::string& id) const {
    const auto* channel = world_.store.find(ChannelId{id});
    return channel != nullptr && channel->application;
  }

  test::SmallWorld world_;
  AwayPolicy policy_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  Admission admission_{world_.context.get_executor(), world_.world, entrance_,
                       [this](const AppName&) { return policy_; }};
};

TEST_F(LostCallsTest, AreAllHungUpAtOnce) {
  const auto one = call("1.1");
  const auto two = call("1.2");
  application_goes();
  EXPECT_EQ(world_.ami.waiting(), 2U) << "none waits for the PBX's answer to another";
  EXPECT_EQ(world_.ami.waiting_action(), "Hangup|Channel: SIP/a-1.1|Cause: 16");
  world_.run([&] { world_.ami.answer(); });
  world_.run([&] { world_.ami.answer(); });
  EXPECT_FALSE(in_application("1.1") || in_application("1.2"));
}

TEST_F(LostCallsTest, AreHungUpByTheirOwnLineWhileTheLinkIsDown) {
  const auto link = call("1.1");
  world_.ami.set_up(false);
  application_goes();
  EXPECT_EQ(link->take(), Lines{"HANGUP"});
}

TEST_F(LostCallsTest, AreHungUpWhenTheLinkIsBack) {
  const auto link = call("1.1");
  ASSERT_TRUE(
      world_.controls.find(ChannelId{"1.1"})->add(std::make_unique<CommandJob>("EXEC Echo")));
  link->take();
  world_.ami.set_up(false);
  application_goes();
  EXPECT_EQ(link->take(), Lines{}) << "something runs, and the application may come back meanwhile";
  link_comes_back("1.1");
  EXPECT_EQ(world_.ami.waiting_action(), "Hangup|Channel: SIP/a-1.1|Cause: 16");
}

TEST_F(LostCallsTest, StayWhenTheApplicationIsBack) {
  const auto link = call("1.1");
  ASSERT_TRUE(
      world_.controls.find(ChannelId{"1.1"})->add(std::make_unique<CommandJob>("EXEC Echo")));
  world_.ami.set_up(false);
  application_goes();
  world_.applications.names.insert("app");
  link_comes_back("1.1");
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_TRUE(in_application("1.1"));
}

TEST_F(LostCallsTest, AreNotHungUpForEver) {
  const auto link = call("1.1");
  ASSERT_TRUE(
      world_.controls.find(ChannelId{"1.1"})->add(std::make_unique<CommandJob>("EXEC Echo")));
  world_.ami.set_up(false);
  world_.deadlines_pass();
  application_goes();
  EXPECT_TRUE(in_application("1.1"));
  link_comes_back("1.1");
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

class NewCallsTest : public LostCallsTest {
 protected:
  NewCallsTest() {
    policy_.new_call = AwayPolicy::NewCall::park;
    world_.event("Event: Newchannel|Channel: SIP/a-1|ChannelState: 6|Context: c|Uniqueid: 1.1");
  }

  struct Call {
    Visitor visitor;
    std::shared_ptr<std::optional<Admission::Decision>> decision;
  };
  Call come(const std::string& application) {
    Visitor visitor;
    visitor.channel = ChannelId{"1.1"};
    visitor.control = std::make_shared<Control>(
        visitor.channel, std::make_shared<test::FakeAgiLink>(), world_.clock);
    return {visitor, world_.start(admission_.admit(visitor, AppName{application}, {}))};
  }

  const test::QuietLog quiet_;
};

TEST_F(NewCallsTest, OnlySoManyWait) {
  const auto first = come("away");
  for (std::size_t i = 1; i < Admission::waiting_max; ++i) {
    ASSERT_FALSE(come("away").decision->has_value());
  }
  const auto refused = come("away");
  ASSERT_TRUE(refused.decision->has_value());
  EXPECT_FALSE((*refused.decision)->enter);
  world_.run([&] { first.visitor.control->drop({Errc::unavailable, "gone"}); });
  EXPECT_TRUE(first.decision->has_value());
  EXPECT_FALSE(come("away").decision->has_value());
}

TEST_F(NewCallsTest, OnlySoManyAreOffered) {
  const std::string script{model::broadcast_script};
  auto first = come(script);
  for (std::size_t i = 1; i < Admission::waiting_max; ++i) {
    ASSERT_FALSE(come(script).decision->has_value());
  }
  const auto refused = come(script);
  ASSERT_TRUE(refused.decision->has_value());
  EXPECT_EQ((*refused.decision)->status, "TIMEOUT");
  world_.run([&] { first.visitor.wake.set(Wake::hung_up); });
  EXPECT_TRUE(first.decision->has_value());
  EXPECT_FALSE(come(script).decision->has_value());
}

}  // namespace
}  // namespace arigate::ops
