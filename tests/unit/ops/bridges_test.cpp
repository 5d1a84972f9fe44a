#include "ops/bridges.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_agi_link.hpp"
#include "support/pbx_text.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

const BridgeId one{"one"};
const ChannelId caller{"1.1"};
const std::string room = "arigate-m-one";

/// A PBX of version 11 with one answered caller in the application, of which the test is both
/// links.
class BridgesTest : public testing::Test {
 protected:
  BridgesTest() {
    world_.sink.pass_to(bridges_);
    world_.wait_for_ever();
    world_.event(
        "Event: Newchannel|Channel: SIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: in|Exten: 1");
    world_.event("Event: Newstate|Channel: SIP/a-1|ChannelState: 4|Uniqueid: 1.1");
    world_.event("Event: Newstate|Channel: SIP/a-1|ChannelState: 6|Uniqueid: 1.1");
    world_.run([&] {
      world_.controls.add(control_);
      world_.reconciler.enter(caller, AppName{"app"}, {}, {}, world_.clock.wall());
      EXPECT_TRUE(bridges_.create({.id = one}));
    });
    world_.sink.take();
  }

  auto add(MemberOptions options = {}) {
    return world_.start(bridges_.add(one, {caller}, options));
  }
  void reply(std::string_view line) {
    world_.run([&] { world_.controls.find(caller)->on(test::agi_reply(line)); });
  }
  /// Answers what sets up the room; gives the line that goes into it.
  std::string goes_in() {
    for (;;) {
      const auto lines = link_->take();
      if (lines.empty()) return "";
      if (!lines.back().starts_with("SET VARIABLE")) return lines.back();
      reply("200 result=1");
    }
  }
  void told(std::string_view event) {
    world_.event("Event: " + std::string{event} +
                 "|Channel: SIP/a-1|Uniqueid: 1.1|Conference: " + room);
  }
  Lines told_since() { return world_.sink.take(); }

  test::SmallWorld world_;
  Bridges bridges_{world_.context.get_executor(), world_.world};
  std::shared_ptr<test::FakeAgiLink> link_ = std::make_shared<test::FakeAgiLink>();
  std::shared_ptr<Control> control_ = std::make_shared<Control>(caller, link_, world_.clock);
};

TEST_F(BridgesTest, HasALimitedNumberOfVariables) {
  Bridges::Plan plan{.id = BridgeId{"two"}};
  plan.variables.resize(Bridges::variables_max + 1);
  const auto refused = bridges_.create(plan);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  plan.variables.clear();
  for (std::size_t i = 0; i < Bridges::variables_max; ++i) {
    plan.variables.push_back({"V" + std::to_string(i), "x", false});
  }
  EXPECT_TRUE(bridges_.create(plan));
  EXPECT_TRUE(bridges_.set_variable(plan.id, {"V0", "y", false}));
  const auto one_more = bridges_.set_variable(plan.id, {"W", "x", false});
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, Errc::overloaded);
}

TEST_F(BridgesTest, AMemberEntersWhenThePbxSaysSo) {
  const auto added = add();
  EXPECT_EQ(goes_in(), "EXEC ConfBridge " + room);
  EXPECT_FALSE(*added) << "nobody has said that it is in";
  told("ConfbridgeJoin");
  ASSERT_TRUE(*added);
  EXPECT_TRUE(**added);
  EXPECT_EQ(told_since(), (Lines{"enter one 1.1", "room one 1.1"}));
}

