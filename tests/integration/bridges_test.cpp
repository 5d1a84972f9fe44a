// Bridges of applications on PBXs that have conferences but no bridges of their own.
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

/// 1.8 cannot be given it at run time.
const std::string own_context = sim::arigate_context();

class BridgesTest : public EveryPbx {
 protected:
  void TearDown() override {
    events_.reset();  // Or the gateway waits for this client to say goodbye.
    EveryPbx::TearDown();
  }
  void begin() {
    start(GetParam(), own_context);
    events_.emplace(port(), "app=demo");
    ASSERT_TRUE(events_->open());
  }
  EventClient& events() { return *events_; }

  /// Somebody calls the application, which answers; gives the id of the channel.
  std::string answered_caller(bool answered = true) {
    call("600");
    const auto start = events_->next("StasisStart");
    if (start.is_null()) return "";
    std::string id{start.at("channel").at("id").as_string()};
    if (answered) {
      EXPECT_EQ(ask("POST", "/channels/" + id + "/answer").status, 204);
      events_->next("ChannelStateChange");
    }
    return id;
  }
  Reply add(std::string_view bridge, std::string_view channels, std::string_view more = "") {
    return ask("POST", fmt::format("/bridges/{}/addChannel?channel={}{}", bridge, channels, more));
  }
  Reply remove(std::string_view bridge, std::string_view channels) {
    return ask("POST", fmt::format("/bridges/{}/removeChannel?channel={}", bridge, channels));
  }
  std::set<std::string> members(std::string_view bridge) {
    std::set<std::string> ids;
    const auto reply = ask("GET", fmt::format("/bridges/{}", bridge));
    if (reply.status != 200) return {"no bridge"};
    const auto shown = reply.json();
    for (const auto& id : shown.at("channels").as_array()) ids.emplace(id.as_string());
    return ids;
  }
  std::string technology(std::string_view bridge) {
    const auto shown = ask("GET", fmt::format("/bridges/{}", bridge)).json();
    return std::string{shown.at("technology").as_string()};
  }
  /// Members of the conferences that the PBX has.
  std::size_t in_rooms() {
    return pbx().ask([](sim::Pbx& pbx) { return pbx.conference_members(); });
  }
  /// Or soon: 1.8 does not say when, and keeps a crowded room with two legs more.
  bool has_in_rooms(std::size_t count) {
    const std::size_t keepers = GetParam() == sim::Version::asterisk_1_8 && count > 0 ? 2 : 0;
    return eventually([&] { return in_rooms() == count || in_rooms() == count + keepers; });
  }
  void hang_up(const std::string& channel) {
    pbx().ask([&](sim::Pbx& pbx) {
      if (const auto caller = pbx.find_call(channel)) caller->hang_up();
    });
  }

 private:
  std::optional<EventClient> events_;
};

TEST_P(BridgesTest, TwoPartiesMeetAndPart) {
  begin();
  const auto a = answered_caller();
  const auto b = answered_caller();
  EXPECT_EQ(ask("POST", "/bridges/one?type=mixing&name=first").status, 200);
  EXPECT_EQ(add("one", a), (Reply{204, ""}));
  EXPECT_EQ(add("one", b), (Reply{204, ""}));
  EXPECT_EQ(events().types_until("ChannelEnteredBridge"), "ChannelEnteredBridge");
  EXPECT_EQ(events().types_until("ChannelEnteredBridge"), "ChannelEnteredBridge");
  EXPECT_EQ(members("one"), (std::set{a, b}));
  EXPECT_TRUE(has_in_rooms(2));
  EXPECT_EQ(remove("one", a), (Reply{204, ""}));
  const auto left = events().next("ChannelLeftBridge");
  EXPECT_EQ(left.at("channel").at("id").as_string(), a);
  EXPECT_EQ(left.at("bridge").at("channels").as_array().size(), 1U) << "as it is after";
  EXPECT_EQ(remove("one", a), message(422, "Channel not in this bridge"));
  EXPECT_EQ(ask("POST", "/channels/" + a + "/ring"), (Reply{204, ""})) << "under control again";
  EXPECT_EQ(ask("DELETE", "/bridges/one"), (Reply{204, ""}));
  EXPECT_EQ(events().next("ChannelLeftBridge").at("channel").at("id").as_string(), b);
  EXPECT_EQ(ask("GET", "/bridges/one"), message(404, "Bridge not found"));
  EXPECT_TRUE(has_in_rooms(0));
}

