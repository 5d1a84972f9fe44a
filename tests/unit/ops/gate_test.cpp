#include "ops/gate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

const std::string privilege = "|Privilege: call,all|";
const std::string newchannel =
    "Event: Newchannel" + privilege +
    "Channel: SIP/alice-1|ChannelState: 6|ChannelStateDesc: Up|CallerIDNum: 100|CallerIDName: A|"
    "AccountCode: |Exten: 600|Context: in|Uniqueid: 1.1";
const std::string hangup =
    "Event: Hangup" + privilege +
    "Channel: SIP/alice-1|Uniqueid: 1.1|CallerIDNum: 100|CallerIDName: A|Cause: 17|"
    "Cause-txt: User busy";
const std::string varset =
    "Event: VarSet" + privilege + "Channel: SIP/alice-1|Variable: X|Value: 1|Uniqueid: 1.1";
const std::string up =
    "Event: Newstate" + privilege +
    "Channel: SIP/alice-1|ChannelState: 6|ChannelStateDesc: Up|CallerIDNum: 100|CallerIDName: A|"
    "ConnectedLineNum: |ConnectedLineName: |Uniqueid: 1.1";
const std::string question = "Getvar|Channel: SIP/alice-1|Variable: UNIQUEID";

class GateTest : public testing::Test {
 protected:
  GateTest() {
    world_.wait_for_ever();
    gate_.link_up(world_.ami.dialect());
    take(newchannel);
    world_.run([&] { world_.reconciler.decide(world_.clock.wall(), world_.clock.wall()); });
    world_.sink.take();
  }
  void take(const std::string& text) {
    world_.run([&] { gate_.take(test::ami_message(text)); });
  }
  void answer(const std::vector<std::string>& messages) {
    world_.run([&] { world_.ami.answer(messages); });
  }
  void refuse(Errc code) {
    world_.run([&] { world_.ami.refuse(code); });
  }
  Lines changes() { return world_.sink.take(); }

  test::SmallWorld world_;
  Gate gate_{world_.context.get_executor(), world_.world, [this](const ami::Message& message) {
               world_.reconciler.apply(message, world_.clock.wall());
             }};
};

TEST_F(GateTest, EndsAChannelWhenThePbxHasItNoMore) {
  take(hangup);
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(world_.ami.waiting_action(), question);
  refuse(Errc::not_found);
  EXPECT_EQ(changes(), Lines{"destroyed 1.1 17 User busy"});
  EXPECT_EQ(world_.resyncs_asked, 0);
}

TEST_F(GateTest, KeepsAChannelThatThePbxStillHas) {
  take(hangup);
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"});
  EXPECT_EQ(changes(), Lines{});
  EXPECT_NE(world_.store.find(ChannelId{"1.1"}), nullptr);
  EXPECT_EQ(world_.resyncs_asked, 1);
  EXPECT_EQ(gate_.dropped(), 1U);
}

TEST_F(GateTest, EndsItForTheCauseInDoubtWhenAListShowsThatItIsGone) {
  take(hangup);
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"});
  world_.run([&] {
    world_.reconciler.begin_list();
    world_.reconciler.apply_list({}, world_.clock.wall());
  });
  EXPECT_EQ(changes(), (Lines{"destroyed 1.1 17 User busy", "resynced"}));
}

TEST_F(GateTest, TakesAnotherChannelOfTheNameForItsSuccessor) {
  take(hangup);
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.7"});
  EXPECT_EQ(changes(), Lines{"destroyed 1.1 17 User busy"});
}

TEST_F(GateTest, HoldsWhatFollowsInItsOrder) {
  take(hangup);
  take(varset);
  take("Event: DTMF" + privilege +
       "Channel: SIP/alice-1|Uniqueid: 1.1|Digit: 5|Direction: Received|Begin: No|End: Yes");
  EXPECT_EQ(gate_.held(), 2U);
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"});
  EXPECT_EQ(changes(), (Lines{"varset 1.1 X=1", "dtmf 1.1 5 100"}));
  EXPECT_EQ(gate_.held(), 0U);
}

