#include "ops/variables.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/control.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

TEST(Variables, KnowsWhatReachesTheHost) {
  for (const char* name :
       {"SHELL(id)", "shell(id)", "FILE(/etc/passwd)", "FILE(/tmp/x,,,a)", "__ENV(HOME)",
        " CURL (http://x)", "IMPORT(SIP/a-1,SHELL(id))", "EVAL(x)", "${SHELL(id)}", "$[1+1]",
        "HASH(a,DB(x/y))", "PP_EACH_USER(%{SHELL(id)}|x)",
        // What Asterisk 22 itself refuses.
        "CONFBRIDGE(menu,1)", "CURL(x)", "DB(a/b)", "DB_DELETE(a/b)", "FILE_COUNT_LINE(x)",
        "FILE_FORMAT(x)", "LOCK(x)", "PERIODIC_HOOK(x)", "REALTIME_DESTROY(x)", "STAT(e,x)",
        "TRYLOCK(x)", "UNLOCK(x)",
        // The databases of others.
        "DB_EXISTS(a/b)", "DB_KEYS(a)", "REALTIME(x)", "REALTIME_FIELD(x)", "REALTIME_HASH(x)",
        "REALTIME_STORE(x)", "ODBC_USERS(1)", "odbc_fetch(1)"}) {
    EXPECT_TRUE(is_dangerous_function(name)) << name;
  }
  for (const char* name :
       {"PLAIN", "__INHERITED", "CALLERID(name)", "CHANNEL(language)", "SHELL", "MY_SHELL(x)",
        "HASH(shell)", "CONFBRIDGE_INFO(parties,1)", "ODBC(x)", "DBX(x)", ""}) {
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

TEST(Variables, AreCheckedWithTheirValuesBeforeAnyIsSet) {
  test::SmallWorld world;
  struct Row {
    std::string_view name, value;
    std::optional<Errc> error;
  };
  for (const Row& row : {
           Row{"A", "1", {}},
           Row{"A", "", {}},
           Row{"A", "1\n2", Errc::bad_request},
           Row{"", "1", Errc::bad_request},
           Row{"FILE(/x)", "1", Errc::forbidden},
           Row{"ARIGATE_X", "1", Errc::forbidden},
       }) {
    const auto fine = check_setting(world.world, row.name, row.value);
    EXPECT_EQ(fine ? std::nullopt : std::optional{fine.error().code}, row.error) << row.name;
  }
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

/// In an application, on a line of its own.
class VariableOfAChannel : public SetVariable {
 protected:
  VariableOfAChannel() {
    world_.controls.add(control_);
    world_.run(
        [&] { world_.reconciler.enter(channel_, AppName{"app"}, {}, {}, world_.clock.wall()); });
  }
  ~VariableOfAChannel() override { control_->drop({Errc::unavailable, "over"}); }

  class Rest : public RestingJob {
   public:
    Step start(TimePoint) override { return Send{"EXEC ConfBridge one"}; }
    Step on(const agi::Reply&, TimePoint) override { return Done{}; }
    Step call_away(TimePoint) override { return Wait{}; }
    void abandon(const Error&) override {}
  };

  const ChannelId channel_{"1.1"};
  std::shared_ptr<test::FakeAgiLink> link_ = std::make_shared<test::FakeAgiLink>();
  std::shared_ptr<Control> control_ = std::make_shared<Control>(channel_, link_, world_.clock);
};

TEST_F(VariableOfAChannel, IsReadWithoutTakingItOutOfItsBridge) {
  world_.run([&] { control_->rest_by([] { return std::make_unique<Rest>(); }); });
  link_->take();
  const auto value = world_.start(get_variable(world_.world, channel_, "A"));
  EXPECT_EQ(link_->take(), std::vector<std::string>{});
  EXPECT_EQ(world_.ami.waiting_action(), "Getvar|Channel: SIP/a-1|Variable: A");
  world_.run([&] { world_.ami.answer({"Response: Success|Value: 1"}); });
  ASSERT_TRUE(value->has_value() && **value);
  EXPECT_EQ(***value, "1");
}

TEST_F(VariableOfAChannel, KeepsTheBlanksThatAmiWouldTakeAway) {
  const auto set = world_.start(set_variable(world_.world, channel_, "A", "  x"));
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_EQ(link_->take(), std::vector<std::string>{R"(SET VARIABLE "A" "  x")"});
  world_.run([&] { control_->on(test::agi_reply("200 result=1")); });
  EXPECT_TRUE(set->has_value() && **set);
  const auto global = world_.start(ops::set_global(world_.world, "A", " x"));
  ASSERT_TRUE(global->has_value() && !**global);
  EXPECT_EQ((**global).error().code, Errc::bad_request);
}

TEST_F(VariableOfAChannel, TellsWhatWouldHaveTheFunctionThatThePbxLacks) {
  for (const auto* name : {"TALK_DETECT(set)", "TONE_DETECT(0,1100)"}) {
    const auto set = world_.start(set_variable(world_.world, channel_, name, ""));
    world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx, "Variable not set"); });
    ASSERT_TRUE(set->has_value() && !**set) << name;
    EXPECT_EQ((**set).error().code, Errc::not_supported) << name;
    EXPECT_NE((**set).error().detail.find(".so"), std::string::npos) << name;
  }
}

TEST_F(VariableOfAChannel, OfArigateItselfIsNotSet) {
  for (const auto* name : {"ARIGATE_APP", "_ARIGATE_HOME", "__ARIGATE_DONE"}) {
    const auto set = world_.start(set_variable(world_.world, channel_, name, "x"));
    ASSERT_TRUE(set->has_value() && !**set) << name;
    EXPECT_EQ((**set).error().code, Errc::forbidden) << name;
  }
}

TEST_F(SetVariable, DoesNotWaitWhereNoEventsCome) {
  world_.world.untold_variables = 3;
  const auto outcome = set_global();
  world_.run([&] { world_.ami.answer({"Response: Success"}); });
  EXPECT_TRUE(outcome->has_value());
}

}  // namespace
}  // namespace arigate::ops
