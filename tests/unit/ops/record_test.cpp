#include "ops/record.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_agi_link.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using test::FakeAgiLink;
using test::SmallWorld;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

const std::string record_line =
    R"(RECORD FILE "/var/spool/asterisk/recording/r" "wav" "D" "-1" "0")";

class RecordTest : public testing::Test {
 protected:
  /// What waits 200 ms is over at once, what waits seconds is not.
  explicit RecordTest(std::string_view ami_version = "5.0.4") : world_{ami_version} {
    world_.clock.advance(std::chrono::steady_clock::now() - 1s - world_.clock.now());
    world_.world.spawn = [this](boost::asio::awaitable<void> work) {
      boost::asio::co_spawn(world_.context, std::move(work), boost::asio::detached);
    };
    world_.event(
        "Event: Newchannel|Channel: DAHDI/a-1|ChannelState: 6|Uniqueid: 1.1|Context: c|"
        "Exten: 1|Priority: 1");
    world_.sink.take();
    link_ = std::make_shared<FakeAgiLink>();
    control_ = std::make_shared<Control>(ChannelId{"1.1"}, link_, world_.clock);
  }
  ~RecordTest() override { control_->drop({Errc::unavailable, "over"}); }

  RecordRequest request() {
    RecordRequest request;
    request.target = MediaTarget{control_, ChannelId{"1.1"}, {}, {}};
    request.name.value = "r";
    request.format = "wav";
    request.if_exists = IfExists::overwrite;
    return request;
  }
  Result<void> record(RecordRequest request) {
    Recordings::Queued queued = [](const model::LiveRecording&) {};
    auto outcome = world_.start(recordings_.record(std::move(request), std::move(queued)));
    EXPECT_TRUE(outcome->has_value());
    return outcome->value();
  }
  Result<void> control(RecordingControl what) {
    Result<void> outcome;
    world_.run([&] { outcome = recordings_.control(RecordingName{"r"}, what); });
    return outcome;
  }
  void reply(std::string_view line) {
    world_.run([&] { control_->on(test::agi_reply(line)); });
  }
  Lines changes() { return world_.sink.take(); }

  SmallWorld world_;
  int taken_out_ = 0;
  Result<void> take_out_outcome_{};
  Interrupter interrupter_{world_.world, [this](ChannelId channel, std::function<bool()> wanted) {
                             return take_out(std::move(channel), std::move(wanted));
                           }};
  Recordings recordings_{world_.world, interrupter_, nullptr};
  std::shared_ptr<FakeAgiLink> link_;
  std::shared_ptr<Control> control_;

 private:
  boost::asio::awaitable<Result<void>> take_out(ChannelId, std::function<bool()> wanted) {
    EXPECT_TRUE(wanted());
    ++taken_out_;
    co_return take_out_outcome_;
  }
};

TEST_F(RecordTest, IsStoppedByADigitThatIsNotShown) {
  ASSERT_TRUE(record(request()));
  EXPECT_EQ(link_->take(), Lines{record_line});
  EXPECT_EQ(changes(), Lines{"recording r recording"});
  EXPECT_TRUE(control(RecordingControl::stop));
  EXPECT_EQ(world_.ami.waiting_action(),
            "PlayDTMF|Channel: DAHDI/a-1|Digit: D|Duration: 1|Receive: true");
  world_.run([&] { world_.ami.answer(); });
  const std::string digit =
      "Event: DTMFEnd|Channel: DAHDI/a-1|Uniqueid: 1.1|Digit: D|DurationMs: 80|Direction: Received";
  world_.event(digit);
  EXPECT_EQ(changes(), Lines{});
  reply("200 result=68 (dtmf) endpos=8000");
  EXPECT_EQ(changes(), Lines{"recording r done"});
  world_.event(digit);
  EXPECT_EQ(changes(), Lines{"dtmf 1.1 D 80"}) << "a second one is the phone's";
  EXPECT_EQ(world_.store.recording_count(), 0U);
}

