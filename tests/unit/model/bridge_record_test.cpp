#include "model/bridge_record.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::model {
namespace {

Bridge talk() {
  Bridge bridge;
  bridge.id.value = "a,b c";
  bridge.name = "The \"shop\"; ${EXTEN}\\ ä = !";
  bridge.video_mode = "talker";
  bridge.created = WallTime{std::chrono::milliseconds{1'700'000'000'123}};
  bridge.variables = {{"COLOUR", "blue=green;red", false}, {"SHOWN", "", true}, {"N", "\n!", true}};
  return bridge;
}

std::string joined(const Bridge& bridge) {
  std::string text;
  for (const auto& [name, value] : bridge_record(bridge, WallTime{std::chrono::seconds{7}})) {
    EXPECT_LE(value.size(), record_part_bytes);
    EXPECT_EQ(value.find_first_of(" ,\"\\$\n\r&|"), std::string::npos) << value;
    text += value;
  }
  return text;
}

TEST(BridgeRecord, LeadsBackToTheBridge) {
  const auto record = bridge_record_in(joined(talk()));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->written, WallTime{std::chrono::seconds{7}});
  EXPECT_EQ(record->bridge.id.value, "a,b c");
  EXPECT_EQ(record->bridge.name, talk().name);
  EXPECT_EQ(record->bridge.video_mode, "talker");
  EXPECT_EQ(record->bridge.created, talk().created);
  ASSERT_EQ(record->bridge.variables.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(record->bridge.variables[i].name, talk().variables[i].name);
    EXPECT_EQ(record->bridge.variables[i].value, talk().variables[i].value);
    EXPECT_EQ(record->bridge.variables[i].shown, talk().variables[i].shown);
  }
}

TEST(BridgeRecord, LeavesOutWhatDoesNotFit) {
  Bridge bridge = talk();
  bridge.variables = {{"HUGE", std::string(record_part_bytes * record_parts_max, 'x'), false}};
  for (int i = 0; i < 400; ++i) {
    bridge.variables.push_back({"V" + std::to_string(i), std::string(30, 'y'), false});
  }
  EXPECT_LE(bridge_record(bridge, {}).size(), record_parts_max);
  const auto record = bridge_record_in(joined(bridge));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->bridge.name, bridge.name);
  ASSERT_GT(record->bridge.variables.size(), 100U);
  EXPECT_LT(record->bridge.variables.size(), 400U);
  EXPECT_EQ(record->bridge.variables.front().name, "V0");
}

TEST(BridgeRecord, TakesNothingThatIsNotWhole) {
  const auto whole = joined(talk());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(bridge_record_in(whole.substr(0, size))) << size;
  }
  for (const char* other : {"!", ";!", "b=!", "b=;!", "no record!", "=;v;s=;=!"}) {
    EXPECT_FALSE(bridge_record_in(other)) << other;
  }
}

TEST(BridgeRecord, HasAVariableForEachPart) {
  EXPECT_EQ(record_variable(0), "ARIGATE_BRIDGE");
  EXPECT_EQ(record_variable(1), "ARIGATE_BRIDGE_2");
}

}  // namespace
}  // namespace arigate::model
