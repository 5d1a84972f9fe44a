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

const std::string newchannel =
    "Event: Newchannel|Privilege: call,all|Channel: SIP/a-1|ChannelState: 6|ChannelStateDesc: Up|"
    "CallerIDNum: 100|CallerIDName: A|AccountCode: |Exten: 600|Context: in|Uniqueid: 1.1";

/// A world with one channel in an application, as far as variables ask for one.
class SetVariable : public testing::Test {
 protected:
  SetVariable() {
    world_.wait_for_ever();
    world_.event(newchannel);
    world_.run([&] { world_.reconciler.decide(world_.clock.wall(), world_.clock.wall()); });
  }
  auto set_global() { return world_.start(ops::set_global(world_.world, "A", "1")); }

  test::SmallWorld world_;
};

TEST_F(SetVariable, IsOverWhenItsEventHasComeBehindTheResponse) {
  world_.world.untold_variables = 2;
  const auto outcome = set_global();
  world_.run([&] { world_.ami.answer({"Response: Success"}); });
  EXPECT_FALSE(outcome->has_value()) << "the event is yet to come";
  world_.event(
      "Event: VarSet|Privilege: dialplan,all|Channel: none|Uniqueid: none|Variable: B|Value: 1");
  EXPECT_FALSE(outcome->has_value()) << "of another variable";
  world_.event(
      "Event: VarSet|Privilege: dialplan,all|Channel: none|Uniqueid: none|Variable: A|Value: 1");
  EXPECT_TRUE(outcome->has_value());
  EXPECT_EQ(world_.world.untold_variables, 0);
}

TEST_F(SetVariable, DoesNotWaitWhereNoEventsCome) {
  world_.world.untold_variables = 3;
  const auto outcome = set_global();
  world_.run([&] { world_.ami.answer({"Response: Success"}); });
  EXPECT_TRUE(outcome->has_value());
}

}  // namespace
}  // namespace arigate::ops
