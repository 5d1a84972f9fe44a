#include "ops/leg.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/leg_name.hpp"
#include "ops/entrance.hpp"
#include "ops/pbx_shell.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using test::FakeAgiLink;
using test::SmallWorld;
using Lines = std::vector<std::string>;
using Opened = Result<std::shared_ptr<Leg>>;

const std::string done = "SET VARIABLE ARIGATE_DONE 1";

class LegTest : public testing::Test {
 protected:
  LegTest() {
    world_.sink.pass_to(entrance_);
    world_.sink.pass_to(legs_);
    entrance_.use(legs_);
    world_.wait_for_ever();
  }

  /// Asks for a leg; the Originate is on its way afterwards.
  void order(LegOrder order = {"ConfBridge", "room", {}, {}}) {
    outcome_ = world_.start(legs_.open(std::move(order), world_.world.in(std::chrono::seconds{5})));
    const auto action = world_.ami.waiting_action();
    const auto at = action.find("Local/");
    token_ = at == std::string::npos ? "" : action.substr(at + 6, model::leg_token_digits);
  }
  std::string name(int half) const {
    return fmt::format("Local/{}@arigate-0000001f;{}", token_, half);
  }
  void halves_come() {
    for (const int half : {1, 2}) {
      world_.event(
          fmt::format("Event: Newchannel|Channel: {0}|ChannelState: 0|Context: arigate|"
                      "Exten: {1}|Priority: 1|Uniqueid: 7.{2}",
                      name(half), token_, half));
      world_.event(fmt::format("Event: VarSet|Channel: {}|Variable: X|Value: 1|Uniqueid: 7.{}",
                               name(half), half));
    }
  }
  void half_goes(int half) {
    world_.event(
        fmt::format("Event: Hangup|Channel: {}|ChannelState: 6|Context: arigate|"
                    "Exten: {}|Priority: 1|Uniqueid: 7.{}|Cause: 16",
                    name(half), token_, half));
  }
  std::shared_ptr<FakeAgiLink> session_comes() {
    agi::Environment environment;
    environment.uniqueid = "7.2";
    environment.channel = name(2);
    environment.context = "arigate";
    environment.extension = token_;
    environment.network_script = "arigate";
    environment.arguments = {token_};
    auto link = std::make_shared<FakeAgiLink>();
    world_.run([&] { entrance_.connected(link, environment); });
    return link;
  }
  /// A leg that is open and answered.
  std::shared_ptr<FakeAgiLink> open() {
    order();
    world_.run([&] { world_.ami.answer(); });
    halves_come();
    auto link = session_comes();
    world_.run([&] { entrance_.received(*link, test::agi_reply("200 result=0")); });
    link->take();
    EXPECT_TRUE(outcome_->has_value() && **outcome_);
    leg_ = outcome_->has_value() && **outcome_ ? ***outcome_ : nullptr;
    if (leg_) leg_->on_end([this] { ++ended_; });
    return link;
  }
  Errc failure() const {
    EXPECT_TRUE(outcome_->has_value());
    EXPECT_FALSE(outcome_->has_value() && **outcome_);
    return outcome_->has_value() && !**outcome_ ? (**outcome_).error().code : Errc::protocol;
  }
  void expect_nothing_left() {
    EXPECT_EQ(legs_.size(), 0U);
    EXPECT_EQ(legs_.leaving(), 0U);
    EXPECT_EQ(entrance_.session_count(), 0U);
  }
  std::string hangup_of(int half) const { return "Hangup|Channel: " + name(half); }

  SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  Legs legs_{world_.world, entrance_};
  std::shared_ptr<std::optional<Opened>> outcome_;
  std::shared_ptr<Leg> leg_;
  std::string token_;
  int ended_ = 0;
};

// --- opening ------------------------------------------------------------------------------------

TEST_F(LegTest, IsALocalChannelThatRunsAnApplication) {
  order({"ConfBridge", "room,arigate_bridge", {{"CONFBRIDGE(user,quiet)", "a,b"}}, {}});
  EXPECT_EQ(world_.ami.waiting_action(),
            "Originate|Channel: Local/" + token_ +
                "@arigate/n|Application: ConfBridge|Data: room,arigate_bridge|Async: true|"
                "Timeout: 5000|Variable: CONFBRIDGE(user,quiet)=a\\,b");
  EXPECT_EQ(world_.ami.waiting_action_id(), "arigate-leg-" + token_);
}

