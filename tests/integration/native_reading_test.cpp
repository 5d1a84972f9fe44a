// What native reads leniently, or answers in its own way, is read and answered so here.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class NativeReading : public EveryPbx {
 protected:
  std::string caller(EventClient& events) {
    call("600");
    const auto start = events.next("StasisStart");
    return start.is_null() ? "" : std::string{start.at("channel").at("id").as_string()};
  }
  std::string head_of(std::string_view target) {
    RawClient client{port()};
    return client
        .ask(fmt::format("POST /ari{} HTTP/1.1\r\nHost: h\r\n{}Content-Length: 0\r\n\r\n", target,
                         basic_header))
        .head;
  }
};

TEST_P(NativeReading, ANumericLabelIsAPriority) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = "/channels/" + caller(events);
  const auto illegal = message(400, "Requested priority is illegal");
  const std::string originate = "/channels?endpoint=SIP/alice&context=from-trunk&extension=603";
  for (const auto* label : {"0", "-1", "99999999999999999999"}) {
    EXPECT_EQ(ask("POST", originate + "&label=" + label), illegal) << label;
    EXPECT_EQ(ask("POST", path + "/continue?label=" + label), illegal) << label;
  }
  EXPECT_EQ(ask("POST", originate + "&label=2&channelId=two").status, 200);
  EXPECT_EQ(ask("GET", path).status, 200) << "it has not been let go";
}

TEST_P(NativeReading, AContextAloneIsContinuedAtItsStart) {
  start(GetParam(),
        "[elsewhere]\nexten => s,1,Set(GLOBAL(WENT)=s)\nsame => n,Hangup()\n"
        "exten => 600,1,Set(GLOBAL(WENT)=600)\nsame => n,Hangup()\n" +
            sim::arigate_context());
  EventClient events{port(), "app=demo"};
  const auto path = "/channels/" + caller(events);
  EXPECT_EQ(ask("POST", path + "/continue?context=elsewhere").status, 204);
  EXPECT_TRUE(comes_true([&] { return !global("WENT").empty(); }));
  EXPECT_EQ(global("WENT"), "s");
}

TEST_P(NativeReading, ATimeoutThatMakesNoSenseIsHalfAMinute) {
  pbx_speed_ = 50;
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  ASSERT_TRUE(events.open());
  const std::string originate = "/channels?app=demo&endpoint=SIP/nobody-home";
  ASSERT_EQ(ask("POST", originate + "&channelId=endless&timeout=-1").status, 200);
  for (const auto* timeout : {"0", "abc", "-7"}) {
    ASSERT_EQ(ask("POST", originate + "&channelId=thirty&timeout=" + timeout).status, 200);
    const auto destroyed = events.next("ChannelDestroyed");
    ASSERT_FALSE(destroyed.is_null()) << timeout;
    EXPECT_EQ(destroyed.at("channel").at("id").as_string(), "thirty");
  }
  EXPECT_EQ(ask("GET", "/channels/endless").status, 200);
  EXPECT_EQ(ask("DELETE", "/channels/endless").status, 204);
}

TEST_P(NativeReading, WhatIsMadeIsSaidWhere) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = "/channels/" + caller(events);
  EXPECT_NE(
      head_of(path + "/play/a%20b?media=tone:ring").find("Location: /ari/playbacks/a%20b\r\n"),
      std::string::npos);
  EXPECT_NE(head_of(path + "/record?name=c/d&format=wav&ifExists=overwrite")
                .find("Location: /ari/recordings/live/c%2Fd\r\n"),
            std::string::npos);
}

