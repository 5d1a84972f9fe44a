// What keeps a crowded conference of Asterisk 1.8 from shrinking.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class RoomKeepersTest : public EveryPbx {
 protected:
  void begin() {
    start(GetParam(), sim::arigate_context());
    EventClient events{port(), "app=demo"};
    ASSERT_TRUE(events.open());
    ASSERT_EQ(ask("POST", "/bridges/room?type=mixing").status, 200);
    for (int count = 0; count < 3; ++count) {
      call("600");
      const auto began = events.next("StasisStart");
      ASSERT_FALSE(began.is_null());
      callers_.emplace_back(began.at("channel").at("id").as_string());
      ASSERT_EQ(ask("POST", "/channels/" + callers_.back() + "/answer").status, 204);
    }
  }
  int add(const std::string& channel) {
    return ask("POST", "/bridges/room/addChannel?channel=" + channel).status;
  }
  std::size_t in_rooms() {
    return pbx().ask([](sim::Pbx& pbx) { return pbx.conference_members(); });
  }
  bool becomes(std::size_t members) {
    return eventually([&] { return in_rooms() == members; });
  }
  std::vector<std::string> callers_;
};

TEST_P(RoomKeepersTest, AreThereFromTheThirdMemberToTheLast) {
  begin();
  const bool old = GetParam() == sim::Version::asterisk_1_8;
  const std::size_t keepers = old ? 2 : 0;
  EXPECT_EQ(add(callers_[0]), 204);
  EXPECT_EQ(add(callers_[1]), 204);
  EXPECT_TRUE(becomes(2)) << "two need none";
  EXPECT_EQ(add(callers_[2]), 204);
  EXPECT_TRUE(becomes(3 + keepers));
  EXPECT_EQ(ask("GET", "/bridges/room").json().at("channels").as_array().size(), 3U)
      << "ARI does not show them";
  EXPECT_EQ(ask("GET", "/channels").json().as_array().size(), 3U);
  for (std::size_t left : {2, 1}) {
    EXPECT_EQ(ask("DELETE", "/channels/" + callers_[left]).status, 204);
    EXPECT_TRUE(becomes(left + keepers)) << "they stay as long as somebody is there";
  }
  EXPECT_EQ(ask("DELETE", "/bridges/room").status, 204);
  EXPECT_TRUE(becomes(0));
  EXPECT_EQ(ask("DELETE", "/channels/" + callers_[0]).status, 204);
  EXPECT_TRUE(eventually([&] {
    return pbx().ask([](sim::Pbx& pbx) { return pbx.channel_count(); }) == 0;
  })) << "nothing of them is left";
}

TEST_P(RoomKeepersTest, AreThereAsLongAsSomebodySpeaksToThoseWhoWait) {
  begin();
  const bool old = GetParam() == sim::Version::asterisk_1_8;
  const std::size_t keepers = old ? 2 : 0;
  ASSERT_EQ(ask("POST", "/bridges/hold?type=holding").status, 200);
  for (const auto& caller : callers_) {
    EXPECT_EQ(ask("POST", "/bridges/hold/addChannel?channel=" + caller).status, 204);
  }
  for (std::size_t waiting : {3, 2, 1}) {
    EXPECT_TRUE(becomes(old ? 0 : waiting));
    EXPECT_EQ(ask("POST", "/bridges/hold/play/p?media=sound:demo-congrats").status, 201);
    EXPECT_TRUE(becomes(waiting + 1 + keepers)) << "and who speaks";
    EXPECT_EQ(ask("DELETE", "/channels/" + callers_[waiting - 1]).status, 204);
    if (waiting == 1) break;  // It has ended with the last one.
    EXPECT_EQ(ask("DELETE", "/playbacks/p").status, 204);
  }
  EXPECT_TRUE(becomes(0));
}

TEST_P(RoomKeepersTest, AreThereAgainAfterARestart) {
  begin();
  const std::size_t keepers = GetParam() == sim::Version::asterisk_1_8 ? 2 : 0;
  for (const auto& caller : callers_) EXPECT_EQ(add(caller), 204);
  EXPECT_TRUE(becomes(3 + keepers));
  restart();
  EventClient events{port(), "app=demo"};
  ASSERT_TRUE(events.open());
  for (int count = 0; count < 3; ++count) EXPECT_FALSE(events.next("StasisStart").is_null());
  EXPECT_TRUE(becomes(3 + keepers));
  EXPECT_EQ(ask("DELETE", "/bridges/room").status, 204);
  EXPECT_TRUE(becomes(0));
}

INSTANTIATE_TEST_SUITE_P(Each, RoomKeepersTest,
                         testing::Values(sim::Version::asterisk_1_8, sim::Version::asterisk_11),
                         version_name);

}  // namespace
}  // namespace arigate::test
