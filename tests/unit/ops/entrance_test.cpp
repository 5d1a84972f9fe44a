#include "ops/entrance.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ops/leave.hpp"
#include "ops/play.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using test::FakeAgiLink;
using test::SmallWorld;
using Lines = std::vector<std::string>;

const std::string newchannel =
    "Event: Newchannel|Channel: SIP/alice-1|ChannelState: 4|ChannelStateDesc: Ring|"
    "CallerIDNum: 100|CallerIDName: Alice|AccountCode: |Exten: 600|Context: trunk|Uniqueid: 1.1";
const std::string newexten =
    "Event: Newexten|Channel: SIP/alice-1|Context: trunk|Extension: 600|Priority: 1|"
    "Application: AGI|AppData: agi://gate/app,x|Uniqueid: 1.1";
const std::string hangup_request =
    "Event: HangupRequest|Channel: SIP/alice-1|Uniqueid: 1.1|Cause: 16";
const std::string hangup =
    "Event: Hangup|Channel: SIP/alice-1|Uniqueid: 1.1|Cause: 16|Cause-txt: Normal Clearing";

/// As the dialplan line AGI(agi://gate/app,x) makes it.
agi::Environment environment_of(std::string uniqueid = "1.1") {
  agi::Environment environment;
  environment.uniqueid = std::move(uniqueid);
  environment.network_script = "app";
  environment.arguments = {"x"};
  environment.context = "trunk";
  environment.extension = "600";
  environment.language = "de";
  return environment;
}

/// As AGI(agi://gate/arigate,${EXTEN}) of the re-entry context makes it.
agi::Environment reentry_of(std::string token, std::string uniqueid = "1.1") {
  auto environment = environment_of(std::move(uniqueid));
  environment.network_script = "arigate";
  environment.arguments = {std::move(token)};
  environment.context = "arigate";
  return environment;
}

class EntranceTest : public testing::Test {
 protected:
  EntranceTest() {
    world_.sink.pass_to(entrance_);
    world_.wait_for_ever();
  }

  /// The PBX opens an AGI connection.
  std::shared_ptr<FakeAgiLink> open(agi::Environment environment = environment_of()) {
    auto link = std::make_shared<FakeAgiLink>();
    world_.run([&] { entrance_.connected(link, std::move(environment)); });
    return link;
  }
  /// The PBX answers a command.
  void reply(FakeAgiLink& link, std::string_view line = "200 result=1") {
    world_.run([&] { entrance_.received(link, test::agi_reply(line)); });
  }
  /// A channel that was redirected comes by a new connection, alive.
  std::shared_ptr<FakeAgiLink> open_again(std::string token) {
    auto link = open(reentry_of(std::move(token)));
    EXPECT_EQ(link->take(), Lines{"CHANNEL STATUS"});
    reply(*link);
    return link;
  }
  void hang_up(FakeAgiLink& link) {
    world_.run([&] { entrance_.hangup_seen(link); });
  }
  void cut(FakeAgiLink& link) {
    world_.run([&] { entrance_.closed(link); });
  }
  void let_go() {
    world_.run([&] { entrance_.let_go(channel_); });
  }
  /// A playback on the channel.
  PlayRequest of_a_sound() {
    PlayRequest request;
    request.target = *target_of(world_.world, channel_);
    request.media = {"sound:a"};
    request.id.value = "p";
    return request;
  }
  Result<void> continue_at(DialplanGoal goal) {
    Result<void> outcome;
    world_.run([&] { outcome = continue_in_dialplan(world_.world, entrance_, channel_, goal); });
    return outcome;
  }
  void command(std::string line) {
    world_.run([&] {
      EXPECT_TRUE(world_.controls.find(channel_)->add(std::make_unique<CommandJob>(line)));
    });
  }
  void event(const std::string& text) { world_.event(text); }
  /// A channel that rings and is in the application already.
  std::shared_ptr<FakeAgiLink> held() {
    event(newchannel);
    event(newexten);
    auto link = open();
    EXPECT_EQ(controlled(), 1U);
    world_.sink.take();
    return link;
  }
  std::size_t controlled() const { return world_.controls.size(); }
  Lines changes() { return world_.sink.take(); }
  /// Every session is over and nothing is left of it.
  void expect_empty() {
    EXPECT_EQ(entrance_.session_count(), 0U);
    EXPECT_EQ(controlled(), 0U);
  }

  SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  const ChannelId channel_{"1.1"};
};

// --- arriving -----------------------------------------------------------------------------------

TEST_F(EntranceTest, HoldsAChannelThatAmiHasToldOf) {
  event(newchannel);
  event(newexten);
  changes();
  const auto link = open();
  EXPECT_EQ(changes(), (Lines{"varset 1.1 STASISSTATUS=", "start 1.1 app(x)"}));
  EXPECT_EQ(link->take(), Lines{});
  EXPECT_EQ(world_.store.find(channel_)->language, "de") << "AMI of old versions does not tell it";
}

TEST_F(EntranceTest, WaitsUntilAmiHasToldOfTheChannelAndItsDialplan) {
  const auto link = open();
  EXPECT_EQ(changes(), Lines{});
  event(newchannel);
  EXPECT_EQ(controlled(), 0U) << "what is still to be told of the time before comes first";
  event(newexten);
  EXPECT_EQ(changes(), (Lines{"created 1.1 SIP/alice-1 Ring", "dialplan 1.1 Stasis(app,x)",
                              "agi 1.1", "varset 1.1 STASISSTATUS=", "start 1.1 app(x)"}));
  EXPECT_EQ(world_.resyncs_asked, 0);
}

