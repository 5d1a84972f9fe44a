// A planned end of arigate and its next start, with calls that go on meanwhile.
#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class RestartTest : public EveryPbx {
 protected:
  /// Somebody calls the application, which answers; gives the id of the channel.
  std::string answered_caller(EventClient& events) {
    call("600");
    const auto start = events.next("StasisStart");
    if (start.is_null()) return "";
    std::string id{start.at("channel").at("id").as_string()};
    EXPECT_EQ(ask("POST", "/channels/" + id + "/answer").status, 204);
    return id;
  }
  /// Two channels that come back to the application.
  static std::set<std::string> returned(EventClient& events) {
    std::set<std::string> ids;
    for (int i = 0; i < 2; ++i) {
      const auto start = events.next("StasisStart");
      if (!start.is_null()) ids.emplace(start.at("channel").at("id").as_string());
    }
    return ids;
  }
  /// A call ends in the re-entry context.
  void expect_end_at_home(const std::string& context) {
    start(GetParam(), context +
                          "\n[came]\nexten => 1,1,AGI(agi://@AGI@/demo)\n"
                          "exten => h,1,Set(GLOBAL(ENDED)=${CONTEXT} ${EXTEN})\n");
    EventClient before{port(), "app=demo"};
    const auto caller = call("1", "came");
    ASSERT_FALSE(before.next("StasisStart").is_null());
    restart();
    EventClient events{port(), "app=demo&subscribeAll=true"};
    ASSERT_FALSE(events.next("StasisStart").is_null());
    hang_up(caller);
    const auto told = events.next("ChannelDialplan");
    ASSERT_TRUE(told.is_object());
    EXPECT_EQ(told.at("dialplan_app").as_string(), "Set");
    EXPECT_EQ(told.at("channel").at("dialplan").at("exten").as_string(), "h");
    EXPECT_FALSE(events.next("ChannelDestroyed").is_null());
    EXPECT_EQ(global("ENDED"), "came h");
  }
  std::string value_of(std::string_view bridge, std::string_view name) {
    return ask("GET", fmt::format("/bridges/{}/variable?variable={}", bridge, name)).body;
  }
};

TEST_P(RestartTest, CallsKeepTheirIds) {
  start(GetParam(), sim::arigate_context());
  std::set<std::string> before;
  {
    EventClient events{port(), "app=demo"};
    before = {answered_caller(events), answered_caller(events)};
  }
  restart();
  EventClient events{port(), "app=demo"};
  EXPECT_EQ(returned(events), before);
}

TEST_P(RestartTest, ABridgeKeepsALongId) {
  const std::string id = "a_bridge_" + std::string(90, '_');
  start(GetParam(), sim::arigate_context());
  {
    EventClient events{port(), "app=demo"};
    const auto one = answered_caller(events);
    ASSERT_EQ(ask("POST", "/bridges/" + id + "?type=mixing").status, 200);
    ASSERT_EQ(ask("POST", "/bridges/" + id + "/addChannel?channel=" + one).status, 204);
  }
  restart();
  EXPECT_EQ(ask("GET", "/bridges/" + id).json().at("channels").as_array().size(), 1U);
  EXPECT_EQ(ask("GET", "/bridges").json().as_array().size(), 1U);
}

