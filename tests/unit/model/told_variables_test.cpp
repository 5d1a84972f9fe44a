#include "model/told_variables.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::model {
namespace {

TEST(ToldVariables, TakesWhatWasAddedOnce) {
  ToldVariables told;
  told.add("A", "1");
  EXPECT_FALSE(told.take("A", "2"));
  EXPECT_FALSE(told.take("B", "1"));
  EXPECT_TRUE(told.take("A", "1"));
  EXPECT_FALSE(told.take("A", "1"));
  EXPECT_EQ(told.size(), 0U);
}

TEST(ToldVariables, KnowsAnInheritedOneByEachOfItsNames) {
  ToldVariables told;
  for (const auto* name : {"__A", "_A", "A"}) {
    told.add("__A", "1");
    EXPECT_TRUE(told.take(name, "1")) << name;
  }
  told.add("A", "1");
  EXPECT_FALSE(told.take("_A", "1"));
  told.add("__X_A", "1");
  EXPECT_EQ(told.size(), 2U);
  EXPECT_TRUE(told.take("A", "1"));
  EXPECT_TRUE(told.take("X_A", "1")) << "the end of its name is another";
}

TEST(ToldVariables, ForgetsTheOlderValue) {
  ToldVariables told;
  told.add("A", "1");
  told.forget("__A");
  told.add("__A", "2");
  EXPECT_FALSE(told.take("A", "1"));
  EXPECT_TRUE(told.take("A", "2"));
}

TEST(ToldVariables, HoldsWhatAnOriginateCarries) {
  ToldVariables told;
  for (std::size_t i = 0; i <= ToldVariables::count_max; ++i)
    told.add("V" + std::to_string(i), "x");
  EXPECT_EQ(told.size(), ToldVariables::count_max);
  EXPECT_TRUE(told.take("V" + std::to_string(ToldVariables::count_max - 1), "x"));
  EXPECT_FALSE(told.take("V" + std::to_string(ToldVariables::count_max), "x"));
}

TEST(ToldVariables, HoldsNoMoreBytesThanThat) {
  ToldVariables told;
  const std::string value(ToldVariables::bytes_max / 2, 'x');
  told.add("A", value);
  told.add("B", value);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_TRUE(told.take("A", value));
  told.add("B", value);
  EXPECT_TRUE(told.take("B", value));
}

TEST(ToldVariables, HoldsOneNameOnlySoOften) {
  ToldVariables told;
  for (std::size_t i = 0; i <= ToldVariables::same_name_max; ++i) told.add("A", std::to_string(i));
  EXPECT_EQ(told.size(), ToldVariables::same_name_max);
}

}  // namespace
}  // namespace arigate::model
