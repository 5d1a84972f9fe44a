#include "ops/created.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ami/action.hpp"
#include "ops/command.hpp"
#include "ops/hangup.hpp"
#include "ops/variables.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

/// "" for success, else the message.
template <class Outcome>
std::string said(const std::shared_ptr<std::optional<Outcome>>& outcome) {
  if (!outcome->has_value()) return "waits";
  return **outcome ? "" : (*outcome)->error().detail;
}

class CreatedTest : public testing::TestWithParam<const char*> {
 protected:
  CreatedTest() : world_{GetParam()} {
    world_.sink.pass_to(entrance_);
    world_.sink.pass_to(created_);
    world_.world.created = &created_;
    world_.wait_for_ever();
  }
  bool takes_ids() const { return world_.ami.dialect().takes_channel_id; }

  std::string create(CreateRequest request) {
    const auto outcome = world_.start(created_.create(std::move(request)));
    if (world_.ami.waiting() > 0) {
      EXPECT_EQ(world_.ami.waiting_action(), "Getvar|Variable: DEVICE_STATE(SIP/bob)");
      world_.run([&] { world_.ami.answer({"Response: Success|Value: " + device_state_}); });
    }
    if (world_.ami.waiting() > 0) {
      EXPECT_EQ(world_.ami.waiting_action(), "SIPshowpeer|Peer: bob");
      world_.run([&] {
        world_.ami.answer({"Response: Success|Context: phones|Callerid: \"Bob\" <200>"});
      });
    }
    return said(outcome);
  }
  CreateRequest bob() {
    return {"SIP/bob",
            {
                AppName{"app"},
                {"x"},
            },
            "",
            {},
            id_,
            {},
            {{"COLOUR", "a,b"}}};
  }
  /// A channel of the PBX for which others are called.
  void alice_calls() {
    world_.event(
        "Event: Newchannel|Channel: SIP/alice-1|ChannelState: 6|ChannelStateDesc: Up|"
        "CallerIDNum: 100|CallerIDName: Alice|AccountCode: |Exten: 600|Context: in|Uniqueid: 1.1");
    world_.run([&] { world_.reconciler.decide(world_.clock.wall(), world_.clock.wall()); });
  }
  void alice_has(const std::string& name, const std::string& value) {
    world_.event("Event: VarSet|Channel: SIP/alice-1|Variable: " + name + "|Value: " + value +
                 "|Uniqueid: 1.1");
  }
  bool dialled_with(const std::string& variable) const {
    return (action_ + "|").find("|Variable: " + variable + "|") != std::string::npos;
  }
  std::string dial(long seconds = 7, const ChannelId& caller = {}) {
    const auto outcome = world_.start(created_.dial(id_, caller, seconds));
    if (outcome->has_value()) return said(outcome);
    if (!caller.value.empty()) asked_for_account();
    action_ = world_.ami.waiting_action();
    action_id_ = world_.ami.waiting_action_id();
    world_.run([&] { world_.ami.answer(); });
    return said(outcome);
  }
  /// Whom a call is for may have chosen on which account it is booked.
  void asked_for_account() {
    EXPECT_EQ(world_.ami.waiting_action(),
              "Getvar|Channel: SIP/alice-1|Variable: CHANNEL(peeraccount)");
    world_.run([&] { world_.ami.answer({"Response: Success|Value: " + peer_account_}); });
    const auto* alice = world_.store.find(ChannelId{"1.1"});
    if (takes_ids() || !alice->accountcode.empty()) return;
    EXPECT_EQ(world_.ami.waiting_action(),
              "Getvar|Channel: SIP/alice-1|Variable: CHANNEL(accountcode)")
        << "no event tells what the dialplan sets";
    world_.run([&] { world_.ami.answer({"Response: Success|Value: " + own_account_}); });
  }
  /// Before Asterisk 12 the header counts, also one that is not there.
  bool booked_on(const std::string& account) const {
    if (!takes_ids())
      return (action_ + "|").find("|Account: " + account + "|") != std::string::npos;
    return dialled_with(*ami::originate_variable("CHANNEL(accountcode)", account));
  }
  std::string token() const {
    const auto begin = action_.find("|Exten: ") + 8;
    return action_.substr(begin, action_.find('|', begin) - begin);
  }
  std::string uniqueid() const { return takes_ids() ? "made" : "9.9"; }
  /// The PBX makes the channel of the dial.
  void born() {
    world_.event(
        "Event: Newchannel|Channel: SIP/bob-7|ChannelState: 0|ChannelStateDesc: Down|"
        "CallerIDNum: 200|CallerIDName: Bob|AccountCode: |Exten: |Context: phones|"
        "Uniqueid: " +
        uniqueid());
    if (takes_ids()) {
      world_.event(
          "Event: DialBegin|DestChannel: SIP/bob-7|DestChannelState: 0|DestUniqueid: made|"
          "DestContext: phones|DestExten: |DestPriority: 1|DialString: bob");
    } else {
      world_.event("Event: VarSet|Channel: SIP/bob-7|Variable: ARIGATE_ID|Value: " + token() +
                   "|Uniqueid: " + uniqueid());
    }
  }
  void up() {
    world_.event(
        "Event: Newstate|Channel: SIP/bob-7|ChannelState: 6|ChannelStateDesc: Up|"
        "CallerIDNum: 200|CallerIDName: Bob|Context: phones|Exten: |Priority: 1|"
        "Uniqueid: " +
        uniqueid());
  }
  std::shared_ptr<test::FakeAgiLink> session() {
    world_.event("Event: Newexten|Channel: SIP/bob-7|Context: arigate|Extension: " + token() +
                 "|Priority: 1|Application: AGI|AppData: agi://gate/arigate," + token() +
                 "|Uniqueid: " + uniqueid());
    agi::Environment environment;
    environment.uniqueid = uniqueid();
    environment.network_script = "arigate";
    environment.arguments = {token()};
    environment.context = "arigate";
    auto link = std::make_shared<test::FakeAgiLink>();
    world_.run([&] { entrance_.connected(link, environment); });
    return link;
  }
  std::string variable(std::string name) {
    const auto outcome = world_.start(get_variable(world_.world, id_, std::move(name)));
    if (!outcome->has_value()) return "asks the PBX";
    return **outcome ? ***outcome : (*outcome)->error().detail;
  }
  Lines changes() { return world_.sink.take(); }
  void expect_empty() {
    EXPECT_EQ(created_.size(), 0U);
    EXPECT_EQ(world_.controls.size(), 0U);
    EXPECT_EQ(entrance_.awaited_count(), 0U);
    EXPECT_EQ(world_.store.channel_count(), 0U);
  }

