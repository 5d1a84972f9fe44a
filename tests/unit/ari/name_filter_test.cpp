#include "ari/name_filter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::ari {
namespace {

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(NameFilter, FindsPosixExpressionsAnywhereInAName) {
  struct Row {
    const char *expression, *name;
    bool matches;
  };
  for (const auto& [expression, name, matches] : {
           Row{"", "app", true},
           Row{"^ap", "app", true},
           Row{"^ap", "nap", false},
           Row{"ap", "nap", true},
           Row{"^(ivr|sales)-[0-9]{1,3}$", "sales-12", true},
           Row{"^(ivr|sales)-[0-9]{1,3}$", "sales-1234", false},
           Row{"[]x]", "a]", true},
           Row{"\\(", "a(", true},
       }) {
    const NameFilter filter{expression};
    EXPECT_TRUE(filter.usable()) << expression;
    EXPECT_EQ(filter.matches(name), matches) << expression << " " << name;
  }
}

TEST(NameFilter, LetsAllThroughWhenItIsBrokenOrCouldCostTooMuch) {
  for (const auto& expression : {std::string{"("}, std::string{"[a"}, std::string{"^a{2"},
                                 std::string{"a{1,101}"}, std::string{"a{99999999999999999999}"},
                                 std::string(257, 'a'), times(11, "(") + "a" + times(11, ")"),
                                 times(4, "(a)+"), "(((" + times(21, "a|") + "b)))"}) {
    const NameFilter filter{expression};
    EXPECT_FALSE(filter.usable()) << expression;
    EXPECT_TRUE(filter.matches("zzz")) << expression;
  }
  for (const auto& expression :
       {times(10, "(") + "a" + times(10, ")"), times(3, "(a)+"), std::string(256, 'a'),
        "(" + times(40, "a|") + "b)", std::string{"[(((((((((((a]"}, times(12, "\\(")}) {
    EXPECT_TRUE(NameFilter{expression}.usable()) << expression;
  }
}

}  // namespace
}  // namespace arigate::ari
