// What the link to the PBX may do while a call is up: the call and its clients stay.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

using namespace std::chrono_literals;

std::string id_of(const boost::json::value& event, const char* what = "channel") {
  return std::string{event.at(what).at("id").as_string()};
}

class LinkFaultsTest : public EveryPbx {
 protected:
  using Events = std::vector<boost::json::value>;
  /// A caller in the application; "" when none came.
  std::string caller(EventClient& events) {
    call("600");
    const auto began = events.next("StasisStart");
    if (began.is_null()) return "";
    return std::string{began.at("channel").at("id").as_string()};
  }
  /// Needs the PBX.
  int asked() { return ask("GET", "/asterisk/variable?variable=EPOCH").status; }
  bool becomes(int status) {
    return comes_true([&] { return asked() == status; });
  }
  /// The events that came before one of our own: "" for none.
  std::string told_meanwhile(EventClient& events) {
    EXPECT_EQ(ask("POST", "/events/user/mark?application=demo").status, 204);
    const std::string mark = "ChannelUserevent";
    auto types = events.types_until(mark);
    return types.substr(0, types.size() - mark.size());
  }
  /// Those of one type among them.
  Events told_of(std::string_view type, const Events& events) {
    Events found;
    for (const auto& event : events) {
      if (event.at("type").as_string() == type) found.push_back(event);
    }
    return found;
  }
  Events all_until_mark(EventClient& events) {
    EXPECT_EQ(ask("POST", "/events/user/mark?application=demo").status, 204);
    Events all;
    for (auto event = events.next(); !event.is_null(); event = events.next()) {
      if (event.at("type").as_string() == "ChannelUserevent") return all;
      all.push_back(std::move(event));
    }
    ADD_FAILURE() << "the client has lost its WebSocket";
    return all;
  }
  std::size_t channels_shown() { return ask("GET", "/channels").json().as_array().size(); }
};

TEST_P(LinkFaultsTest, ACallOutlivesALinkThatIsCut) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto channel = caller(events);
  ASSERT_FALSE(channel.empty());
  told_meanwhile(events);
  for (const auto how : {sim::Cut::fin, sim::Cut::rst, sim::Cut::mid_event}) {
    pbx().ask([&](sim::Pbx& pbx) {
      pbx.refuse_ami(true);
      pbx.cut_ami(how);
    });
    if (how == sim::Cut::mid_event) call("600", "nowhere");  // Of an event it sends a part.
    EXPECT_TRUE(becomes(503)) << "without its PBX";
    EXPECT_EQ(ask("GET", "/channels/" + channel).status, 200) << "what is known is told";
    pbx().ask([](sim::Pbx& pbx) { pbx.refuse_ami(false); });
    EXPECT_TRUE(becomes(200)) << "it is asked again";
    EXPECT_EQ(ask("POST", "/channels/" + channel + "/ring").status, 204);
    EXPECT_EQ(told_meanwhile(events).find("ChannelDestroyed"), std::string::npos);
  }
}

/// With the times that are in use when nobody has set others.
TEST_P(LinkFaultsTest, ALinkThatIsCutIsBackWithinTwoSeconds) {
  start(GetParam());
  for (const auto how : {sim::Cut::fin, sim::Cut::rst}) {
    const auto cut = std::chrono::steady_clock::now();
    pbx().ask([&](sim::Pbx& pbx) { pbx.cut_ami(how); });
    EXPECT_TRUE(becomes(200));
    EXPECT_LT(std::chrono::steady_clock::now() - cut, 2s);
  }
}

TEST_P(LinkFaultsTest, WhatChangedWhileTheLinkWasDownIsToldOnce) {
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  const auto stays = caller(events);
  const auto goes = call("603");
  ASSERT_TRUE(comes_true([&] { return channels_shown() == 2; }));
  all_until_mark(events);
  pbx().ask([](sim::Pbx& pbx) {
    pbx.refuse_ami(true);
    pbx.cut_ami(sim::Cut::fin);
  });
  hang_up(goes);
  ASSERT_TRUE(comes_true([&] { return pbx().ask([&](sim::Pbx&) { return goes->ended(); }); }));
  const auto comes = call("603");
  pbx().ask([](sim::Pbx& pbx) { pbx.refuse_ami(false); });
  ASSERT_TRUE(
      comes_true([&] { return ask("GET", "/channels/" + comes->uniqueid()).status == 200; }));
  const auto told = all_until_mark(events);
  const auto destroyed = told_of("ChannelDestroyed", told);
  const auto created = told_of("ChannelCreated", told);
  ASSERT_EQ(destroyed.size(), 1U);
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(id_of(destroyed.front()), goes->uniqueid());
  EXPECT_EQ(id_of(created.front()), comes->uniqueid());
  EXPECT_EQ(ask("POST", "/channels/" + stays + "/ring").status, 204);
}