TEST_F(LegTest, IsOpenWhenItsSessionComesAndIsAnsweredThen) {
  struct Row {
    std::string ami_version, answer;
  };
  for (const Row& row : {Row{"1.1", "ANSWER"}, Row{"1.3", "ANSWER"},
                         Row{"5.0.4", "EXEC Answer \",i\""}, Row{"11.0.0", "EXEC Answer \",i\""}}) {
    SCOPED_TRACE(row.ami_version);
    world_.use(row.ami_version);
    order();
    world_.run([&] { world_.ami.answer(); });
    halves_come();
    EXPECT_FALSE(outcome_->has_value());
    const auto link = session_comes();
    ASSERT_TRUE(outcome_->has_value() && **outcome_);
    const auto leg = ***outcome_;
    EXPECT_EQ(link->take(), Lines{row.answer});
    EXPECT_EQ(entrance_.session_count(), 0U);  // It belongs to the leg alone.
    world_.run([&] { leg->close(); });
    half_goes(1);
    half_goes(2);
    world_.ami.take_posted();
    expect_nothing_left();
  }
}

TEST_F(LegTest, CarriesOutTheJobsOfItsOwner) {
  const auto link = open();
  auto job = std::make_unique<CommandJob>("STREAM FILE beep \"\"");
  const auto reply = job->outcome();
  world_.run([&] { EXPECT_TRUE(leg_->control().add(std::move(job))); });
  EXPECT_EQ(link->take(), Lines{"STREAM FILE beep \"\""});
  world_.run([&] { entrance_.received(*link, test::agi_reply("200 result=0 endpos=8")); });
  EXPECT_TRUE(reply.is_set());
}

TEST_F(LegTest, GetsANewLineForTheJobThatRuns) {
  struct Job : ops::Job {
    explicit Job(int& lines) : lines{lines} {}
    Step start(TimePoint) override { return Send{"RECORD FILE"}; }
    Step on(const agi::Reply&, TimePoint) override { return Wait{}; }
    Step on_new_line(TimePoint) override { return ++lines, Done{}; }
    void abandon(const Error&) override {}
    int& lines;
  };
  const auto link = open();
  int lines = 0;
  world_.run([&] { EXPECT_TRUE(leg_->control().add(std::make_unique<Job>(lines))); });
  world_.run([&] { leg_->renew(); });
  EXPECT_EQ(world_.ami.waiting_action(),
            "Redirect|Channel: " + name(2) + "|Context: arigate|Exten: " + token_ + "|Priority: 1");
  world_.run([&] { entrance_.received(*link, test::agi_reply("200 result=-1 (hangup)")); });
  world_.run([&] { entrance_.hangup_seen(*link); });
  EXPECT_EQ(ended_, 0) << "the hangup of the line is not one of the leg";
  world_.run([&] { world_.ami.answer(); });
  EXPECT_TRUE(link->closed());
  const auto next = session_comes();
  EXPECT_EQ(lines, 1);
  world_.run(
      [&] { EXPECT_TRUE(leg_->control().add(std::make_unique<CommandJob>("STREAM FILE a"))); });
  EXPECT_EQ(next->take(), Lines{"STREAM FILE a"});
  // The second time the PBX does not do it.
  world_.run([&] { leg_->renew(); });
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  EXPECT_EQ(ended_, 1);
  EXPECT_TRUE(leg_->over());
}

