// Every operation on a channel, and the hangup of the other side before, during and after it.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

struct Row {
  std::string_view method;
  std::string_view below;  ///< The channel's path, with the query; behind ~ one of its own.
  std::string_view body = {};
  bool own_end = false;         ///< The operation takes the channel out of the application itself.
  std::string_view first = {};  ///< Below the channel's path: what has to run already.
};

constexpr std::string_view playing = "/play/mine?media=sound:tt-monkeys";
constexpr std::string_view recording = "/record?name=mine&format=wav&ifExists=overwrite";

constexpr std::string_view list = "/play/mine?media=sound:tt-monkeys,sound:hello-world";

constexpr std::array<Row, 52> rows{{
    {"GET", ""},
    {"POST", "/answer"},
    {"POST", "/ring"},
    {"DELETE", "/ring"},
    {"POST", "/progress"},
    {"POST", "/dtmf?dtmf=12&before=10&between=10&duration=10"},
    {"POST", "/mute?direction=both"},
    {"DELETE", "/mute?direction=in"},
    {"POST", "/hold"},
    {"DELETE", "/hold"},
    {"POST", "/moh"},
    {"DELETE", "/moh"},
    {"POST", "/silence"},
    {"DELETE", "/silence"},
    {"POST", "/play/mine?media=sound:hello-world,digits:12"},
    {"POST", "/play/mine?media=tone:ring"},
    {"POST", "/play/mine?media=number:42&lang=de"},
    {"POST", "/record?name=mine&format=wav&ifExists=overwrite"},
    {"POST",
     "/record?name=mine&format=wav&ifExists=append&beep=true&terminateOn=%23"
     "&maxSilenceSeconds=3&maxDurationSeconds=20"},
    {"POST", "/record?name=mine&format=wav&ifExists=overwrite", {}, false, playing},
    {"POST", "/moh", {}, false, playing},
    {"POST", "/dtmf?dtmf=1", {}, false, playing},
    {"POST", "/mute?direction=out", {}, false, playing},
    {"POST", "/hold", {}, false, recording},
    {"POST", "/continue", {}, false, playing},
    {"POST", "~/playbacks/mine/control?operation=pause", {}, false, playing},
    {"POST", "~/playbacks/mine/control?operation=restart", {}, false, playing},
    {"POST", "~/playbacks/mine/control?operation=unpause", {}, false, playing},
    {"POST", "~/playbacks/mine/control?operation=forward", {}, false, playing},
    {"POST", "~/playbacks/mine/control?operation=reverse", {}, false, playing},
    {"POST", "~/playbacks/mine/control?operation=pause", {}, false, list},
    {"DELETE", "~/playbacks/mine", {}, false, playing},
    {"POST", "~/recordings/live/mine/stop", {}, false, recording},
    {"POST", "~/recordings/live/mine/pause", {}, false, recording},
    {"POST", "~/recordings/live/mine/mute", {}, false, recording},
    {"DELETE", "~/recordings/live/mine/pause", {}, false, recording},
    {"DELETE", "~/recordings/live/mine/mute", {}, false, recording},
    {"GET", "~/recordings/live/mine", {}, false, recording},
    {"GET", "~/playbacks/mine", {}, false, playing},
    {"POST", "/play/mine?media=sound:hello-world", {}, false, recording},
    {"POST", "/variable?variable=A&value=1", {}, false, playing},
    {"GET", "/variable?variable=CHANNEL(language)"},
    {"POST", "/variable?variable=A&value=1"},
    {"GET", "/variables?variables=CHANNEL(language)"},
    {"POST", "/variables", R"({"variables":{"A":"1","B":{"value":"2","report_events":true}}})"},
    {"POST", "/redirect?endpoint=SIP/bob"},
    {"POST", "/move?app=demo&appArgs=x"},
    {"GET", "/rtp_statistics"},
    {"POST", "/snoop/ear?spy=both&app=demo"},
    {"POST", "/snoop/ear?spy=in&whisper=out&app=demo", {}, false, playing},
    {"POST", "/continue?context=from-trunk&extension=603", {}, true},
    {"DELETE", "?reason=busy", {}, true},
}};

