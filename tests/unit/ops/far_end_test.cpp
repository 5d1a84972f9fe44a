// Operations on the far end of a channel: mute, redirect, digits.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ops/digits.hpp"
#include "ops/mute.hpp"
#include "ops/rtp_statistics.hpp"
#include "ops/tone_watch.hpp"
#include "ops/transfer.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

/// Rests in a command until it is called away.
class Resting : public RestingJob {
 public:
  Step start(TimePoint) override { return Send{"EXEC ConfBridge 1"}; }
  Step on(const agi::Reply&, TimePoint) override { return Done{}; }
  Step call_away(TimePoint) override { return Wait{}; }
  void abandon(const Error&) override {}
};

class FarEndTest : public testing::Test {
 protected:
  FarEndTest() {
    world_.sink.pass_to(entrance_);
    world_.wait_for_ever();
    world_.event(
        "Event: Newchannel|Channel: SIP/alice-1|ChannelState: 6|ChannelStateDesc: Up|"
        "CallerIDNum: 100|CallerIDName: |AccountCode: |Exten: 600|Context: trunk|Uniqueid: 1.1");
    world_.event(
        "Event: Newexten|Channel: SIP/alice-1|Context: trunk|Extension: 600|Priority: 1|"
        "Application: AGI|AppData: agi://gate/app|Uniqueid: 1.1");
    agi::Environment environment;
    environment.uniqueid = "1.1";
    environment.network_script = "app";
    environment.context = "trunk";
    world_.run([&] { entrance_.connected(link_, environment); });
    link_->take();
  }
  void reply(std::string_view line = "200 result=0") {
    world_.run([&] { entrance_.received(*link_, test::agi_reply(line)); });
  }
  std::string transfer(const std::string& endpoint) {
    Result<void> outcome;
    world_.run([&] { outcome = redirect(world_.world, entrance_, channel_, endpoint); });
    return outcome ? "" : outcome.error().detail;
  }
  Control& control() { return *world_.controls.find(channel_); }

  test::SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  DigitSender digits_{world_.world};
  std::shared_ptr<test::FakeAgiLink> link_ = std::make_shared<test::FakeAgiLink>();
  const ChannelId channel_{"1.1"};
};

TEST_F(FarEndTest, MutesWhateverTheChannelDoes) {
  ASSERT_TRUE(control().add(std::make_unique<CommandJob>("STREAM FILE x \"\"")));
  const auto outcome = world_.start(mute(world_.world, channel_, MuteDirection::all, true));
  EXPECT_EQ(world_.ami.waiting_action(), "MuteAudio|Channel: SIP/alice-1|Direction: all|State: on");
  world_.run([&] { world_.ami.answer(); });
  EXPECT_TRUE(outcome->has_value() && **outcome);
}

TEST_F(FarEndTest, TellsWhyItCannotMute) {
  struct {
    Errc told;
    Errc expected;
  } const cases[] = {{Errc::not_supported, Errc::not_supported},
                     {Errc::not_found, Errc::not_found},
                     {Errc::forbidden, Errc::forbidden}};
  for (const auto& [told, expected] : cases) {
    const auto outcome = world_.start(mute(world_.world, channel_, MuteDirection::in, false));
    world_.run([&, code = told] { world_.ami.refuse(code); });
    ASSERT_TRUE(outcome->has_value() && !**outcome);
    EXPECT_EQ((*outcome)->error().code, expected);
  }
  const auto unknown = world_.start(mute(world_.world, ChannelId{"no"}, MuteDirection::in, false));
  EXPECT_EQ((*unknown)->error().detail, "Channel not found");
}

TEST_F(FarEndTest, RefusesToRedirectToWhatIsNoEndpoint) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "Required parameter 'endpoint' not provided."},
      {"bob", "Endpoint parameter 'bob' does not contain tech/resource"},
      {"/bob", "Endpoint parameter '/bob' does not contain tech/resource"},
      {"IAX2/bob", "Endpoint technology 'IAX2' does not match channel technology 'SIP'"},
      {"SIP/bob,x", "The endpoint cannot be sent"},
      {"SIP/${SHELL(id)}", "The endpoint cannot be sent"},
      {"SIP/b\nob", "A value for the PBX holds a line end or NUL"},
  };
  for (const auto& [endpoint, expected] : cases) EXPECT_EQ(transfer(endpoint), expected);
  EXPECT_EQ(link_->take(), Lines{});
}

