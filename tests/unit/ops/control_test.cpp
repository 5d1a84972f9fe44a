#include "ops/control.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_agi_link.hpp"
#include "support/fake_clock.hpp"
#include "support/pbx_text.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

const agi::Reply ok = test::agi_reply("200 result=0");

/// Sends `lines`, one for each reply, and writes down what becomes of it.
class ScriptedJob : public Job {
 public:
  ScriptedJob(std::string name, std::deque<std::string> lines, Lines& log)
      : name_{std::move(name)}, lines_{std::move(lines)}, log_{log} {}
  ~ScriptedJob() override { log_.push_back(name_ + " gone"); }

  Step start(TimePoint) override { return next(); }
  Step on(const agi::Reply&, TimePoint) override { return next(); }
  void abandon(const Error& why) override { log_.push_back(name_ + " abandoned: " + why.detail); }

 private:
  Step next() {
    if (lines_.empty()) {
      log_.push_back(name_ + " done");
      return Done{};
    }
    auto line = std::move(lines_.front());
    lines_.pop_front();
    if (line == "wait") return Wait{};
    return Send{std::move(line)};
  }

  std::string name_;
  std::deque<std::string> lines_;
  Lines& log_;
};

class ControlTest : public testing::Test {
 protected:
  ScriptedJob* add(std::string name, std::deque<std::string> lines) {
    auto job = std::make_unique<ScriptedJob>(std::move(name), std::move(lines), log_);
    auto* const raw = job.get();
    EXPECT_TRUE(control_.add(std::move(job)));
    return raw;
  }
  Lines log() { return std::exchange(log_, {}); }

  Lines log_;
  test::FakeClock clock_;
  std::shared_ptr<test::FakeAgiLink> link_ = std::make_shared<test::FakeAgiLink>();
  Control control_{ChannelId{"1.1"}, link_, clock_};
};

TEST_F(ControlTest, RunsOneJobAfterTheOther) {
  add("a", {"A1", "A2"});
  add("b", {"B1"});
  EXPECT_FALSE(control_.idle());
  EXPECT_EQ(link_->take(), Lines{"A1"});
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{"A2"});
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{"B1"});
  EXPECT_EQ(log(), (Lines{"a done", "a gone"}));
  control_.on(ok);
  EXPECT_TRUE(control_.idle());
  EXPECT_EQ(log(), (Lines{"b done", "b gone"}));
}

TEST_F(ControlTest, IgnoresRepliesThatNobodyWaitsFor) {
  control_.on(ok);
  add("a", {"A1"});
  control_.on(ok);
  control_.on(ok);
  EXPECT_TRUE(control_.idle());
  EXPECT_EQ(link_->take(), Lines{"A1"});
}

TEST_F(ControlTest, RunsManyJobsThatEndAtOnceWithoutRecursion) {
  auto* const first = add("first", {"wait"});
  for (int i = 0; i < static_cast<int>(Control::queue_max); ++i) add("x", {});
  log();
  control_.resume(*first, Job::Done{});
  EXPECT_TRUE(control_.idle());
  EXPECT_EQ(log().size(), 2 * Control::queue_max + 1);
}

