#include "model/room_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::model {
namespace {

const std::string ours = "arigate";

Bridge bridge_with(std::string id, bool holding = false) {
  Bridge bridge;
  bridge.id.value = std::move(id);
  bridge.holding = holding;
  return bridge;
}

TEST(RoomName, LeadsBackToTheBridge) {
  for (const std::string id :
       {"one", "8b1c0c8a-3d3a-4b0c-9a53-6f9a3a8ddc11", "a,b", "room with blanks", "_", "\"x\\", "ä",
        "_2c", "arigate-m-x", "1234567890123456789012345678901234567890123456789012345678901234"}) {
    for (const bool holding : {false, true}) {
      const auto name = room_of(bridge_with(id, holding), ours);
      EXPECT_LT(name.size(), 80U) << "a PBX would cut it";
      EXPECT_EQ(name.find_first_of(", \"\\&|"), std::string::npos) << name;
      const auto room = room_named(name, ours);
      ASSERT_TRUE(room) << name;
      EXPECT_EQ(room->bridge.value, id);
      EXPECT_EQ(room->holding, holding);
    }
  }
}

TEST(RoomName, IsAlwaysShortAndOnesOwn) {
  const auto one = room_of(bridge_with(std::string(200, 'x')), ours);
  const auto other = room_of(bridge_with(std::string(201, 'x')), ours);
  EXPECT_LT(one.size(), 80U);
  EXPECT_NE(one, other);
  ASSERT_TRUE(room_named(one, ours));
  EXPECT_TRUE(room_named(one, ours)->shortened);
  EXPECT_FALSE(room_named(room_of(bridge_with("_x0123456789abcdef"), ours), ours)->shortened);
}

TEST(RoomName, OfAnotherGatewayIsNotOurs) {
  const std::string other = "arigate-of-the-second-machine-in-town";
  const auto name = room_of(bridge_with(std::string(60, 'x')), other);
  EXPECT_LT(name.size(), 80U);
  EXPECT_FALSE(room_named(name, ours));
  EXPECT_TRUE(room_named(name, other));
  EXPECT_FALSE(room_named(room_of(bridge_with("one"), ours), other));
  EXPECT_FALSE(room_named("-m-one", ""));
}

TEST(RoomName, LeavesOtherConferencesAlone) {
  for (const char* name : {"", "1000", "arigate", "arigate-", "arigate-x-1", "Arigate-m-1"}) {
    EXPECT_FALSE(room_named(name, ours)) << name;
  }
}

}  // namespace
}  // namespace arigate::model
