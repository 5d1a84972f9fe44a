// Playbacks and recordings through a whole Gateway, on each generation of the simulated PBX.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "integration/gateway_fixture.hpp"
#include "support/fixtures.hpp"
#include "support/temp_folder.hpp"

namespace arigate {
namespace {

namespace fs = std::filesystem;
using boost::json::value;
using test::EventClient;

class Media : public test::EveryPbx {
 protected:
  /// A caller in the application, answered.
  std::string caller(EventClient& events) {
    call("600");
    const auto start = events.next("StasisStart");
    std::string path = "/channels/" + std::string{start.at("channel").at("id").as_string()};
    EXPECT_EQ(ask("POST", path + "/answer").status, 204);
    return path;
  }
  void hang_up(const std::string& path) { EXPECT_EQ(ask("DELETE", path).status, 204); }
  static std::string state_of(const value& event, const char* what) {
    return event.is_null() ? "none" : std::string{event.at(what).at("state").as_string()};
  }
};

/// Takes digits from AMI, which end what no AGI command interrupts.
class MediaByDigits : public Media {};

TEST_P(Media, PlaysPausesAndStops) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  EXPECT_EQ(ask("POST", path + "/play/p?media=sound:tt-monkeys").status, 201);
  EXPECT_EQ(state_of(events.next("PlaybackStarted"), "playback"), "playing");
  EXPECT_EQ(ask("POST", "/playbacks/p/control?operation=pause").status, 204);
  EXPECT_EQ(ask("POST", "/playbacks/p/control?operation=unpause").status, 204);
  EXPECT_EQ(ask("DELETE", "/playbacks/p").status, 204);
  EXPECT_EQ(state_of(events.next("PlaybackFinished"), "playback"), "done");
  EXPECT_EQ(ask("POST", path + "/play/q?media=sound:no-such-sound").status, 201);
  EXPECT_EQ(state_of(events.next("PlaybackFinished"), "playback"), "failed");
  hang_up(path);
  EXPECT_FALSE(events.next("StasisEnd").is_null());
}

/// As natively: the id may be given again, and what asks for it finds the oldest.
TEST_P(Media, PlaysTwoByOneIdOneAfterTheOther) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  for (const auto* media : {"sound:hello-world", "sound:tt-weasels"}) {
    EXPECT_EQ(ask("POST", path + "/play/p?media=" + std::string{media}).status, 201);
  }
  EXPECT_NE(ask("GET", "/playbacks/p").body.find("hello-world"), std::string::npos);
  EXPECT_EQ(state_of(events.next("PlaybackFinished"), "playback"), "done");
  EXPECT_NE(ask("GET", "/playbacks/p").body.find("tt-weasels"), std::string::npos);
  hang_up(path);
  const auto second = events.next("PlaybackFinished");
  ASSERT_TRUE(second.is_object());
  EXPECT_EQ(second.at("playback").at("id").as_string(), "p");
  EXPECT_EQ(second.at("playback").at("media_uri").as_string(), "sound:tt-weasels");
  EXPECT_EQ(ask("GET", "/playbacks/p").status, 404);
}

TEST_P(Media, NoHalfOfALocalPairGetsAnIdThatIsTaken) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  const auto taken = path.substr(path.rfind('/') + 1);
  for (const std::string way : {"/channels?channelId=new&", "/channels/create?channelId=new&"}) {
    const auto made = ask("POST", way + "endpoint=Local/600&app=demo&otherChannelId=" + taken);
    EXPECT_EQ(made, message(409, "Channel with given unique ID already exists")) << way;
  }
  EXPECT_EQ(ask("GET", "/channels/new").status, 404);
}

TEST_P(Media, StopsAtOnceAfterTheStart) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  for (const auto* media : {"sound:tt-monkeys", "tone:ring", "digits:123", "number:4711"}) {
    EXPECT_EQ(ask("POST", path + "/play/p?media=" + std::string{media}).status, 201) << media;
    EXPECT_EQ(ask("DELETE", "/playbacks/p").status, 204) << media;
    EXPECT_EQ(state_of(events.next("PlaybackFinished"), "playback"), "done") << media;
  }
}

TEST_P(Media, EndsWhatPlaysAndWaitsAtAHangup) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  for (const auto* id : {"a", "b"}) {
    EXPECT_EQ(ask("POST", path + "/play/" + id + "?media=sound:tt-monkeys").status, 201);
  }
  EXPECT_EQ(ask("POST", path + "/record?name=c&format=wav").status, 201);
  hang_up(path);
  auto told = events.types_until("StasisEnd");
  // Where AMI does not tell the request, the end of the command that ran is told before it.
  if (const auto at = told.find("ChannelHangupRequest "); at != std::string::npos)
    told.erase(at, 21);
  EXPECT_NE(told.find("PlaybackFinished PlaybackFinished RecordingFinished"), std::string::npos)
      << told;
  EXPECT_EQ(ask("GET", "/playbacks/b").status, 404);
  EXPECT_EQ(ask("GET", "/recordings/live/c").status, 404);
}