TEST_F(ControlTest, RefusesWhatItsQueueCannotHold) {
  add("running", {"A1"});
  for (std::size_t i = 0; i < Control::queue_max; ++i) add("waiting", {});
  log();
  const auto refused =
      control_.add(std::make_unique<ScriptedJob>("late", std::deque<std::string>{}, log_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_EQ(log(), Lines{"late gone"}) << "not abandoned: the caller has the error";
}

TEST_F(ControlTest, ResumesOnlyTheJobThatRuns) {
  auto* const running = add("running", {"wait"});
  auto* const waiting = add("waiting", {"B1"});
  control_.resume(*waiting, Job::Done{});
  EXPECT_EQ(log(), Lines{});
  control_.resume(*running, Job::Send{"A2"});
  EXPECT_EQ(link_->take(), Lines{"A2"});
  control_.resume(*running, Job::Done{});
  EXPECT_EQ(link_->take(), Lines{"B1"});
  EXPECT_EQ(log(), Lines{"running gone"});
}

TEST_F(ControlTest, AbandonsEverythingWhenItIsDropped) {
  add("running", {"A1"});
  add("waiting", {"B1"});
  control_.drop({Errc::not_found, "cut"});
  control_.drop({Errc::not_found, "again"});
  EXPECT_EQ(log(), (Lines{"running abandoned: cut", "waiting abandoned: cut", "waiting gone"}));
  EXPECT_TRUE(control_.dropped());

  const auto refused =
      control_.add(std::make_unique<ScriptedJob>("late", std::deque<std::string>{}, log_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_in_application);
  EXPECT_EQ(log(), (Lines{"late abandoned: Channel not in Stasis application", "late gone"}));
  control_.on(ok);
  EXPECT_EQ(log(), Lines{}) << "a reply after the end";
}

/// A job whose end drops the queue that it is in, as the end of an AGI session does.
TEST_F(ControlTest, SurvivesAJobThatDropsIt) {
  ASSERT_TRUE(control_.add(std::make_unique<SequenceJob>(std::deque<std::string>{"A1"}, [this] {
    control_.drop({Errc::not_found, "over"});
  })));
  add("waiting", {"B1"});
  link_->take();
  control_.on(ok);
  EXPECT_EQ(log(), (Lines{"waiting abandoned: over", "waiting gone"}));
  EXPECT_EQ(link_->take(), Lines{});
}

TEST_F(ControlTest, SequenceEndsWithWhatFollows) {
  bool followed = false;
  ASSERT_TRUE(control_.add(std::make_unique<SequenceJob>(std::deque<std::string>{"A1", "A2"},
                                                         [&] { followed = true; })));
  control_.on(ok);
  EXPECT_FALSE(followed);
  control_.on(ok);
  EXPECT_TRUE(followed);
  EXPECT_EQ(link_->take(), (Lines{"A1", "A2"}));
}

/// Sends "REST" and ends at its reply; says when it is called away.
class ScriptedRest : public RestingJob {
 public:
  explicit ScriptedRest(Lines& log) : log_{log} {}
  Step start(TimePoint) override { return Send{"REST"}; }
  Step on(const agi::Reply&, TimePoint) override { return Done{}; }
  Step call_away(TimePoint) override {
    log_.push_back("called away");
    return Wait{};
  }
  void abandon(const Error&) override { log_.push_back("rest abandoned"); }

 private:
  Lines& log_;
};

TEST_F(ControlTest, RestsWheneverItsQueueIsEmpty) {
  bool may_rest = true;
  const auto rest = [&]() -> std::unique_ptr<RestingJob> {
    if (!may_rest) return nullptr;
    return std::make_unique<ScriptedRest>(log_);
  };
  add("a", {"A1"});
  control_.rest_by(rest);
  EXPECT_EQ(link_->take(), Lines{"A1"}) << "what runs is not disturbed";
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{"REST"});
  EXPECT_TRUE(control_.idle()) << "a job would be next";
  log();

  add("b", {"B1"});
  add("c", {"C1"});
  EXPECT_EQ(log(), Lines{"called away"}) << "once";
  EXPECT_FALSE(control_.idle());
  EXPECT_EQ(link_->take(), Lines{}) << "the line is taken until the rest has ended";
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{"B1"});
  control_.on(ok);
  control_.on(ok);
  EXPECT_EQ(link_->take(), (Lines{"C1", "REST"}));

  may_rest = false;
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{}) << "the rest ended by itself, and there is no other";
  may_rest = true;
  log();
  control_.rest_by(rest);
  EXPECT_EQ(link_->take(), Lines{"REST"});
  control_.rest_by({});
  EXPECT_EQ(log(), Lines{"called away"});
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{});
  EXPECT_TRUE(control_.idle());

  control_.rest_by(rest);
  control_.drop({Errc::not_found, "cut"});
  EXPECT_EQ(log(), Lines{"rest abandoned"});
}

TEST_F(ControlTest, WaitsForItsFirstLine) {
  Control created{ChannelId{"1.2"}, clock_};
  bool done = false;
  ASSERT_TRUE(created.add(
      std::make_unique<SequenceJob>(std::deque<std::string>{"A1"}, [&] { done = true; })));
  EXPECT_FALSE(created.attached());
  EXPECT_FALSE(created.idle());
  created.attach(link_);
  EXPECT_EQ(link_->take(), Lines{"A1"});
  created.on(ok);
  EXPECT_TRUE(done);
}

/// What ran on the old line ended with it; the rest goes on with the new one.
TEST_F(ControlTest, GoesOnWithANewLine) {
  add("a", {"A1", "A2"});
  add("b", {"B1"});
  control_.detach();
  EXPECT_FALSE(control_.attached());
  add("c", {});
  control_.interrupt("nobody");
  const auto second = std::make_shared<test::FakeAgiLink>();
  control_.attach(second);
  EXPECT_EQ(log(), (Lines{"a gone"}));
  EXPECT_EQ(second->take(), Lines{"B1"});
  EXPECT_EQ(link_->take(), Lines{"A1"});
  EXPECT_EQ(control_.replies_due(), 1U) << "of the new line alone";
  control_.on(ok);
  EXPECT_EQ(log(), (Lines{"b done", "c done", "c gone", "b gone"}));
  EXPECT_TRUE(control_.idle());
}