TEST_P(BridgesTest, ThreePartiesAreMixedAndMoveOn) {
  begin();
  const auto a = answered_caller();
  const auto b = answered_caller();
  const auto c = answered_caller();
  for (const auto* id : {"one", "two"}) ask("POST", fmt::format("/bridges/{}?type=mixing", id));
  EXPECT_EQ(add("one", fmt::format("{},{}", a, b)).status, 204);
  EXPECT_EQ(technology("one"), "simple_bridge");
  EXPECT_EQ(add("one", c, "&mute=true&absorbDTMF=true").status, 204);
  EXPECT_EQ(technology("one"), "softmix");
  EXPECT_EQ(add("two", fmt::format("{},{}", c, a)).status, 204);
  EXPECT_EQ(members("one"), (std::set{b}));
  EXPECT_EQ(members("two"), (std::set{a, c}));
  EXPECT_EQ(technology("one"), "simple_bridge");
  EXPECT_EQ(add("two", c).status, 204) << "the same once more";
  EXPECT_EQ(members("two"), (std::set{a, c}));
  EXPECT_TRUE(has_in_rooms(3));
}

TEST_P(BridgesTest, TwoAloneWithEachOtherAreToldWhoTheOtherIs) {
  begin();
  std::vector<std::string> ids;
  for (const auto* number : {"1001", "1002", "1003"}) {
    ids.push_back(answered_caller());
    ask("POST",
        fmt::format("/channels/{}/variable?variable=CALLERID(num)&value={}", ids.back(), number));
  }
  const auto connected = [&](std::size_t of) {
    const auto shown = ask("GET", "/channels/" + ids[of]).json();
    return std::string{shown.at("connected").at("number").as_string()};
  };
  const auto before = connected(2);
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", fmt::format("{},{}", ids[0], ids[1])).status, 204);
  events().next("ChannelConnectedLine");
  events().next("ChannelConnectedLine");
  EXPECT_EQ(connected(0), "1002");
  EXPECT_EQ(connected(1), "1001");
  EXPECT_EQ(add("one", ids[2]).status, 204);
  EXPECT_EQ(remove("one", ids[1]).status, 204);
  events().next("ChannelConnectedLine");
  events().next("ChannelConnectedLine");
  EXPECT_EQ(connected(0), "1003");
  EXPECT_EQ(connected(2), "1001");
  EXPECT_EQ(connected(1), "1001") << "as it was";
  ask("POST", "/bridges/two?type=mixing");
  EXPECT_EQ(add("two", ids[1], "&inhibitConnectedLineUpdates=true").status, 204);
  EXPECT_EQ(add("two", ids[2]).status, 204);
  EXPECT_EQ(connected(2), "1001") << "neither of the two is told: " << before;
}

TEST_P(BridgesTest, WhatIsPlayedToAllEndsWithTheLastMember) {
  begin();
  const auto a = answered_caller();
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", a).status, 204);
  ask("POST", "/applications/demo/subscription?eventSource=bridge:one");
  EXPECT_EQ(ask("POST", "/bridges/one/play/p?media=sound:demo-congrats").status, 201);
  events().next("PlaybackStarted");
  EXPECT_EQ(ask("POST", "/bridges/one/moh").status, 204);
  EXPECT_EQ(remove("one", a).status, 204);
  EXPECT_EQ(events().next("PlaybackFinished").at("playback").at("state").as_string(), "failed");
  EXPECT_TRUE(has_in_rooms(0));
  EXPECT_EQ(ask("DELETE", "/bridges/one/moh"), message(409, "Bridge isn't playing music"));
}