  test::SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  CreatedChannels created_{world_.world, entrance_};
  const ChannelId id_{"made"};
  std::string device_state_ = "NOT_INUSE";
  std::string action_, action_id_;
  std::string peer_account_, own_account_;  ///< By the PBX's functions.
};

TEST_P(CreatedTest, IsShownTheOneThatItIsCalledFor) {
  alice_calls();
  create(bob());
  dial(7, ChannelId{"1.1"});
  const auto language = action_.find("|Variable: CHANNEL(language)=en");
  EXPECT_NE(language, std::string::npos) << action_;
  EXPECT_NE(action_.find("CONNECTEDLINE(all"), std::string::npos) << action_;
  EXPECT_NE(action_.find("<100>"), std::string::npos) << action_;
  if (!takes_ids()) {
    EXPECT_EQ(world_.store.find(id_)->connected, (model::Party{"Alice", "100"})) << "nothing tells";
  }
}

TEST_P(CreatedTest, InheritsTheVariablesOfTheOneThatItIsCalledFor) {
  alice_calls();
  alice_has("PLAIN", "1");
  alice_has("_ONCE", "2");
  alice_has("__EVER", "3");
  alice_has("__NO_MORE", "4");
  alice_has("NO_MORE", "5");
  alice_has("_EMPTY", "6");
  alice_has("_EMPTY", "");
  alice_has("__EVER", "7");
  alice_has("_BAD NAME", "8");
  create(bob());
  dial(7, ChannelId{"1.1"});
  EXPECT_TRUE(dialled_with("ONCE=2")) << action_;
  EXPECT_TRUE(dialled_with("__EVER=7")) << action_;
  EXPECT_LT(action_.find("ONCE=2"), action_.find("__EVER=7"))
      << "the PBX sets the last one first, and natively the newest comes first";
  for (const auto* other : {"PLAIN", "NO_MORE", "EMPTY", "BAD NAME"}) {
    EXPECT_EQ(action_.find(other), std::string::npos) << action_;
  }
}

