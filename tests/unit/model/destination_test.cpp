#include "model/destination.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::model {
namespace {

TEST(Destination, IsReadAsItWasWritten) {
  for (const std::string text : {"app", "app,a", "app,a,,b", "app,"}) {
    EXPECT_EQ(text_of(destination_in(text)), text);
  }
  EXPECT_EQ(destination_in("").application.value, "");
  EXPECT_EQ(destination_in("app,a,b").arguments, (std::vector<std::string>{"a", "b"}));
}

TEST(Place, IsReadAsItWasWrittenAndNothingElse) {
  const auto place = place_in("in,600,3");
  ASSERT_TRUE(place);
  EXPECT_EQ(text_of(*place), "in,600,3");
  for (const auto* text :
       {"", "in", "in,600", "in,600,", "in,600,0", "in,600,-1", "in,600,x", "in,600,1x", ",600,1",
        "in,,1", "in,600,1,2", "in,600,99999999999999999999"}) {
    EXPECT_FALSE(place_in(text)) << text;
  }
}

}  // namespace
}  // namespace arigate::model