TEST_F(EntranceTest, AsksForAListWhenAmiDoesNotTellOfTheChannel) {
  world_.deadlines_pass();
  const auto link = open();
  EXPECT_EQ(world_.resyncs_asked, 1);
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "FAILED")"});
}

TEST_F(EntranceTest, GoesOnWhenTheListHasTheChannel) {
  world_.world.timeouts.channel_known = std::chrono::hours{-48};  // Over before it begins.
  const auto link = open();
  EXPECT_EQ(world_.resyncs_asked, 1);
  world_.reconciler.begin_list();
  world_.reconciler.apply_list(
      test::ami_messages({"Event: CoreShowChannel|Channel: SIP/alice-1|UniqueID: 1.1|"
                          "Context: trunk|Extension: 600|Priority: 1|ChannelState: 4|"
                          "Application: AGI|ApplicationData: agi://gate/app,x"}),
      world_.clock.wall());
  world_.settle();
  EXPECT_EQ(controlled(), 1U);
}

TEST_F(EntranceTest, RefusesAChannelThatNobodyKnows) {
  world_.deadlines_pass();
  const auto link = open();
  reply(*link);
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(changes(), Lines{});
  expect_empty();
}

TEST_F(EntranceTest, GivesAChannelBackWhenTheApplicationIsNotThere) {
  world_.applications.names.clear();
  event(newchannel);
  event(newexten);
  changes();
  const auto link = open();
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "FAILED")"});
  EXPECT_FALSE(link->closed());
  reply(*link);
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(changes(), Lines{}) << "no StasisStart, so no StasisEnd";
  expect_empty();
}

TEST_F(EntranceTest, GivesAChannelBackThoughThePbxDoesNotAnswer) {
  world_.applications.names.clear();
  event(newchannel);
  event(newexten);
  world_.deadlines_pass();
  const auto link = open();
  EXPECT_TRUE(link->closed());
  expect_empty();
}

TEST_F(EntranceTest, RefusesAUrlWithoutAnApplication) {
  event(newchannel);
  event(newexten);
  auto environment = environment_of();
  environment.network_script = "";
  const auto link = open(environment);
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "FAILED")"});
}

TEST_F(EntranceTest, LetsGoOfAChannelThatHangsUpWhileItArrives) {
  const auto link = open();
  hang_up(*link);
  event(newchannel);
  event(newexten);
  EXPECT_TRUE(link->closed()) << "the PBX ends the channel only then";
  EXPECT_EQ(link->take(), Lines{});
  EXPECT_EQ(changes().back(), "agi 1.1") << "no StasisStart";
  expect_empty();
}

TEST_F(EntranceTest, ForgetsASessionThatIsCutWhileItArrives) {
  const auto link = open();
  cut(*link);
  event(newchannel);
  event(newexten);
  EXPECT_EQ(changes().back(), "agi 1.1");
  expect_empty();
}

TEST_F(EntranceTest, LetsGoOfAChannelThatHangsUpWhileItsCallIdIsLearnt) {
  world_.use("5.0.4");
  event(
      "Event: Newchannel|Channel: PJSIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: trunk|"
      "Exten: 600|Priority: 1");
  event(
      "Event: Newexten|Channel: PJSIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: trunk|"
      "Exten: 600|Extension: 600|Priority: 1|Application: AGI|AppData: agi://gate/app,x");
  changes();
  const auto link = open();
  EXPECT_EQ(world_.ami.waiting_action(),
            "Getvar|Channel: PJSIP/a-1|Variable: CHANNEL(pjsip,call-id)");
  hang_up(*link);
  world_.ami.answer({"Response: Success|Variable: CHANNEL(pjsip,call-id)|Value: abc@host"});
  world_.settle();
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(changes(), Lines{}) << "no StasisStart for a caller who is gone";
  expect_empty();
}

TEST_F(EntranceTest, ShowsTheCallIdOfAPjsipChannelFromTheStart) {
  world_.use("5.0.4");
  event(
      "Event: Newchannel|Channel: PJSIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: trunk|"
      "Exten: 600|Priority: 1");
  event(
      "Event: Newexten|Channel: PJSIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: trunk|"
      "Exten: 600|Extension: 600|Priority: 1|Application: AGI|AppData: agi://gate/app,x");
  open();
  world_.ami.answer({"Response: Success|Variable: CHANNEL(pjsip,call-id)|Value: abc@host"});
  world_.settle();
  EXPECT_EQ(controlled(), 1U);
  EXPECT_EQ(world_.store.find(channel_)->protocol_id, "abc@host");
}

TEST_F(EntranceTest, RefusesWhenTheApplicationGoesWhileTheCallIdIsLearnt) {
  world_.use("5.0.4");
  event(
      "Event: Newchannel|Channel: PJSIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: trunk|"
      "Exten: 600|Priority: 1");
  event(
      "Event: Newexten|Channel: PJSIP/a-1|ChannelState: 4|Uniqueid: 1.1|Context: trunk|"
      "Exten: 600|Extension: 600|Priority: 1|Application: AGI|AppData: agi://gate/app,x");
  const auto link = open();
  world_.applications.names.clear();
  world_.ami.answer({"Response: Success|Value: abc@host"});
  world_.settle();
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "FAILED")"});
  EXPECT_EQ(controlled(), 0U);
}

// --- the caller hangs up ------------------------------------------------------------------------