TEST_F(BridgesTest, SetsTheRoomUpAsItWasAskedFor) {
  add({.absorb_dtmf = true, .mute = true});
  Lines lines;
  for (auto sent = link_->take(); !sent.empty(); sent = link_->take()) {
    lines.push_back(sent.front());
    reply("200 result=1");
  }
  const auto has = [&](std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  EXPECT_TRUE(has(R"x(SET VARIABLE "CONFBRIDGE(user,startmuted)" "yes")x"));
  EXPECT_TRUE(has(R"x(SET VARIABLE "CONFBRIDGE(user,dtmf_passthrough)" "no")x"));
  EXPECT_TRUE(has(R"x(SET VARIABLE "CONFBRIDGE(user,quiet)" "yes")x"));
  // Or a PIN of the site's own conferences is asked for.
  EXPECT_TRUE(has(R"x(SET VARIABLE "CONFBRIDGE(user,pin)" "")x"));
  EXPECT_TRUE(has(R"x(SET VARIABLE "CONFBRIDGE(bridge,max_members)" "0")x"));
  EXPECT_TRUE(has(R"x(SET VARIABLE "CONFBRIDGE(bridge,record_conference)" "no")x"));
}

TEST_F(BridgesTest, AnExcursionIsNotTold) {
  const auto added = add();
  goes_in();
  told("ConfbridgeJoin");
  told_since();
  world_.run(
      [&] { world_.controls.find(caller)->add(std::make_unique<CommandJob>("STREAM FILE a")); });
  EXPECT_EQ(world_.ami.waiting_action(),
            "ConfbridgeKick|Conference: " + room + "|Channel: SIP/a-1");
  world_.run([&] { world_.ami.answer(); });
  told("ConfbridgeLeave");
  reply("200 result=0");
  EXPECT_EQ(link_->take(), Lines{"STREAM FILE a"});
  reply("200 result=0");
  EXPECT_EQ(goes_in(), "EXEC ConfBridge " + room) << "back again";
  told("ConfbridgeJoin");
  EXPECT_EQ(told_since(), (Lines{"noroom one 1.1", "room one 1.1"})) << "nothing that ARI shows";
}

/// On 1.8, which has no music for who waits in a conference that would not endanger it.
TEST_F(BridgesTest, WhoWaitsIsOutsideWithMusicUntilSomebodySpeaks) {
  world_.use("1.1");
  const BridgeId two{"two"};
  bool speaks = false, pulled = false, gathered = false;
  std::string music;
  bridges_.use({[&](const BridgeId&) { return speaks; }, [&](const BridgeId&) { return music; }});
  bridges_.use([&](ChannelId, std::function<bool()>) -> boost::asio::awaitable<Result<void>> {
    pulled = true;
    co_return Result<void>{};
  });
  world_.run([&] { EXPECT_TRUE(bridges_.create({.id = two, .holding = true})); });
  const auto added = world_.start(bridges_.add(two, {caller}, {}));
  EXPECT_EQ(goes_in(), "SET MUSIC ON");
  reply("200 result=0");
  EXPECT_EQ(goes_in(), "");
  ASSERT_TRUE(*added && **added);
  EXPECT_EQ(told_since(), (Lines{"bridge two", "enter two 1.1"}));
  speaks = true;
  world_.run([&] {
    bridges_.settle(two);
    boost::asio::co_spawn(world_.context, bridges_.gather(two),
                          [&](const std::exception_ptr&) { gathered = true; });
  });
  EXPECT_EQ(link_->take(), Lines{"SET MUSIC OFF"});
  EXPECT_FALSE(gathered);
  reply("200 result=0");
  EXPECT_EQ(goes_in(), "EXEC ConfBridge arigate-h-two,q1m") << "heard by nobody";
  world_.settle();
  EXPECT_TRUE(gathered);
  speaks = false;
  music = "jazz";
  world_.run([&] { bridges_.settle(two); });
  EXPECT_TRUE(pulled);
  link_ = std::make_shared<test::FakeAgiLink>();
  world_.run([&] { control_->attach(link_); });
  EXPECT_EQ(goes_in(), R"(SET MUSIC ON "jazz")");
  EXPECT_EQ(told_since(), (Lines{"room two 1.1", "noroom two 1.1"})) << "nothing that ARI shows";
}

TEST_F(BridgesTest, WhoTakesAMembersPlaceIsTakenOutByTheOwnName) {
  add();
  goes_in();
  told("ConfbridgeJoin");
  world_.event(
      "Event: Newchannel|Channel: SIP/b-2|ChannelState: 6|Uniqueid: 1.2|Context: in|Exten: 1");
  const ChannelId other{"1.2"};
  world_.run([&] {
    world_.controls.take(caller);
    control_->set_channel(other);
    world_.controls.add(control_);
    bridges_.on(model::ChannelReplaced{*world_.store.find(other), caller}, world_.clock.wall());
    world_.reconciler.enter(other, AppName{"app"}, {}, {}, world_.clock.wall());
  });
  const auto removed = world_.start(bridges_.remove(one, {other}));
  EXPECT_EQ(world_.ami.waiting_action(),
            "ConfbridgeKick|Conference: " + room + "|Channel: SIP/b-2");
}

TEST_F(BridgesTest, IsTakenOutHoweverEarlyThatWasAsked) {
  add();
  goes_in();
  const auto removed = world_.start(bridges_.remove(one, {caller}));
  EXPECT_TRUE(*removed) << "it was not shown as in yet";
  EXPECT_EQ(world_.ami.waiting_action(),
            "ConfbridgeKick|Conference: " + room + "|Channel: SIP/a-1");
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx, "No active conferences."); });
  EXPECT_EQ(world_.ami.waiting(), 0U) << "waits until it is in";
  told("ConfbridgeJoin");
  EXPECT_EQ(world_.ami.waiting_action(),
            "ConfbridgeKick|Conference: " + room + "|Channel: SIP/a-1");
  world_.run([&] { world_.ami.answer(); });
  told("ConfbridgeLeave");
  reply("200 result=0");
  EXPECT_EQ(link_->take(), Lines{});
  EXPECT_EQ(told_since(), (Lines{"room one 1.1", "noroom one 1.1"}));
}