TEST_F(FarEndTest, RedirectsInItsTurn) {
  EXPECT_EQ(transfer("SIP/bob"), "");
  EXPECT_EQ(link_->take(), Lines{"EXEC Transfer \"SIP/bob\""});
  reply();
  EXPECT_TRUE(control().idle());
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

TEST_F(FarEndTest, TakesBackACallWhosePhoneDoesNotAnswerTheRedirect) {
  world_.deadlines_pass();
  EXPECT_EQ(transfer("SIP/bob"), "");
  EXPECT_TRUE(world_.ami.waiting_action().starts_with(
      "Redirect|Channel: SIP/alice-1|Context: arigate|Exten: "))
      << world_.ami.waiting_action();
}

TEST_F(FarEndTest, SendsDigitsInTheirTurn) {
  DtmfOrder order;
  order.digits = "12#";
  order.before_ms = 20;
  world_.run([&] { EXPECT_TRUE(digits_.send(channel_, order)); });
  EXPECT_EQ(link_->take(), Lines{"EXEC Wait 0.020"});
  reply();
  EXPECT_EQ(link_->take(), Lines{"EXEC SendDTMF \"12#,100,100\""});
}

TEST_F(FarEndTest, SendsDigitsToAMemberOfABridgeWithoutTakingItOut) {
  world_.run([&] { control().rest_by([] { return std::make_unique<Resting>(); }); });
  EXPECT_EQ(link_->take(), Lines{"EXEC ConfBridge 1"});
  world_.deadlines_pass();
  DtmfOrder order;
  order.digits = "1wA";
  order.duration_ms = 80;
  world_.run([&] {
    EXPECT_TRUE(digits_.send(channel_, order));
    EXPECT_TRUE(digits_.send(channel_, order));
  });
  world_.settle();
  EXPECT_EQ(link_->take(), Lines{});
  const std::string one = "PlayDTMF|Channel: SIP/alice-1|Digit: 1|Duration: 80";
  const std::string a = "PlayDTMF|Channel: SIP/alice-1|Digit: A|Duration: 80";
  EXPECT_EQ(world_.ami.take_posted(), (Lines{one, a, one, a}));
  order.digits = "x1f";
  world_.run([&] { EXPECT_TRUE(digits_.send(channel_, order)); });
  world_.settle();
  EXPECT_EQ(world_.ami.take_posted(), Lines{one});
  world_.ami.set_up(false);
  world_.run([&] { EXPECT_EQ(digits_.send(channel_, order).error().code, Errc::unavailable); });
}

TEST_F(FarEndTest, SoManyDigitsWaitOnAMemberOfABridge) {
  world_.run([&] { control().rest_by([] { return std::make_unique<Resting>(); }); });
  DtmfOrder order;
  order.digits = "1";
  for (std::size_t i = 0; i < DigitSender::orders_max; ++i) {
    world_.run([&] { ASSERT_TRUE(digits_.send(channel_, order)); });
  }
  world_.run([&] { EXPECT_EQ(digits_.send(channel_, order).error().code, Errc::overloaded); });
  EXPECT_EQ(world_.ami.take_posted().size(), 1U) << "the first one is being played";
}

class LongDigitsTest : public FarEndTest {
 protected:
  /// The first order waits for a long time; the second one waits behind it.
  void send(long DtmfOrder::*pause) {
    world_.run([&] { control().rest_by([] { return std::make_unique<Resting>(); }); });
    DtmfOrder order;
    order.digits = "1";
    order.*pause = 1'000'000'000;
    world_.run([&] {
      EXPECT_TRUE(digits_.send(channel_, order));
      EXPECT_TRUE(digits_.send(channel_, order));
    });
    world_.ami.take_posted();
  }
  void expect_over() {
    EXPECT_EQ(digits_.channel_count(), 0U);
    EXPECT_EQ(world_.ami.take_posted(), Lines{});
  }
};

TEST_F(LongDigitsTest, EndWithTheirChannel) {
  send(&DtmfOrder::before_ms);
  EXPECT_EQ(digits_.channel_count(), 1U);
  world_.event("Event: Hangup|Channel: SIP/alice-1|Uniqueid: 1.1|Cause: 16|Cause-txt: x");
  expect_over();
}

TEST_F(LongDigitsTest, EndWhenTheChannelLeavesForItsDialplan) {
  send(&DtmfOrder::duration_ms);
  world_.run([&] { world_.reconciler.move(channel_, AppName{"b"}, {}, world_.clock.wall()); });
  EXPECT_EQ(digits_.channel_count(), 1U) << "another application has it";
  world_.run([&] { entrance_.let_go(channel_); });
  expect_over();
}

TEST_F(FarEndTest, ReadsTheCountersOfTheDriver) {
  const auto outcome =
      world_.start(rtp_counters(world_.world, channel_, {"txcount", "rxjitter", "odd"}));
  EXPECT_EQ(world_.ami.waiting_action(),
            "Status|Channel: SIP/alice-1|Variables: CHANNEL(rtpqos,audio,txcount),"
            "CHANNEL(rtpqos,audio,rxjitter),CHANNEL(rtpqos,audio,odd)");
  world_.run([&] {
    world_.ami.answer(
        {"Event: Status|Variable: CHANNEL(rtpqos,audio,txcount)=12|Variable: "
         "CHANNEL(rtpqos,audio,odd)=(null)|Variable: "
         "CHANNEL(rtpqos,audio,rxjitter)=0.250000"});
  });
  ASSERT_TRUE(outcome->has_value() && **outcome);
  EXPECT_EQ(***outcome, (RtpCounters{{"txcount", "12"}, {"rxjitter", "0.250000"}}));
}

TEST_F(FarEndTest, HasNoCountersBeforeThereIsAudio) {
  const auto outcome = world_.start(rtp_counters(world_.world, channel_, {"txcount"}));
  world_.run([&] { world_.ami.answer({"Event: Status|Variable: CHANNEL(x,txcount)=(null)"}); });
  ASSERT_TRUE(outcome->has_value() && !**outcome);
  EXPECT_EQ((*outcome)->error().detail, "RTP info not found");
}

TEST_F(FarEndTest, AsksForTheTonesThatWereHeard) {
  ToneWatch tones{world_.world};
  world_.run([&] { tones.on_set(channel_, "TALK_DETECT(set)"); });
  EXPECT_EQ(world_.ami.waiting(), 0U);
  world_.sink.take();
  world_.run([&] {
    tones.on_set(channel_, "TONE_DETECT(440,200)");
    tones.on_set(channel_, "TONE_DETECT(480,200)");
  });
  EXPECT_EQ(world_.ami.waiting(), 1U) << "one question for both";
  EXPECT_EQ(world_.ami.waiting_action(), "Getvar|Channel: SIP/alice-1|Variable: TONE_DETECT(rx)");
  world_.run([&] { world_.ami.answer({"Response: Success|Value: 2"}); });
  EXPECT_EQ(world_.sink.take(), (Lines{"tone 1.1", "tone 1.1"}));
}

TEST_F(FarEndTest, AsksForTonesNoLongerThanTheyAreListenedFor) {
  ToneWatch tones{world_.world};
  world_.run([&] { tones.on_set(channel_, "TONE_DETECT(440,200)"); });
  world_.run([&] { world_.ami.answer({"Response: Success|Value: "}); });
  EXPECT_EQ(tones.size(), 0U);
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

TEST_F(FarEndTest, AsksForTheTonesOfOnlySoManyChannels) {
  ToneWatch tones{world_.world};
  const auto set = [&](std::size_t number) {
    tones.on_set(ChannelId{std::to_string(number)}, "TONE_DETECT()");
  };
  for (std::size_t i = 0; i <= ToneWatch::channels_max; ++i) set(i);
  EXPECT_EQ(tones.size(), ToneWatch::channels_max);
  world_.settle();
  EXPECT_EQ(tones.size(), 0U) << "there is none of these channels";
  set(0);
  EXPECT_EQ(tones.size(), 1U);
}

}  // namespace
}  // namespace arigate::ops