TEST_P(NativeReading, VariablesOfABridge) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  ASSERT_EQ(ask("POST", "/bridges/one?type=mixing").status, 200);
  const std::string one = "/bridges/one/variable?variable=A";
  const auto set = [&](std::string_view body) {
    return ask("POST", "/bridges/one/variables", body);
  };
  EXPECT_EQ(set(R"({"variables":{"A":{"value":"1","report_events":true}," B ":"2"}})").status, 204);
  EXPECT_EQ(ask("GET", one), (Reply{200, R"({"value":"1"})"}));
  EXPECT_EQ(ask("GET", "/bridges/one/variable?variable=B").body, R"({"value":"2"})");
  EXPECT_NE(ask("GET", "/bridges/one").body.find(R"("bridgevars":{"A":"1"})"), std::string::npos);
  EXPECT_EQ(ask("POST", one + "&value=3").status, 204);
  EXPECT_EQ(ask("GET", "/bridges/one").body.find("bridgevars\":{\"A\""), std::string::npos)
      << "set without a report, it is not reported any more";
  EXPECT_EQ(ask("POST", one).status, 204);
  EXPECT_EQ(ask("GET", one), message(404, "Provided variable was not found"));

  EXPECT_EQ(set(R"({"variables":{}})").status, 204);
  EXPECT_EQ(set(""), message(400, "The 'variables' field is required"));
  EXPECT_EQ(set(R"({"variables":"A"})"),
            message(400, "The 'variables' field must be a JSON object"));
  EXPECT_EQ(set(R"({"variables":{"A":{"value":"1","report_events":"yes"}}})").status, 400);
  EXPECT_EQ(set(R"({"variables":{"C":"1","  ":"1"}})").status, 400);
  EXPECT_EQ(ask("GET", "/bridges/one/variable?variable=C").status, 404) << "all or nothing";
  EXPECT_EQ(ask("GET", "/bridges/one/variables?variables=B,,B"),
            message(400, "Variable names are required"));
  EXPECT_EQ(ask("POST", "/bridges/none/variables", R"({"variables":{"A":"1"}})"),
            message(404, "Provided bridge was not found"));
}

/// Never 2xx for what could not be done.
TEST_P(NativeReading, WhatNeedsTheLinkSaysThatItIsDown) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = "/channels/" + caller(events);
  const auto other = "/channels/" + caller(events);
  ASSERT_EQ(ask("POST", path + "/play/p?media=sound:tt-monkeys").status, 201);
  ASSERT_FALSE(events.next("PlaybackStarted").is_null());
  ASSERT_EQ(ask("POST", other + "/record?name=r&format=wav&ifExists=overwrite").status, 201);
  ASSERT_FALSE(events.next("RecordingStarted").is_null());
  pbx().ask([](sim::Pbx& pbx) {
    pbx.refuse_ami(true);
    pbx.cut_ami(sim::Cut::fin);
  });
  ASSERT_TRUE(
      comes_true([&] { return ask("GET", "/asterisk/variable?variable=X").status == 503; }));
  const bool by_agi = GetParam() == sim::Version::asterisk_1_8 ||
                      GetParam() == sim::Version::asterisk_11;  // A new line stops a file there.
  EXPECT_EQ(ask("DELETE", "/playbacks/p").status, by_agi ? 204 : 503);
  EXPECT_EQ(ask("POST", "/recordings/live/r/stop").status, 503);
  EXPECT_EQ(ask("GET", "/recordings/live/r").json().at("state").as_string(), "recording");
  pbx().ask([](sim::Pbx& pbx) { pbx.refuse_ami(false); });
  EXPECT_TRUE(comes_true([&] { return ask("POST", "/recordings/live/r/stop").status == 204; }));
  EXPECT_FALSE(events.next("RecordingFinished").is_null());
}

/// Nobody kicks anybody out of a conference of 1.8.
TEST_P(NativeReading, ABridgeIsDestroyedWhileItsApplicationIsNotBackYet) {
  start(GetParam(), sim::arigate_context());
  std::string one;
  {
    EventClient events{port(), "app=demo"};
    call("600");
    one = events.next("StasisStart").at("channel").at("id").as_string();
    ASSERT_EQ(ask("POST", "/channels/" + one + "/answer").status, 204);
    ASSERT_EQ(ask("POST", "/bridges/one?type=mixing").status, 200);
    ASSERT_EQ(ask("POST", "/bridges/one/addChannel?channel=" + one).status, 204);
  }
  const auto members = [&] {
    return pbx().ask([](sim::Pbx& pbx) { return pbx.conference_members(); });
  };
  ASSERT_TRUE(comes_true([&] { return members() == 1; }));
  restart();
  ASSERT_EQ(ask("GET", "/bridges/one").status, 200);
  EXPECT_EQ(ask("DELETE", "/bridges/one").status, 204);
  EXPECT_TRUE(comes_true([&] { return members() == 0; })) << "nobody is left talking to himself";
}

INSTANTIATE_TEST_SUITE_P(Each, NativeReading, every_version, version_name);

}  // namespace
}  // namespace arigate::test
