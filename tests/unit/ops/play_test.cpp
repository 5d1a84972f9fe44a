#include "ops/play.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

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

}  // namespace
}  // namespace arigate::ops
