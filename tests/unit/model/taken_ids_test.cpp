// Ids that clients choose and channels that they do not see: nothing has the id of another one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/leg_name.hpp"
#include "support/small_world.hpp"

namespace arigate::model {
namespace {

constexpr auto old_pbx = "1.3";

class TakenIds : public testing::Test {
 protected:
  void newchannel(const std::string& name, const std::string& uniqueid) {
    world_.event("Event: Newchannel|Channel: " + name +
                 "|ChannelState: 0|CallerIDNum: |CallerIDName: |AccountCode: |Exten: |"
                 "Context: in|Uniqueid: " +
                 uniqueid);
  }
  void hidden() { newchannel("AsyncGoto/SIP/a-1", "7.7"); }
  std::string leg_half() const { return "Local/" + token_ + "@arigate-0000001f;2"; }
  std::string create(const std::string& id) {
    Channel channel;
    channel.id.value = id;
    channel.name = "SIP/bob-f0000000";
    Result<void> made;
    world_.run([&] { made = world_.reconciler.create(channel, world_.clock.wall()); });
    return made ? "" : made.error().detail;
  }
  Result<void> expect(const std::string& id, const std::string& other = "") {
    return world_.reconciler.expect(ChannelId{id}, "7", "bob", ChannelId{other});
  }
  Result<void> show_leg(const std::string& id) {
    return world_.reconciler.show_leg(token_, ChannelId{id}, "Snoop/1.1-00000000");
  }
  const Channel* with_uniqueid(const std::string& uniqueid) const {
    return world_.store.find_uniqueid(uniqueid);
  }

  test::SmallWorld world_{old_pbx};
  const std::string token_ = std::string(leg_token_digits, '0');
  const std::string conflict_ = "Channel with given unique ID already exists";
};

TEST_F(TakenIds, ThatOfAHiddenChannelIsTaken) {
  hidden();
  EXPECT_EQ(world_.store.find(ChannelId{"7.7"}), nullptr);
  EXPECT_EQ(create("7.7"), conflict_);
  EXPECT_FALSE(expect("7.7"));
  EXPECT_FALSE(show_leg("7.7"));
}

TEST_F(TakenIds, OneThatAHiddenChannelRemembersIsTaken) {
  world_.run([&] {
    world_.reconciler.begin_list();
    world_.reconciler.remember_id("7.7", ChannelId{"kept"});
    world_.reconciler.apply_list(
        test::ami_messages({"Event: CoreShowChannel|Channel: AsyncGoto/SIP/a-1|UniqueID: 7.7|"
                            "ChannelState: 6|Context: in|Extension: s|Priority: 1"}),
        world_.clock.wall());
  });
  ASSERT_NE(world_.store.find_also_hidden(ChannelId{"kept"}), nullptr);
  EXPECT_EQ(create("kept"), conflict_);
  EXPECT_FALSE(expect("kept"));
  EXPECT_FALSE(show_leg("kept"));
}

TEST_F(TakenIds, OneThatIsAwaitedIsTaken) {
  ASSERT_TRUE(expect("a"));
  EXPECT_EQ(create("a"), conflict_);
  EXPECT_FALSE(show_leg("a"));
  ASSERT_TRUE(show_leg("b"));
  EXPECT_EQ(create("b"), conflict_);
  EXPECT_FALSE(expect("b"));
}

TEST_F(TakenIds, TheFarHalfOfALocalChannelKeepsItsOwnThen) {
  hidden();
  ASSERT_TRUE(expect("near", "7.7"));
  newchannel("Local/9@in-1;1", "1.1");
  newchannel("Local/9@in-1;2", "1.2");
  world_.event("Event: VarSet|Channel: Local/9@in-1;1|Variable: ARIGATE_ID|Value: 7|Uniqueid: 1.1");
  EXPECT_EQ(with_uniqueid("1.1")->id.value, "near");
  EXPECT_EQ(with_uniqueid("1.2")->id.value, "1.2");
  EXPECT_EQ(with_uniqueid("7.7")->id.value, "7.7");
}

TEST_F(TakenIds, ALegIsNotShownWhoseIdAnotherTookMeanwhile) {
  ASSERT_TRUE(show_leg("7.7"));
  hidden();
  newchannel(leg_half(), "7.8");
  EXPECT_TRUE(with_uniqueid("7.8")->hidden);
  EXPECT_EQ(with_uniqueid("7.8")->id.value, "7.8");
}

TEST_F(TakenIds, ALegMayHaveTheIdThatThePbxGivesIt) {
  ASSERT_TRUE(show_leg("7.8"));
  newchannel(leg_half(), "7.8");
  EXPECT_FALSE(with_uniqueid("7.8")->hidden);
}

TEST_F(TakenIds, AnOriginatedChannelKeepsItsOwnWhenAnotherTookItsId) {
  ASSERT_TRUE(expect("7.7"));
  hidden();
  newchannel("SIP/bob-1", "1.1");
  world_.event("Event: VarSet|Channel: SIP/bob-1|Variable: ARIGATE_ID|Value: 7|Uniqueid: 1.1");
  EXPECT_EQ(with_uniqueid("1.1")->id.value, "1.1");
  EXPECT_TRUE(with_uniqueid("1.1")->announced);
}

}  // namespace
}  // namespace arigate::model