TEST_F(EntranceTest, EndsAfterAmisHangupRequest) {
  const auto link = held();
  hang_up(*link);
  EXPECT_EQ(changes(), Lines{}) << "StasisEnd comes after ChannelHangupRequest";
  event(hangup_request);
  EXPECT_EQ(changes(), (Lines{"hanguprequest 1.1 16", "end 1.1 app"}));
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"});
  reply(*link);
  EXPECT_TRUE(link->closed());
  expect_empty();
  event(hangup);
  EXPECT_EQ(changes(), Lines{"destroyed 1.1 16 Normal Clearing"});
}

TEST_F(EntranceTest, EndsWhenAmisHangupRequestWasFirst) {
  const auto link = held();
  event(hangup_request);
  EXPECT_EQ(changes(), Lines{"hanguprequest 1.1 16"});
  hang_up(*link);
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
}

TEST_F(EntranceTest, EndsWithoutAHangupRequestAfterItsTime) {
  const auto link = held();
  world_.deadlines_pass();
  hang_up(*link);
  hang_up(*link);
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  EXPECT_TRUE(link->closed());
  expect_empty();
}

TEST_F(EntranceTest, MakesTheHangupRequestThatAsterisk18DoesNotSend) {
  world_.use("1.1");
  const auto link = held();
  hang_up(*link);
  EXPECT_EQ(changes(), (Lines{"hanguprequest 1.1 -", "end 1.1 app"}));
}

TEST_F(EntranceTest, EndsWhenACommandShowsThatTheChannelHungUpBefore) {
  const auto link = held();
  command("STREAM FILE tune \"\"");
  event(hangup_request);
  reply(*link, "511 Command Not Permitted on a dead channel");
  EXPECT_EQ(changes(), (Lines{"hanguprequest 1.1 16", "end 1.1 app"}));
  reply(*link, "511 Command Not Permitted on a dead channel");
  EXPECT_TRUE(link->closed()) << "the PBX would wait for more";
  expect_empty();
}

TEST_F(EntranceTest, AsksAChannelThatMayHaveHungUpBeforeWhetherItLives) {
  event(newchannel);
  event(hangup_request);
  event(newexten);
  const auto link = open();
  EXPECT_EQ(link->take(), Lines{"CHANNEL STATUS"});
  command("ANSWER");
  EXPECT_EQ(link->take(), Lines{}) << "nothing begins on a dead channel";
  world_.sink.take();
  world_.deadlines_pass();  // The request has been told already.
  reply(*link, "511 Command Not Permitted on a dead channel");
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  EXPECT_TRUE(link->closed()) << "the PBX would wait for more";
  expect_empty();
}

TEST_F(EntranceTest, GoesOnWithAChannelThatLivesInTheExtensionH) {
  event(newchannel);
  event(
      "Event: Newexten|Channel: SIP/alice-1|Context: trunk|Extension: h|Priority: 1|"
      "Application: AGI|AppData: agi://gate/app,x|Uniqueid: 1.1");
  auto environment = environment_of();
  environment.extension = "h";
  const auto link = open(std::move(environment));
  EXPECT_EQ(link->take(), Lines{"CHANNEL STATUS"});
  command("ANSWER");
  reply(*link, "200 result=6");
  EXPECT_EQ(link->take(), Lines{"ANSWER"});
}

TEST_F(EntranceTest, EndsOnceWhenAmisHangupIsFirst) {
  const auto link = held();
  event(hangup);
  EXPECT_EQ(changes(), (Lines{"end 1.1 app", "destroyed 1.1 16 Normal Clearing"}));
  EXPECT_TRUE(link->closed()) << "a dead PBX would never close it";
  hang_up(*link);
  cut(*link);
  EXPECT_EQ(changes(), Lines{});
  expect_empty();
}

TEST_F(EntranceTest, EndsWhatPlaysBeforeTheChannelGoes) {
  Interrupter interrupter{world_.world, {}};
  Playbacks playbacks{world_.world, interrupter};
  const auto link = held();
  auto request = of_a_sound();
  ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {}));
  changes();
  event(hangup);
  EXPECT_EQ(changes(), (Lines{"playback p failed sound:a", "end 1.1 app",
                              "destroyed 1.1 16 Normal Clearing"}));
  EXPECT_EQ(playbacks.control(PlaybackId{"p"}, PlaybackControl::stop).error().code,
            Errc::not_found);
  EXPECT_EQ(world_.store.playback_count(), 0U);
}

TEST_F(EntranceTest, LeavesTheLanguageOfAPlaybackBehindOnNobody) {
  Interrupter interrupter{world_.world, {}};
  Playbacks playbacks{world_.world, interrupter};
  const auto link = held();
  auto request = of_a_sound();
  request.language = "fr";
  world_.run(
      [&] { ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {})); });
  EXPECT_EQ(link->take(), Lines{"EXEC Progress"});
  reply(*link, "200 result=0");
  EXPECT_EQ(link->take(), Lines{R"x(SET VARIABLE "CHANNEL(language)" "fr")x"});
  let_go();
  EXPECT_EQ(world_.ami.take_posted(),
            Lines{"Setvar|Channel: SIP/alice-1|Variable: CHANNEL(language)|Value: de"});
}

TEST_F(EntranceTest, EndsWhenTheSocketIsCut) {
  Interrupter interrupter{world_.world, {}};
  Playbacks playbacks{world_.world, interrupter};
  const auto link = held();
  auto request = of_a_sound();
  ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {}));
  changes();
  cut(*link);
  EXPECT_EQ(changes(), (Lines{"playback p failed sound:a", "end 1.1 app"}));
  expect_empty();
  EXPECT_NE(world_.store.find(channel_), nullptr) << "the channel goes on in the dialplan";
}