TEST_F(LegTest, OfAShellTakesScriptsForHalfItsLife) {
  PbxShell shell{world_.world, legs_};
  const auto opens = [&] {
    const auto action = world_.ami.waiting_action();
    if (!action.starts_with("Originate|")) return false;
    token_ = action.substr(action.find("Local/") + 6, model::leg_token_digits);
    return action.find("|Application: Wait|Data: 60|") != std::string::npos;
  };
  const auto first = world_.start(shell.page("one"));
  ASSERT_TRUE(opens());
  world_.run([&] { world_.ami.answer(); });
  halves_come();
  const auto link = session_comes();
  const auto reply = [&](std::string_view line) {
    world_.run([&] { entrance_.received(*link, test::agi_reply(line)); });
  };
  reply("200 result=0");
  reply("200 result=1 (b2sKb25l)");
  ASSERT_TRUE(first->has_value() && **first);
  EXPECT_EQ(***first, "one");
  world_.clock.advance(std::chrono::seconds{29});
  link->take();
  const auto second = world_.start(shell.page("two"));
  EXPECT_EQ(link->take().size(), 1U);
  reply("200 result=1 (b2sKdHdv)");
  ASSERT_TRUE(second->has_value() && **second);
  world_.clock.advance(std::chrono::seconds{1});
  const auto third = world_.start(shell.page("three"));
  EXPECT_EQ(link->take(), Lines{});
  EXPECT_TRUE(opens());
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  EXPECT_TRUE(third->has_value() && !**third);
}

TEST_F(LegTest, IsNotShown) {
  for (const std::string ami_version : {"1.1", "1.3", "5.0.4", "11.0.0"}) {
    SCOPED_TRACE(ami_version);
    world_.use(ami_version);
    world_.sink.take();
    open();
    EXPECT_FALSE(world_.reconciler.has_undecided());
    world_.event("Event: DeviceStateChange|Device: Local/" + token_ + "@arigate|State: INUSE");
    world_.event("Event: Newstate|Channel: " + name(1) + "|ChannelState: 6|Uniqueid: 7.1");
    world_.store.each_channel([](const auto&) { ADD_FAILURE() << "a half is listed"; });
    EXPECT_EQ(world_.store.find(ChannelId{"7.1"}), nullptr);
    world_.run([&] { leg_->close(); });
    half_goes(1);
    half_goes(2);
    EXPECT_EQ(world_.sink.take(),
              (Lines{"leg " + token_ + " " + name(1), "leg " + token_ + " " + name(2),
                     "no leg " + token_ + " " + name(1), "no leg " + token_ + " " + name(2)}));
    world_.ami.take_posted();
    expect_nothing_left();
  }
}

TEST_F(LegTest, IsNoMemberOfTheBridgeItIsIn) {
  world_.use("5.0.4");
  open();
  world_.event("Event: BridgeCreate|BridgeUniqueid: b|BridgeType: base");
  world_.sink.take();
  for (const std::string event : {"BridgeEnter", "BridgeLeave"}) {
    world_.event("Event: " + event + "|BridgeUniqueid: b|BridgeType: base|Channel: " + name(1) +
                 "|ChannelState: 6|Context: arigate|Exten: 1|Priority: 1|Uniqueid: 7.1");
    EXPECT_TRUE(world_.store.find(BridgeId{"b"})->channels.empty());
  }
  EXPECT_EQ(world_.sink.take(), Lines{});
}

// --- what goes wrong while it opens -------------------------------------------------------------

TEST_F(LegTest, IsNotOpenedWithoutALink) {
  world_.ami.set_up(false);
  order();
  EXPECT_EQ(failure(), Errc::unavailable);
  expect_nothing_left();
}

TEST_F(LegTest, IsNotOpenedWhenThePbxRefuses) {
  order();
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  EXPECT_EQ(failure(), Errc::refused_by_pbx);
  expect_nothing_left();
}

TEST_F(LegTest, IsNotOpenedWithAValueThatCannotBeSent) {
  order({"ConfBridge", "room\r\nAction: Command", {}, {}});
  EXPECT_EQ(failure(), Errc::bad_request);
  expect_nothing_left();
}

TEST_F(LegTest, IsNotOpenedWhenTheOriginateFails) {
  order();
  world_.run([&] { world_.ami.answer(); });
  world_.event("Event: OriginateResponse|ActionID: arigate-leg-" + token_ +
               "|Response: Failure|Reason: 0|Uniqueid: <null>");
  EXPECT_EQ(failure(), Errc::refused_by_pbx);
  expect_nothing_left();
}

TEST_F(LegTest, IsNotOpenedWhenAHalfEndsBeforeTheSession) {
  order();
  world_.run([&] { world_.ami.answer(); });
  halves_come();
  half_goes(2);
  EXPECT_EQ(failure(), Errc::refused_by_pbx);
  EXPECT_EQ(world_.ami.take_posted(), Lines{hangup_of(1)});
  half_goes(1);
  expect_nothing_left();
}