TEST_F(GateTest, LooksIntoAListWhereNoVariableCanBeRead) {
  for (const auto code : {Errc::not_supported, Errc::forbidden, Errc::refused_by_pbx}) {
    take(hangup);
    refuse(code);
    EXPECT_EQ(world_.ami.waiting_action(), "CoreShowChannels");
    answer({"Event: CoreShowChannel|Channel: SIP/alice-1|UniqueID: 1.1"});
    EXPECT_EQ(changes(), Lines{});
  }
  take(hangup);
  refuse(Errc::not_supported);
  answer({});
  EXPECT_EQ(changes(), Lines{"destroyed 1.1 17 User busy"});
}

TEST_F(GateTest, BelievesAPbxThatCanTellNeither) {
  take(hangup);
  refuse(Errc::forbidden);
  refuse(Errc::forbidden);
  EXPECT_EQ(changes(), Lines{"destroyed 1.1 17 User busy"});
}

const std::string busy =
    "Event: Newstate" + privilege +
    "Channel: SIP/alice-1|ChannelState: 7|ChannelStateDesc: Busy|CallerIDNum: 100|CallerIDName: A|"
    "ConnectedLineNum: |ConnectedLineName: |Uniqueid: 1.1";

TEST_F(GateTest, TellsAStateWhenThePbxHasTheChannelInItOrInALaterOne) {
  for (const auto* now : {"Busy", "Ringing"}) {
    take(busy);
    take(varset);
    EXPECT_EQ(changes(), Lines{});
    EXPECT_EQ(world_.ami.waiting_action(), "Getvar|Channel: SIP/alice-1|Variable: CHANNEL(state)");
    answer({fmt::format("Response: Success|Variable: CHANNEL(state)|Value: {}", now)});
    EXPECT_EQ(changes(), (Lines{"state 1.1 Busy", "varset 1.1 X=1"}));
    world_.clock.advance(model::Vetting::pause);
    gate_.batch_end();
    world_.clock.advance(model::Vetting::pause);
    take(up);
    EXPECT_EQ(changes(), Lines{"state 1.1 Up"}) << "asked about: nothing came before it";
  }
  EXPECT_EQ(gate_.dropped(), 0U);
}

TEST_F(GateTest, DropsAStateThatThePbxDoesNotHaveTheChannelIn) {
  take(busy);
  answer({"Response: Success|Variable: CHANNEL(state)|Value: Up"});
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(gate_.dropped(), 1U);
  EXPECT_EQ(world_.resyncs_asked, 1);
}

TEST_F(GateTest, BelievesAStateThatThePbxCannotTell) {
  take(busy);
  refuse(Errc::forbidden);
  EXPECT_EQ(changes(), Lines{"state 1.1 Busy"});
}

const std::string another =
    "Event: VarSet" + privilege + "Channel: SIP/eve-2|Variable: X|Value: 1|Uniqueid: 1.2";
const std::string line =
    "Event: Newexten" + privilege +
    "Channel: SIP/alice-1|Context: in|Extension: 601|Priority: 1|Application: NoOp|AppData: |"
    "Uniqueid: 1.1";
std::string status_row(std::string_view place) {
  return fmt::format("Event: Status|Channel: SIP/alice-1|{}|Uniqueid: 1.1", place);
}

TEST_F(GateTest, TellsALineWhenThePbxHasTheChannelElsewhereThanKnown) {
  take(another);
  take(line);
  EXPECT_EQ(world_.ami.waiting_action(), "Status|Channel: SIP/alice-1");
  answer({status_row("Context: in|Extension: 601|Priority: 2")});
  EXPECT_EQ(changes(), Lines{"dialplan 1.1 NoOp()"});
}

/// No list follows: the PBX has just said where the channel is.
TEST_F(GateTest, LeavesALineOutThatTheChannelIsNotIn) {
  take(another);
  take(line);
  answer({status_row("Context: in|Extension: 600|Priority: 1")});
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(gate_.dropped(), 1U);
  EXPECT_EQ(world_.resyncs_asked, 0);
}

std::string line_at(std::string_view exten) {
  std::string text = line;
  return text.replace(text.find("601"), 3, exten);
}