TEST_F(BridgesTest, LeavesWithTheSnapshotAfterIt) {
  add();
  goes_in();
  told("ConfbridgeJoin");
  const auto removed = world_.start(bridges_.remove(one, {caller}));
  EXPECT_FALSE(*removed);
  world_.run([&] { world_.ami.answer(); });
  told("ConfbridgeLeave");
  ASSERT_TRUE(*removed);
  EXPECT_TRUE(**removed);
  EXPECT_EQ(world_.store.find(one)->channels.size(), 0U);
  reply("200 result=0");
  const auto again = world_.start(bridges_.remove(one, {caller}));
  ASSERT_TRUE(*again);
  EXPECT_EQ((*again)->error().code, Errc::unprocessable);
}

TEST_F(BridgesTest, SaysWhenThePbxHasNoConferences) {
  const auto added = add();
  goes_in();
  reply("200 result=-2");
  ASSERT_TRUE(*added);
  ASSERT_FALSE(**added);
  EXPECT_EQ((*added)->error().code, Errc::not_supported);
  EXPECT_EQ(bridges_.member_count(), 0U);
  EXPECT_EQ(link_->take(), Lines{}) << "it does not try for ever";
}

TEST_F(BridgesTest, WhoDoesNotEnterInTimeIsLetOut) {
  world_.deadlines_pass();
  const auto added = add();
  ASSERT_TRUE(*added);
  ASSERT_FALSE(**added);
  EXPECT_EQ((*added)->error().code, Errc::timeout);
  EXPECT_EQ(bridges_.member_count(), 0U);
  EXPECT_EQ(world_.store.find(caller)->member_of, BridgeId{}) << "it is not to enter later";
}

TEST_F(BridgesTest, AVideoSourceThatWasClearedIsShownUntilTheBridgeChanges) {
  add();
  goes_in();
  told("ConfbridgeJoin");
  world_.run([&] {
    world_.reconciler.set_video_source(one, caller, world_.clock.wall());
    world_.reconciler.clear_video_source(one);
  });
  EXPECT_EQ(world_.store.find(one)->video_mode, "single");
  EXPECT_EQ(world_.store.find(one)->video_source, caller.value);
  world_.start(bridges_.remove(one, {caller}));
  told("ConfbridgeLeave");
  EXPECT_EQ(world_.store.find(one)->video_mode, "talker");
  EXPECT_EQ(world_.store.find(one)->video_source, "");
}

