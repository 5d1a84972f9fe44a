#include "ops/resync.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

const std::string alice =
    "Event: CoreShowChannel|Channel: SIP/alice-1|UniqueID: 1.1|Context: in|Extension: 600|"
    "Priority: 1|ChannelState: 6|Application: Parked|ApplicationData: |Duration: 00:00:10";

/// Lists the channels of a PBX, on which alice is, and gives the next question then.
std::string asked_behind_the_channels(test::SmallWorld& world) {
  EXPECT_EQ(world.ami.waiting_action(), "CoreShowChannels");
  world.ami.answer({alice});
  world.settle();
  if (world.ami.waiting_action().starts_with("Status|")) {
    world.ami.answer({});
    world.settle();
  }
  return world.ami.waiting_action();
}

TEST(Resync, AsksAnOldPbxWhoIsParked) {
  for (const auto* version : {"1.1", "1.2", "1.3"}) {
    test::SmallWorld world{version};
    world.wait_for_ever();
    const auto outcome = world.start(resync(world.world));
    EXPECT_EQ(asked_behind_the_channels(world), "ParkedCalls") << version;
    world.ami.answer({"Event: ParkedCall|Parkinglot: lot|Exten: 701|Channel: SIP/alice-1"});
    world.settle();
    EXPECT_TRUE(outcome->has_value() && **outcome);
    const auto* lot = world.store.find(BridgeId{"parking-lot"});
    ASSERT_NE(lot, nullptr) << version;
    EXPECT_EQ(lot->channels, std::vector{ChannelId{"1.1"}});
  }
}

TEST(Resync, ChangesNothingInALotThatThePbxDoesNotTellOf) {
  test::SmallWorld world{"1.3"};
  world.wait_for_ever();
  for (const bool told : {true, false}) {
    const auto outcome = world.start(resync(world.world));
    EXPECT_EQ(asked_behind_the_channels(world), "ParkedCalls");
    if (told) {
      world.ami.answer({"Event: ParkedCall|Parkinglot: lot|Exten: 701|Channel: SIP/alice-1"});
    } else {
      world.ami.refuse(Errc::not_supported);
    }
    world.settle();
    EXPECT_TRUE(outcome->has_value() && **outcome);
    EXPECT_NE(world.store.find(BridgeId{"parking-lot"}), nullptr);
  }
}

TEST(Resync, FindsParkedCallsInTheBridgesOfANewPbx) {
  test::SmallWorld world{"5.0.4"};
  world.wait_for_ever();
  const auto outcome = world.start(resync(world.world));
  EXPECT_EQ(asked_behind_the_channels(world), "BridgeList");
  world.ami.answer({});
  world.settle();
  EXPECT_TRUE(outcome->has_value() && **outcome);
  EXPECT_EQ(world.ami.waiting(), 0U);
}

}  // namespace
}  // namespace arigate::ops
