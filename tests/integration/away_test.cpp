// What becomes of the calls of an application that has gone, whatever they do meanwhile.
#include <string>
#include <string_view>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

/// 600 enters the application; each call that falls back adds an x to the global FELL.
constexpr const char* away_lines =
    "[t]\n"
    "exten => 600,1,AGI(agi://@AGI@/app)\n"
    " same => n,Wait(30)\n"
    "[fallback]\n"
    "exten => s,1,Set(GLOBAL(FELL)=${FELL}x)\n"
    " same => n,Wait(30)\n";

class AwayTest : public EveryPbx {
 protected:
  void begin(LostCall lost) {
    config_.applications.push_back({});
    auto& policy = config_.applications.back();
    policy.name = "app";
    policy.lost_call = lost;
    policy.grace = std::chrono::milliseconds{20};
    policy.park_timeout = std::chrono::milliseconds{50};
    policy.fallback_context = "fallback";
    policy.fallback_exten = "s";
    start(GetParam(), sim::arigate_context() + away_lines);
  }
  std::string answered_caller(EventClient& app) {
    call("600", "t");
    const auto start = app.next("StasisStart");
    if (start.is_null()) return "";
    std::string id{start.at("channel").at("id").as_string()};
    EXPECT_EQ(ask("POST", "/channels/" + id + "/answer").status, 204);
    return id;
  }
  void bridge_two(EventClient& app) {
    ASSERT_EQ(ask("POST", "/bridges/talk?type=mixing").status, 200);
    for (int i = 0; i < 2; ++i) {
      const auto id = answered_caller(app);
      ASSERT_EQ(ask("POST", "/bridges/talk/addChannel?channel=" + id).status, 204);
    }
  }
  bool all_fall(const std::string& marks) {
    return comes_true([&] { return global("FELL") == marks; });
  }
};

TEST_P(AwayTest, MembersOfABridgeGoOn) {
  begin(LostCall::leave);
  {
    EventClient app{port(), "app=app"};
    bridge_two(app);
  }
  EXPECT_TRUE(all_fall("xx"));
  EXPECT_EQ(ask("GET", "/bridges/talk").json().at("channels").as_array().size(), 0U);
}

TEST_P(AwayTest, WhoHearsMediaGoesOn) {
  begin(LostCall::leave);
  {
    EventClient app{port(), "app=app"};
    const auto path = "/channels/" + answered_caller(app);
    EXPECT_EQ(ask("POST", path + "/play/p?media=sound:demo-congrats").status, 201);
    EXPECT_EQ(ask("POST", path + "/play/q?media=sound:demo-congrats").status, 201);
    app.next("PlaybackStarted");
  }
  EXPECT_TRUE(all_fall("x"));
  EXPECT_EQ(ask("GET", "/playbacks/p").status, 404);
  EXPECT_EQ(ask("GET", "/playbacks/q").status, 404);
}

TEST_P(AwayTest, WhoHasWaitedForTooLongGoesOnOutOfWhatItDoes) {
  begin(LostCall::park);
  {
    EventClient app{port(), "app=app"};
    bridge_two(app);
    const auto path = "/channels/" + answered_caller(app);
    EXPECT_EQ(ask("POST", path + "/play?media=sound:demo-congrats").status, 201);
    app.next("PlaybackStarted");
  }
  EXPECT_TRUE(all_fall("xxx"));
}

INSTANTIATE_TEST_SUITE_P(, AwayTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
