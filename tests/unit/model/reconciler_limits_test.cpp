// What the reconciler remembers of channels that are not there yet, or not any more.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::model {
namespace {

using Lines = std::vector<std::string>;

class ReconcilerLimits : public testing::Test {
 protected:
  static std::string of(std::size_t number) {
    return fmt::format("|Channel: SIP/a-{}|ChannelState: 6|Context: in|Exten: 1|Uniqueid: {}",
                       number, number);
  }
  static std::string hangup(std::size_t number) {
    return "Event: Hangup" + of(number) + "|Cause: 17|Cause-txt: User busy";
  }
  void newchannel(std::size_t number) { world_.event("Event: Newchannel" + of(number)); }
  const Channel* find(std::size_t number) const {
    return world_.store.find(ChannelId{std::to_string(number)});
  }

  test::SmallWorld world_{"11.0.0"};
  Reconciler& reconciler_ = world_.reconciler;
};

TEST_F(ReconcilerLimits, OnlySoManyChannelsAreExpected) {
  constexpr auto most = Reconciler::expected_max;
  const auto expect = [&](std::size_t number) {
    const auto id = std::to_string(number);
    return reconciler_.expect(ChannelId{id}, id, "bob");
  };
  for (std::size_t i = 0; i < most; ++i) ASSERT_TRUE(expect(i));
  for (const auto& refused : {expect(most), reconciler_.expect_dial({"made"}, "made", "bob", {})}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::overloaded);
  }
  reconciler_.forget_expected({"0"});
  EXPECT_TRUE(expect(most));
}

TEST_F(ReconcilerLimits, OnlySoManyVariablesAreReportedOfAChannel) {
  newchannel(1);
  const auto report = [&](std::size_t number) {
    return reconciler_.report_variable({"1"}, "V" + std::to_string(number), false);
  };
  for (std::size_t i = 0; i < Reconciler::reported_max; ++i) ASSERT_TRUE(report(i));
  const auto refused = report(Reconciler::reported_max);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_TRUE(report(0)) << "it is one of them";
  reconciler_.forget_reported({"1"}, "V0");
  EXPECT_TRUE(report(Reconciler::reported_max));
}

TEST_F(ReconcilerLimits, OnlySoManyOriginateResponsesWaitForTheirChannel) {
  constexpr auto most = Reconciler::early_responses_max;
  const auto respond = [&](std::size_t number) {
    world_.event("Event: OriginateResponse|Response: Success|Application: Playback|Data: x" +
                 of(number));
  };
  const auto application_of = [&](std::size_t number) {
    newchannel(number);
    return find(number)->originated_app;
  };
  for (std::size_t i = 0; i <= most; ++i) respond(i);
  EXPECT_EQ(application_of(most), "");
  EXPECT_EQ(application_of(most - 1), "Playback");
  respond(most + 1);
  EXPECT_EQ(application_of(most + 1), "Playback");
  // A call that is over already takes nobody's place.
  for (std::size_t i = 0; i < 10; ++i) {
    const auto call = most + 10 + i;
    newchannel(call);
    world_.event(hangup(call));
    respond(call);
  }
  respond(most + 2);
  EXPECT_EQ(application_of(most + 2), "Playback");
}

TEST_F(ReconcilerLimits, OnlySoManyVarSetsAreHeldBackForAChannel) {
  world_.use("1.3");
  newchannel(1);
  const auto set = [&](std::size_t number) {
    world_.event(
        fmt::format("Event: VarSet|Channel: SIP/a-1|Variable: V{}|Value: x|Uniqueid: 1", number));
    return world_.sink.take();
  };
  for (std::size_t i = 0; i < Reconciler::held_back_max; ++i) ASSERT_EQ(set(i), Lines{});
  const auto told = set(Reconciler::held_back_max);
  EXPECT_EQ(told.size(), Reconciler::held_back_max + 2);
  EXPECT_EQ(told.front(), "created 1 SIP/a-1 Up");
  EXPECT_EQ(told.back(), "varset 1 V256=x");
}

TEST_F(ReconcilerLimits, OnlySoManyEndedChannelsAreRemembered) {
  for (std::size_t i = 0; i <= Reconciler::ended_max; ++i) {
    newchannel(i);
    world_.event(hangup(i));
  }
  newchannel(1);
  EXPECT_EQ(find(1), nullptr);
  newchannel(0);
  EXPECT_NE(find(0), nullptr) << "the oldest one is forgotten";
}

TEST_F(ReconcilerLimits, OnlySoManyHangupsInDoubtAreRemembered) {
  constexpr auto most = Reconciler::doubted_max;
  const auto list_nothing = [&] {
    world_.sink.take();
    world_.run([&] {
      reconciler_.begin_list();
      reconciler_.apply_list({}, world_.clock.wall());
    });
    return world_.sink.take();
  };
  newchannel(most);
  newchannel(most + 1);
  for (std::size_t i = 1; i <= most + 1; ++i) reconciler_.doubt(test::ami_message(hangup(i)));
  EXPECT_EQ(list_nothing(),
            (Lines{"destroyed 1000 17 User busy", "destroyed 1001 0 Unknown", "resynced"}));
  newchannel(most + 2);
  reconciler_.doubt(test::ami_message(hangup(most + 2)));
  EXPECT_EQ(list_nothing(), (Lines{"destroyed 1002 17 User busy", "resynced"}));
}

}  // namespace
}  // namespace arigate::model