TEST_F(EntranceTest, TakesAChannelThatComesBack) {
  const auto first = held();
  cut(*first);
  event(newexten);
  changes();
  const auto second = open();
  EXPECT_EQ(changes(), (Lines{"varset 1.1 STASISSTATUS=", "start 1.1 app(x)"}));
  cut(*first);
  EXPECT_EQ(changes(), Lines{}) << "the end of the old session is not that of the new one";
  EXPECT_EQ(controlled(), 1U);
}

/// A second session of a channel that is held: the first one must be a leftover.
TEST_F(EntranceTest, KeepsTheNewerOfTwoSessionsOfOneChannel) {
  const auto first = held();
  const auto second = open();
  EXPECT_TRUE(first->closed());
  EXPECT_FALSE(second->closed());
  EXPECT_EQ(changes(), (Lines{"end 1.1 app", "varset 1.1 STASISSTATUS=", "start 1.1 app(x)"}));
  EXPECT_EQ(entrance_.session_count(), 1U);
  ASSERT_NE(world_.controls.find(channel_), nullptr);
  EXPECT_EQ(&world_.controls.find(channel_)->link(), second.get());
}

// --- the application lets go --------------------------------------------------------------------

TEST_F(EntranceTest, LetsGoAfterAHangupThroughAri) {
  const auto link = held();
  let_go();
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  let_go();
  hang_up(*link);
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"});
  reply(*link);
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(changes(), Lines{});
  expect_empty();
}

TEST_F(EntranceTest, LetsGoWhileACommandRuns) {
  const auto link = held();
  command("EXEC Wait 9");
  link->take();
  let_go();
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  EXPECT_EQ(link->take(), Lines{}) << "the reply to what ran is still due";
  reply(*link, "200 result=-1");
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"});
  EXPECT_FALSE(link->closed());
  reply(*link);
  EXPECT_TRUE(link->closed());
  expect_empty();
}

TEST_F(EntranceTest, LetsGoAtOnceWhenNoReplyIsDue) {
  Interrupter interrupter{world_.world, {}};
  Playbacks playbacks{world_.world, interrupter};
  const auto link = held();
  PlayRequest request;
  request.target = *target_of(world_.world, channel_);
  request.media = {"tone:ring"};
  world_.run(
      [&] { ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {})); });
  EXPECT_EQ(link->take(), Lines{"EXEC Progress"});
  reply(*link, "200 result=0");
  EXPECT_EQ(link->take().size(), 1U) << "the tone";
  reply(*link, "200 result=0");
  let_go();
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"});
}

TEST_F(EntranceTest, LetsGoBehindEveryReplyThatIsDue) {
  Interrupter interrupter{world_.world, {}};
  Playbacks playbacks{world_.world, interrupter};
  const auto link = held();
  PlayRequest request;
  request.target = *target_of(world_.world, channel_);
  request.media = {"tone:ring"};
  request.id.value = "p";
  world_.run([&] {
    ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {}));
    ASSERT_TRUE(playbacks.control(PlaybackId{"p"}, PlaybackControl::stop));
  });
  link->take();
  let_go();
  EXPECT_EQ(link->take(), Lines{}) << "the tone has not been confirmed";
  reply(*link, "200 result=0");
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"});
}

TEST_F(EntranceTest, LetsGoThoughThePbxDoesNotAnswer) {
  const auto link = held();
  command("EXEC Wait 9");
  world_.deadlines_pass();
  let_go();
  EXPECT_TRUE(link->closed());
  expect_empty();
}

TEST_F(EntranceTest, LetsGoWhenTheSocketIsCutMeanwhile) {
  const auto link = held();
  let_go();
  cut(*link);
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  expect_empty();
}

TEST_F(EntranceTest, ContinuesInTheDialplan) {
  const auto link = held();
  ASSERT_TRUE(continue_at({"sales", "700", "3"}));
  world_.settle();
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  EXPECT_EQ(link->take(), Lines{R"(SET CONTEXT "sales")"});
  reply(*link);
  EXPECT_EQ(link->take(), Lines{R"(SET EXTENSION "700")"});
  reply(*link);
  EXPECT_EQ(link->take(), Lines{R"(SET PRIORITY "3")"});
  reply(*link);
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"});
  EXPECT_FALSE(link->closed());
  reply(*link);
  EXPECT_TRUE(link->closed());
  expect_empty();
}

TEST_F(EntranceTest, ContinuesBehindWhatRuns) {
  const auto link = held();
  command("NOOP");
  ASSERT_TRUE(continue_at({"sales", "", ""}));
  command("NOOP 2");
  EXPECT_EQ(link->take(), Lines{"NOOP"});
  reply(*link);
  EXPECT_EQ(link->take(), Lines{"NOOP 2"}) << "what is queued by then comes before the way out";
  EXPECT_EQ(changes(), Lines{});
  command("NOOP 3");
  reply(*link);
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  EXPECT_EQ(link->take(), Lines{R"(SET CONTEXT "sales")"});
  reply(*link);
  reply(*link);
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"})
      << "what is queued later is not sent";
  expect_empty();
}

TEST_F(EntranceTest, ContinuesOnlyOnce) {
  held();
  ASSERT_TRUE(continue_at({}));
  world_.settle();
  const auto again = continue_at({});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::not_in_application);
}

TEST_F(EntranceTest, RefusesToContinueAtAPlaceWithALineEnd) {
  const auto link = held();
  const auto refused = continue_at({"a\nHANGUP", "", ""});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_EQ(link->take(), Lines{});
}