/// Neither byte nor end: nobody but the silence tells that the link is dead.
TEST_P(LinkFaultsTest, ALinkThatIsSilentIsGivenUpAndMadeAgain) {
  config_.ami.ping_interval = 100ms;
  config_.ami.ping_timeout = 500ms;
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  const auto channel = caller(events);
  all_until_mark(events);
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(true); });
  EXPECT_TRUE(becomes(503));
  EXPECT_EQ(ask("GET", "/channels/" + channel).status, 200);
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(false); });
  EXPECT_TRUE(becomes(200));
  EXPECT_EQ(ask("POST", "/channels/" + channel + "/ring").status, 204);
  const auto told = all_until_mark(events);
  EXPECT_EQ(told_of("ChannelCreated", told).size(), 0U);
  EXPECT_EQ(told_of("ChannelDestroyed", told).size(), 0U);
}

/// Longer than a channel that AMI does not tell of is waited for at first.
TEST_P(LinkFaultsTest, WhatHappensWhileAmiStandsStillIsToldAfterwards) {
  config_.ami.action_timeout = 2s;
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  const auto goes = call("603");
  ASSERT_FALSE(events.next("ChannelCreated").is_null());
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(true); });
  const auto comes = call("600");  // AGI tells of it at once.
  hang_up(goes);
  EXPECT_EQ(asked(), 504);
  EXPECT_EQ(asked(), 504);
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(false); });
  const auto destroyed = events.next("ChannelDestroyed");
  ASSERT_FALSE(destroyed.is_null());
  EXPECT_EQ(id_of(destroyed), goes->uniqueid());
  ASSERT_TRUE(comes_true([&] {
    return ask("POST", "/channels/" + comes->uniqueid() + "/ring").status == 204;
  })) << "the application has it";
}

TEST_P(LinkFaultsTest, AnsweringLateLosesNothing) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto channel = caller(events);
  ASSERT_FALSE(channel.empty());
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(true); });
  auto waits = std::async(std::launch::async, [this] { return asked(); });
  EXPECT_EQ(ask("GET", "/channels/" + channel).status, 200) << "what needs no PBX waits for none";
  EXPECT_EQ(waits.wait_for(100ms), std::future_status::timeout);
  pbx().ask([](sim::Pbx& pbx) { pbx.stall_ami(false); });
  EXPECT_EQ(waits.get(), 200);
}

