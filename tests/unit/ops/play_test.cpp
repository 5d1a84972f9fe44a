#include "ops/play.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
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

/// A PBX that has not read the command yet drops what controls it.
TEST(Playbacks, AskForAStopUntilItHasComeButNotForEver) {
  test::SmallWorld world{"2.10.4"};
  world.deadlines_pass();
  world.event(
      "Event: Newchannel|Channel: SIP/a-1|ChannelState: 6|Uniqueid: 1.1|Context: c|Exten: 1|"
      "Priority: 1");
  Interrupter interrupter{world.world, {}};
  Playbacks playbacks{world.world, interrupter};
  const ChannelId channel{"1.1"};
  const auto control =
      std::make_shared<Control>(channel, std::make_shared<test::FakeAgiLink>(), world.clock);
  PlayRequest request;
  request.target = MediaTarget{control, channel, {}, {}};
  request.media = {"sound:beep"};
  request.id.value = "p";
  ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {}));
  world.ami.take_posted();
  world.run([&] { EXPECT_TRUE(playbacks.control(PlaybackId{"p"}, PlaybackControl::stop)); });
  EXPECT_EQ(world.ami.take_posted(),
            std::vector(PlaybackMachine::stops_max,
                        std::string{"ControlPlayback|Channel: SIP/a-1|Control: stop"}));
  world.run([&] { control->on(test::agi_reply("200 result=0 endpos=8000")); });
  EXPECT_EQ(world.store.playback_count(), 0U);
  EXPECT_EQ(world.ami.take_posted().size(), 0U);
}

/// What controls a playback waits until the PBX can have read the command, all in its order.
TEST(Playbacks, AreNotControlledBeforeThePbxHasReadTheirCommand) {
  test::SmallWorld world{"2.10.4"};
  world.wait_for_ever();
  world.event(
      "Event: Newchannel|Channel: SIP/a-1|ChannelState: 6|Uniqueid: 1.1|Context: c|Exten: 1|"
      "Priority: 1");
  Interrupter interrupter{world.world, {}};
  Playbacks playbacks{world.world, interrupter};
  const auto control = std::make_shared<Control>(
      ChannelId{"1.1"}, std::make_shared<test::FakeAgiLink>(), world.clock);
  PlayRequest request;
  request.target = MediaTarget{control, ChannelId{"1.1"}, {}, {}};
  request.media = {"sound:beep"};
  request.id.value = "p";
  ASSERT_TRUE(playbacks.play(std::move(request), [](const model::Playback&) {}));
  world.ami.take_posted();
  world.run([&] {
    EXPECT_TRUE(playbacks.control(PlaybackId{"p"}, PlaybackControl::forward));
    EXPECT_TRUE(playbacks.control(PlaybackId{"p"}, PlaybackControl::pause));
  });
  EXPECT_EQ(world.ami.take_posted().size(), 0U);
  world.clock.advance(PlaybackMachine::reading_time);
  world.run([&] { EXPECT_TRUE(playbacks.control(PlaybackId{"p"}, PlaybackControl::unpause)); });
  EXPECT_EQ(world.ami.take_posted().size(), 0U) << "behind the others";
  control->on(test::agi_reply("200 result=0 endpos=8000"));
  world.settle();
}

}  // namespace
}  // namespace arigate::ops
