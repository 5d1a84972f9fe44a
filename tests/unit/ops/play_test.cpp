#include "ops/play.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

TEST(Playbacks, AreOnlySoMany) {
  test::SmallWorld world;
  world.event(
      "Event: Newchannel|Channel: SIP/a-1|ChannelState: 6|Uniqueid: 1.1|Context: c|Exten: 1|"
      "Priority: 1");
  Interrupter interrupter{world.world, {}};
  Playbacks playbacks{world.world, interrupter};
  const ChannelId channel{"1.1"};
  const auto control = std::make_shared<Control>(channel, std::make_shared<test::FakeAgiLink>(),
                                                 world.clock, Playbacks::playbacks_max);
  const auto play = [&](std::size_t number) {
    PlayRequest request;
    request.target = MediaTarget{control, channel, {}, {}};
    request.media = {"sound:beep"};
    request.id.value = std::to_string(number);
    return playbacks.play(std::move(request), [](const model::Playback&) {});
  };
  for (std::size_t i = 0; i < Playbacks::playbacks_max; ++i) ASSERT_TRUE(play(i));
  const auto refused = play(Playbacks::playbacks_max);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_EQ(world.store.playback_count(), Playbacks::playbacks_max);
  control->on(test::agi_reply("200 result=0 endpos=8000"));  // The first one has ended.
  EXPECT_TRUE(play(Playbacks::playbacks_max));
  control->drop({Errc::unavailable, "over"});
  EXPECT_EQ(world.store.playback_count(), 0U);
}

/// A playback on a PBX with ControlPlayback.
class ControlledPlayback : public testing::Test {
 protected:
  void play() {
    world_.event(
        "Event: Newchannel|Channel: SIP/a-1|ChannelState: 6|Uniqueid: 1.1|Context: c|Exten: 1|"
        "Priority: 1");
    PlayRequest request;
    request.target = MediaTarget{line_, ChannelId{"1.1"}, {}, {}};
    request.media = {"sound:beep"};
    request.id.value = "p";
    ASSERT_TRUE(playbacks_.play(std::move(request), [](const model::Playback&) {}));
    world_.ami.take_posted();
  }
  Result<void> control(PlaybackControl what) {
    Result<void> outcome;
    world_.run([&] { outcome = playbacks_.control(PlaybackId{"p"}, what); });
    return outcome;
  }
  void end() {
    world_.run([&] { line_->on(test::agi_reply("200 result=0 endpos=8000")); });
    EXPECT_EQ(world_.store.playback_count(), 0U);
  }
  static std::string posted(std::string_view verb) {
    return fmt::format("ControlPlayback|Channel: SIP/a-1|Control: {}", verb);
  }

  test::SmallWorld world_{"2.10.4"};
  Interrupter interrupter_{world_.world, {}};
  Playbacks playbacks_{world_.world, interrupter_};
  std::shared_ptr<Control> line_ = std::make_shared<Control>(
      ChannelId{"1.1"}, std::make_shared<test::FakeAgiLink>(), world_.clock);
};

/// A PBX that has not read the command yet drops what controls it.
TEST_F(ControlledPlayback, IsToStopUntilItDoesButNotForEver) {
  world_.deadlines_pass();
  play();
  EXPECT_TRUE(control(PlaybackControl::stop));
  EXPECT_EQ(world_.ami.take_posted(), std::vector(PlaybackMachine::stops_max, posted("stop")));
  end();
  EXPECT_EQ(world_.ami.take_posted().size(), 0U);
}

TEST_F(ControlledPlayback, IsControlledInOrderWhenThePbxCanHaveReadItsCommand) {
  world_.deadlines_pass();
  play();
  world_.run([&] {
    EXPECT_TRUE(playbacks_.control(PlaybackId{"p"}, PlaybackControl::forward));
    EXPECT_TRUE(playbacks_.control(PlaybackId{"p"}, PlaybackControl::pause));
  });
  EXPECT_EQ(world_.ami.take_posted(), (std::vector{posted("forward"), posted("pause")}));
  end();
}

TEST_F(ControlledPlayback, IsNotControlledBefore) {
  world_.wait_for_ever();
  play();
  for (std::size_t held = 0; held < Playbacks::held_max; ++held) {
    EXPECT_TRUE(control(PlaybackControl::forward));
  }
  EXPECT_EQ(control(PlaybackControl::forward).error().code, Errc::overloaded);
  EXPECT_EQ(world_.ami.take_posted().size(), 0U);
  world_.clock.advance(PlaybackMachine::reading_time);
  EXPECT_EQ(world_.ami.take_posted().size(), 0U) << "those before it are on their way";
  end();
}

}  // namespace
}  // namespace arigate::ops