TEST_F(LegTest, IsHungUpWhenItsSessionComesTooLate) {
  world_.deadlines_pass();
  order();
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(failure(), Errc::timeout);
  halves_come();
  EXPECT_EQ(world_.ami.take_posted(), (Lines{hangup_of(1), hangup_of(2)}));
  const auto link = session_comes();
  EXPECT_EQ(link->take(), Lines{done});
  EXPECT_TRUE(link->closed());
  half_goes(1);
  half_goes(2);
  expect_nothing_left();
}

TEST_F(LegTest, AreOnlySoMany) {
  std::vector<std::shared_ptr<std::optional<Opened>>> outcomes;
  for (std::size_t i = 0; i < Legs::legs_max; ++i) {
    order();
    outcomes.push_back(outcome_);
    world_.ami.ignore();
  }
  order();
  EXPECT_EQ(failure(), Errc::overloaded);
  EXPECT_EQ(legs_.size(), Legs::legs_max);
}

// --- the end ------------------------------------------------------------------------------------

TEST_F(LegTest, IsHungUpWhenItIsClosed) {
  const auto link = open();
  world_.run([&] { leg_->close(); });
  EXPECT_TRUE(leg_->over());
  EXPECT_EQ(link->take(), Lines{done});
  EXPECT_TRUE(link->closed());
  EXPECT_EQ(world_.ami.take_posted(), (Lines{hangup_of(1), hangup_of(2)}));
  EXPECT_EQ(ended_, 0);  // Who closes it knows.
  world_.run([&] { leg_->close(); });
  EXPECT_EQ(world_.ami.take_posted(), Lines{});
  EXPECT_FALSE(leg_->control().add(std::make_unique<CommandJob>("NOOP")));
  EXPECT_EQ(legs_.leaving(), 2U);
  half_goes(2);
  half_goes(1);
  expect_nothing_left();
}

TEST_F(LegTest, TellsItsOwnerWhateverEndsIt) {
  struct Row {
    std::string what;
    std::function<void(FakeAgiLink&)> happens;
  };
  const Row rows[] = {
      {"hangup on the AGI side", [&](auto& link) { entrance_.hangup_seen(link); }},
      {"the AGI link breaks", [&](auto& link) { entrance_.closed(link); }},
      {"the application ends", [&](auto&) { half_goes(1); }},
      {"the near half ends", [&](auto&) { half_goes(2); }},
      {"a list without it",
       [&](auto&) {
         world_.reconciler.begin_list();
         world_.reconciler.apply_list({}, world_.clock.wall());
       }},
      {"the end of this process", [&](auto&) { legs_.close_all(); }},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    ended_ = 0;
    world_.reconciler.use(world_.ami.dialect());  // A new link, on which ids may come again.
    const auto link = open();
    auto job = std::make_unique<CommandJob>("NOOP");
    auto reply = job->outcome();
    world_.run([&] { EXPECT_TRUE(leg_->control().add(std::move(job))); });
    world_.run([&] { row.happens(*link); });
    EXPECT_EQ(ended_, 1);
    EXPECT_TRUE(leg_->over());
    EXPECT_TRUE(reply.is_set());  // The job was abandoned.
    EXPECT_TRUE(link->closed());
    half_goes(1);
    half_goes(2);
    EXPECT_EQ(ended_, 1);
    world_.ami.take_posted();
    expect_nothing_left();
  }
}

TEST_F(LegTest, MayBeClosedByItsOwnerWhenItEnds) {
  const auto link = open();
  leg_->on_end([this] {
    ++ended_;
    leg_->close();
  });
  world_.run([&] { entrance_.closed(*link); });
  EXPECT_EQ(ended_, 1);
}

TEST_F(LegTest, OutlivesTheTableThatItWasIn) {
  std::shared_ptr<Leg> leg;
  {
    Legs legs{world_.world, entrance_};
    outcome_ =
        world_.start(legs.open({"Wait", "60", {}, {}}, world_.world.in(std::chrono::hours{1})));
  }
  world_.run([&] { world_.ami.refuse(Errc::unavailable); });
  EXPECT_EQ(failure(), Errc::unavailable);
}

