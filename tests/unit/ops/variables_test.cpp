#include "ops/variables.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

TEST(Variables, KnowsWhatReachesTheHost) {
  for (const char* name : {"SHELL(id)", "shell(id)", "FILE(/etc/passwd)", "FILE(/tmp/x,,,a)",
                           "__ENV(HOME)", " CURL (http://x)", "IMPORT(SIP/a-1,SHELL(id))",
                           "EVAL(x)", "${SHELL(id)}", "$[1+1]", "HASH(a,DB(x/y))"}) {
    EXPECT_TRUE(is_dangerous_function(name)) << name;
  }
  for (const char* name : {"PLAIN", "__INHERITED", "CALLERID(name)", "CHANNEL(language)", "SHELL",
                           "MY_SHELL(x)", "HASH(shell)", ""}) {
    EXPECT_FALSE(is_dangerous_function(name)) << name;
  }
}

TEST(Variables, RefusesWhatCannotBeSentAndWhatIsDangerous) {
  test::SmallWorld world;
  const auto code = [&](std::string_view name) {
    const auto fine = check_variable(world.world, name);
    return fine ? std::string{"fine"} : fine.error().code == Errc::forbidden ? "forbidden" : "bad";
  };
  EXPECT_EQ(code("A"), "fine");
  EXPECT_EQ(code(""), "bad");
  EXPECT_EQ(code("A\r\nAction: Logoff"), "bad");
  EXPECT_EQ(code("FILE(/x)"), "forbidden");
  world.world.live_dangerously = true;
  EXPECT_EQ(code("FILE(/x)"), "fine");
}

}  // namespace
}  // namespace arigate::ops