TEST_F(RecordTest, PressesNothingWhenItHasEndedMeanwhile) {
  ASSERT_TRUE(record(request()));
  world_.run([&] {
    EXPECT_TRUE(recordings_.control(RecordingName{"r"}, RecordingControl::stop));
    control_->on(test::agi_reply("200 result=-1 (hangup) endpos=8000"));
  });
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

TEST_F(RecordTest, TakesTheChannelOutWhenThePbxTakesNoDigit) {
  ASSERT_TRUE(record(request()));
  EXPECT_TRUE(control(RecordingControl::stop));
  world_.run([&] { world_.ami.refuse(Errc::forbidden); });
  EXPECT_EQ(taken_out_, 1);
}

TEST_F(RecordTest, LetsTheOwnerOfALineEndIt) {
  int ended = 0;
  auto wanted = request();
  wanted.target = target_of(BridgeId{"b"}, control_, [&] { ++ended; });
  ASSERT_TRUE(record(std::move(wanted)));
  EXPECT_EQ(world_.store.find(RecordingName{"r"})->target_uri, "bridge:b");
  EXPECT_TRUE(control(RecordingControl::stop));
  world_.run([&] { world_.ami.refuse(Errc::forbidden); });
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(taken_out_, 0);
}

TEST_F(RecordTest, MutesByTheVolumeOrElseTheChannel) {
  ASSERT_TRUE(record(request()));
  EXPECT_TRUE(control(RecordingControl::mute));
  EXPECT_EQ(world_.ami.waiting_action(),
            "Setvar|Channel: DAHDI/a-1|Variable: VOLUME(RX)|Value: -32768");
  world_.run([&] { world_.ami.answer(); });
  EXPECT_EQ(world_.ami.take_posted(), Lines{});
  EXPECT_TRUE(control(RecordingControl::unmute));
  EXPECT_EQ(world_.ami.waiting_action(), "Setvar|Channel: DAHDI/a-1|Variable: VOLUME(RX)|Value: 0");
  world_.run([&] { world_.ami.refuse(Errc::refused_by_pbx); });
  EXPECT_EQ(world_.ami.take_posted(),
            Lines{"MuteAudio|Channel: DAHDI/a-1|Direction: in|State: off"});
}

TEST_F(RecordTest, RefusesWhatCannotBe) {
  const auto refused = [&](auto change) {
    auto wanted = request();
    change(wanted);
    const auto outcome = record(std::move(wanted));
    return outcome ? Errc{} : outcome.error().code;
  };
  EXPECT_EQ(refused([](auto& r) { r.format = "nope"; }), Errc::unprocessable);
  EXPECT_EQ(refused([](auto& r) { r.name.value = "../r"; }), Errc::bad_request);
  ASSERT_TRUE(record(request()));
  EXPECT_EQ(refused([](auto&) {}), Errc::conflict);
  EXPECT_EQ(control(RecordingControl::cancel).error().code, Errc::not_supported)
      << "nobody could delete the file";
  control_->drop({Errc::unavailable, "over"});
  EXPECT_EQ(recordings_.control(RecordingName{"r"}, RecordingControl::stop).error().code,
            Errc::not_found);
  EXPECT_EQ(refused([](auto& r) { r.name.value = "s"; }), Errc::not_in_application);
  EXPECT_EQ(world_.store.recording_count(), 0U);
}

/// Without folders of the PBX it has to look and make them itself.
TEST_F(RecordTest, AsksThePbxAboutFiles) {
  auto wanted = request();
  wanted.name.value = "sub/r";
  wanted.if_exists = IfExists::fail;
  ASSERT_TRUE(record(std::move(wanted)));
  EXPECT_EQ(link_->take(),
            Lines{R"(SET VARIABLE "ARIGATE_FILE" "/var/spool/asterisk/recording/sub/r.wav")"});
  reply("200 result=1");
  EXPECT_EQ(link_->take(), Lines{R"(GET FULL VARIABLE "${STAT(e,${ARIGATE_FILE})}")"});
  reply("200 result=1 (0)");
  EXPECT_EQ(link_->take(), Lines{R"(EXEC MixMonitor "/var/spool/asterisk/recording/sub/r.wav,a")"});
}

TEST_F(RecordTest, GivesThePbxNoNameThatItWouldEvaluate) {
  auto wanted = request();
  wanted.name.value = "x${SHELL(touch owned)}";
  wanted.if_exists = IfExists::fail;
  ASSERT_TRUE(record(std::move(wanted)));
  EXPECT_EQ(
      link_->take(),
      Lines{
          R"x(SET VARIABLE "ARIGATE_FILE" "/var/spool/asterisk/recording/x${SHELL(touch owned)}.wav")x"});
  reply("200 result=1");
  EXPECT_EQ(link_->take(), Lines{R"(GET FULL VARIABLE "${STAT(e,${ARIGATE_FILE})}")"});
  for (const auto* name : {"d/x,,touch owned", "d/${SHELL(touch owned)}", "d/x;y"}) {
    auto strange = request();
    strange.name.value = name;
    const auto refused = record(std::move(strange));
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, Errc::bad_request) << name;
  }
  EXPECT_EQ(link_->take(), Lines{});
}