TEST_P(Media, RecordsUntilItsTimeIsOver) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  const auto begun = ask("POST", path + "/record?name=a&format=wav&maxDurationSeconds=1");
  EXPECT_EQ(begun.status, 201);
  EXPECT_EQ(begun.json().at("state").as_string(), "queued");
  EXPECT_EQ(state_of(events.next("RecordingStarted"), "recording"), "recording");
  const auto finished = events.next("RecordingFinished");
  EXPECT_EQ(state_of(finished, "recording"), "done");
  EXPECT_EQ(finished.at("recording").at("duration").as_int64(), 1);
  EXPECT_EQ(ask("POST", path + "/record?name=a&format=wav").status, 201);
  EXPECT_EQ(state_of(events.next("RecordingFailed"), "recording"), "failed")
      << "the PBX itself saw that the file is there";
  EXPECT_EQ(ask("POST", path + "/record?name=a&format=nope").status, 422);
}

TEST_P(MediaByDigits, StopsAndPausesARecording) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  EXPECT_EQ(ask("POST", path + "/record?name=a&format=wav").status, 201);
  events.next("RecordingStarted");
  EXPECT_EQ(ask("POST", path + "/record?name=a&format=wav").status, 409);
  EXPECT_EQ(ask("POST", "/recordings/live/a/pause").status, 204);
  EXPECT_EQ(ask("GET", "/recordings/live/a").json().at("state").as_string(), "paused");
  EXPECT_EQ(ask("DELETE", "/recordings/live/a/pause").status, 204);
  EXPECT_EQ(ask("GET", "/recordings/live/a").json().at("state").as_string(), "recording");
  EXPECT_EQ(ask("POST", "/recordings/live/a/mute").status, 204);
  EXPECT_EQ(ask("POST", "/recordings/live/a/stop").status, 204);
  EXPECT_EQ(events.types_until("RecordingFinished"), "RecordingFinished")
      << "what stops it is not shown";
  EXPECT_EQ(ask("POST", "/recordings/live/a/stop").status, 404);
  EXPECT_EQ(ask("POST", path + "/play/p?media=sound:beep").status, 201);
  EXPECT_EQ(state_of(events.next("PlaybackFinished"), "playback"), "done")
      << "the channel is as it was";
}

/// A number that the PBX has to say itself, which no command interrupts.
TEST_P(MediaByDigits, StopsASpokenNumber) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  EXPECT_EQ(ask("POST", path + "/play/p?media=number:123456789&lang=de").status, 201);
  events.next("PlaybackStarted");
  EXPECT_EQ(ask("DELETE", "/playbacks/p").status, 204);
  EXPECT_EQ(events.types_until("PlaybackFinished"), "PlaybackFinished");
  EXPECT_EQ(ask("POST", path + "/play/q?media=sound:beep").status, 201);
  EXPECT_EQ(state_of(events.next("PlaybackFinished"), "playback"), "done");
}

TEST_P(Media, RefusesWhatNeedsFilesWithoutAWayToThem) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = caller(events);
  EXPECT_EQ(ask("POST", path + "/record?name=a&format=wav&maxDurationSeconds=9").status, 201);
  for (const auto& [method, target] :
       {std::pair{"GET", "/recordings/stored"}, std::pair{"GET", "/recordings/stored/a"},
        std::pair{"DELETE", "/recordings/stored/a"}, std::pair{"GET", "/recordings/stored/a/file"},
        std::pair{"POST", "/recordings/stored/a/copy?destinationRecordingName=b"},
        std::pair{"DELETE", "/recordings/live/a"}, std::pair{"GET", "/sounds"},
        std::pair{"GET", "/sounds/beep"}}) {
    const auto reply = ask(method, target);
    EXPECT_EQ(reply.status, 501) << method << " " << target;
    for (const auto* member : {"message", "operation", "pbx", "why", "enable"}) {
      EXPECT_TRUE(reply.json().as_object().contains(member)) << target << " lacks " << member;
    }
  }
}

TEST_P(Media, ServesTheFilesOfAMountedFolder) {
  const test::TempFolder folder;
  const test::TempFolder sounds;
  const std::string large(3'000'000, 'x');
  folder.write("a.wav", "abc");
  folder.write("large.wav", large);
  fs::create_directories(sounds.path() / "en");
  sounds.write("en/beep.gsm", "x");
  config_.recordings.directory = folder.path().string();
  config_.sounds.directory = sounds.path().string();
  start(GetParam());
  EXPECT_EQ(ask("GET", "/recordings/stored/a").body, R"({"name":"a","format":"wav"})");
  EXPECT_EQ(ask("GET", "/recordings/stored/a/file").body, "abc");
  EXPECT_EQ(ask("GET", "/recordings/stored/large/file").body, large);
  EXPECT_EQ(ask("GET", "/recordings/stored/..%2Fa").status, 404);
  EXPECT_EQ(ask("POST", "/recordings/stored/a/copy?destinationRecordingName=sub/b").status, 200);
  EXPECT_EQ(ask("DELETE", "/recordings/stored/a").status, 204);
  EXPECT_EQ(ask("DELETE", "/recordings/stored/a").status, 404);
  EXPECT_TRUE(fs::exists(folder.path() / "sub/b.wav"));
  EXPECT_EQ(ask("GET", "/sounds").body,
            R"([{"id":"beep","formats":[{"language":"en","format":"gsm"}]}])");
  EXPECT_EQ(ask("GET", "/sounds/boop").status, 404);
}

INSTANTIATE_TEST_SUITE_P(Each, Media, test::every_version, test::version_name);
INSTANTIATE_TEST_SUITE_P(Each, MediaByDigits,
                         testing::Values(sim::Version::asterisk_16, sim::Version::asterisk_22),
                         test::version_name);

}  // namespace
}  // namespace arigate