class HangupTest : public EveryPbx {
 protected:
  struct Held {
    std::shared_ptr<sim::Call> call;
    std::string path;
  };
  /// Alice calls, and is in the application.
  Held held(EventClient& events) {
    Held held;
    held.call = pbx().ask(
        [](sim::Pbx& pbx) { return pbx.place_call({.endpoint = "SIP/alice", .exten = "600"}); });
    const auto start = events.next("StasisStart");
    EXPECT_FALSE(start.is_null());
    if (start.is_null()) return held;
    held.path = "/channels/" + std::string{start.at("channel").at("id").as_string()};
    return held;
  }
  void hang_up(const Held& held) {
    pbx().ask([&](sim::Pbx&) { held.call->hang_up(); });
  }
  std::string request(const Held& held, const Row& row) {
    const bool elsewhere = row.below.starts_with('~');
    return std::string{row.method} + " /ari" + (elsewhere ? "" : held.path) +
           std::string{row.below.substr(elsewhere ? 1 : 0)} + " HTTP/1.1\r\nHost: h\r\n" +
           std::string{basic_header} +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(row.body.size()) +
           "\r\n\r\n" + std::string{row.body};
  }
  void prepare(const Held& held, const Row& row, EventClient& events) {
    if (row.first.empty()) return;
    EXPECT_EQ(ask("POST", held.path + std::string{row.first}).status, 201);
    const bool plays = row.first.starts_with("/play");
    const auto* begun = plays ? "PlaybackStarted" : "RecordingStarted";
    EXPECT_FALSE(events.next(begun).is_null());
  }
  /// Neither side has anything left.
  void expect_empty(const Held& held) {
    EXPECT_TRUE(eventually_asks("/channels", "[]"));
    EXPECT_TRUE(pbx_empties());
    EXPECT_EQ(ask("GET", held.path).status, 404);
    EXPECT_EQ(ask("GET", "/playbacks/mine").status, 404);
    EXPECT_EQ(ask("GET", "/recordings/live/mine").status, 404);
  }
  /// A leg, which ARI never shows, may end a moment behind the channel that it was made for.
  bool pbx_empties() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (pbx().ask([](sim::Pbx& pbx) { return pbx.channel_count(); }) != 0U) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool eventually_asks(std::string_view target, std::string_view body) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (ask("GET", target).body != body) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }
};

/// Done in time, or what native says of a channel that is going or gone.
template <class Answer>
void expect_done_or_gone(const Answer& answer) {
  const bool done = answer.status >= 200 && answer.status < 300;
  EXPECT_TRUE(done || answer.status == 404 || answer.status == 409)
      << answer.status << " " << answer.body;
}

TEST_P(HangupTest, BeforeTheOperation) {
  start(GetParam());
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string{row.method} + " " + std::string{row.below});
    EventClient events{port(), "app=demo"};  // So that none is of the row before.
    const auto one = held(events);
    prepare(one, row, events);
    hang_up(one);
    EXPECT_FALSE(events.next("StasisEnd").is_null());
    expect_empty(one);
    RawClient client{port()};
    const auto answer = client.ask(request(one, row));
    EXPECT_EQ(answer.status, 404) << answer.body;
    EXPECT_NE(answer.body.find("not found"), std::string::npos) << answer.body;
  }
}

TEST_P(HangupTest, DuringTheOperation) {
  start(GetParam());
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string{row.method} + " " + std::string{row.below});
    EventClient events{port(), "app=demo"};  // So that none is of the row before.
    const auto one = held(events);
    prepare(one, row, events);
    RawClient client{port()};
    client.send(request(one, row));
    hang_up(one);
    const auto answer = client.read_answer();
    expect_done_or_gone(answer);
    EXPECT_FALSE(events.next("StasisEnd").is_null());
    expect_empty(one);
  }
}

TEST_P(HangupTest, AfterTheOperation) {
  start(GetParam());
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string{row.method} + " " + std::string{row.below});
    EventClient events{port(), "app=demo"};  // So that none is of the row before.
    const auto one = held(events);
    prepare(one, row, events);
    RawClient client{port()};
    const auto answer = client.ask(request(one, row));
    const bool fine = answer.status >= 200 && answer.status < 300;
    // A simulated phone sends no audio.
    EXPECT_TRUE(fine || (answer.status == 404 && row.below == "/rtp_statistics"))
        << answer.status << " " << answer.body;
    if (!row.own_end) hang_up(one);
    EXPECT_FALSE(events.next("StasisEnd").is_null());
    if (row.own_end) hang_up(one);
    expect_empty(one);
  }
}

