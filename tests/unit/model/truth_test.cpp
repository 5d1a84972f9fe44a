// Events that are late, doubled, lost or of a channel that nobody knows, and what lists make of
// them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::model {
namespace {

using Lines = std::vector<std::string>;

constexpr auto old_pbx = "1.1";
constexpr auto new_pbx = "11.0.0";

std::string snapshot(std::string_view name, std::string_view id, int state = 6) {
  return fmt::format(
      "|Channel: {}|ChannelState: {}|CallerIDNum: 100|CallerIDName: Alice|ConnectedLineNum: |"
      "ConnectedLineName: |Language: en|AccountCode: |Context: in|Exten: 600|Priority: 1|"
      "Uniqueid: {}|Linkedid: {}",
      name, state, id, id);
}
std::string newchannel(std::string_view name, std::string_view id) {
  return "Event: Newchannel" + snapshot(name, id);
}
std::string hangup(std::string_view name, std::string_view id) {
  return "Event: Hangup" + snapshot(name, id) + "|Cause: 16|Cause-txt: Normal Clearing";
}
std::string row(std::string_view name, std::string_view id, int state = 6,
                std::string_view duration = "00:00:10") {
  return "Event: CoreShowChannel" + snapshot(name, id, state) +
         fmt::format("|Application: |ApplicationData: |Duration: {}|BridgeId: ", duration);
}

class Truth : public testing::Test {
 protected:
  void use(std::string_view version) {
    world_.use(version);
    list({});  // What is there at the start is no news.
    world_.sink.take();
  }
  void event(const std::string& text) { world_.event(text); }
  void list(const std::vector<std::string>& rows) {
    begin_list();
    end_list(rows);
  }
  void begin_list() {
    world_.run([&] { world_.reconciler.begin_list(); });
  }
  void end_list(const std::vector<std::string>& rows) {
    const auto messages = test::ami_messages(rows);
    world_.run([&] { world_.reconciler.apply_list(messages, now()); });
  }
  void decide() {
    world_.run([&] { world_.reconciler.decide(now(), now()); });
  }
  WallTime now() const { return world_.clock.wall(); }
  Lines changes() {
    auto changes = world_.sink.take();
    std::erase(changes, "resynced");
    return changes;
  }

