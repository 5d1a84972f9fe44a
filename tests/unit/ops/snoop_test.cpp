#include "ops/snoop.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/leg_name.hpp"
#include "ops/hangup.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using test::FakeAgiLink;
using test::SmallWorld;
using Lines = std::vector<std::string>;
using Snooped = Result<model::Channel>;

TEST(ChanspyData, SaysWhatIsHeardAndWhereIsSpoken) {
  model::Channel target;
  target.name = "SIP/alice-00000001";
  struct Row {
    Direction spy, whisper;
    std::string options;
  };
  for (const Row& row :
       {Row{Direction::in, Direction::none, "qESo"}, Row{Direction::both, Direction::none, "qES"},
        Row{Direction::out, Direction::none, "qES"}, Row{Direction::none, Direction::out, "qESW"},
        Row{Direction::both, Direction::out, "qESw"}, Row{Direction::in, Direction::out, "qESow"},
        Row{Direction::none, Direction::both, "qESB"}}) {
    EXPECT_EQ(*chanspy_data(ami::dialect_of("1.1"), target, row.spy, row.whisper),
              "SIP/alice-00000001," + row.options);
  }
  EXPECT_EQ(*chanspy_data(ami::dialect_of("5.0.4"), target, Direction::in, Direction::none),
            "SIP/alice-00000001,qESuo");
  const auto refused =
      chanspy_data(ami::dialect_of("5.0.4"), target, Direction::both, Direction::in);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_supported);
}

class SnoopTest : public testing::Test {
 protected:
  SnoopTest() {
    world_.sink.pass_to(entrance_);
    world_.sink.pass_to(legs_);
    world_.sink.pass_to(snoops_);
    entrance_.use(legs_);
    world_.wait_for_ever();
  }

  void begin(std::string_view ami_version) {
    world_.use(ami_version);
    world_.event(
        "Event: Newchannel|Channel: SIP/alice-1|ChannelState: 6|Context: trunk|Exten: 600|"
        "Priority: 1|Uniqueid: 1.1");
    world_.event("Event: VarSet|Channel: SIP/alice-1|Variable: X|Value: 1|Uniqueid: 1.1");
    world_.sink.take();
  }
  void ask(std::string target = "1.1") {
    outcome_ =
        world_.start(snoops_.snoop({ChannelId{std::move(target)}, ChannelId{"ear"}, Direction::in,
                                    Direction::none, Destination{AppName{"app"}, {"a"}}}));
    const auto action = world_.ami.waiting_action();
    const auto at = action.find("Local/");
    token_ = at == std::string::npos ? "" : action.substr(at + 6, model::leg_token_digits);
  }
  std::string half(int number) const {
    return "Local/" + token_ + "@arigate-0000001f;" + std::to_string(number);
  }
  /// The id that the PBX gives the half.
  std::string uniqueid(int number) const {
    const bool takes_ids = world_.ami.dialect().takes_channel_id;
    return takes_ids ? (number == 1 ? "arigate-leg-" + token_ : "ear")
                     : "7." + std::to_string(number);
  }
  std::string event_of(std::string_view name, int number, std::string_view more = "") const {
    return "Event: " + std::string{name} + "|Channel: " + half(number) +
           "|ChannelState: 4|Context: arigate|Exten: " + token_ +
           "|Priority: 1|Uniqueid: " + uniqueid(number) + std::string{more};
  }
  void comes() {
    world_.run([&] { world_.ami.answer(); });
    for (const int number : {1, 2}) {
      world_.event(event_of("Newchannel", number));
      world_.event(event_of("VarSet", number, "|Variable: ARIGATE_X|Value: 1"));
    }
    world_.event(
        event_of("Newexten", 2, "|Extension: 1|Application: AGI|AppData: agi://h:4573/arigate"));
    agi::Environment environment;
    environment.uniqueid = uniqueid(2);
    environment.channel = half(2);
    environment.context = "arigate";
    environment.network_script = "arigate";
    environment.arguments = {token_};
    environment.language = "en";
    link_ = std::make_shared<FakeAgiLink>();
    world_.run([&] { entrance_.connected(link_, environment); });
  }
  void goes(int number) { world_.event(event_of("Hangup", number, "|Cause: 16")); }
  /// What ends both halves; from Asterisk 12 on the one that spies is taken out of ChanSpy.
  Lines hangups() const {
    Lines lines{"Hangup|Channel: " + half(1), "Hangup|Channel: " + half(2)};
    if (world_.ami.dialect().snapshots) {
      lines.insert(lines.begin(),
                   "Redirect|Channel: " + half(1) + "|Context: arigate|Exten: nowhere|Priority: 1");
    }
    return lines;
  }
  void expect_nothing_left() {
    EXPECT_EQ(legs_.size(), 0U);
    EXPECT_EQ(legs_.leaving(), 0U);
    EXPECT_EQ(snoops_.size(), 0U);
    EXPECT_EQ(entrance_.session_count(), 0U);
    EXPECT_EQ(entrance_.awaited_count(), 0U);
    EXPECT_EQ(world_.controls.size(), 0U);
  }

  SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  Legs legs_{world_.world, entrance_};
  Snoops snoops_{world_.world, legs_};
  std::shared_ptr<FakeAgiLink> link_;
  std::shared_ptr<std::optional<Snooped>> outcome_;
  std::string token_;
};

class SnoopOnEach : public SnoopTest, public testing::WithParamInterface<std::string> {};

TEST_P(SnoopOnEach, IsShownAsAChannelThatIsUp) {
  begin(GetParam());
  ask();
  EXPECT_NE(world_.ami.waiting_action().find("|Application: ChanSpy|Data: SIP/alice-1,qES"),
            std::string::npos);
  comes();
  ASSERT_TRUE(outcome_->has_value() && **outcome_);
  const model::Channel& channel = ***outcome_;
  EXPECT_EQ(channel.id.value, "ear");
  EXPECT_EQ(channel.shown_name, "Snoop/1.1-00000000");
  EXPECT_EQ(channel.state, model::ChannelState::up);
  EXPECT_EQ(channel.dialplan.context, "default");
  EXPECT_EQ(channel.dialplan.exten, "s");
  // Answered first of all, so that the far half begins.
  EXPECT_EQ(link_->take().front().find("EXEC Answer") != std::string::npos,
            world_.ami.dialect().snapshots);
  Lines shown;
  for (const auto& line : world_.sink.take()) {
    if (!line.starts_with("leg ") && !line.starts_with("agi ")) shown.push_back(line);
  }
  EXPECT_EQ(shown, (Lines{"created ear " + half(2) + " Up",
                          "varset ear STASISSTATUS=", "start ear app(a)"}));
  EXPECT_EQ(world_.store.find(ChannelId{"ear"})->name, half(2));  // What AMI calls it.
}

TEST_P(SnoopOnEach, TellsNothingOfWhatTheLegDoes) {
  begin(GetParam());
  ask();
  comes();
  world_.sink.take();
  world_.event("Event: Newstate|Channel: " + half(2) +
               "|ChannelState: 6|Context: arigate|Exten: 1|Priority: 1|Uniqueid: " + uniqueid(2));
  world_.event("Event: HangupRequest|Channel: " + half(2) + "|Uniqueid: " + uniqueid(2) +
               "|ChannelState: 6|Context: arigate|Exten: 1|Priority: 1");
  EXPECT_EQ(world_.sink.take(), Lines{});
}

TEST_P(SnoopOnEach, EndsWithItsTarget) {
  begin(GetParam());
  ask();
  comes();
  world_.sink.take();
  world_.event(
      "Event: Hangup|Channel: SIP/alice-1|ChannelState: 6|Context: trunk|Exten: 600|"
      "Priority: 1|Uniqueid: 1.1|Cause: 16");
  EXPECT_EQ(world_.ami.take_posted(), hangups());
  world_.run([&] { entrance_.hangup_seen(*link_); });
  world_.run([&] { entrance_.received(*link_, test::agi_reply("200 result=0")); });
  world_.run([&] { entrance_.received(*link_, test::agi_reply("200 result=1")); });
  EXPECT_TRUE(link_->closed());
  goes(1);
  goes(2);
  Lines shown;
  for (const auto& line : world_.sink.take()) {
    if (line.find("ear") != std::string::npos) shown.push_back(line);
  }
  EXPECT_EQ(shown.at(0), "end ear app");
  EXPECT_EQ(shown.size(), 2U);  // And its end.
  expect_nothing_left();
}