TEST_P(RestartTest, ABridgeKeepsItsNameAndVariables) {
  start(GetParam(), sim::arigate_context());
  {
    EventClient events{port(), "app=demo"};
    const auto one = answered_caller(events);
    ASSERT_EQ(ask("POST", "/bridges/talk?type=mixing&name=the%20shop").status, 200);
    ASSERT_EQ(ask("POST", "/bridges/talk/addChannel?channel=" + one).status, 204);
    EXPECT_EQ(ask("POST", "/bridges/talk/variable?variable=COLOUR&value=red").status, 204);
    EXPECT_EQ(ask("POST", "/bridges/talk/variable?variable=COLOUR&value=blue%2C%20green").status,
              204);
    const auto two = answered_caller(events);
    ASSERT_EQ(ask("POST", "/bridges/talk/addChannel?channel=" + two).status, 204);
    EXPECT_EQ(
        ask("POST", "/bridges/talk/variable?variable=LONG&value=" + std::string(2000, 'x')).status,
        204);
  }
  const auto before = ask("GET", "/bridges/talk").json();
  restart();
  const auto after = ask("GET", "/bridges/talk").json();
  EXPECT_EQ(after.at("name").as_string(), "the shop");
  EXPECT_EQ(after.at("creationtime"), before.at("creationtime"));
  EXPECT_EQ(after.at("channels").as_array().size(), 2U);
  EXPECT_EQ(value_of("talk", "COLOUR"), R"({"value":"blue, green"})");
  EXPECT_NE(value_of("talk", "LONG").find(std::string(2000, 'x')), std::string::npos);
  EventClient events{port(), "app=demo"};
  EXPECT_EQ(returned(events).size(), 2U);
  EXPECT_EQ(ask("DELETE", "/bridges/talk").status, 204);
  EXPECT_EQ(ask("GET", "/bridges/talk").status, 404);
}

/// A call that came by a line of the dialplan goes on behind that line, before and after.
TEST_P(RestartTest, ContinuesBehindTheLineThatItCameFrom) {
  start(GetParam(), sim::arigate_context() +
                        "\n[came]\nexten => 1,1,AGI(agi://@AGI@/demo)\n"
                        " same => n,Set(ARRIVED=home)\n same => n,Wait(30)\n");
  std::string id;
  {
    EventClient events{port(), "app=demo"};
    call("1", "came");
    id = std::string{events.next("StasisStart").at("channel").at("id").as_string()};
    EXPECT_EQ(ask("POST", "/channels/" + id + "/answer").status, 204);
  }
  restart();
  EventClient events{port(), "app=demo"};
  ASSERT_EQ(events.next("StasisStart").at("channel").at("id").as_string(), id);
  EXPECT_EQ(ask("POST", "/channels/" + id + "/continue").status, 204);
  EXPECT_FALSE(events.next("StasisEnd").is_null());
  EXPECT_TRUE(comes_true([&] {
    return ask("GET", "/channels/" + id + "/variable?variable=ARRIVED").body ==
           R"({"value":"home"})";
  }));
}

/// The hangup extension of the dialplan that a call came from is run, wherever the call is by then.
TEST_P(RestartTest, ACallThatEndsHasTheHangupExtensionOfItsHome) {
  expect_end_at_home(sim::arigate_context());
}

TEST_P(RestartTest, AContextWithoutAHangupExtensionIsGivenOne) {
  const auto whole = sim::arigate_context();
  expect_end_at_home(whole.substr(0, whole.find("exten => h")));
}

/// A call that no line of a dialplan has brought has none, as natively.
TEST_P(RestartTest, ACallThatWasPlacedHasNoHangupExtension) {
  start(GetParam(), sim::arigate_context() + "\n[default]\nexten => h,1,Set(GLOBAL(ENDED)=1)\n");
  EventClient before{port(), "app=demo"};
  ASSERT_EQ(ask("POST", "/channels/made?endpoint=SIP/alice&app=demo").status, 200);
  ASSERT_FALSE(before.next("StasisStart").is_null());
  restart();
  EventClient events{port(), "app=demo&subscribeAll=true"};
  ASSERT_FALSE(events.next("StasisStart").is_null());
  EXPECT_EQ(ask("DELETE", "/channels/made").status, 204);
  EXPECT_EQ(events.types_until("ChannelDestroyed").find("ChannelDialplan"), std::string::npos);
  EXPECT_EQ(global("ENDED"), "");
}

