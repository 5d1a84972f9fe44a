#include "ari/api_level.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ari/route_table.hpp"

namespace arigate::ari {
namespace {

TEST(ApiLevel, HasTheOperationsOfItsRelease) {
  struct Row {
    Operation operation;
    bool on_13, on_16, on_18, on_20;
  };
  for (const Row& row : {Row{Operation::channels_answer, true, true, true, true},
                         Row{Operation::channels_create, false, true, true, true},
                         Row{Operation::channels_external_media, false, true, true, true},
                         Row{Operation::endpoints_refer, false, false, true, true},
                         Row{Operation::channels_progress, false, false, false, true},
                         Row{Operation::events_claim_channel, false, false, false, true},
                         Row{Operation::recordings_get_stored_file, false, true, true, true}}) {
    EXPECT_EQ(ApiLevel{Level::asterisk_13}.has(row.operation), row.on_13) << name(row.operation);
    EXPECT_EQ(ApiLevel{Level::asterisk_16}.has(row.operation), row.on_16) << name(row.operation);
    EXPECT_EQ(ApiLevel{Level::asterisk_18}.has(row.operation), row.on_18) << name(row.operation);
    EXPECT_EQ(ApiLevel{Level::asterisk_20}.has(row.operation), row.on_20) << name(row.operation);
    EXPECT_TRUE(ApiLevel{}.has(row.operation)) << name(row.operation);
  }
}

TEST(ApiLevel, RoutesOnlyWhatItHas) {
  const ApiLevel level{Level::asterisk_13};
  const RouteTable routes{operations(), [&](Operation operation) { return level.has(operation); }};
  RouteTable::Values values;
  RouteTable::Miss miss{};
  // Where Asterisk 13 has no "create", that is the id of a channel.
  const auto* node = routes.find("channels/create", values, miss);
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(values, std::vector<std::string>{"create"});
  EXPECT_EQ(routes.find("channels/1/progress", values, miss), nullptr);
}

TEST(ApiLevel, HasTheEventsOfItsRelease) {
  struct Row {
    std::string_view type, since;
  };
  for (const Row& row :
       {Row{"StasisStart", "13"}, Row{"PlaybackContinuing", "16"}, Row{"ChannelTransfer", "20"},
        Row{"ApplicationRegistered", "20"}, Row{"ChannelToneDetected", "22"}}) {
    for (const std::string_view at : {"13", "16", "18", "20", "22"}) {
      const bool later = *level_of(row.since) > *level_of(at);
      EXPECT_EQ(ApiLevel{*level_of(at)}.has_event(row.type), !later) << row.type << " " << at;
    }
  }
}

constexpr std::string_view hangup_request =
    R"({"type":"ChannelHangupRequest","timestamp":"t","cause":16,"tech_cause":200,"channel":)"
    R"({"id":"1","name":"a","protocol_id":"p","channelvars":{"A":"1"},"caller_rdnis":"5",)"
    R"("caller":{"name":"","number":""},"state":"Up"},"asterisk_id":"x")";

TEST(ApiLevel, SendsOnlyTheMembersOfItsRelease) {
  struct Row {
    Level level;
    std::string_view text;
  };
  for (const Row& row :
       {Row{Level::asterisk_20, hangup_request},
        Row{Level::asterisk_18,
            R"({"type":"ChannelHangupRequest","timestamp":"t","cause":16,"channel":)"
            R"({"id":"1","name":"a","protocol_id":"p","channelvars":{"A":"1"},"caller_rdnis":"5",)"
            R"("caller":{"name":"","number":""},"state":"Up"},"asterisk_id":"x")"},
        Row{Level::asterisk_16,
            R"({"type":"ChannelHangupRequest","timestamp":"t","cause":16,"channel":)"
            R"({"id":"1","name":"a","protocol_id":"p","channelvars":{"A":"1"},)"
            R"("caller":{"name":"","number":""},"state":"Up"},"asterisk_id":"x")"},
        Row{Level::asterisk_13,
            R"({"type":"ChannelHangupRequest","timestamp":"t","cause":16,"channel":)"
            R"({"id":"1","name":"a","caller":{"name":"","number":""},"state":"Up"},)"
            R"("asterisk_id":"x")"}}) {
    EXPECT_EQ(ApiLevel{row.level}.event(hangup_request), row.text);
  }
}

TEST(ApiLevel, AnswersOnlyTheMembersOfItsRelease) {
  const ApiLevel level{Level::asterisk_13};
  EXPECT_EQ(level.answer(Operation::channels_list, R"([{"id":"1","protocol_id":"p"}])"),
            R"([{"id":"1"}])");
  EXPECT_EQ(level.answer(Operation::playbacks_get,
                         R"({"id":"1","next_media_uri":"sound:b","state":"failed"})"),
            R"({"id":"1","state":"done"})");
  EXPECT_EQ(level.answer(Operation::channels_get, R"({"message":"Channel not found"})"),
            R"({"message":"Channel not found"})");
  EXPECT_EQ(level.answer(Operation::channels_get, "no JSON"), "no JSON");
}

}  // namespace
}  // namespace arigate::ari
