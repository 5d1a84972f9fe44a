#include "generated/mapping.hpp"

#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "generated/ari_operations.hpp"

namespace arigate::mapping {
namespace {

TEST(Mapping, GivesTheTextThatThePbxSendsWithACause) {
  // Numbers and texts of Hangup events: fixtures of all versions show them.
  const std::pair<int, std::string_view> rows[] = {
      {0, "Unknown"},        {16, "Normal Clearing"},
      {17, "User busy"},     {34, "Circuit/channel congestion"},
      {21, "Call Rejected"}, {127, "Interworking, unspecified"},
      {4, "Unknown"},        {-1, "Unknown"}};
  for (const auto& [cause, text] : rows) EXPECT_EQ(cause_text(cause), text) << cause;
}

TEST(Mapping, KnowsACauseForEveryPromisedReason) {
  for (const auto& parameter : ari::info(ari::Operation::channels_hangup).parameters) {
    for (const auto reason : parameter.allowed) {
      const auto cause = cause_of_reason(reason);
      ASSERT_TRUE(cause) << reason;
      EXPECT_NE(cause_text(*cause), "Unknown") << reason;
    }
  }
  EXPECT_EQ(cause_of_reason("busy"), 17);
  EXPECT_EQ(cause_of_reason("timeout"), 18);
  EXPECT_EQ(cause_of_reason("codec_mismatch"), 58);
  EXPECT_FALSE(cause_of_reason("Busy"));
  EXPECT_FALSE(cause_of_reason(""));
}

TEST(Mapping, TranslatesChannelStatesBothWays) {
  EXPECT_EQ(channel_state_name(6), "Up");
  EXPECT_EQ(channel_state_name(1), "Rsrvd");
  EXPECT_EQ(channel_state_name(11), "Unknown");
  EXPECT_EQ(channel_state_name(-1), "Unknown");
  for (int number = 0; number <= 10; ++number) {
    EXPECT_EQ(channel_state_number(channel_state_name(number)), number);
  }
  EXPECT_FALSE(channel_state_number("Unknown"));
}

}  // namespace
}  // namespace arigate::mapping