/// A call whose application has not come yet waits on, in the next process.
TEST_P(RestartTest, AParkedCallIsParkedAgain) {
  config_.applications.push_back({});
  config_.applications.back().name = "demo";
  config_.applications.back().new_call = NewCall::park;
  start(GetParam(), sim::arigate_context() +
                        "\n[came]\nexten => 1,1,AGI(agi://@AGI@/demo,first)\n"
                        " same => n,Set(ARRIVED=${STASISSTATUS})\n same => n,Wait(30)\n");
  call("1", "came");
  const auto answered = [&] {
    const auto channels = ask("GET", "/channels").json();
    return channels.as_array().size() == 1 && channels.at(0).at("state").as_string() == "Up";
  };
  EXPECT_TRUE(comes_true(answered));
  const auto before = ask("GET", "/channels").json();
  restart();
  EXPECT_EQ(ask("GET", "/channels").json().at(0).at("id"), before.at(0).at("id"));
  EventClient events{port(), "app=demo"};
  const auto start = events.next("StasisStart");
  ASSERT_TRUE(start.is_object());
  const std::string id{start.at("channel").at("id").as_string()};
  EXPECT_EQ(id, before.at(0).at("id").as_string());
  EXPECT_EQ(start.at("args"), boost::json::parse(R"(["first"])"));
  EXPECT_EQ(ask("POST", "/channels/" + id + "/continue").status, 204);
  EXPECT_TRUE(comes_true([&] {
    return ask("GET", "/channels/" + id + "/variable?variable=ARRIVED").body ==
           R"({"value":"SUCCESS"})";
  }));
}

/// One that waits in vain goes on where its line would have led, and does not ask again.
TEST_P(RestartTest, AParkedCallThatWaitsInVainGoesHome) {
  config_.applications.push_back({});
  auto& policy = config_.applications.back();
  policy.name = "demo";
  policy.new_call = NewCall::park;
  start(GetParam(), sim::arigate_context() +
                        "\n[came]\nexten => 1,1,AGI(agi://@AGI@/demo)\n"
                        " same => n,Set(GLOBAL(ARRIVED)=${STASISSTATUS})\n same => n,Wait(30)\n");
  call("1", "came");
  EXPECT_TRUE(comes_true([&] {
    const auto channels = ask("GET", "/channels").json();
    return channels.as_array().size() == 1 && channels.at(0).at("state").as_string() == "Up";
  }));
  config_.applications.back().park_timeout = std::chrono::milliseconds{100};
  restart();
  EXPECT_TRUE(comes_true([&] { return global("ARRIVED") == "FAILED"; }));
}

/// A request that is not answered in time keeps no channel from its way back.
TEST_P(RestartTest, CutsNobodyOfManyThoughARequestHangs) {
  constexpr std::size_t calls = 300;
  start(GetParam(), sim::arigate_context() +
                        "\n[came]\nexten => 1,1,AGI(agi://@AGI@/demo)\n"
                        " same => n,Set(GLOBAL(CUT)=${CHANNEL})\n same => n,Wait(60)\n");
  const auto starts = [](EventClient& events) {
    std::set<std::string> ids;
    while (ids.size() < calls) {
      const auto start = events.next("StasisStart");
      if (start.is_null()) break;
      ids.emplace(start.at("channel").at("id").as_string());
    }
    return ids;
  };
  std::set<std::string> before;
  RawClient hangs{port()};
  {
    EventClient events{port(), "app=demo"};
    for (std::size_t i = 0; i < calls; ++i) call("1", "came");
    before = starts(events);
    ASSERT_EQ(before.size(), calls);
    const auto& one = *before.begin();
    EXPECT_EQ(ask("POST", "/channels/" + one + "/answer").status, 204);
    EXPECT_EQ(ask("POST", "/channels/" + one + "/play?media=tone:ring").status, 201);
    EXPECT_FALSE(events.next("PlaybackStarted").is_null());
    ASSERT_EQ(ask("POST", "/bridges/talk?type=mixing").status, 200);
    // It has to play to the end first, which a tone does not have.
    hangs.send("POST /ari/bridges/talk/addChannel?channel=" + one + " HTTP/1.1\r\nHost: h\r\n" +
               std::string{basic_header} + "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(ask("GET", "/bridges/talk").status, 200);
  }
  restart();
  EventClient events{port(), "app=demo"};
  EXPECT_EQ(starts(events), before);
  EXPECT_EQ(global("CUT"), "");
}

INSTANTIATE_TEST_SUITE_P(Each, RestartTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