TEST_F(EntranceTest, MovesAChannelToAnotherApplication) {
  world_.applications.names.insert("other");
  held();
  ASSERT_TRUE(move(world_.world, channel_, AppName{"other"}, {"a", "b"}));
  EXPECT_EQ(changes(), (Lines{"end 1.1 app", "start 1.1 other(a,b)"}));
  EXPECT_EQ(world_.store.find(channel_)->application->value, "other");
}

TEST_F(EntranceTest, DoesNotMoveToAnApplicationThatIsNotThere) {
  held();
  ASSERT_TRUE(move(world_.world, channel_, AppName{"other"}, {"a"}));
  EXPECT_EQ(changes(), Lines{"movefailed 1.1 app to other(a)"});
  EXPECT_EQ(world_.store.find(channel_)->application->value, "app");
}

// --- originated channels ------------------------------------------------------------------------

const std::string reentry_exten =
    "Event: Newexten|Channel: SIP/alice-1|Context: arigate|Extension: 7|Priority: 1|"
    "Application: AGI|AppData: agi://gate/arigate,7|Uniqueid: 1.1";

TEST_F(EntranceTest, SendsAnOriginatedChannelWhereItShallGo) {
  const auto token = entrance_.expect(channel_, {AppName{"app"}, {"a"}});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->find_first_not_of("0123456789"), std::string::npos) << "patterns match digits";
  event(newchannel);
  event(reentry_exten);
  changes();
  const auto link = open(reentry_of(*token));
  EXPECT_EQ(changes(), (Lines{"varset 1.1 STASISSTATUS=", "start 1.1 app(a)"}));
  EXPECT_EQ(link->take(), Lines{});
  EXPECT_EQ(entrance_.awaited_count(), 0U);
}

TEST_F(EntranceTest, TellsTheReentryContextWhenAHeldChannelContinues) {
  const auto token = entrance_.expect(channel_, {AppName{"app"}, {}});
  event(newchannel);
  event(reentry_exten);
  const auto link = open(reentry_of(*token));
  ASSERT_TRUE(continue_at({}));
  world_.settle();
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "ARIGATE_DONE" "1")"});
}

TEST_F(EntranceTest, DoesNotHoldAnOriginatedChannelWithoutItsApplication) {
  const auto token = entrance_.expect(channel_, {AppName{"gone"}, {}});
  event(newchannel);
  event(reentry_exten);
  const auto link = open(reentry_of(*token));
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "FAILED")"});
  reply(*link);
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "ARIGATE_DONE" "1")"});
  reply(*link);
  EXPECT_TRUE(link->closed());
}

TEST_F(EntranceTest, AsksAChannelOfTheTimeBeforeWhereItWas) {
  event(newchannel);
  event(reentry_exten);
  changes();
  const auto link = open(reentry_of("7"));
  EXPECT_EQ(link->take(), Lines{"GET VARIABLE ARIGATE_APP"});
  reply(*link, "200 result=1 (app,a,b)");
  EXPECT_EQ(link->take(), Lines{R"(SET VARIABLE "ARIGATE_TRY" "0")"});
  reply(*link);
  EXPECT_EQ(link->take(), Lines{"GET VARIABLE ARIGATE_HOME"});
  reply(*link, "200 result=0");
  EXPECT_EQ(changes(), (Lines{"varset 1.1 STASISSTATUS=", "start 1.1 app(a,b)"}));
  EXPECT_EQ(entrance_.home_of(channel_), "");
}

TEST_F(EntranceTest, LeadsAChannelOfTheTimeBeforeBackToItsDialplan) {
  const std::pair<std::string, std::string> rows[] = {{"came,1,3", "came,1,3"}, {"came,1", ""},
                                                      {"came,1,x", ""},         {",1,3", ""},
                                                      {"a,b,c,1", ""},          {"came,1,0", ""}};
  event(newchannel);
  for (const auto& [kept, home] : rows) {
    event(reentry_exten);
    const auto link = open(reentry_of("7"));
    reply(*link, "200 result=1 (app)");
    reply(*link);
    reply(*link, "200 result=1 (" + kept + ")");
    EXPECT_EQ(entrance_.home_of(channel_), home) << kept;
    link->take();
    world_.run([&] { entrance_.give_back(channel_, {}); });
    EXPECT_EQ(link->take(),
              Lines{home.empty() ? R"(SET VARIABLE "ARIGATE_DONE" "1")" : R"(SET CONTEXT "came")"});
    cut(*link);
  }
}

TEST_F(EntranceTest, LetsAChannelAskAgainWhileItsApplicationMayStillComeBack) {
  event(newchannel);
  event(reentry_exten);
  const auto link = open(reentry_of("7"));
  reply(*link, "200 result=1 (late,a)");
  reply(*link);
  reply(*link, "200 result=0");
  EXPECT_TRUE(link->closed());
  const Lines sent{"GET VARIABLE ARIGATE_APP", R"(SET VARIABLE "ARIGATE_TRY" "0")",
                   "GET VARIABLE ARIGATE_HOME"};
  EXPECT_EQ(link->take(), sent) << "neither ARIGATE_DONE nor STASISSTATUS";
}

TEST_F(EntranceTest, RefusesAChannelOfTheTimeBeforeThatKnowsNothing) {
  event(newchannel);
  event(reentry_exten);
  const auto link = open(reentry_of("7"));
  reply(*link, "200 result=0");
  EXPECT_TRUE(link->closed());
  expect_empty();
}

TEST_F(EntranceTest, ForgetsWhereAChannelShouldGoThatEndsBeforeItComes) {
  world_.event(newchannel);
  ASSERT_TRUE(entrance_.expect(channel_, {AppName{"app"}, {}}));
  EXPECT_EQ(entrance_.awaited_count(), 1U);
  event(hangup);
  EXPECT_EQ(entrance_.awaited_count(), 0U);
}

