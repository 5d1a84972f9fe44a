#include "ops/lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arigate::ops {
namespace {

using testing::ElementsAre;

TEST(Lines, DtmfWaitsBeforeAndAfterOnlyWhenAsked) {
  const auto plain = dtmf_lines({.digits = "12#"});
  ASSERT_TRUE(plain);
  EXPECT_THAT(*plain, ElementsAre("EXEC SendDTMF \"12#,100,100\""));
  const auto with_waits = dtmf_lines(
      {.digits = "5", .before_ms = 1500, .between_ms = 60, .duration_ms = 80, .after_ms = 5});
  ASSERT_TRUE(with_waits);
  EXPECT_THAT(*with_waits,
              ElementsAre("EXEC Wait 1.500", "EXEC SendDTMF \"5,60,80\"", "EXEC Wait 0.005"));
}

TEST(Lines, DtmfIsDigitsAloneAndNoTimeBelowZero) {
  for (const auto* digits : {"1,2", "1\"2", "1 2", "x1${y}2"}) {
    const auto lines =
        dtmf_lines({.digits = digits, .before_ms = -1, .between_ms = -1, .duration_ms = -1});
    ASSERT_TRUE(lines) << digits;
    EXPECT_THAT(*lines, ElementsAre("EXEC SendDTMF \"12,0,0\"")) << digits;
  }
  EXPECT_THAT(*dtmf_lines({.digits = "x", .after_ms = 20}), ElementsAre("EXEC Wait 0.020"));
  for (const auto* digits : {"", "1\n2"}) {
    const auto lines = dtmf_lines({.digits = digits});
    ASSERT_FALSE(lines) << digits;
    EXPECT_EQ(lines.error().code, Errc::bad_request);
  }
}

TEST(Lines, MusicOnHoldNamesItsClassOnlyWhenThereIsOne) {
  EXPECT_THAT(*start_moh_lines(""), ElementsAre("SET MUSIC ON"));
  EXPECT_THAT(*start_moh_lines("jazz"), ElementsAre("SET MUSIC ON \"jazz\""));
  EXPECT_FALSE(start_moh_lines("ja\nzz"));
}

}  // namespace
}  // namespace arigate::ops