TEST_P(HangupTest, ByTheApplicationDuringTheOperation) {
  start(GetParam());
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string{row.method} + " " + std::string{row.below});
    EventClient events{port(), "app=demo"};  // So that none is of the row before.
    const auto one = held(events);
    prepare(one, row, events);
    RawClient client{port()};
    client.send(request(one, row));
    const auto gone = ask("DELETE", one.path);
    EXPECT_TRUE(gone.status == 204 || (row.own_end && gone.status == 404))
        << gone.status << " " << gone.body;
    const auto answer = client.read_answer();
    expect_done_or_gone(answer);
    EXPECT_FALSE(events.next("StasisEnd").is_null());
    hang_up(one);  // The dialplan may have it.
    expect_empty(one);
  }
}

TEST_P(HangupTest, EndsAListOfMedia) {
  start(GetParam());
  for (const bool paused : {false, true}) {
    SCOPED_TRACE(paused ? "paused" : "playing");
    EventClient events{port(), "app=demo"};
    const auto one = held(events);
    ASSERT_EQ(ask("POST", one.path + std::string{list}).status, 201);
    ASSERT_FALSE(events.next("PlaybackStarted").is_null());
    if (paused) {
      ASSERT_EQ(ask("POST", "/playbacks/mine/control?operation=pause").status, 204);
    }
    hang_up(one);
    const auto rest = events.types_until("StasisEnd");
    EXPECT_EQ(rest.find("PlaybackContinuing"), std::string::npos) << rest;
    EXPECT_EQ(rest.find("PlaybackStarted"), std::string::npos) << rest;
    EXPECT_NE(rest.find("PlaybackFinished"), std::string::npos) << rest;
    expect_empty(one);
  }
}

TEST_P(HangupTest, OfAPhoneThatFollowsARedirect) {
  phones_follow_transfers_ = true;
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto one = held(events);
  ASSERT_EQ(ask("POST", one.path + "/answer").status, 204);
  EXPECT_EQ(ask("POST", one.path + "/redirect?endpoint=SIP/bob").status, 204);
  const auto told = events.types_until("StasisEnd");
  EXPECT_NE(told.find("ChannelHangupRequest"), std::string::npos) << told;
  EXPECT_EQ(told.find("ChannelVarset"), std::string::npos) << told;
  expect_empty(one);
}

/// Also where AGI tells of the hangup before AMI has answered.
TEST_P(HangupTest, OfOursIsToldOnce) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto one = held(events);
  EXPECT_EQ(ask("DELETE", one.path + "?reason=busy").status, 204);
  const auto request = events.next();
  ASSERT_EQ(request.at("type").as_string(), "ChannelHangupRequest");
  EXPECT_EQ(request.at("cause").as_int64(), 32);
  EXPECT_EQ(events.next().at("type").as_string(), "StasisEnd");
  expect_empty(one);
}

/// The channel was never on the PBX, is being dialled, or rings: its application is told the same.
TEST_P(HangupTest, OfACreatedChannel) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  for (const auto* endpoint : {"SIP/bob", "SIP/nobody-home", "SIP/busy"}) {
    for (const bool dialled : {false, true}) {
      SCOPED_TRACE(std::string{endpoint} + (dialled ? " dialled" : ""));
      const auto made =
          ask("POST", "/channels/create?app=demo&channelId=made&endpoint=" + std::string{endpoint});
      ASSERT_EQ(made.status, 200) << made.body;
      EXPECT_FALSE(events.next("StasisStart").is_null());
      EXPECT_EQ(ask("POST", "/channels/made/play?media=sound:hello-world").status, 412);
      if (dialled) {
        EXPECT_EQ(ask("POST", "/channels/made/dial").status, 204);
      }
      const auto gone = ask("DELETE", "/channels/made");
      EXPECT_TRUE(gone.status == 204 || (dialled && gone.status == 404)) << gone.body;
      EXPECT_EQ(events.types_until("ChannelDestroyed").find("StasisStart"), std::string::npos);
      EXPECT_TRUE(eventually_asks("/channels", "[]"));
      EXPECT_EQ(pbx().ask([](sim::Pbx& pbx) { return pbx.channel_count(); }), 0U);
    }
  }
}

