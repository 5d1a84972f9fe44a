#include "ops/bridge_media.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/leg_name.hpp"
#include "ops/entrance.hpp"
#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

const BridgeId bridge{"one"};

class BridgeMediaTest : public testing::Test {
 protected:
  BridgeMediaTest() {
    world_.sink.pass_to(entrance_);
    world_.sink.pass_to(legs_);
    world_.sink.pass_to(media_);
    entrance_.use(legs_);
    world_.wait_for_ever();
    world_.run([&] { EXPECT_TRUE(bridges_.create({.id = bridge})); });
  }

  auto play() { return world_.start(media_.announcer(bridge)); }
  /// The PBX does what the Originate that waits asks for.
  void leg_opens() {
    const auto action = world_.ami.waiting_action();
    const auto at = action.find("Local/");
    ASSERT_NE(at, std::string::npos) << action;
    const auto token = action.substr(at + 6, model::leg_token_digits);
    world_.run([&] { world_.ami.answer(); });
    const auto name = [&](int half) {
      return fmt::format("Local/{}@arigate-0000001f;{}", token, half);
    };
    for (const int half : {1, 2}) {
      world_.event(
          fmt::format("Event: Newchannel|Channel: {}|ChannelState: 0|Context: arigate|"
                      "Exten: {}|Priority: 1|Uniqueid: 7.{}",
                      name(half), token, half));
    }
    agi::Environment environment;
    environment.uniqueid = "7.2";
    environment.channel = name(2);
    environment.context = "arigate";
    environment.extension = token;
    environment.network_script = "arigate";
    environment.arguments = {token};
    world_.run([&] { entrance_.connected(link_, environment); });
  }

  test::SmallWorld world_;
  Entrance entrance_{world_.context.get_executor(), world_.world};
  Legs legs_{world_.world, entrance_};
  Bridges bridges_{world_.context.get_executor(), world_.world};
  RoomKeepers keepers_{world_.context.get_executor(), world_.world, legs_, bridges_};
  BridgeMedia media_{world_.context.get_executor(), world_.world, legs_, bridges_, keepers_};
  std::shared_ptr<test::FakeAgiLink> link_ = std::make_shared<test::FakeAgiLink>();
};

TEST_F(BridgeMediaTest, ManyThatPlayShareOneLegThoughTheFirstCannotOpenIt) {
  const auto first = play();
  const auto second = play();
  const auto third = play();
  EXPECT_EQ(world_.ami.waiting(), 1U);
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  ASSERT_TRUE(*first);
  EXPECT_FALSE(**first);
  EXPECT_EQ(world_.ami.waiting(), 1U) << "one of those that wait tries";
  leg_opens();
  ASSERT_TRUE(*second && **second);
  ASSERT_TRUE(*third && **third);
  EXPECT_EQ((**second)->control, (**third)->control);
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_EQ(legs_.size(), 1U);
}

TEST_F(BridgeMediaTest, NobodyWaitsForTheLegOfABridgeThatIsGone) {
  const auto first = play();
  const auto second = play();
  const auto gone = world_.start(bridges_.destroy(bridge));
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  ASSERT_TRUE(*first && *second);
  EXPECT_FALSE(**first);
  EXPECT_FALSE(**second);
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

}  // namespace
}  // namespace arigate::ops