TEST_P(CreatedTest, IsBookedOnTheAccountOfTheOneThatItIsCalledFor) {
  alice_calls();
  world_.event(
      "Event: NewAccountCode|Channel: SIP/alice-1|Uniqueid: 1.1|AccountCode: sales|"
      "OldAccountCode: ");
  create(bob());
  dial(7, ChannelId{"1.1"});
  EXPECT_TRUE(booked_on("sales")) << action_;
  EXPECT_TRUE(dialled_with("CHANNEL(peeraccount)=sales")) << action_;
  if (!takes_ids()) {
    EXPECT_EQ(world_.store.find(id_)->accountcode, "sales") << "nothing tells";
    born();
    EXPECT_EQ(world_.store.find(id_)->accountcode, "sales") << "the PBX sets it a moment later";
  }
}

TEST_P(CreatedTest, IsBookedOnAnAccountThatAnOldPbxDoesNotTell) {
  alice_calls();
  own_account_ = "sales";
  create(bob());
  dial(7, ChannelId{"1.1"});
  EXPECT_EQ(booked_on("sales"), !takes_ids()) << action_;
  EXPECT_EQ(dialled_with("CHANNEL(peeraccount)=sales"), !takes_ids()) << action_;
}

TEST_P(CreatedTest, IsBookedOnTheAccountThatTheOneHasChosenForWhomItIsCalled) {
  alice_calls();
  peer_account_ = "export, (A)";
  create(bob());
  dial(7, ChannelId{"1.1"});
  EXPECT_TRUE(booked_on("export, (A)")) << action_;
  EXPECT_EQ(action_.find("peeraccount"), std::string::npos) << action_;
}

