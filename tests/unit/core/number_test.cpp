#include "core/number.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace arigate {
namespace {

TEST(WholeNumber, IsTheTextFromItsFirstToItsLastCharacter) {
  EXPECT_EQ(whole_number<int>("-17"), -17);
  EXPECT_EQ(whole_number<double>("0.5"), 0.5);
  for (const auto* text : {"", " 1", "1 ", "+1", "1a", "a", "99999999999999999999"}) {
    EXPECT_EQ(whole_number<int>(text), std::nullopt) << text;
  }
  EXPECT_EQ(whole_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(whole_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(whole_number<std::uint16_t>("-1"), std::nullopt);
}

TEST(LeadingNumber, IsWhatTheTextBeginsWith) {
  EXPECT_EQ(leading_number<int>("0 (Presentation Allowed)"), 0);
  EXPECT_EQ(leading_number<int>("16"), 16);
  for (const auto* text : {"", " 1", "+1", "s", "99999999999999999999"}) {
    EXPECT_EQ(leading_number<int>(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace arigate