// --- leftovers ----------------------------------------------------------------------------------

TEST_F(LegTest, OfAnEarlierProcessIsHungUpWhenTheFirstListShowsIt) {
  token_ = "00123456789012";
  const auto row = test::ami_message("Event: CoreShowChannel|Channel: " + name(1) +
                                     "|Uniqueid: 7.1|Context: arigate|Extension: 1|Priority: 1|"
                                     "ChannelState: 6|Application: Wait|ApplicationData: 60");
  for (int i = 0; i < 2; ++i) {  // The second list: the first hangup was lost.
    world_.run([&] {
      world_.reconciler.begin_list();
      world_.reconciler.apply_list({&row, 1}, world_.clock.wall());
    });
    EXPECT_EQ(world_.ami.take_posted().back(), hangup_of(1));
  }
  EXPECT_EQ(legs_.leaving(), 1U);
  half_goes(1);
  expect_nothing_left();
}

TEST_F(LegTest, OfAnEarlierProcessMayCarryOneIdOnBothHalves) {
  token_ = "00123456789012";
  std::vector<ami::Message> rows;
  for (const int half : {1, 2}) {
    rows.push_back(test::ami_message(
        fmt::format("Event: CoreShowChannel|Channel: {}|Uniqueid: 7.{}|Context: arigate|"
                    "Extension: 1|Priority: 1|ChannelState: 6|Application: Wait|"
                    "ApplicationData: 60",
                    name(half), half)));
  }
  world_.run([&] {
    world_.reconciler.begin_list();
    for (const std::string id : {"7.1", "7.2"}) {
      world_.reconciler.remember_id(id, ChannelId{"carried"});
    }
    world_.reconciler.apply_list(rows, world_.clock.wall());
  });
  // When they are seen, and once more when the list is through.
  EXPECT_EQ(world_.ami.take_posted(),
            (Lines{hangup_of(1), hangup_of(2), hangup_of(1), hangup_of(2)}));
  half_goes(1);
  half_goes(2);
  expect_nothing_left();
}

TEST_F(LegTest, OfAnEarlierProcessIsSentOutWhenItAsksForUs) {
  token_ = "00123456789012";
  const auto link = session_comes();
  EXPECT_EQ(link->take(), Lines{done});
  EXPECT_TRUE(link->closed());
  expect_nothing_left();
}

TEST(LegName, IsToldFromOtherLocalChannels) {
  struct Row {
    std::string name, token;
  };
  for (const Row& row : {
           Row{"Local/00123456789012@arigate-0000001f;1", "00123456789012"},
           Row{"Local/00123456789012@arigate-1f;2", "00123456789012"},
           Row{"Local/0012345678901@arigate-0000001f;1", ""},
           Row{"Local/10123456789012@arigate-0000001f;1", ""},
           Row{"Local/00123456789x12@arigate-0000001f;1", ""},
           Row{"Local/00123456789012@arigates-0000001f;1", ""},
           Row{"Local/00123456789012@other-0000001f;1", ""},
           Row{"Local/00123456789012@arigate-b-0000001f;1", ""},
           Row{"Local/00123456789012", ""},
           Row{"SIP/00123456789012@arigate-0000001f", ""},
           Row{"", ""},
       }) {
    EXPECT_EQ(model::leg_token_of(row.name, "arigate"), row.token) << row.name;
  }
}

TEST(LegName, OfAnotherGatewayIsKnown) {
  EXPECT_TRUE(model::is_leg_of_another("Local/00123456789012@arigate-b-0000001f;1", "arigate"));
  EXPECT_TRUE(model::is_leg_of_another("Local/00123456789012@arigate-1f;2", "arigate-b"));
  EXPECT_FALSE(model::is_leg_of_another("Local/00123456789012@arigate-1f;2", "arigate"));
  EXPECT_FALSE(model::is_leg_of_another("Local/00441234567890@outside-0000001f;1", "arigate"));
  EXPECT_FALSE(model::is_leg_of_another("Local/600@arigate-b-0000001f;1", "arigate"));
}

}  // namespace
}  // namespace arigate::ops