  test::SmallWorld world_{new_pbx};
};

TEST_F(Truth, AHangupBeforeItsNewchannelLeavesNothingBehind) {
  for (const auto* version : {old_pbx, new_pbx}) {
    use(version);
    event(hangup("SIP/a-1", "1.1"));
    event(newchannel("SIP/a-1", "1.1"));
    decide();
    EXPECT_EQ(world_.store.channel_count(), 0U) << version;
  }
}

TEST_F(Truth, AValueIsReadAsThePbxHasWrittenIt) {
  for (const auto* version : {"2.7.0", "2.8.0"}) {
    use(version);
    event(newchannel("SIP/a-1", "1.1"));
    changes();
    event("Event: VarSet" + snapshot("SIP/a-1", "1.1") + "|Variable: X|Value: a\\\\tb");
    EXPECT_EQ(changes(), Lines{std::string{"varset 1.1 X="} +
                               (version == std::string{"2.7.0"} ? "a\\\\tb" : "a\\tb")});
    event(hangup("SIP/a-1", "1.1"));
  }
}

TEST_F(Truth, AKeyIsPressedForAShortWhileWhateverTheClockDoes) {
  use(old_pbx);
  world_.clock.advance(std::chrono::hours{5});
  event(newchannel("SIP/a-1", "1.1"));
  decide();
  changes();
  const auto key = [&](std::string_view begin, std::string_view end) {
    event(
        fmt::format("Event: DTMF|Channel: SIP/a-1|Uniqueid: 1.1|Digit: 5|Direction: Received|"
                    "Begin: {}|End: {}",
                    begin, end));
  };
  using std::chrono::milliseconds;
  for (const milliseconds step : {milliseconds{120}, milliseconds{std::chrono::hours{-3}},
                                  milliseconds{std::chrono::hours{3}}}) {
    key("Yes", "No");
    world_.clock.set_by(step);
    key("No", "Yes");
  }
  EXPECT_EQ(changes(), (Lines{"dtmf 1.1 5 120", "dtmf 1.1 5 100", "dtmf 1.1 5 100"}));
}

TEST_F(Truth, AClockThatIsSetBackKeepsNothingWaiting) {
  use(old_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  world_.clock.set_by(std::chrono::hours{-3});
  decide();
  EXPECT_EQ(changes(), (Lines{"created 1.1 SIP/a-1 Up"}));
}

TEST_F(Truth, TheLanguageOfAPlaybackIsNotShownHoweverLateItIsTold) {
  use(new_pbx);
  const auto told = [&](const std::string& language) {
    auto text = "Event: Newexten" + snapshot("SIP/a-1", "1.1") + "|Extension: 600|Application: A";
    text.replace(text.find("Language: en"), 12, "Language: " + language);
    event(text);
    return world_.store.find(ChannelId{"1.1"})->language;
  };
  const auto plays = [&](std::string_view language) {
    world_.run([&] { world_.reconciler.hide_language(ChannelId{"1.1"}, language); });
  };
  event(newchannel("SIP/a-1", "1.1"));
  plays("fr");
  EXPECT_EQ(told("fr"), "en");
  plays("");
  plays("xx");
  EXPECT_EQ(told("fr"), "en");
  EXPECT_EQ(told("xx"), "en");
  EXPECT_EQ(told("en"), "en");
  plays("");
  EXPECT_EQ(told("xx"), "en");
  EXPECT_EQ(told("en"), "en");
  EXPECT_EQ(told("fr"), "fr") << "now it is the channel's own";
}

TEST_F(Truth, ALanguageThatAnApplicationSetsIsShownThoughAPlaybackHadIt) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  world_.run([&] {
    world_.reconciler.hide_language(ChannelId{"1.1"}, "fr");
    world_.reconciler.hide_language(ChannelId{"1.1"}, "");
    world_.reconciler.function_set(ChannelId{"1.1"}, "CHANNEL(language)", "fr", now());
  });
  auto text = "Event: Newexten" + snapshot("SIP/a-1", "1.1") + "|Extension: 600|Application: A";
  text.replace(text.find("Language: en"), 12, "Language: fr");
  event(text);
  EXPECT_EQ(world_.store.find(ChannelId{"1.1"})->language, "fr");
}

TEST_F(Truth, AChannelThatIsBackBeforeItsStatusIsToldHasLeftFirst) {
  use(new_pbx);
  const auto enter = [&] {
    world_.run([&] { world_.reconciler.enter(ChannelId{"1.1"}, AppName{"app"}, {}, {}, now()); });
  };
  const auto left =
      "Event: VarSet" + snapshot("SIP/a-1", "1.1") + "|Variable: STASISSTATUS|Value: SUCCESS";
  event(newchannel("SIP/a-1", "1.1"));
  enter();
  const auto leave = [&] {
    world_.run([&] { world_.reconciler.leave(ChannelId{"1.1"}, now(), true); });
  };
  leave();
  changes();
  enter();
  event(left);
  EXPECT_EQ(changes(), (Lines{"varset 1.1 STASISSTATUS=SUCCESS",
                              "varset 1.1 STASISSTATUS=", "start 1.1 app()"}));
  leave();
  event(left);
  changes();
  enter();
  EXPECT_EQ(changes(), (Lines{"varset 1.1 STASISSTATUS=", "start 1.1 app()"}));
}

TEST_F(Truth, ANewchannelThatComesTwiceIsOneChannel) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  event(newchannel("SIP/other-1", "1.1"));
  EXPECT_EQ(changes(), Lines{"created 1.1 SIP/a-1 Up"});
  EXPECT_EQ(world_.store.find(ChannelId{"1.1"})->name, "SIP/a-1");
}

TEST_F(Truth, AnEndedChannelDoesNotComeAgain) {
  use(new_pbx);
  for (int i = 0; i < 2; ++i) {
    event(newchannel("SIP/a-1", "1.1"));
    event("Event: Newstate" + snapshot("SIP/a-1", "1.1"));
    event(hangup("SIP/a-1", "1.1"));
  }
  EXPECT_EQ(changes(),
            (Lines{"created 1.1 SIP/a-1 Up", "state 1.1 Up", "destroyed 1.1 16 Normal Clearing"}));
}

