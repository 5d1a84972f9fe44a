#include "agi/environment.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace arigate::test {
namespace {

TEST(AgiTarget, TakesApplicationAndArgumentsFromTheUrl) {
  const struct {
    std::string script;
    std::vector<std::string> agi_arguments;
    std::string application;
    std::vector<std::string> arguments;
  } rows[] = {
      {"app", {}, "app", {}},
      {"app", {"a", "", "c"}, "app", {"a", "", "c"}},
      {"app?", {"x"}, "app", {"x"}},
      {"app?a&b=c", {"d"}, "app", {"a", "b=c", "d"}},
      {"app?a&&b", {}, "app", {"a", "", "b"}},
      {"app?a%20b%2Cc&%e2%82%ac", {"%41"}, "app", {"a b,c", "\xE2\x82\xAC", "%41"}},
      {"app?%&%4&%zz&%25", {}, "app", {"%", "%4", "%zz", "%"}},
      {"app?a?b", {}, "app", {"a?b"}},
      {"my-app/part", {}, "my-app/part", {}},
  };
  for (const auto& row : rows) {
    agi::Environment environment;
    environment.network_script = row.script;
    environment.arguments = row.agi_arguments;
    const auto target = agi::target_of(environment);
    ASSERT_TRUE(target) << row.script;
    EXPECT_EQ(target->application, row.application) << row.script;
    EXPECT_EQ(target->arguments, row.arguments) << row.script;
  }
}

TEST(AgiTarget, NeedsAnApplication) {
  for (const auto* const script : {"", "?a"}) {
    agi::Environment environment;
    environment.network_script = script;
    const auto target = agi::target_of(environment);
    ASSERT_FALSE(target) << script;
    EXPECT_EQ(target.error().code, Errc::not_found);
  }
}

}  // namespace
}  // namespace arigate::test