TEST_P(SnoopOnEach, TellsTheHangupThatWasAskedForBeforeItsEnd) {
  begin(GetParam());
  ask();
  comes();
  world_.sink.take();
  const auto asked = world_.start(hangup(world_.world, entrance_, ChannelId{"ear"}, 16));
  world_.run([&] { entrance_.hangup_seen(*link_); });  // AGI is faster than AMI's answer.
  EXPECT_EQ(world_.sink.take(), Lines{});
  world_.run([&] { world_.ami.answer(); });
  const auto told = world_.sink.take();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told.front().starts_with("hanguprequest ear 32")) << told.front();
  EXPECT_EQ(told.back(), "end ear app");
}

TEST_P(SnoopOnEach, EndsWhenItsSocketIsCut) {
  begin(GetParam());
  ask();
  comes();
  world_.run([&] { entrance_.closed(*link_); });
  EXPECT_EQ(world_.ami.take_posted(), hangups());
  goes(1);
  goes(2);
  expect_nothing_left();
}

TEST_P(SnoopOnEach, EndsWhenItsFarHalfEnds) {
  begin(GetParam());
  ask();
  comes();
  goes(1);
  EXPECT_EQ(world_.ami.take_posted(), Lines{"Hangup|Channel: " + half(2)});
  goes(2);
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Dialects, SnoopOnEach, testing::Values("1.1", "1.3", "5.0.4", "11.0.0"));

TEST_F(SnoopTest, NeedsATarget) {
  ask("nobody");
  ASSERT_TRUE(outcome_->has_value());
  EXPECT_EQ((**outcome_).error().code, Errc::not_found);
  expect_nothing_left();
}

TEST_F(SnoopTest, NeedsAnIdThatIsFree) {
  begin("5.0.4");
  ask();
  const auto first = outcome_;
  ask();  // While the first is on its way.
  EXPECT_EQ((**outcome_).error().code, Errc::conflict);
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  EXPECT_EQ((**first).error().code, Errc::refused_by_pbx);
  expect_nothing_left();
}

TEST_F(SnoopTest, TwoAtATimeHaveTwoNames) {
  begin("5.0.4");
  ask();
  const auto first = token_;
  const auto second =
      world_.start(snoops_.snoop({ChannelId{"1.1"}, ChannelId{"other"}, Direction::in,
                                  Direction::none, Destination{AppName{"app"}, {}}}));
  world_.run([&] { world_.ami.answer(); });
  world_.event(event_of("Newchannel", 2));
  const auto action = world_.ami.waiting_action();
  token_ = action.substr(action.find("Local/") + 6, model::leg_token_digits);
  ASSERT_NE(token_, first);
  world_.run([&] { world_.ami.answer(); });
  auto other_half = event_of("Newchannel", 2);
  other_half.replace(other_half.find("Uniqueid: ear"), 13, "Uniqueid: other");
  world_.event(other_half);
  EXPECT_EQ(world_.store.find(ChannelId{"ear"})->shown_name, "Snoop/1.1-00000000");
  EXPECT_EQ(world_.store.find(ChannelId{"other"})->shown_name, "Snoop/1.1-00000001");
}

TEST_F(SnoopTest, EndsWhenItsTargetWentMeanwhile) {
  begin("5.0.4");
  ask();
  world_.event(
      "Event: Hangup|Channel: SIP/alice-1|ChannelState: 6|Context: trunk|Exten: 600|"
      "Priority: 1|Uniqueid: 1.1|Cause: 16");
  comes();
  EXPECT_EQ(world_.ami.take_posted(), hangups());
}

}  // namespace
}  // namespace arigate::ops