TEST_P(BridgesTest, ARecordingOfAllPausesAndGoesOn) {
  begin();
  const auto a = answered_caller();
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", a).status, 204);
  EXPECT_EQ(ask("POST", "/bridges/one/record?name=r&format=wav").status, 201);
  events().next("RecordingStarted");
  const auto state = [&] {
    return std::string{ask("GET", "/recordings/live/r").json().at("state").as_string()};
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ask("POST", "/recordings/live/r/pause"), (Reply{204, ""}));
    EXPECT_EQ(state(), "paused");
    EXPECT_EQ(ask("DELETE", "/recordings/live/r/pause"), (Reply{204, ""}));
    EXPECT_EQ(state(), "recording");
  }
  EXPECT_TRUE(has_in_rooms(2)) << "the recorder has never left";
  EXPECT_EQ(ask("POST", "/recordings/live/r/stop"), (Reply{204, ""}));
  EXPECT_EQ(events().next("RecordingFinished").at("recording").at("state").as_string(), "done");
  EXPECT_TRUE(has_in_rooms(1)) << "and then it goes";
}

TEST_P(BridgesTest, AMemberIsPlayedSomethingAloneAndComesBack) {
  begin();
  const auto a = answered_caller();
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", a).status, 204);
  EXPECT_EQ(ask("POST", "/channels/" + a + "/play/p?media=sound:beep").status, 201);
  EXPECT_EQ(events().types_until("PlaybackFinished"),
            "ChannelEnteredBridge PlaybackStarted PlaybackFinished");
  EXPECT_EQ(members("one"), (std::set{a}));
  EXPECT_TRUE(has_in_rooms(1)) << "back in the room";
}

TEST_P(BridgesTest, AnUnansweredCallerIsNotAnsweredByIt) {
  begin();
  const auto a = answered_caller(false);
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", a).status, 204);
  EXPECT_EQ(members("one"), (std::set{a}));
  const auto shown = ask("GET", "/channels/" + a).json();
  EXPECT_EQ(shown.at("state").as_string(), "Ring");
  EXPECT_TRUE(has_in_rooms(0));
  EXPECT_EQ(ask("POST", "/channels/" + a + "/answer").status, 204);
  EXPECT_TRUE(has_in_rooms(1));
  EXPECT_EQ(members("one"), (std::set{a}));
}

TEST_P(BridgesTest, AHangupMayComeAtAnyStep) {
  begin();
  ask("POST", "/bridges/one?type=mixing");
  // In the bridge, while it is played something, by the caller and by the application.
  const auto a = answered_caller();
  EXPECT_EQ(add("one", a).status, 204);
  hang_up(a);
  EXPECT_EQ(events().types_until("StasisEnd"),
            "ChannelEnteredBridge ChannelHangupRequest ChannelLeftBridge StasisEnd");
  const auto b = answered_caller();
  EXPECT_EQ(add("one", b).status, 204);
  EXPECT_EQ(ask("POST", "/channels/" + b + "/play?media=sound:demo-congrats").status, 201);
  events().next("PlaybackStarted");
  hang_up(b);
  events().next("StasisEnd");
  const auto c = answered_caller();
  EXPECT_EQ(add("one", c).status, 204);
  EXPECT_EQ(ask("DELETE", "/channels/" + c).status, 204);
  EXPECT_EQ(events().types_until("StasisEnd"),
            "ChannelEnteredBridge ChannelHangupRequest ChannelLeftBridge StasisEnd");
  // Between the request and the PBX's word.
  const auto d = answered_caller();
  hang_up(d);
  const int status = add("one", d).status;
  EXPECT_TRUE(status == 204 || status == 400 || status == 422 || status == 409) << status;
  events().next("StasisEnd");
  EXPECT_TRUE(has_in_rooms(0));
  EXPECT_EQ(members("one"), std::set<std::string>{});
}

TEST_P(BridgesTest, HoldingMembersWait) {
  begin();
  const auto a = answered_caller();
  ask("POST", "/bridges/hold?type=holding");
  EXPECT_EQ(technology("hold"), "holding_bridge");
  EXPECT_EQ(add("hold", a).status, 204);
  EXPECT_EQ(members("hold"), (std::set{a}));
  EXPECT_EQ(ask("DELETE", "/bridges/hold").status, 204);
  EXPECT_EQ(events().types_until("ChannelLeftBridge"), "ChannelEnteredBridge ChannelLeftBridge");
}