TEST_F(GateTest, OneAnswerServesForAllLinesThatHaveComeMeanwhile) {
  take(another);
  for (const auto* exten : {"601", "602", "603"}) take(line_at(exten));
  answer({status_row("Context: in|Extension: 603|Priority: 1")});
  EXPECT_EQ(changes(),
            (Lines{"dialplan 1.1 NoOp()", "dialplan 1.1 NoOp()", "dialplan 1.1 NoOp()"}));
  EXPECT_EQ(world_.ami.waiting(), 0U);
  take(another);
  take(line_at("604"));
  EXPECT_EQ(world_.ami.waiting(), 1U) << "came later";
}

/// The answer may have been given before the line was left.
TEST_F(GateTest, AsksAnewAboutALineWhenTheAnswerWasTheOneThatIsKnownByThen) {
  take(another);
  for (const auto* exten : {"601", "602", "603"}) take(line_at(exten));
  answer({status_row("Context: in|Extension: 602|Priority: 1")});
  EXPECT_EQ(changes(), (Lines{"dialplan 1.1 NoOp()", "dialplan 1.1 NoOp()"}));
  ASSERT_EQ(world_.ami.waiting(), 1U);
  answer({status_row("Context: in|Extension: 603|Priority: 1")});
  EXPECT_EQ(changes(), Lines{"dialplan 1.1 NoOp()"});
}

TEST_F(GateTest, BelievesALineOfAChannelThatThePbxTellsNoneOf) {
  take(another);
  take(line);
  answer({status_row("State: Up")});
  EXPECT_EQ(changes(), Lines{"dialplan 1.1 NoOp()"});
}

TEST_F(GateTest, SaysNobodyIsInAConferenceThatIsNotThere) {
  take("Event: ConfbridgeJoin" + privilege + "Channel: SIP/alice-1|Uniqueid: 1.1|Conference: 9");
  world_.sink.take();
  take(another);
  take("Event: ConfbridgeLeave" + privilege + "Channel: SIP/alice-1|Uniqueid: 1.1|Conference: 9");
  EXPECT_EQ(world_.ami.waiting_action(), "ConfbridgeList|Conference: 9");
  refuse(Errc::refused_by_pbx);
  EXPECT_EQ(changes(), (Lines{"left conference-9 1.1", "no bridge conference-9"}));
}

TEST_F(GateTest, AsksAboutSoManyStatesInASecond) {
  take(newchannel);
  for (int asked = 0; asked < Gate::claim_questions_max; ++asked) {
    take(busy);
    answer({"Response: Success|Variable: CHANNEL(state)|Value: Up"});
  }
  EXPECT_EQ(changes(), Lines{});
  const int before = world_.resyncs_asked;
  take(busy);
  EXPECT_EQ(changes(), Lines{"state 1.1 Busy"}) << "believed";
  EXPECT_EQ(world_.resyncs_asked, before + 1) << "until a list tells";
}

TEST_F(GateTest, BelievesNothingThatNobodyConfirms) {
  world_.deadlines_pass();
  take(hangup);
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(gate_.dropped(), 1U);
  EXPECT_GE(world_.resyncs_asked, 1);
}

TEST_F(GateTest, ForgetsWhatWaitedWhenTheLinkBreaks) {
  take(hangup);
  take(varset);
  world_.run([&] { gate_.link_down(); });
  EXPECT_EQ(gate_.held(), 0U);
  refuse(Errc::not_found);
  EXPECT_EQ(changes(), Lines{});
  gate_.link_up(world_.ami.dialect());
  take(varset);
  EXPECT_EQ(changes(), Lines{"varset 1.1 X=1"});
}

boost::asio::awaitable<bool> passed(Gate& gate) {
  co_await gate.passed();
  co_return true;
}
boost::asio::awaitable<bool> passed(Gate& gate, std::chrono::milliseconds at_most) {
  co_await gate.passed(at_most);
  co_return true;
}

TEST_F(GateTest, TellsWhenAllThatHasComeIsThrough) {
  EXPECT_TRUE(world_.start(passed(gate_))->has_value());
  take(hangup);
  take(varset);
  const auto first = world_.start(passed(gate_));
  take(hangup);
  take(varset);
  const auto second = world_.start(passed(gate_));
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"});
  EXPECT_TRUE(first->has_value()) << "what it waited for is through, another question follows";
  EXPECT_FALSE(second->has_value());
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"});
  EXPECT_TRUE(second->has_value());
}