TEST_P(HangupTest, OfACreatedChannelThatIsAnswered) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  ASSERT_EQ(ask("POST", "/channels/create?app=demo&channelId=made&endpoint=SIP/alice",
                R"({"variables":{"COLOUR":"blue, green"}})")
                .status,
            200);
  EXPECT_EQ(ask("GET", "/channels/made/variable?variable=COLOUR").body,
            R"({"value":"blue, green"})");
  ASSERT_EQ(ask("POST", "/channels/made/dial?timeout=10").status, 204);
  EXPECT_FALSE(events.next("StasisStart").is_null());
  for (;;) {
    const auto event = events.next("ChannelStateChange");
    ASSERT_FALSE(event.is_null());
    if (event.at("channel").at("state").as_string() == "Up") break;
  }
  EXPECT_EQ(ask("POST", "/channels/made/play/mine?media=sound:hello-world").status, 201);
  EXPECT_FALSE(events.next("PlaybackFinished").is_null());
  EXPECT_EQ(ask("GET", "/channels/made/variable?variable=COLOUR").body,
            R"({"value":"blue, green"})");
  EXPECT_EQ(ask("POST", "/channels/made/dial").status, 409);
  pbx().ask([](sim::Pbx& pbx) {
    for (const auto& call : pbx.calls_of("SIP/alice")) call->hang_up();
  });
  const auto rest = events.types_until("ChannelDestroyed");
  EXPECT_NE(rest.find("StasisEnd"), std::string::npos) << rest;
  EXPECT_EQ(rest.find("StasisStart"), std::string::npos) << rest;
  EXPECT_TRUE(eventually_asks("/channels", "[]"));
}

/// Nobody has answered yet: it is given up at once, when it rings, or by the phone itself.
TEST_P(HangupTest, OfAnOriginateThatRings) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  for (const auto* endpoint : {"SIP/bob", "SIP/nobody-home", "SIP/busy"}) {
    for (const bool rings : {false, true}) {
      SCOPED_TRACE(std::string{endpoint} + (rings ? " rings" : " at once"));
      const auto made = ask("POST", "/channels/made?app=demo&endpoint=" + std::string{endpoint});
      ASSERT_EQ(made.status, 200) << made.body;
      if (rings && endpoint != std::string_view{"SIP/busy"}) {
        for (;;) {
          const auto event = events.next("ChannelStateChange");
          ASSERT_FALSE(event.is_null());
          if (event.at("channel").at("state").as_string() == "Ringing") break;
        }
      }
      const auto gone = ask("DELETE", "/channels/made");
      const bool by_itself = endpoint == std::string_view{"SIP/busy"};
      EXPECT_TRUE(gone.status == 204 || (by_itself && gone.status == 404)) << gone.body;
      const auto told = events.types_until("ChannelDestroyed");
      EXPECT_EQ(told.find("StasisStart"), std::string::npos) << told;
      EXPECT_TRUE(eventually_asks("/channels", "[]"));
      EXPECT_TRUE(pbx_empties());
      EXPECT_EQ(ask("DELETE", "/channels/made").status, 404);
    }
  }
}

/// Media of a program outside has no caller: it is given up while it is made, and when it is there.
TEST_P(HangupTest, OfExternalMedia) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  const std::string_view media =
      "/channels/externalMedia?app=demo&external_host=127.0.0.1:4000&format=ulaw&channelId=made";
  for (const bool at_once : {true, false}) {
    SCOPED_TRACE(at_once ? "at once" : "when it is there");
    RawClient client{port()};
    client.send("POST /ari" + std::string{media} + " HTTP/1.1\r\nHost: h\r\n" +
                std::string{basic_header} + "Content-Length: 0\r\n\r\n");
    if (at_once) {
      const auto status = ask("DELETE", "/channels/made").status;
      EXPECT_TRUE(status == 204 || status == 404) << status;
    }
    const auto made = client.read_answer();
    if (made.status == 501) return;  // This PBX has no such driver.
    if (made.status == 200) {
      EXPECT_FALSE(events.next("StasisStart").is_null());
      const auto gone = ask("DELETE", "/channels/made").status;
      EXPECT_TRUE(gone == 204 || (at_once && gone == 404)) << gone;
      EXPECT_FALSE(events.next("StasisEnd").is_null());
    } else {
      EXPECT_TRUE(at_once) << made.status << " " << made.body;
    }
    EXPECT_TRUE(eventually_asks("/channels", "[]"));
    EXPECT_TRUE(pbx_empties());
    EXPECT_EQ(ask("DELETE", "/channels/made").status, 404);
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, HangupTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