TEST_F(BridgesTest, WhoIsPutOutByOthersHasLeft) {
  add();
  goes_in();
  told("ConfbridgeJoin");
  told_since();
  world_.deadlines_pass();
  told("ConfbridgeLeave");
  reply("200 result=0");
  EXPECT_EQ(told_since(), (Lines{"noroom one 1.1", "left one 1.1"}));
  EXPECT_EQ(link_->take(), Lines{});
}

TEST_F(BridgesTest, AHangupLeavesBeforeTheApplicationEnds) {
  add();
  goes_in();
  told("ConfbridgeJoin");
  told_since();
  world_.event("Event: HangupRequest|Channel: SIP/a-1|Uniqueid: 1.1");
  told("ConfbridgeLeave");
  world_.run([&] {
    world_.controls.take(caller);
    world_.reconciler.leave(caller, world_.clock.wall());
  });
  EXPECT_EQ(told_since(),
            (Lines{"hanguprequest 1.1 -", "left one 1.1", "noroom one 1.1", "end 1.1 app"}));
  EXPECT_EQ(bridges_.member_count(), 0U);
}

/// 1.8 tells nothing of its conferences and has no action for them.
TEST_F(BridgesTest, KnowsByItselfWhereConferencesAreNotTold) {
  world_.use("1.1");
  std::vector<ChannelId> reentered;
  std::function<bool()> still_wanted;
  const auto reenter = [&](ChannelId channel,
                           std::function<bool()> wanted) -> boost::asio::awaitable<Result<void>> {
    still_wanted = std::move(wanted);
    return
        [](std::vector<ChannelId>& log, ChannelId which) -> boost::asio::awaitable<Result<void>> {
          log.push_back(which);
          co_return Result<void>{};
        }(reentered, std::move(channel));
  };
  bridges_.use(Bridges::Reentry{reenter});
  const auto added = add({.mute = true});
  EXPECT_EQ(goes_in(), "EXEC ConfBridge " + room + ",q1m");
  ASSERT_TRUE(*added) << "it is in when it was sent there";
  EXPECT_EQ(told_since(), (Lines{"enter one 1.1", "room one 1.1"}));
  const auto removed = world_.start(bridges_.remove(one, {caller}));
  EXPECT_EQ(reentered, std::vector<ChannelId>{caller});
  EXPECT_TRUE(still_wanted());
  EXPECT_EQ(world_.ami.waiting(), 0U) << "no action that it does not know";
  reply("200 result=0");
  EXPECT_FALSE(*removed) << "nothing can be sent on this line any more";
  world_.run([&] { world_.controls.find(caller)->attach(link_); });
  ASSERT_TRUE(*removed);
  EXPECT_FALSE(still_wanted());
  EXPECT_EQ(told_since(), (Lines{"left one 1.1", "noroom one 1.1"}));
}

TEST_F(BridgesTest, ARecordedChannelStaysOut) {
  bool recorded = true;
  bridges_.use(Bridges::IsRecorded{[&](const ChannelId& id) { return recorded && id == caller; }});
  const auto refused = add();
  ASSERT_TRUE(*refused && !**refused);
  EXPECT_EQ((*refused)->error().detail, "Channel 1.1 currently recording");
  recorded = false;
  EXPECT_FALSE(*add()) << "under way";
}

TEST_F(BridgesTest, ChecksWhatItIsAskedFor) {
  const auto code = [&](BridgeId bridge, std::vector<ChannelId> channels) {
    const auto outcome = world_.start(bridges_.add(bridge, channels, {}));
    return *outcome && !**outcome ? (*outcome)->error().detail : std::string{"no error"};
  };
  EXPECT_EQ(code({"nope"}, {caller}), "Bridge not found");
  EXPECT_EQ(code(one, {}), "Missing parameter channel");
  EXPECT_EQ(code(one, {caller, {"nope"}}), "Channel not found");
  EXPECT_FALSE(bridges_.create({.id = one})) << "the id is taken";
  world_.run([&] { world_.controls.take(caller); });
  EXPECT_EQ(code(one, {caller}), "Channel not in Stasis application");
}

}  // namespace
}  // namespace arigate::ops