TEST_F(GateTest, WhoWaitsForSoLongAtMostGoesOnBeforeThePbxHasAnswered) {
  take(hangup);
  world_.deadlines_pass();
  const auto waits = world_.start(passed(gate_, std::chrono::milliseconds{100}));
  EXPECT_TRUE(waits->has_value());
  EXPECT_TRUE(gate_.asking());
}

TEST_F(GateTest, NobodyWaitsForWhatIsLostWithTheLink) {
  take(hangup);
  const auto waits = world_.start(passed(gate_));
  EXPECT_FALSE(waits->has_value());
  world_.run([&] { gate_.link_down(); });
  EXPECT_TRUE(waits->has_value());
}

TEST_F(GateTest, HoldsNoMoreThanItsLimit) {
  take(hangup);
  const auto message = test::ami_message(varset);
  world_.run([&] {
    for (std::size_t i = 0; i < Gate::held_max + 5; ++i) gate_.take(message);
  });
  EXPECT_EQ(gate_.held(), Gate::held_max);
  EXPECT_EQ(gate_.dropped(), 5U);
  EXPECT_GE(world_.resyncs_asked, 1);
}

TEST_F(GateTest, AsksOnceMoreForEachFurtherDoubt) {
  take(hangup);
  take(hangup);
  answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"});
  EXPECT_EQ(world_.ami.waiting_action(), question);
  refuse(Errc::not_found);
  EXPECT_EQ(changes(), Lines{"destroyed 1.1 17 User busy"});
}

/// The PBX tells of it a moment before it has it no more.
std::string snapshot_of(std::string_view name, std::string_view id, std::string_view number,
                        std::string_view exten) {
  return fmt::format(
      "|Channel: {}|ChannelState: 6|ChannelStateDesc: Up|CallerIDNum: {}|CallerIDName: A|"
      "ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|Language: en|AccountCode: |"
      "Context: in|Exten: {}|Priority: 1|Uniqueid: {}|Linkedid: {}",
      name, number, exten, id, id);
}

/// One event that tells two things of a channel: each is asked about, and one untruth is enough.
TEST(GateOfANewPbx, DropsAnEventThatTellsOneUntruth) {
  test::SmallWorld world{"11.0.0"};
  world.wait_for_ever();
  Gate gate{world.context.get_executor(), world.world, [&](const ami::Message& message) {
              world.reconciler.apply(message, world.clock.wall());
            }};
  gate.link_up(world.ami.dialect());
  const auto take = [&](std::string_view type, const std::string& rest) {
    const auto text = fmt::format("Event: {}|Privilege: call,all{}", type, rest);
    world.run([&] { gate.take(test::ami_message(text)); });
  };
  take("Newchannel", snapshot_of("SIP/alice-1", "1.1", "100", "600"));
  take("Newchannel", snapshot_of("SIP/eve-2", "1.2", "200", "600"));
  const auto note = snapshot_of("SIP/eve-2", "1.2", "200", "600") + "|UserEvent: Note|text: x";
  const auto tells_both = snapshot_of("SIP/alice-1", "1.1", "911", "700") + "|MusicClass: x";
  for (const auto* caller : {"\"A\" <911>", "\"A\" <100>"}) {
    take("UserEvent", note);
    world.sink.take();
    take("Hold", tells_both);
    EXPECT_EQ(world.ami.waiting_action(), "Getvar|Channel: SIP/alice-1|Variable: CALLERID(all)");
    world.run([&] {
      world.ami.answer(
          {fmt::format("Response: Success|Variable: CALLERID(all)|Value: {}", caller)});
    });
    const bool is_true = caller == std::string_view{"\"A\" <911>"};
    if (is_true) {
      EXPECT_EQ(world.ami.waiting_action(), "Status|Channel: SIP/alice-1");
      world.run([&] { world.ami.answer({status_row("Context: in|Exten: 600|Priority: 1")}); });
    }
    EXPECT_EQ(world.ami.waiting(), 0U);
    EXPECT_EQ(world.sink.take(), Lines{});
  }
  EXPECT_EQ(gate.dropped(), 2U);
  EXPECT_EQ(world.store.find(ChannelId{"1.1"})->caller.number, "100");
}