TEST_F(Truth, AnEventThatTellsEnoughMakesItsChannel) {
  use(new_pbx);
  event("Event: Newstate" + snapshot("SIP/a-1", "1.1"));
  EXPECT_EQ(changes(), (Lines{"created 1.1 SIP/a-1 Up", "state 1.1 Up"}));
  EXPECT_FALSE(world_.reconciler.take_gap());
}

TEST_F(Truth, AnEventThatDoesNotAsksForAList) {
  use(old_pbx);
  event(
      "Event: Newexten|Channel: SIP/a-1|Context: in|Extension: 600|Priority: 1|Application: Wait|"
      "AppData: 9|Uniqueid: 1.1");
  EXPECT_EQ(changes(), Lines{});
  EXPECT_TRUE(world_.reconciler.take_gap());
  EXPECT_FALSE(world_.reconciler.take_gap());
}

/// Each of them names a channel of which nothing told; one that has ended is none.
TEST_F(Truth, EventsOfAnOldPbxThatMakeNoChannelAskForAList) {
  use(old_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  decide();
  for (const std::string told :
       {"Event: Newstate|Channel: SIP/b-1|ChannelState: 5|Uniqueid: 1.2",
        "Event: Dial|SubEvent: Begin|Channel: SIP/a-1|Destination: SIP/b-1|UniqueID: 1.1|"
        "DestUniqueID: 1.2|Dialstring: b",
        "Event: Bridge|Bridgestate: Link|Channel1: SIP/a-1|Channel2: SIP/b-1|Uniqueid1: 1.1|"
        "Uniqueid2: 1.2",
        "Event: Rename|Channel: SIP/b-1|Newname: SIP/b-1<MASQ>|Uniqueid: 1.2",
        "Event: NewAccountCode|Channel: SIP/b-1|Uniqueid: 1.2|AccountCode: x"}) {
    event(told);
    EXPECT_TRUE(world_.reconciler.take_gap()) << told;
  }
  event(hangup("SIP/b-1", "1.2"));
  world_.reconciler.take_gap();
  event("Event: Newstate|Channel: SIP/b-1|ChannelState: 5|Uniqueid: 1.2");
  EXPECT_FALSE(world_.reconciler.take_gap());
}

TEST_F(Truth, AnEventKeepsWhatItDoesNotTell) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  event("Event: Newstate|Channel: SIP/a-1|ChannelState: 5|Uniqueid: 1.1");
  const auto* channel = world_.store.find(ChannelId{"1.1"});
  EXPECT_EQ(channel->caller, (Party{"Alice", "100"}));
  EXPECT_EQ(channel->state, ChannelState::ringing);
}

TEST_F(Truth, ANameIsUsedAgainRightAfterAHangup) {
  for (const auto* version : {old_pbx, new_pbx}) {
    use(version);
    event(newchannel("SIP/a-1", "1.1"));
    event(newchannel("SIP/a-1", "1.2"));
    event(hangup("SIP/a-1", "1.1"));
    const auto* channel = world_.store.find_name("SIP/a-1");
    ASSERT_NE(channel, nullptr) << version;
    EXPECT_EQ(channel->uniqueid.value, "1.2");
    event(hangup("SIP/a-1", "1.2"));
    EXPECT_EQ(world_.store.channel_count(), 0U);
  }
}

// --- lists --------------------------------------------------------------------------------------

TEST_F(Truth, AListWithNoNewsTellsNothing) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  changes();
  list({row("SIP/a-1", "1.1")});
  EXPECT_EQ(changes(), Lines{});
}

TEST_F(Truth, AListTellsDifferences) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  event(newchannel("SIP/b-1", "1.2"));
  changes();
  list({row("SIP/a-1", "1.1", 5), row("SIP/c-1", "1.3")});
  EXPECT_EQ(changes(),
            (Lines{"state 1.1 Ringing", "created 1.3 SIP/c-1 Up", "destroyed 1.2 0 Unknown"}));
}

