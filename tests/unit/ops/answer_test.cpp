// A PBX says on AMI that a channel is up, and on AGI, up to half a second later, that media flows
// or does not.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ops/answer.hpp"
#include "ops/entrance.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

class AnswerTest : public testing::TestWithParam<std::string> {
 protected:
  AnswerTest() {
    world_.use(GetParam());
    world_.sink.pass_to(entrance_);
    world_.wait_for_ever();
    world_.event("Event: Newchannel|ChannelState: 4|" + who_);
    world_.event("Event: Newexten|Priority: 1|Application: AGI|AppData: agi://gate/app|" + who_ +
                 "|Extension: 600");
    world_.run([&] { world_.reconciler.decide(world_.clock.wall(), world_.clock.wall()); });
    agi::Environment environment;
    environment.uniqueid = "1.1";
    environment.network_script = "app";
    environment.context = "trunk";
    world_.run([&] { entrance_.connected(link_, environment); });
    world_.run([&] { outcome_ = world_.start(answer(world_.world, channel_)); });
  }
  void up() { world_.event("Event: Newstate|ChannelState: 6|" + who_); }
  void reply(const std::string& line) {
    world_.run([&] { entrance_.received(*link_, test::agi_reply(line)); });
  }

  const std::string who_ =
      "Channel: SIP/alice-1|CallerIDNum: 100|CallerIDName: |AccountCode: |Exten: 600|"
      "Context: trunk|Uniqueid: 1.1";
  test::SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  std::shared_ptr<test::FakeAgiLink> link_ = std::make_shared<test::FakeAgiLink>();
  const ChannelId channel_{"1.1"};
  std::shared_ptr<std::optional<Result<void>>> outcome_;
};

TEST_P(AnswerTest, IsDoneWhenTheChannelIsUpAndTheNextCommandWaitsForTheReply) {
  ASSERT_EQ(link_->take(), Lines{answer_line(world_.ami.dialect())});
  ASSERT_TRUE(world_.controls.find(channel_)->add(std::make_unique<CommandJob>("NOOP next")));
  EXPECT_FALSE(outcome_->has_value());
  up();
  ASSERT_TRUE(outcome_->has_value());
  EXPECT_TRUE(**outcome_);
  EXPECT_EQ(link_->take(), Lines{}) << "no media yet: the PBX takes no command";
  reply("200 result=0");
  EXPECT_EQ(link_->take(), Lines{"NOOP next"});
}

TEST_P(AnswerTest, IsDoneByTheReplyWhereTheStateWasToldBefore) {
  reply("200 result=0");
  ASSERT_TRUE(outcome_->has_value());
  EXPECT_TRUE(**outcome_);
}

TEST_P(AnswerTest, OfACallerWhoHungUpFindsNoChannel) {
  reply("200 result=-1");
  ASSERT_TRUE(outcome_->has_value());
  ASSERT_FALSE(**outcome_);
  EXPECT_EQ((**outcome_).error().detail, "Channel not found");
}

TEST_P(AnswerTest, GoesOnByANewLine) {
  auto* control = world_.controls.find(channel_);
  const auto second = std::make_shared<test::FakeAgiLink>();
  world_.run([&] {
    control->detach();
    control->attach(second);
  });
  EXPECT_EQ(second->take(), Lines{answer_line(world_.ami.dialect())});
  world_.run([&] { control->on(test::agi_reply("200 result=0")); });
  ASSERT_TRUE(outcome_->has_value());
  EXPECT_TRUE(**outcome_);
}

INSTANTIATE_TEST_SUITE_P(Each, AnswerTest, testing::Values("1.1", "1.3", "5.0.2"),
                         [](const auto& version) {
                           auto name = "Ami" + version.param;
                           std::erase(name, '.');
                           return name;
                         });

}  // namespace
}  // namespace arigate::ops