TEST(GateOfANewPbx, AsksAgainAboutAnAnnouncedEndOfAChannelThatIsThere) {
  test::SmallWorld world{"11.0.0"};
  world.clock.advance(std::chrono::steady_clock::now() - world.clock.now());
  Gate gate{world.context.get_executor(), world.world, [&](const ami::Message& message) {
              world.reconciler.apply(message, world.clock.wall());
            }};
  gate.link_up(world.ami.dialect());
  const std::string of = "|Privilege: call,all|Channel: SIP/a-1|ChannelState: 6|Uniqueid: 1.1";
  for (const std::string& text :
       {"Event: Newchannel" + of,
        "Event: Newexten" + of + "|Extension: 600|Application: NoOp|AppData: x",
        "Event: HangupRequest" + of, "Event: Hangup" + of + "|Cause: 19|Cause-txt: No answer"}) {
    world.run([&] { gate.take(test::ami_message(text)); });
  }
  world.sink.take();
  for (int asked = 0; asked < 2; ++asked) {
    ASSERT_EQ(world.ami.waiting(), 1U);
    world.run([&] { world.ami.answer({"Response: Success|Variable: UNIQUEID|Value: 1.1"}); });
    EXPECT_EQ(world.sink.take(), Lines{});
    while (world.ami.waiting() == 0 && gate.asking()) world.settle();
  }
  world.run([&] { world.ami.refuse(Errc::not_found); });
  EXPECT_EQ(world.sink.take(), Lines{"destroyed 1.1 19 No answer"});
  EXPECT_EQ(gate.dropped(), 0U);
}

/// Of ends that were announced, hidden behind a line of the dialplan or not.
TEST(GateOfANewPbx, AsksAboutSoManyAnnouncedEndsInASecond) {
  test::SmallWorld world{"11.0.0"};
  world.wait_for_ever();
  std::size_t applied = 0;
  Gate gate{world.context.get_executor(), world.world, [&](const ami::Message& message) {
              ++applied;
              world.reconciler.apply(message, world.clock.wall());
            }};
  gate.link_up(world.ami.dialect());
  const auto event = [](std::string_view type, int id, std::string_view rest = "") {
    return fmt::format(
        "Event: {0}|Privilege: call,all|Channel: SIP/a-{1}|ChannelState: 6|CallerIDNum: 1|"
        "CallerIDName: A|Context: in|Exten: 600|Priority: 1|Uniqueid: 1.{1}|Linkedid: 1.{1}{2}",
        type, id, rest);
  };
  const auto take = [&](const std::string& text) {
    world.run([&] { gate.take(test::ami_message(text)); });
  };
  const auto call = [&](int id) {
    take(event("Newchannel", id));
    take(event("Newexten", id, "|Extension: 600|Application: NoOp|AppData: x"));
    if (world.ami.waiting() > 0) {  // About the line, behind that of the call before.
      world.run([&] { world.ami.refuse(Errc::forbidden); });
    }
    take(event("HangupRequest", id));
    take(event("Hangup", id, "|Cause: 16|Cause-txt: Normal Clearing"));
  };
  for (int id = 0; id < Gate::announced_questions_max; ++id) {
    call(id);
    ASSERT_EQ(world.ami.waiting(), 1U) << id;
    world.run([&] { world.ami.refuse(Errc::not_found); });
  }
  call(1'000);
  EXPECT_EQ(world.ami.waiting(), 0U) << "believed";
  EXPECT_EQ(world.store.channel_count(), 0U);
  world.clock.advance(std::chrono::seconds{1});
  call(1'001);
  EXPECT_EQ(world.ami.waiting(), 1U);
  world.run([&] { world.ami.refuse(Errc::not_found); });
  EXPECT_EQ(applied, 4U * (Gate::announced_questions_max + 2));
}

}  // namespace
}  // namespace arigate::ops