TEST_F(Truth, AListTellsPartiesAndPlacesAsEventsWould) {
  for (const auto* version : {old_pbx, new_pbx}) {
    use(version);
    event(newchannel("SIP/a-1", "1.1"));
    decide();
    changes();
    const std::string there =
        "Event: CoreShowChannel|Channel: SIP/a-1|ChannelState: 6|CallerIDNum: 200|CallerIDName: "
        "Bob|"
        "ConnectedLineNum: 300|ConnectedLineName: Carol|Language: en|AccountCode: |Context: in|"
        "Exten: 601|Priority: 2|Uniqueid: 1.1|Linkedid: 1.1|Application: Wait|ApplicationData: 9|"
        "Duration: 00:00:10|BridgeId: ";
    list({there});
    EXPECT_EQ(changes(), (Lines{"callerid 1.1 \"Bob\"<200> 0 Presentation Allowed, Not Screened",
                                "connected 1.1 \"Carol\"<300>", "dialplan 1.1 Wait(9)"}))
        << version;
    list({there});
    EXPECT_EQ(changes(), Lines{}) << version;
    event(hangup("SIP/a-1", "1.1"));
  }
}

TEST_F(Truth, AListThatIsCutShortChangesNothing) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  changes();
  begin_list();
  world_.run([&] { world_.reconciler.abandon_list(); });
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(world_.store.channel_count(), 1U);
}

TEST_F(Truth, EventsDuringAListWinOverItsRows) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  event(newchannel("SIP/b-1", "1.2"));
  begin_list();
  event(hangup("SIP/a-1", "1.1"));
  event(newchannel("SIP/c-1", "1.3"));
  event("Event: Newstate" + snapshot("SIP/b-1", "1.2", 5));
  changes();
  end_list({row("SIP/a-1", "1.1"), row("SIP/b-1", "1.2", 6)});
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(world_.store.find(ChannelId{"1.2"})->state, ChannelState::ringing);
  EXPECT_NE(world_.store.find(ChannelId{"1.3"}), nullptr);
}

TEST_F(Truth, ARowThatACallerHasForgedSaysOnlyThatItsChannelIsThere) {
  use(new_pbx);
  event(newchannel("SIP/victim-1", "1.1"));
  event(newchannel("SIP/eve-1", "1.2"));
  changes();
  list({row("SIP/victim-1", "1.1"),
        "Event: CoreShowChannel|Channel: SIP/eve-1|ChannelState: 6|CallerIDNum: x|Uniqueid: 1.1|"
        "CallerIDName: |Uniqueid: 1.2"});
  list({row("SIP/victim-1", "1.1"),
        "Event: CoreShowChannel|Channel: SIP/eve-1|ChannelState: 6|CallerIDNum: x"});
  EXPECT_EQ(changes(), Lines{});
  EXPECT_EQ(world_.store.find(ChannelId{"1.1"})->name, "SIP/victim-1");
  EXPECT_EQ(world_.store.find(ChannelId{"1.2"})->name, "SIP/eve-1");
}

/// The end of our own dialplan lines is that of the call's only where it came from others.
TEST_F(Truth, TheEndOfOurDialplanIsToldOfWhoCameFromAnother) {
  use(new_pbx);
  const std::string of = "|Channel: SIP/a-1|Uniqueid: 1.1";
  event(newchannel("SIP/a-1", "1.1"));
  event("Event: Newexten|Context: arigate|Extension: 7|Priority: 8|Application: Hangup|AppData: " +
        of);
  changes();
  event("Event: SoftHangupRequest|Cause: 16" + of);
  EXPECT_EQ(changes(), Lines{});
  event("Event: VarSet|Variable: ARIGATE_HOME|Value: trunk,600,2" + of);
  event("Event: SoftHangupRequest|Cause: 16" + of);
  EXPECT_EQ(changes(), Lines{"hanguprequest 1.1 16 soft"});
}

TEST_F(Truth, AnIdOfAPlaybackMayBeGivenAgain) {
  Playback playback;
  playback.id.value = "p";
  std::vector<PlaybackId> keys;
  for (const auto* media : {"sound:a", "sound:b", "sound:c"}) {
    playback.media_uri = media;
    keys.push_back(world_.reconciler.add_playback(playback));
  }
  const auto found = [&] {
    const auto* oldest = world_.store.find(PlaybackId{"p"});
    return oldest == nullptr ? "" : oldest->media_uri;
  };
  for (const std::size_t ends : {1U, 0U, 2U}) {
    EXPECT_EQ(found(), ends == 2 ? "sound:c" : "sound:a") << "the oldest";
    world_.run([&] { world_.reconciler.end_playback(keys[ends], PlaybackState::done, now()); });
  }
  EXPECT_EQ(found(), "");
  EXPECT_EQ(changes(), (Lines{"playback p done sound:b", "playback p done sound:a",
                              "playback p done sound:c"}));
  EXPECT_EQ(world_.reconciler.add_playback(playback).value, "p");
}