TEST_F(EntranceTest, AwaitsOnlySoManyChannels) {
  for (std::size_t i = 0; i < Entrance::destinations_max; ++i) {
    ASSERT_TRUE(entrance_.expect(ChannelId{std::to_string(i)}, {AppName{"app"}, {}}));
  }
  const auto refused = entrance_.expect(channel_, {AppName{"app"}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
}

// --- the end of the process ---------------------------------------------------------------------

TEST_F(EntranceTest, HandsEveryHeldChannelBack) {
  const auto link = held();
  world_.applications.names.insert("other");
  ASSERT_TRUE(move(world_.world, channel_, AppName{"other"}, {"a", "b"}));
  boost::asio::co_spawn(world_.context,
                        entrance_.hand_back_all(world_.world.in(std::chrono::seconds{1})),
                        [](const std::exception_ptr&) {});
  world_.settle();
  EXPECT_EQ(world_.ami.take_posted(),
            (Lines{"Setvar|Channel: SIP/alice-1|Variable: ARIGATE_HOME|Value: trunk,600,2",
                   "Setvar|Channel: SIP/alice-1|Variable: ARIGATE_APP|Value: other,a,b"}))
      << "where it is now, not where it began";
  EXPECT_TRUE(world_.ami.waiting_action().starts_with(
      "Redirect|Channel: SIP/alice-1|Context: arigate|Exten: "));
  EXPECT_FALSE(link->closed());
  world_.ami.answer();
  world_.settle();
  EXPECT_TRUE(link->closed());
}

TEST_F(EntranceTest, HandsManyBackAtATime) {
  const std::size_t at_once = Entrance::handed_back_at_once_max;
  std::vector<std::shared_ptr<FakeAgiLink>> links;
  for (std::size_t i = 0; i <= at_once; ++i) {
    const auto id = fmt::format("2.{}", i);
    event(
        fmt::format("Event: Newchannel|Channel: SIP/b-{}|ChannelState: 6|Exten: 600|"
                    "Context: trunk|Uniqueid: {}",
                    i, id));
    event(
        fmt::format("Event: Newexten|Channel: SIP/b-{}|Context: trunk|Extension: 600|"
                    "Priority: 1|Application: AGI|AppData: agi://gate/app|Uniqueid: {}",
                    i, id));
    links.push_back(open(environment_of(id)));
  }
  ASSERT_EQ(controlled(), at_once + 1);
  boost::asio::co_spawn(world_.context,
                        entrance_.hand_back_all(world_.world.in(std::chrono::seconds{1})),
                        [](const std::exception_ptr&) {});
  world_.settle();
  EXPECT_EQ(world_.ami.waiting(), at_once);
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(world_.ami.waiting(), at_once) << "the next one";
  while (world_.ami.waiting() > 0) world_.run([&] { world_.ami.answer(); });
  for (const auto& link : links) EXPECT_TRUE(link->closed());
}

/// The PBX says HANGUP on the old line of a channel that it redirects.
TEST_F(EntranceTest, AChannelThatIsHandedBackHasNotHungUp) {
  const auto link = held();
  command("EXEC Echo");
  command("NOOP next");
  link->take();
  boost::asio::co_spawn(world_.context,
                        entrance_.hand_back_all(world_.world.in(std::chrono::seconds{1})),
                        [](const std::exception_ptr&) {});
  world_.settle();
  hang_up(*link);
  event(hangup_request);
  reply(*link);
  EXPECT_EQ(link->take(), Lines{}) << "its queue stands still";
  world_.run([&] { world_.ami.answer(); });
  EXPECT_TRUE(link->closed());
  for (const auto& change : changes()) EXPECT_FALSE(change.starts_with("end ")) << change;
}

TEST_F(EntranceTest, HandsBackThoughThePbxWasNotLookedAtInTime) {
  const auto link = held();
  Eventual<bool> never;
  world_.world.ensure_reentry = [&never]() -> boost::asio::awaitable<void> {
    co_await never.wait(std::chrono::steady_clock::now() + std::chrono::hours{24});
  };
  world_.deadlines_pass();
  world_.clock.advance(-std::chrono::hours{1'000});
  boost::asio::co_spawn(
      world_.context,
      entrance_.hand_back_all(std::chrono::steady_clock::now() + std::chrono::hours{24}),
      [](const std::exception_ptr&) {});
  world_.settle();
  EXPECT_TRUE(world_.ami.waiting_action().starts_with("Redirect|Channel: SIP/alice-1|"));
}

TEST_F(EntranceTest, HandsAChannelBackThoughTheLinkIsDown) {
  const auto link = held();
  world_.ami.set_up(false);
  boost::asio::co_spawn(world_.context,
                        entrance_.hand_back_all(world_.world.in(std::chrono::seconds{1})),
                        [](const std::exception_ptr&) {});
  world_.settle();
  EXPECT_TRUE(link->closed());
}

TEST_F(EntranceTest, LetsGoOfEverythingAtTheEnd) {
  const auto link = held();
  const auto arriving = open(environment_of("2.2"));
  entrance_.drop_all();
  world_.watches.cancel_all();
  world_.settle();
  EXPECT_TRUE(link->closed());
  EXPECT_TRUE(arriving->closed());
  expect_empty();
}

// --- out of a blocking command ------------------------------------------------------------------

/// The token of the Redirect that waits for its answer.
std::string token_of(const std::string& action) {
  const auto begin = action.find("|Exten: ") + 8;
  return action.substr(begin, action.find('|', begin) - begin);
}

TEST_F(EntranceTest, TakesAChannelOutOfABlockingCommand) {
  const auto first = held();
  command("EXEC Echo");
  command("NOOP next");
  first->take();
  const auto outcome = world_.start(entrance_.reenter(channel_));
  const auto action = world_.ami.waiting_action();
  EXPECT_TRUE(action.starts_with("Redirect|Channel: SIP/alice-1|Context: arigate|Exten: "))
      << action;
  EXPECT_EQ(world_.ami.take_posted(),
            (Lines{"Setvar|Channel: SIP/alice-1|Variable: ARIGATE_HOME|Value: trunk,600,2"}))
      << "its end in there leads to the hangup extension of its home";
  world_.run([&] { world_.ami.answer(); });
  EXPECT_TRUE(first->closed());
  hang_up(*first);  // The sign of our own Redirect, too late.
  const auto second = open_again(token_of(action));
  EXPECT_TRUE(outcome->has_value() && **outcome);
  EXPECT_EQ(second->take(), Lines{"NOOP next"});
  EXPECT_EQ(changes(), Lines{}) << "the application sees nothing of it";
  EXPECT_EQ(entrance_.session_count(), 1U);
  // Behind its own entry the dialplan goes on where it would have without us.
  reply(*second);
  ASSERT_TRUE(continue_at({}));
  for (const auto* line :
       {"SET CONTEXT \"trunk\"", "SET EXTENSION \"600\"", "SET PRIORITY \"2\""}) {
    EXPECT_EQ(second->take(), Lines{line});
    reply(*second);
  }
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
}

/// The PBX tells no HANGUP to a line that begins on a dead channel (seen: 1.8).
TEST_F(EntranceTest, NoticesAHangupOnTheWayBack) {
  world_.ami.use("1.1");
  held();
  command("EXEC Echo");
  command("NOOP next");
  const auto outcome = world_.start(entrance_.reenter(channel_));
  const auto token = token_of(world_.ami.waiting_action());
  world_.run([&] { world_.ami.answer(); });
  const auto second = open(reentry_of(token));
  EXPECT_EQ(second->take(), Lines{"CHANNEL STATUS"});
  reply(*second, "511 Command Not Permitted on a dead channel");
  EXPECT_EQ(changes(), (Lines{"hanguprequest 1.1 -", "end 1.1 app"}));
  EXPECT_EQ(second->take(), Lines{R"(SET VARIABLE "STASISSTATUS" "SUCCESS")"})
      << "nothing of its queue began";
  reply(*second);
  EXPECT_TRUE(second->closed());
  expect_empty();
}

TEST_F(EntranceTest, RedirectsNobodyBeforeThePbxHasItsContext) {
  Eventual<bool> looked;
  world_.world.ensure_reentry = [this, looked]() mutable -> boost::asio::awaitable<void> {
    co_await looked.wait(world_.world.in(std::chrono::seconds{1}));
  };
  const auto link = held();
  command("EXEC Echo");
  const auto outcome = world_.start(entrance_.reenter(channel_));
  EXPECT_EQ(world_.ami.waiting(), 0U);
  world_.run([&] { looked.set(true); });
  EXPECT_TRUE(world_.ami.waiting_action().starts_with("Redirect|Channel: SIP/alice-1|"));
}

TEST_F(EntranceTest, TakesAChannelOutOfABlockingCommandAndGivesItBack) {
  const auto first = held();
  command("EXEC Echo");
  command("NOOP next");
  first->take();
  boost::asio::co_spawn(world_.context,
                        entrance_.take_out(channel_, {{"SET CONTEXT \"other\""}, "FAILED"}),
                        [](const std::exception_ptr&) {});
  world_.settle();
  const auto action = world_.ami.waiting_action();
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(changes(), Lines{}) << "not before it is out";
  const auto second = open(reentry_of(token_of(action)));
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  for (const auto* line : {"SET CONTEXT \"trunk\"", "SET EXTENSION \"600\"", "SET PRIORITY \"2\"",
                           "SET CONTEXT \"other\"", "SET VARIABLE \"STASISSTATUS\" \"FAILED\""}) {
    EXPECT_EQ(second->take(), Lines{line});
    reply(*second);
  }
  EXPECT_TRUE(second->closed());
  expect_empty();
}

TEST_F(EntranceTest, GivesAnIdleChannelBackOnTheLineThatItHas) {
  const auto link = held();
  boost::asio::co_spawn(world_.context, entrance_.take_out(channel_, {}),
                        [](const std::exception_ptr&) {});
  world_.settle();
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
}

/// The command may end before the PBX has answered the Redirect (seen: 1.8).
TEST_F(EntranceTest, SendsNothingOnALineThatIsAboutToGo) {
  const auto first = held();
  command("EXEC ConfBridge room");
  command("ANSWER");
  first->take();
  const auto outcome = world_.start(entrance_.reenter(channel_));
  const auto action = world_.ami.waiting_action();
  reply(*first);
  EXPECT_EQ(first->take(), Lines{});
  world_.run([&] { world_.ami.answer(); });
  const auto second = open_again(token_of(action));
  EXPECT_EQ(second->take(), Lines{"ANSWER"});
}

TEST_F(EntranceTest, GoesOnWithALineThatStays) {
  const auto first = held();
  command("EXEC ConfBridge room");
  command("ANSWER");
  first->take();
  const auto outcome = world_.start(entrance_.reenter(channel_));
  reply(*first);
  EXPECT_EQ(first->take(), Lines{});
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx, "Redirect failed, channel not up."); });
  EXPECT_EQ(first->take(), Lines{"ANSWER"});
}

TEST_F(EntranceTest, KeepsAChannelThatThePbxDoesNotRedirect) {
  const auto link = held();
  const auto outcome = world_.start(entrance_.reenter(channel_));
  hang_up(*link);
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx, "Redirect failed, channel not up."); });
  EXPECT_TRUE(outcome->has_value() && !**outcome);
  EXPECT_EQ(controlled(), 1U);
  event(hangup_request);
  EXPECT_EQ(changes(), (Lines{"hanguprequest 1.1 16", "end 1.1 app"}));
}