TEST_F(RecordTest, AreOnlySoMany) {
  constexpr auto most = Recordings::recordings_max;
  control_ = std::make_shared<Control>(ChannelId{"1.1"}, link_, world_.clock, most);
  const auto record_as = [&](std::size_t number) {
    auto wanted = request();
    wanted.name.value = std::to_string(number);
    return record(std::move(wanted));
  };
  for (std::size_t i = 0; i < most; ++i) ASSERT_TRUE(record_as(i));
  const auto refused = record_as(most);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_EQ(world_.store.recording_count(), most);
  reply("200 result=0 (timeout) endpos=8000");  // The first one has ended.
  EXPECT_TRUE(record_as(most));
}

/// Who is on it speaks by RTP, whose packets the PBX counts.
class RecordOfAPhone : public RecordTest {
 protected:
  RecordOfAPhone() {
    world_.event("Event: Rename|Channel: DAHDI/a-1|Newname: SIP/a-1|Uniqueid: 1.1");
    world_.clock.advance(-4s);  // What waits so long is over at once, too.
    world_.world.timeouts.action = 1h;
    EXPECT_TRUE(record(request()));
    link_->take();
    changes();
  }
  /// The next question for the count is answered.
  void counted(std::string_view packets) {
    EXPECT_EQ(world_.ami.waiting_action(),
              "Status|Channel: SIP/a-1|Variables: CHANNEL(rtpqos,audio,rxcount)");
    world_.run([&] {
      world_.ami.answer(
          {"Event: Status|Channel: SIP/a-1|Uniqueid: 1.1|"
           "Variable: CHANNEL(rtpqos,audio,rxcount)=" +
           std::string{packets}});
    });
  }
};

TEST_F(RecordOfAPhone, EndsWhenItSendsNothingMore) {
  counted("50");
  counted("250");
  EXPECT_EQ(world_.ami.waiting(), 1U) << "it goes on";
  counted("250");
  EXPECT_EQ(world_.ami.waiting_action(),
            "PlayDTMF|Channel: SIP/a-1|Digit: D|Duration: 1|Receive: true");
  world_.run([&] { world_.ami.answer(); });
  reply("200 result=68 (dtmf) endpos=16000");
  EXPECT_EQ(changes(), Lines{"recording r done"});
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

TEST_F(RecordOfAPhone, IsNotAskedAboutWhenItHasEnded) {
  counted("0");
  reply("200 result=0 (timeout) endpos=8000");
  ASSERT_EQ(world_.ami.waiting(), 1U) << "the question that is under way";
  counted("0");
  EXPECT_EQ(world_.ami.waiting(), 0U);
}

TEST_F(RecordOfAPhone, IsNotAskedAboutWhenThePbxCountsNothing) {
  counted("(null)");
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_EQ(changes(), Lines{});
}

TEST_F(RecordOfAPhone, GoesOnWhileThePbxIsAway) {
  counted("7");
  world_.run([&] { world_.ami.refuse(Errc::timeout); });
  counted("7");
  counted("7");
  EXPECT_EQ(world_.ami.waiting(), 1U);
  EXPECT_TRUE(world_.ami.waiting_action().starts_with("PlayDTMF")) << "only now it is certain";
}

class OldRecordTest : public RecordTest {
 protected:
  OldRecordTest() : RecordTest{"1.3"} {}
};

TEST_F(OldRecordTest, IsStoppedByTakingTheChannelOut) {
  ASSERT_TRUE(record(request()));
  EXPECT_TRUE(control(RecordingControl::stop));
  EXPECT_EQ(world_.ami.waiting(), 0U);
  EXPECT_EQ(taken_out_, 1);
  changes();
  reply("200 result=-1 (hangup) endpos=8000");
  EXPECT_EQ(changes(), Lines{}) << "the line is about to go";
}

class RecordOnAPbxWithoutReceive : public RecordTest {
 protected:
  RecordOnAPbxWithoutReceive() { world_.world.receives_digits = false; }
};

TEST_F(RecordOnAPbxWithoutReceive, IsStoppedByTakingTheChannelOut) {
  ASSERT_TRUE(record(request()));
  EXPECT_TRUE(control(RecordingControl::stop));
  EXPECT_EQ(world_.ami.waiting(), 0U) << "the digit would go to the phone";
  EXPECT_EQ(taken_out_, 1);
}

TEST_F(OldRecordTest, GoesOnWhenItCannotBeTakenOut) {
  take_out_outcome_ = Error{Errc::timeout, "no"};
  ASSERT_TRUE(record(request()));
  EXPECT_TRUE(control(RecordingControl::pause));
  EXPECT_EQ(world_.store.find(RecordingName{"r"})->state, model::RecordingState::recording);
}

}  // namespace
}  // namespace arigate::ops