/// Those who wait on 1.8 are out of the room for as long as there is nothing to hear in it.
TEST_P(BridgesTest, HoldingMembersHearWhatIsPlayedToThem) {
  begin();
  const bool outside = GetParam() == sim::Version::asterisk_1_8;
  const auto a = answered_caller();
  const auto b = answered_caller();
  ask("POST", "/bridges/hold?type=holding");
  EXPECT_EQ(add("hold", a + "," + b).status, 204);
  EXPECT_EQ(in_rooms(), outside ? 0U : 2U);
  EXPECT_EQ(ask("POST", "/bridges/hold/play/p?media=sound:demo-congrats").status, 201);
  EXPECT_TRUE(eventually([&] { return in_rooms() >= 3; })) << "both, and who speaks to them";
  EXPECT_FALSE(events().next("PlaybackStarted").is_null());
  const auto c = answered_caller();
  EXPECT_EQ(add("hold", c).status, 204);
  EXPECT_TRUE(eventually([&] { return in_rooms() >= 4; })) << "who comes meanwhile hears it too";
  EXPECT_EQ(ask("POST", "/channels/" + a + "/play?media=sound:beep").status, 201);
  EXPECT_EQ(events().types_until("PlaybackFinished"),
            "ChannelEnteredBridge PlaybackStarted PlaybackFinished");
  EXPECT_TRUE(eventually([&] { return in_rooms() >= 4; })) << "back in the room";
  EXPECT_EQ(ask("DELETE", "/playbacks/p").status, 204);
  EXPECT_TRUE(eventually([&] { return in_rooms() == (outside ? 0U : 3U); })) << in_rooms();
  EXPECT_EQ(members("hold"), (std::set{a, b, c}));
  EXPECT_EQ(ask("DELETE", "/bridges/hold").status, 204);
  EXPECT_TRUE(has_in_rooms(0));
}

TEST_P(BridgesTest, HoldingMembersHearAnAnnouncer) {
  begin();
  const bool outside = GetParam() == sim::Version::asterisk_1_8;
  const auto a = answered_caller();
  const auto b = answered_caller();
  ask("POST", "/bridges/hold?type=holding");
  EXPECT_EQ(add("hold", a).status, 204);
  EXPECT_EQ(in_rooms(), outside ? 0U : 1U);
  EXPECT_EQ(add("hold", b, "&role=announcer").status, 204);
  EXPECT_TRUE(has_in_rooms(2));
  EXPECT_EQ(add("hold", b).status, 204) << "waits too";
  EXPECT_TRUE(has_in_rooms(outside ? 0 : 2));
  EXPECT_EQ(add("hold", b, "&role=announcer").status, 204);
  EXPECT_TRUE(has_in_rooms(2));
  hang_up(b);
  EXPECT_TRUE(has_in_rooms(outside ? 0 : 1));
  EXPECT_TRUE(comes_true([&] { return members("hold") == std::set{a}; })) << "told by then";
  EXPECT_EQ(events().types_until("ChannelDestroyed").find(a), std::string::npos);
  EXPECT_EQ(remove("hold", a).status, 204);
  EXPECT_TRUE(has_in_rooms(0));
}

TEST_P(BridgesTest, HoldingMembersHearTheMusicOfTheBridge) {
  begin();
  const bool outside = GetParam() == sim::Version::asterisk_1_8;
  const auto a = answered_caller();
  ask("POST", "/bridges/hold?type=holding");
  EXPECT_EQ(add("hold", a).status, 204);
  EXPECT_EQ(ask("DELETE", "/bridges/hold/moh").status, 409);
  EXPECT_EQ(ask("POST", "/bridges/hold/moh?mohClass=jazz").status, 204);
  EXPECT_TRUE(has_in_rooms(outside ? 0 : 2));
  EXPECT_EQ(ask("POST", "/bridges/hold/moh?mohClass=blues").status, 204) << "another one";
  EXPECT_EQ(ask("DELETE", "/bridges/hold/moh").status, 204);
  EXPECT_EQ(ask("DELETE", "/bridges/hold/moh").status, 409);
  EXPECT_TRUE(has_in_rooms(outside ? 0 : 1));
  hang_up(a);
  EXPECT_TRUE(has_in_rooms(0));
}