TEST_F(EntranceTest, TakesNobodyOutOfWhatHasEndedMeanwhile) {
  Eventual<bool> looked;
  world_.world.ensure_reentry = [this, looked]() mutable -> boost::asio::awaitable<void> {
    co_await looked.wait(world_.world.in(std::chrono::seconds{1}));
  };
  const auto link = held();
  command("EXEC Echo");
  bool runs = true;
  std::function<bool()> wanted = [&runs] { return runs; };
  const auto outcome = world_.start(entrance_.reenter(channel_, wanted));
  runs = false;
  world_.run([&] { looked.set(true); });
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_TRUE(outcome->has_value() && **outcome);
}

/// A PBX that does not answer a Redirect in time may carry it out later.
class LateRedirect : public EntranceTest {
 protected:
  void SetUp() override {
    first_ = held();
    command("EXEC Echo");
    command("NOOP next");
    first_->take();
    begin();
    world_.run([&] { world_.ami.refuse(Errc::timeout); });
    EXPECT_TRUE(outcome_->has_value() && !**outcome_);
    EXPECT_EQ(controlled(), 1U);
  }
  void begin() {
    outcome_ = world_.start(entrance_.reenter(channel_));
    token_ = token_of(world_.ami.waiting_action());
  }
  void goes_on_by_a_new_line() {
    const auto second = open_again(token_);
    EXPECT_TRUE(first_->closed());
    EXPECT_EQ(second->take(), Lines{"NOOP next"});
    EXPECT_EQ(changes(), Lines{}) << "the application sees nothing of it";
    EXPECT_EQ(entrance_.session_count(), 1U);
    cut(*second);
    EXPECT_EQ(changes(), Lines{"end 1.1 app"});
    expect_empty();
  }