/// It may have hung up on its way, which no line is told that begins behind it.
TEST_F(ControlTest, GoesOnAfterARedirectWhenTheChannelIsAlive) {
  auto* const running = add("a", {"A1", "wait"});
  add("b", {"B1"});
  for (const bool alive : {true, false}) {
    control_.detach();
    const auto second = std::make_shared<test::FakeAgiLink>();
    control_.attach_again(second);
    EXPECT_EQ(second->take(), Lines{"CHANNEL STATUS"});
    control_.resume(*running, Job::Send{"A2"});
    EXPECT_EQ(second->take(), Lines{}) << "nobody knows yet";
    control_.on(alive ? ok : test::agi_reply("511 Command Not Permitted on a dead channel"));
    EXPECT_EQ(second->take(), alive ? Lines{"A2"} : Lines{});
    EXPECT_EQ(log(), Lines{});
  }
  control_.drop({Errc::not_found, "dead"});
  EXPECT_EQ(log(), (Lines{"a abandoned: dead", "b abandoned: dead", "b gone"}));
}

TEST_F(ControlTest, ANewLineWaitsForTheHangupThatIsUnderWay) {
  add("a", {"A1"});
  add("b", {"B1"});
  control_.detach();
  control_.attach_again(link_);
  control_.hold_back();
  link_->take();
  control_.on(ok);
  EXPECT_EQ(log(), Lines{});
  control_.go_on();
  EXPECT_EQ(log(), Lines{"a gone"});
  EXPECT_EQ(link_->take(), Lines{"B1"});
}

/// On a line to leave by, what ran is told and nothing begins.
TEST_F(ControlTest, BeginsNothingOnALineToLeaveBy) {
  add("a", {"A1", "A2"});
  add("b", {"B1"});
  control_.detach();
  const auto second = std::make_shared<test::FakeAgiLink>();
  control_.attach_to_leave(second);
  EXPECT_EQ(log(), (Lines{"a gone"}));
  EXPECT_EQ(control_.replies_due(), 0U);
  control_.drop({Errc::not_found, "left"});
  EXPECT_EQ(log(), (Lines{"b abandoned: left", "b gone"}));
  EXPECT_EQ(second->take(), Lines{});
}

TEST_F(ControlTest, SendsOnTheNewLineWhatCameWhileThereWasNone) {
  auto* const running = add("running", {"wait"});
  control_.detach();
  control_.resume(*running, Job::Send{"A2"});
  const auto second = std::make_shared<test::FakeAgiLink>();
  control_.attach(second);
  EXPECT_EQ(second->take(), Lines{"A2"});
  control_.on(ok);
  EXPECT_EQ(log(), (Lines{"running done", "running gone"}));
}

TEST_F(ControlTest, TellsACommandAndASequenceOfTheNewLine) {
  auto command = std::make_unique<CommandJob>("EXEC Wait 60");
  auto outcome = command->outcome();
  ASSERT_TRUE(control_.add(std::move(command)));
  ASSERT_TRUE(control_.add(std::make_unique<SequenceJob>(std::deque<std::string>{"A1", "A2"})));
  link_->take();
  control_.detach();
  control_.attach(link_);
  EXPECT_TRUE(outcome.is_set());
  EXPECT_EQ(link_->take(), Lines{"A1"});
  control_.detach();
  control_.attach(link_);
  EXPECT_EQ(link_->take(), Lines{"A2"}) << "A1 is over, one way or the other";
}

TEST(Controls, FindsTheControlOfAChannel) {
  const test::FakeClock clock;
  Controls controls;
  const auto control =
      std::make_shared<Control>(ChannelId{"1.1"}, std::make_shared<test::FakeAgiLink>(), clock);
  controls.add(control);
  EXPECT_EQ(controls.find(ChannelId{"1.1"}), control.get());
  EXPECT_EQ(controls.find(ChannelId{"1.2"}), nullptr);
  controls.take(ChannelId{"1.2"});
  EXPECT_EQ(controls.size(), 1U);
  controls.take(ChannelId{"1.1"});
  EXPECT_EQ(controls.find(ChannelId{"1.1"}), nullptr);
}

TEST_F(ControlTest, AfterAFailureTheNextWaitsUntilThePbxCouldTellOfAHangup) {
  add("a", {"STREAM FILE a"});
  add("b", {"STREAM FILE b"});
  EXPECT_EQ(link_->take(), Lines{"STREAM FILE a"});
  control_.on(test::agi_reply("200 result=-1"));
  EXPECT_EQ(link_->take(), Lines{"NOOP"});
  EXPECT_FALSE(control_.idle());
  EXPECT_EQ(control_.replies_due(), 1U);
  add("c", {"STREAM FILE c"});
  EXPECT_EQ(link_->take(), Lines{});
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{"STREAM FILE b"});

  control_.on(test::agi_reply("200 result=-1"));
  EXPECT_EQ(link_->take(), Lines{"NOOP"});
  control_.hold_back();  // It was a hangup.
  control_.on(ok);
  EXPECT_EQ(link_->take(), Lines{});
}

TEST_F(ControlTest, AFailureThatNothingWaitsForAsksNothing) {
  add("a", {"STREAM FILE a"});
  link_->take();
  control_.on(test::agi_reply("200 result=-1"));
  EXPECT_EQ(link_->take(), Lines{});
  EXPECT_TRUE(control_.idle());
}

}  // namespace
}  // namespace arigate::ops