// --- the PBX itself -----------------------------------------------------------------------------

TEST_F(Truth, ThePbxStartsAnewAndOnlyWhatCameSinceLives) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  event("Event: BridgeCreate|BridgeUniqueid: b|BridgeType: basic|BridgeTechnology: simple_bridge");
  Playback playback;
  playback.id.value = "p";
  playback.channel.value = "1.1";
  playback.media_uri = "sound:x";
  world_.run([&] {
    world_.reconciler.add_playback(playback);
    world_.reconciler.enter(ChannelId{"1.1"}, AppName{"app"}, {}, {}, now());
  });
  const auto before = world_.reconciler.serial();
  event(newchannel("SIP/a-1", "2.1"));
  changes();
  world_.run([&] { world_.reconciler.end_all(before, now()); });
  EXPECT_EQ(changes(), (Lines{"playback p failed sound:x", "end 1.1 app", "destroyed 1.1 0 Unknown",
                              "no bridge b"}));
  EXPECT_EQ(world_.store.find(ChannelId{"1.1"}), nullptr);
  EXPECT_EQ(world_.store.playback_count(), 0U);
  EXPECT_EQ(world_.store.find_name("SIP/a-1")->uniqueid.value, "2.1");
}

TEST_F(Truth, ANewLinkMayCountItsChannelsFromTheStart) {
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  event(hangup("SIP/a-1", "1.1"));
  use(new_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  EXPECT_EQ(world_.store.channel_count(), 1U);
}

// --- what an old PBX makes for itself -----------------------------------------------------------

TEST_F(Truth, HelpersOfThePbxAreNeverShown) {
  use(old_pbx);
  for (const auto* name : {"AsyncGoto/SIP/a-1", "Bridge/SIP/a-1", "Parked/SIP/a-1",
                           "Transfered/SIP/a-1", "ConfBridgeRecorder/conf-1", "Announcer/1"}) {
    event(newchannel(name, "1.1"));
    decide();
    EXPECT_EQ(world_.store.find(ChannelId{"1.1"}), nullptr) << name;
    event(hangup(name, "1.1"));
    EXPECT_EQ(changes(), Lines{}) << name;
    use(old_pbx);
    list({row(name, "1.1")});
    EXPECT_EQ(changes(), Lines{}) << name << " in a list";
    list({});
    EXPECT_EQ(changes(), Lines{}) << name << " gone from the list";
    EXPECT_EQ(world_.store.channel_count(), 0U);
  }
}

TEST_F(Truth, TheDeadBodyOfAMasqueradeIsNoChannelOfAList) {
  use(old_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  decide();
  changes();
  // Redirect with an old PBX, while nobody listened: the call goes on as 1.2.
  list({row("AsyncGoto/SIP/a-1<ZOMBIE>", "1.1"), row("SIP/a-1", "1.2")});
  EXPECT_EQ(changes(), Lines{});
  const auto* channel = world_.store.find(ChannelId{"1.1"});
  ASSERT_NE(channel, nullptr);
  EXPECT_EQ(channel->uniqueid.value, "1.2");
  EXPECT_EQ(channel->name, "SIP/a-1");
}

/// Names without a counter belong to a line or an agent, so each of its calls has the same one.
TEST_F(Truth, ANewCallOnALineIsNotTheOldOne) {
  for (const auto* name : {"DAHDI/1-1", "Agent/1001", "Console/dsp", "IAX2/trunk-4711"}) {
    use(old_pbx);
    event(newchannel(name, "1.1"));
    decide();
    changes();
    world_.clock.advance(std::chrono::minutes{1});
    list({row(name, "1.2", 6, "00:00:10")});
    EXPECT_EQ(changes(),
              (Lines{fmt::format("created 1.2 {} Up", name), "destroyed 1.1 0 Unknown"}));
    // As old as the call: another body of it.
    world_.clock.advance(std::chrono::minutes{1});
    list({row(name, "1.3", 6, "00:01:10")});
    EXPECT_EQ(changes(), Lines{}) << name;
    EXPECT_EQ(world_.store.find(ChannelId{"1.2"})->uniqueid.value, "1.3");
  }
}

TEST_F(Truth, ACountedNameStaysWithItsCallHoweverYoungItsBodyIs) {
  use(old_pbx);
  for (const auto* name : {"SIP/a-0000001f", "Local/600@in-4f2a;1"}) {
    event(newchannel(name, "1.1"));
    decide();
    changes();
    world_.clock.advance(std::chrono::minutes{1});
    list({row(name, "1.2", 6, "00:00:10")});
    EXPECT_EQ(changes(), Lines{}) << name;
    event(hangup(name, "1.2"));
    use(old_pbx);
  }
}

TEST_F(Truth, AConferenceOfAnOldPbxEndsWithItsLastMember) {
  use(old_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  decide();
  changes();
  event(
      "Event: Newexten|Channel: SIP/a-1|Context: in|Extension: 600|Priority: 1|"
      "Application: ConfBridge|AppData: |Uniqueid: 1.1");
  EXPECT_EQ(world_.store.bridge_count(), 1U);
  event(hangup("SIP/a-1", "1.1"));
  EXPECT_EQ(world_.store.bridge_count(), 0U);
}

TEST_F(Truth, AListOfParkedCallsTellsWhoIsInALot) {
  const auto list_parked = [&](const Lines& rows) {
    const auto parked = test::ami_messages(rows);
    begin_list();
    world_.run([&] { world_.reconciler.remember_parked(parked); });
    end_list({row("SIP/a-1", "1.1")});
  };
  use(old_pbx);
  event(newchannel("SIP/a-1", "1.1"));
  decide();
  changes();
  const std::string parked = "Event: ParkedCall|Exten: 701|Channel: SIP/a-1|From: SIP/b-1";
  list_parked({parked + "|Parkinglot: lot"});
  EXPECT_EQ(changes(), (Lines{"bridge parking-lot", "enter parking-lot 1.1"}));
  list_parked({parked + "|Parkinglot: lot"});
  list_parked({parked});  // 1.8.0 does not name the lot.
  list({row("SIP/a-1", "1.1")});
  EXPECT_EQ(changes(), Lines{}) << "nothing has changed, or nobody was asked";
  list_parked({});
  EXPECT_EQ(changes(), (Lines{"left parking-lot 1.1", "no bridge parking-lot"}));
  list_parked({parked});
  EXPECT_EQ(changes(), (Lines{"bridge parking-default", "enter parking-default 1.1"}));
}

TEST_F(Truth, AParkedCallLeavesItsLotHoweverThatIsTold) {
  const std::string parked =
      "Event: ParkedCall|Exten: 701|Channel: SIP/a-1|Parkinglot: lot|From: SIP/b-1|Timeout: 45|"
      "CallerIDNum: 1|CallerIDName: x|Uniqueid: 1.1";
  const std::string unparked = "Event: UnParkedCall|Exten: 701|Channel: SIP/a-1|From: SIP/b-1";
  const std::string link =
      "Event: Bridge|Bridgestate: Link|Bridgetype: core|Channel1: SIP/a-1|Channel2: SIP/b-1|"
      "Uniqueid1: 1.1|Uniqueid2: 1.2";
  const Lines left{"left parking-lot 1.1", "no bridge parking-lot"};
  // What 1.8.0, 1.8.5, 1.8.11 tell, and nothing at all.
  for (const auto& told :
       {unparked + "|CallerIDNum: 1|CallerIDName: x",
        unparked + "|CallerIDNum: 1|CallerIDName: x|ConnectedLineNum: 1|ConnectedLineName: x",
        unparked + "|Parkinglot: lot|CallerIDNum: 1|CallerIDName: x|Uniqueid: 1.1",
        std::string{}}) {
    use(old_pbx);
    event(newchannel("SIP/a-1", "1.1"));
    event(newchannel("SIP/b-1", "1.2"));
    decide();
    event(parked);
    EXPECT_EQ(world_.store.bridge_count(), 1U);
    changes();
    if (!told.empty()) {
      event(told);
      EXPECT_EQ(changes(), left) << told;
    }
    event(link);
    EXPECT_EQ(world_.store.bridge_count(), 1U) << told;
    EXPECT_EQ(world_.store.find(BridgeId{"parking-lot"}), nullptr) << told;
    event(hangup("SIP/a-1", "1.1"));
    event(hangup("SIP/b-1", "1.2"));
  }
}

}  // namespace
}  // namespace arigate::model