  std::shared_ptr<FakeAgiLink> first_;
  std::shared_ptr<std::optional<Result<void>>> outcome_;
  std::string token_;
};

TEST_F(LateRedirect, CostsNoCallWhenTheOldLineTellsFirst) {
  hang_up(*first_);
  EXPECT_TRUE(first_->closed()) << "the PBX keeps the channel in it until then";
  goes_on_by_a_new_line();
}

TEST_F(LateRedirect, CostsNoCallWhenTheOldLineIsCutFirst) {
  cut(*first_);
  goes_on_by_a_new_line();
}

TEST_F(LateRedirect, CostsNoCallWhenTheNewLineComesFirst) {
  goes_on_by_a_new_line();
}

TEST_F(LateRedirect, MayBeUnderWayWhenItsAnswerIsMissed) {
  begin();
  hang_up(*first_);
  EXPECT_FALSE(first_->closed());
  world_.run([&] { world_.ami.refuse(Errc::timeout); });
  EXPECT_FALSE(outcome_->has_value());
  goes_on_by_a_new_line();
  EXPECT_TRUE(outcome_->has_value() && **outcome_);
}

TEST_F(LateRedirect, IsNotTakenForTheEndOfTheCall) {
  hang_up(*first_);
  event(hangup_request);
  event(hangup);
  EXPECT_EQ(changes(),
            (Lines{"hanguprequest 1.1 16", "end 1.1 app", "destroyed 1.1 16 Normal Clearing"}));
  expect_empty();
}

TEST_F(LateRedirect, EndsTheCallThatDoesNotComeBack) {
  world_.world.timeouts.action = std::chrono::hours{-48};
  hang_up(*first_);
  EXPECT_EQ(changes(), Lines{"end 1.1 app"});
  expect_empty();
}

TEST_F(LateRedirect, IsNotWaitedForForEver) {
  world_.clock.advance(Entrance::late_return_within);
  hang_up(*first_);
  EXPECT_FALSE(first_->closed());
  event(hangup_request);
  EXPECT_EQ(changes(), (Lines{"hanguprequest 1.1 16", "end 1.1 app"}));
}

TEST_F(LateRedirect, OnlySoManyAreAwaited) {
  const auto oldest = token_;
  for (std::size_t i = 0; i < Entrance::late_returns_max; ++i) {
    begin();
    world_.run([&] { world_.ami.refuse(Errc::timeout); });
  }
  event(reentry_exten);
  EXPECT_EQ(open(reentry_of(oldest))->take(), Lines{"GET VARIABLE ARIGATE_APP"});
  EXPECT_FALSE(first_->closed());
}

TEST_F(EntranceTest, EndsAChannelThatHangsUpOnItsWayBack) {
  const auto link = held();
  const auto outcome = world_.start(entrance_.reenter(channel_));
  world_.run([&] { world_.ami.answer(); });
  event(hangup);
  EXPECT_TRUE(outcome->has_value() && !**outcome);
  expect_empty();
}

TEST_F(EntranceTest, LetsGoOfAChannelThatDoesNotComeBack) {
  const auto link = held();
  world_.deadlines_pass();
  const auto outcome = world_.start(entrance_.reenter(channel_));
  world_.run([&] { world_.ami.answer(); });
  ASSERT_TRUE(outcome->has_value());
  EXPECT_FALSE(**outcome);
}

}  // namespace
}  // namespace arigate::ops
