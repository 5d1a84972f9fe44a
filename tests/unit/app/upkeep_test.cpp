#include "app/upkeep.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/small_world.hpp"

namespace arigate::app {
namespace {

const std::string look = "Command|Command: dialplan show arigate";

class UpkeepTest : public testing::Test {
 protected:
  UpkeepTest() { world_.wait_for_ever(); }

  boost::asio::awaitable<void> learn_folders() {
    if (fails_) throw std::runtime_error{"no folders"};
    co_return;
  }
  static boost::asio::awaitable<void> learn_pbx() { co_return; }
  Upkeep::Duties duties() {
    return {[this] { return learn_folders(); }, [] { return learn_pbx(); },
            [] { return std::string{"127.0.0.1:4573"}; }, false, std::chrono::milliseconds{20}};
  }
  boost::asio::awaitable<bool> wait_for_reentry() {
    co_await upkeep_.wait_for_reentry();
    co_return true;
  }
  boost::asio::awaitable<bool> wait_for_lists() {
    co_await upkeep_.wait_for_lists();
    co_return true;
  }
  /// Somebody wants to lead a channel there; his outcome is there once he goes on.
  auto wants_reentry() { return world_.start(wait_for_reentry()); }
  void refuse(Errc why) {
    world_.run([&] { world_.ami.refuse(why); });
  }
  /// Lets the time pass until the PBX is asked again.
  void until_asked() {
    world_.context.restart();
    while (world_.ami.waiting() == 0 && world_.context.run_one() > 0) {
    }
  }

  test::SmallWorld world_;
  ari::Snapshots snapshots_{false};
  ari::EventWriter writer_{snapshots_, "test"};
  ari::Applications applications_{world_.store, snapshots_, writer_, world_.clock};
  bool fails_ = false;
  Upkeep upkeep_{world_.context.get_executor(), world_.world, applications_, duties()};
};

TEST_F(UpkeepTest, APbxThatDoesNotAnswerIsAskedAgainForTheReentryContext) {
  for (const Errc why : {Errc::timeout, Errc::overloaded, Errc::unavailable}) {
    const auto waits = wants_reentry();
    ASSERT_EQ(world_.ami.waiting_action(), look);
    refuse(why);
    EXPECT_FALSE(*waits) << "nobody knows whether it is there";
    until_asked();
    ASSERT_EQ(world_.ami.waiting_action(), look);
    const auto other = wants_reentry();
    EXPECT_EQ(world_.ami.waiting(), 1U);
    refuse(Errc::refused_by_pbx);  // It is not there: that is an answer.
    EXPECT_TRUE(*waits);
    EXPECT_TRUE(*other);
    world_.run([&] { upkeep_.link_down(); });
  }
}

TEST_F(UpkeepTest, APbxThatRefusesIsNotAskedAgain) {
  const auto waits = wants_reentry();
  refuse(Errc::forbidden);
  EXPECT_TRUE(*waits);
  EXPECT_TRUE(*wants_reentry());
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

TEST_F(UpkeepTest, NobodyIsKeptWaitingByALinkThatIsDown) {
  const auto waits = wants_reentry();
  world_.ami.set_up(false);
  refuse(Errc::unavailable);
  world_.run([&] { upkeep_.link_down(); });
  EXPECT_TRUE(*waits);
}

TEST_F(UpkeepTest, RequestsWaitForTheFirstLists) {
  EXPECT_TRUE(upkeep_.learns());
  const auto waits = world_.start(wait_for_lists());
  world_.run([&] { upkeep_.link_up(); });
  while (!*waits) {
    ASSERT_GT(world_.ami.waiting(), 0U) << "nothing is asked, nothing is known";
    refuse(Errc::refused_by_pbx);  // This user may not read them: nobody waits for ever.
  }
  EXPECT_FALSE(upkeep_.learns());
  EXPECT_TRUE(*world_.start(wait_for_lists())) << "who comes later does not wait";
}

TEST_F(UpkeepTest, NobodyWaitsForListsWithoutALink) {
  const auto waits = world_.start(wait_for_lists());
  EXPECT_FALSE(*waits);
  world_.ami.set_up(false);
  world_.run([&] { upkeep_.link_down(); });
  EXPECT_TRUE(*waits);
  EXPECT_FALSE(upkeep_.learns()) << "the next link reads them";
}

TEST_F(UpkeepTest, ListsAreReadEverySoOftenThoughNothingAsksForThem) {
  world_.run([&] { upkeep_.start(); });
  for (int i = 0; i < 2; ++i) {
    until_asked();
    EXPECT_EQ(world_.ami.waiting_action(), "CoreShowChannels");
    refuse(Errc::refused_by_pbx);
  }
  world_.run([&] { upkeep_.stop(); });
}

TEST_F(UpkeepTest, ADutyThatFailsKeepsNoOtherFromItsTurn) {
  fails_ = true;
  world_.run([&] { upkeep_.link_up(); });
  EXPECT_EQ(world_.ami.waiting_action(), "CoreStatus");
}

}  // namespace
}  // namespace arigate::app