TEST_P(CreatedTest, InheritsOnlySoMuch) {
  alice_calls();
  for (int i = 0; i < 100; ++i) alice_has("__V" + std::to_string(i), "x");
  EXPECT_EQ(world_.store.find(ChannelId{"1.1"})->inheritable.size(),
            model::Reconciler::inheritable_max);
  for (int i = 0; i < 100; ++i) alice_has("__V" + std::to_string(i), std::string(2'000, 'x'));
  std::size_t bytes = 0;
  for (const auto& [name, value] : world_.store.find(ChannelId{"1.1"})->inheritable) {
    bytes += name.size() + value.size();
  }
  EXPECT_GT(bytes, 0U);
  EXPECT_LE(bytes, model::Reconciler::inheritable_bytes_max);
}

TEST_P(CreatedTest, IsOfferedTheFormatsOfItsOriginator) {
  alice_calls();
  world_.applications.followed.clear();
  auto request = bob();
  request.endpoint = "SIP/bob/5550100";  // Nothing is known of what is behind a trunk.
  request.originator.value = "1.1";
  const auto outcome = world_.start(created_.create(std::move(request)));
  EXPECT_EQ(world_.ami.waiting_action(),
            "Getvar|Channel: SIP/alice-1|Variable: CHANNEL(audionativeformat)");
  world_.run([&] { world_.ami.answer({"Response: Success|Value: 0x8 (alaw)"}); });
  EXPECT_EQ(said(outcome), "");
  EXPECT_EQ(world_.applications.followed, (Lines{"app now 1.1", "app now made"}));
  dial();
  EXPECT_NE(action_.find("|Codecs: alaw|"), std::string::npos) << action_;
}

TEST_P(CreatedTest, IsInItsApplicationBeforeThePbxHasIt) {
  EXPECT_EQ(create(bob()), "");
  EXPECT_EQ(changes(), (Lines{"created made SIP/bob-f0000000 Down", "varset made COLOUR=a,b",
                              "dialplan made Stasis(app,x)",
                              "varset made STASISSTATUS=", "start made app(x)"}));
  EXPECT_EQ(world_.applications.followed, Lines{"app now made"});
  EXPECT_EQ(world_.store.find(id_)->caller, (model::Party{"Bob", "200"}));
  EXPECT_EQ(world_.store.find(id_)->dialplan.context, "phones");
  EXPECT_EQ(variable("COLOUR"), "a,b");
  EXPECT_EQ(variable("SHAPE"), "Provided variable was not found");
  EXPECT_EQ(variable("CHANNEL(state)"), "Unable to read provided function");
  const auto set = world_.start(set_variable(world_.world, id_, "__SHAPE", "round"));
  EXPECT_EQ(said(set), "");
  EXPECT_EQ(variable("SHAPE"), "round");
  EXPECT_EQ(changes(), Lines{"varset made __SHAPE=round"});
  EXPECT_EQ(said(world_.start(run_commands(world_.world, id_, {"ANSWER"}))),
            "Channel in invalid state");
  EXPECT_EQ(create(bob()), "Channel with given unique ID already exists");
}

TEST_P(CreatedTest, IsRefusedWhereNoChannelCouldBeMade) {
  for (const auto* state : {"INVALID", "UNAVAILABLE"}) {
    device_state_ = state;
    EXPECT_EQ(create(bob()), "Allocation failed");
  }
  auto broken = bob();
  broken.variables = {{"A", "x\ny"}};
  EXPECT_NE(create(broken), "");
  EXPECT_EQ(changes(), Lines{});
  expect_empty();
}

TEST_P(CreatedTest, GoesOnAsTheChannelThatThePbxMakes) {
  ASSERT_EQ(create(bob()), "");
  changes();
  EXPECT_EQ(dial(), "");
  EXPECT_TRUE(action_.find("|Channel: SIP/bob|") != std::string::npos) << action_;
  EXPECT_TRUE(action_.find("|Timeout: 7000") != std::string::npos) << action_;
  EXPECT_TRUE(action_.find("|Variable: COLOUR=a\\,b") != std::string::npos) << action_;
  EXPECT_EQ(action_.find("|ChannelId: made") != std::string::npos, takes_ids());
  EXPECT_EQ(dial(), "") << "it is being dialled already, which native takes for granted";
  born();
  world_.event("Event: VarSet|Channel: SIP/bob-7|Variable: COLOUR|Value: a,b|Uniqueid: " +
               uniqueid());
  EXPECT_EQ(changes(), Lines{"dial ->made [] [bob]"}) << "its variables were told before";
  EXPECT_EQ(world_.store.channel_count(), 1U);
  EXPECT_EQ(world_.store.find(id_)->name, "SIP/bob-7");
  EXPECT_EQ(world_.store.find(id_)->uniqueid.value, uniqueid());
  up();
  EXPECT_EQ(dial(), "Channel is not in the 'Down' state");
  const auto later = world_.start(run_commands(world_.world, id_, {"NOOP"}));
  EXPECT_EQ(said(later), "") << "queued until the session is there";
  const auto link = session();
  EXPECT_EQ(link->take(), Lines{"NOOP"});
  auto seen = changes();
  std::erase(seen, "agi made");
  EXPECT_EQ(seen.front(), "state made Up");
  for (const auto& change : seen) EXPECT_EQ(change.find("start"), std::string::npos) << change;
  EXPECT_EQ(variable("X"), "asks the PBX");
  world_.run([&] { entrance_.closed(*link); });
  EXPECT_EQ(changes(), Lines{"end made app"});
}

TEST_P(CreatedTest, EndsForANormalReasonWhenItWasUpAndThePbxHasNone) {
  ASSERT_EQ(create(bob()), "");
  EXPECT_EQ(dial(), "");
  born();
  up();
  world_.event("Event: Hangup|Channel: SIP/bob-7|Cause: 0|Cause-txt: Unknown|Uniqueid: " +
               uniqueid());
  EXPECT_EQ(changes().back(), "destroyed made 16 Normal Clearing");
}

TEST_P(CreatedTest, EndsWithAHangupBeforeItIsDialled) {
  ASSERT_EQ(create(bob()), "");
  changes();
  EXPECT_EQ(said(world_.start(hangup(world_.world, entrance_, id_, 17))), "");
  EXPECT_EQ(changes(), (Lines{"hanguprequest made 32 soft", "end made app",
                              "varset made STASISSTATUS=SUCCESS", "destroyed made 17 User busy"}));
  expect_empty();
}

TEST_P(CreatedTest, EndsWhenItsDialFindsNobody) {
  ASSERT_EQ(create(bob()), "");
  ASSERT_EQ(dial(), "");
  changes();
  world_.event("Event: OriginateResponse|ActionID: " + action_id_ +
               "|Response: Failure|Channel: SIP/bob|Reason: 0|Uniqueid: <null>");
  const auto seen = changes();
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().substr(0, 14), "destroyed made");
  expect_empty();
}

TEST_P(CreatedTest, EndsWhenTheOtherSideEndsTheDial) {
  ASSERT_EQ(create(bob()), "");
  ASSERT_EQ(dial(), "");
  born();
  changes();
  world_.event("Event: Hangup|Channel: SIP/bob-7|Cause: 17|Cause-txt: User busy|Uniqueid: " +
               uniqueid());
  EXPECT_EQ(changes(), (Lines{"hanguprequest made 32 soft", "end made app",
                              "varset made STASISSTATUS=SUCCESS", "destroyed made 17 User busy"}));
  expect_empty();
}

/// A hangup while the Originate is under way has no channel to hang up yet.
TEST_P(CreatedTest, HangsUpWhatIsBeingDialledWhenThePbxHasIt) {
  ASSERT_EQ(create(bob()), "");
  ASSERT_EQ(dial(), "");
  const auto outcome = world_.start(hangup(world_.world, entrance_, id_, 16));
  EXPECT_EQ(said(outcome), "waits");
  EXPECT_EQ(world_.ami.waiting(), 0U);
  born();
  EXPECT_EQ(world_.ami.waiting_action(), "Hangup|Channel: SIP/bob-7|Cause: 16");
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(said(outcome), "");
}

/// The PBX cannot take back an Originate that it has not begun.
class CondemnedTest : public CreatedTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(create(bob()), "");
    ASSERT_EQ(dial(), "");
    world_.world.timeouts.action = std::chrono::hours{-48};  // Over before it begins.
    changes();
    EXPECT_EQ(said(world_.start(hangup(world_.world, entrance_, id_, 16))), "");
    EXPECT_EQ(changes().back(), "destroyed made 16 Normal Clearing");
    EXPECT_EQ(created_.condemned_count(), 1U);
  }
};