TEST_P(BridgesTest, ContinuesOutOfABridge) {
  begin();
  const auto a = answered_caller();
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", a).status, 204);
  EXPECT_EQ(ask("POST", "/channels/" + a + "/continue?context=from-trunk&extension=602&priority=1")
                .status,
            204);
  EXPECT_EQ(events().types_until("StasisEnd"), "ChannelEnteredBridge ChannelLeftBridge StasisEnd");
  EXPECT_EQ(members("one"), std::set<std::string>{});
}

TEST_P(BridgesTest, AnIdMayBeLong) {
  begin();
  const std::string id =
      "the_conference_of_everybody_who_has_ever_called_us_about_anything-" + std::string(70, '_');
  const auto a = answered_caller();
  const auto b = answered_caller();
  ASSERT_EQ(ask("POST", "/bridges/" + id + "?type=mixing").status, 200);
  EXPECT_EQ(add(id, a + "," + b).status, 204);
  EXPECT_EQ(members(id), (std::set{a, b}));
  EXPECT_EQ(ask("GET", "/bridges").json().as_array().size(), 1U);
  EXPECT_EQ(remove(id, a).status, 204);
  hang_up(b);
  EXPECT_TRUE(comes_true([&] { return members(id).empty(); }));
  EXPECT_EQ(ask("DELETE", "/bridges/" + id).status, 204);
}

TEST_P(BridgesTest, WhoHangsInAConferenceIsWoken) {
  conferences_hang_ = GetParam() == sim::Version::asterisk_1_8;
  begin();
  const auto a = answered_caller();
  const auto b = answered_caller();
  ask("POST", "/bridges/one?type=mixing");
  EXPECT_EQ(add("one", a + "," + b).status, 204);
  EXPECT_EQ(remove("one", a).status, 204);
  hang_up(b);
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels/" + b).status == 404; }));
  EXPECT_EQ(ask("GET", "/channels/" + a).status, 200);
  EXPECT_TRUE(eventually([&] { return in_rooms() == 0; }));
}

/// They take their time: on the PBX that has the least and on the one that has the most.
class BridgeCrowds : public BridgesTest {};

TEST_P(BridgeCrowds, ManyMeetInOne) {
  begin();
  ask("POST", "/bridges/all?type=mixing");
  std::string all;
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const auto id = answered_caller();
    ids.insert(id);
    all += (all.empty() ? "" : ",") + id;
  }
  EXPECT_EQ(add("all", all).status, 204);
  EXPECT_EQ(members("all"), ids);
  EXPECT_TRUE(has_in_rooms(100));
  EXPECT_EQ(ask("DELETE", "/bridges/all").status, 204);
  EXPECT_TRUE(has_in_rooms(0));
}

TEST_P(BridgeCrowds, ManyPairsTalk) {
  begin();
  for (int i = 0; i < 200; ++i) {
    const auto a = answered_caller();
    const auto b = answered_caller();
    ask("POST", fmt::format("/bridges/b{}?type=mixing", i));
    ASSERT_EQ(add(fmt::format("b{}", i), fmt::format("{},{}", a, b)).status, 204);
  }
  EXPECT_TRUE(has_in_rooms(400));
  EXPECT_EQ(ask("GET", "/bridges").json().as_array().size(), 200U);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(ask("DELETE", fmt::format("/bridges/b{}", i)).status, 204);
  }
  EXPECT_TRUE(has_in_rooms(0));
}

INSTANTIATE_TEST_SUITE_P(Each, BridgesTest, every_version, version_name);
INSTANTIATE_TEST_SUITE_P(Each, BridgeCrowds,
                         testing::Values(sim::Version::asterisk_1_8, sim::Version::asterisk_22),
                         version_name);

}  // namespace
}  // namespace arigate::test