TEST_P(LinkFaultsTest, AnAnswerThatDoesNotComeIsATimeoutAndNobodyElsesAnswer) {
  start(GetParam());
  pbx().ask([](sim::Pbx& pbx) {
    pbx.set_global("COLOUR", "green");
    pbx.delay_answers(5'500ms);
  });
  EXPECT_EQ(ask("GET", "/asterisk/variable?variable=LATE").status, 504);
  pbx().ask([](sim::Pbx& pbx) { pbx.delay_answers(0ms); });
  const auto answer = ask("GET", "/asterisk/variable?variable=COLOUR");
  EXPECT_EQ(answer.body, R"({"value":"green"})");
}

TEST_P(LinkFaultsTest, AnOriginateIsWaitedForByItsOwnTime) {
  config_.ami.action_timeout = 200ms;
  config_.ami.originate_timeout = 4s;
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const std::string_view rings =
      "/channels?endpoint=SIP/nobody-home&extension=601&context=from-trunk";
  pbx().ask([](sim::Pbx& pbx) { pbx.delay_answers(400ms); });
  EXPECT_EQ(asked(), 504);
  EXPECT_EQ(ask("POST", rings).status, 200);
  pbx().ask([](sim::Pbx& pbx) { pbx.delay_answers(0ms); });
  ASSERT_TRUE(becomes(200));
  stop();
  config_.ami.originate_timeout = 300ms;
  restart();
  pbx().ask([](sim::Pbx& pbx) { pbx.delay_answers(600ms); });
  const auto late = ask("POST", rings);
  EXPECT_EQ(late.status, 504) << late.body;
  pbx().ask([](sim::Pbx& pbx) { pbx.delay_answers(0ms); });
}

/// Its clock tells that it is another start; the names of its channels begin anew.
TEST_P(LinkFaultsTest, APbxThatIsStartedAnewHasNothingOfTheTimeBefore) {
  const auto offset = std::make_shared<std::atomic<int>>(0);
  pbx_clock_ = [offset] {
    return std::chrono::system_clock::now() + std::chrono::seconds{*offset};
  };
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  const auto hears = caller(events);
  const auto member = caller(events);
  ASSERT_EQ(ask("POST", "/channels/" + member + "/answer").status, 204);
  ASSERT_EQ(ask("POST", "/bridges/room?type=mixing").status, 200);
  ASSERT_EQ(ask("POST", "/bridges/room/addChannel?channel=" + member).status, 204);
  ASSERT_EQ(ask("POST", "/channels/" + hears + "/play/p?media=sound:tt-monkeys").status, 201);
  ASSERT_FALSE(events.next("PlaybackStarted").is_null());
  all_until_mark(events);
  *offset = 60;
  pbx().ask([](sim::Pbx& pbx) { pbx.restart(); });
  call("603");  // It has the name that one of them had.
  ASSERT_TRUE(comes_true([&] { return ask("GET", "/channels/" + hears).status == 404; }));
  ASSERT_TRUE(becomes(200));
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/bridges/room").status == 404; }));
  for (const auto& path : {"/channels/" + member, std::string{"/playbacks/p"}}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
  EXPECT_TRUE(comes_true([&] { return channels_shown() == 1; })) << "those of now are there";
  const auto told = all_until_mark(events);
  EXPECT_EQ(told_of("ChannelDestroyed", told).size(), 2U);
  EXPECT_EQ(told_of("StasisEnd", told).size(), 2U);
  EXPECT_EQ(told_of("BridgeDestroyed", told).size(), 1U);
  const auto finished = told_of("PlaybackFinished", told);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished.front().at("playback").at("state").as_string(), "failed");
}

/// Without a sign of the gap: nothing is told of the channel any more.
TEST_P(LinkFaultsTest, AChunkThatIsLostIsMadeUpForByWhatFollows) {
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  pbx().ask([](sim::Pbx& pbx) {
    pbx.lose_events([](std::string_view event) { return event.starts_with("Event: Newchannel"); });
  });
  const auto lost = caller(events);
  ASSERT_FALSE(lost.empty());
  pbx().ask([](sim::Pbx& pbx) { pbx.lose_events({}); });
  EXPECT_EQ(ask("POST", "/channels/" + lost + "/answer").status, 204);
  EXPECT_EQ(ask("DELETE", "/channels/" + lost).status, 204);
  EXPECT_FALSE(events.next("ChannelDestroyed").is_null());
  EXPECT_EQ(channels_shown(), 0U);
}

/// Of what its account may not do, the PBX itself need not be asked.
TEST_P(LinkFaultsTest, AnAccountWithoutAClassHasTheRest) {
  ami_write_ = "system,call,command,reporting,user";
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  const auto channel = caller(events);
  ASSERT_FALSE(channel.empty());
  ASSERT_TRUE(comes_true([&] { return own("/support").json().at("examined").as_bool(); }));
  const auto refused = ask("POST", "/channels?endpoint=SIP/bob&app=demo");
  EXPECT_EQ(refused.status, 501);
  EXPECT_NE(refused.body.find("write class originate"), std::string::npos) << refused.body;
  EXPECT_EQ(ask("POST", "/channels/" + channel + "/answer").status, 204);
  EXPECT_EQ(ask("DELETE", "/channels/" + channel).status, 204);
}

INSTANTIATE_TEST_SUITE_P(Each, LinkFaultsTest,
                         testing::Values(sim::Version::asterisk_1_8, sim::Version::asterisk_22),
                         version_name);

}  // namespace
}  // namespace arigate::test