TEST_P(CondemnedTest, IsHungUpWhenThePbxMakesItAfterAll) {
  EXPECT_EQ(create(bob()), "Channel with given unique ID already exists");
  world_.ami.take_posted();
  born();
  EXPECT_EQ(world_.ami.take_posted(), Lines{"Hangup|Channel: SIP/bob-7"});
  EXPECT_EQ(created_.condemned_count(), 0U);
  world_.event("Event: Hangup|Channel: SIP/bob-7|Cause: 16|Cause-txt: x|Uniqueid: " + uniqueid());
  expect_empty();
  EXPECT_EQ(create(bob()), "");
}

TEST_P(CondemnedTest, IsForgottenWhenThePbxFindsNobody) {
  world_.event("Event: OriginateResponse|ActionID: " + action_id_ +
               "|Response: Failure|Channel: SIP/bob|Reason: 0|Uniqueid: <null>");
  EXPECT_EQ(created_.condemned_count(), 0U);
  EXPECT_EQ(changes(), Lines{"originatefailed made 0"}) << "it has ended";
  EXPECT_EQ(create(bob()), "");
}

INSTANTIATE_TEST_SUITE_P(Dialects, CondemnedTest, testing::Values("1.1", "1.3", "5.0.4", "11.0.0"),
                         [](const auto& info) {
                           std::string name = "Ami" + std::string{info.param};
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_P(CreatedTest, OnlySoManyOfThoseAreRemembered) {
  if (!takes_ids()) return;  // Nothing of it differs, and it takes a while.
  world_.world.timeouts.action = std::chrono::hours{-48};
  for (std::size_t i = 0; i <= CreatedChannels::condemned_max; ++i) {
    auto request = bob();
    request.endpoint = "SIP/bob/1";
    request.channel.value = std::to_string(i);
    const ChannelId id = request.channel;
    world_.start(created_.create(std::move(request)));
    const auto dialled = world_.start(created_.dial(id, {}, 7));
    world_.run([&] { world_.ami.answer(); });
    ASSERT_EQ(said(world_.start(hangup(world_.world, entrance_, id, 16))), "");
  }
  EXPECT_EQ(created_.condemned_count(), CreatedChannels::condemned_max);
  expect_empty();
}

TEST_P(CreatedTest, AreOnlySoManyAlsoWhenManyAreMadeAtATime) {
  if (!takes_ids()) return;  // As above.
  auto request = bob();
  request.endpoint = "SIP/bob/1";  // The PBX is asked nothing for it.
  request.channel = {};
  for (std::size_t i = 1; i < CreatedChannels::channels_max; ++i) {
    world_.start(created_.create(request));
  }
  ASSERT_EQ(created_.size(), CreatedChannels::channels_max - 1);
  const auto first = world_.start(created_.create(bob()));
  auto other = bob();
  other.channel.value = "other";
  const auto second = world_.start(created_.create(other));
  for (int i = 0; i < 4; ++i) world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(said(first), "");
  EXPECT_EQ(said(second), "too many created channels");
  EXPECT_EQ(said(world_.start(created_.create(other))), "too many created channels");
}

TEST_P(CreatedTest, IsToldOfAValueThatWasReplacedMeanwhile) {
  ASSERT_EQ(create(bob()), "");
  for (const auto* value : {"old", "new"}) {
    EXPECT_EQ(said(world_.start(set_variable(world_.world, id_, "SHAPE", value))), "");
  }
  ASSERT_EQ(dial(), "");
  born();
  changes();
  const auto set = [&](const std::string& value) {
    world_.event("Event: VarSet|Channel: SIP/bob-7|Variable: SHAPE|Value: " + value +
                 "|Uniqueid: " + uniqueid());
    return changes();
  };
  EXPECT_EQ(set("new"), Lines{}) << "told already";
  EXPECT_EQ(set("old"), Lines{"varset made SHAPE=old"});
}

/// The PBX runs the AGI of a channel that hung up when it was just answered, and tells it nothing.
TEST_P(CreatedTest, LetsGoOfASessionThatComesAfterTheHangup) {
  ASSERT_EQ(create(bob()), "");
  ASSERT_EQ(dial(), "");
  born();
  up();
  const auto outcome = world_.start(hangup(world_.world, entrance_, id_, 16));
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(said(outcome), "");
  const auto link = session();
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(link->take(), Lines{});
  changes();
  world_.event("Event: Hangup|Channel: SIP/bob-7|Cause: 16|Cause-txt: Normal Clearing|Uniqueid: " +
               uniqueid());
  EXPECT_EQ(changes().back(), "destroyed made 16 Normal Clearing");
  expect_empty();
}

TEST_P(CreatedTest, CanBeDialledAgainWhenThePbxDidNotTakeIt) {
  ASSERT_EQ(create(bob()), "");
  const auto refused = world_.start(created_.dial(id_, {}, 0));
  EXPECT_TRUE(world_.ami.waiting_action().find("|Timeout: -1") != std::string::npos);
  world_.run([&] { world_.ami.refuse(Errc::forbidden, "may not"); });
  EXPECT_EQ(said(refused), "may not");
  EXPECT_EQ(dial(), "");
  EXPECT_EQ(created_.size(), 1U);
}

TEST_P(CreatedTest, GivesUpWhatThePbxDoesNotMake) {
  ASSERT_EQ(create(bob()), "");
  const auto outcome = world_.start(created_.dial(id_, {}, 0));
  world_.deadlines_pass();
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(said(outcome), "");
  EXPECT_EQ(changes().back(), "destroyed made 41 Temporary failure");
  expect_empty();
}

INSTANTIATE_TEST_SUITE_P(Dialects, CreatedTest, testing::Values("1.1", "1.3", "5.0.4", "11.0.0"),
                         [](const auto& info) {
                           std::string name = "Ami" + std::string{info.param};
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace arigate::ops
