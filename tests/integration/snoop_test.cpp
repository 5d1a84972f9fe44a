// Channels that exist for their audio alone, on each generation of PBX.
#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class SnoopEveryPbx : public GatewayFixture, public testing::WithParamInterface<sim::Version> {
 protected:
  bool is_new() const {
    return GetParam() != sim::Version::asterisk_1_8 && GetParam() != sim::Version::asterisk_11;
  }
  /// A call that is in the application.
  std::string called(EventClient& events) {
    call("600");
    const auto start = events.next("StasisStart");
    return start.is_null() ? "" : std::string{start.at("channel").at("id").as_string()};
  }
  std::size_t pbx_channels() {
    std::size_t count = 0;
    pbx().ask([&](sim::Pbx& pbx) { count = pbx.channel_count(); });
    return count;
  }
};

TEST_P(SnoopEveryPbx, ASnoopIsAChannelOfItsOwnAndItsLegIsNotShown) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  ASSERT_TRUE(events.open());
  const auto target = called(events);
  ASSERT_NE(target, "");
  const auto reply = ask("POST", "/channels/" + target + "/snoop/ear?spy=in&app=demo&appArgs=a,b");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto channel = reply.json();
  EXPECT_EQ(channel.at("id").as_string(), "ear");
  EXPECT_EQ(channel.at("name").as_string(), "Snoop/" + target + "-00000000");
  EXPECT_EQ(channel.at("state").as_string(), "Up");
  const auto begun = events.next("StasisStart");
  EXPECT_EQ(begun.at("channel").at("id").as_string(), "ear");
  EXPECT_EQ(begun.at("args"), (boost::json::array{"a", "b"}));
  EXPECT_EQ(ask("GET", "/channels").json().as_array().size(), 2U);
  EXPECT_EQ(pbx_channels(), 3U);

  EXPECT_EQ(ask("POST", "/channels/" + target + "/snoop/ear?spy=in&app=demo"),
            message(500, "Snoop channel could not be created"));
  EXPECT_EQ(ask("POST", "/channels/ear/play/p?media=sound:tt-monkeys").status, 201);
  EXPECT_EQ(events.next("PlaybackStarted").at("playback").at("target_uri").as_string(),
            "channel:ear");
  EXPECT_EQ(ask("DELETE", "/channels/ear").status, 204);
  EXPECT_EQ(events.next("StasisEnd").at("channel").at("id").as_string(), "ear");
  EXPECT_TRUE(eventually([&] { return true; }));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (pbx_channels() > 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(pbx_channels(), 1U);
}

TEST_P(SnoopEveryPbx, ASnoopEndsWithItsTarget) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  ASSERT_TRUE(events.open());
  const auto target = called(events);
  ASSERT_EQ(ask("POST", "/channels/" + target + "/snoop?spy=both&whisper=out&app=demo").status,
            200);
  events.next("StasisStart");
  EXPECT_EQ(ask("DELETE", "/channels/" + target).status, 204);
  EXPECT_EQ(events.next("StasisEnd").at("channel").at("id").as_string(), target);
  const auto ended = events.next("StasisEnd");
  EXPECT_TRUE(ended.at("channel").at("name").as_string().starts_with("Snoop/"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (pbx_channels() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(pbx_channels(), 0U);
}

TEST_P(SnoopEveryPbx, AWhisperToTheOtherPartyAloneIsRefused) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  const auto target = called(events);
  const auto reply = ask("POST", "/channels/" + target + "/snoop?whisper=in&app=demo");
  EXPECT_EQ(reply.status, 501);
  EXPECT_NE(reply.body.find("ChanSpy"), std::string::npos);
  EXPECT_EQ(pbx_channels(), 1U);
}

TEST_P(SnoopEveryPbx, ExternalMediaIsThereWhereThePbxHasIt) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  ASSERT_TRUE(events.open());
  const auto reply = ask("POST",
                         "/channels/externalMedia?app=demo&external_host=127.0.0.1:4000&format=ulaw"
                         "&channelId=outside&data=a,b",
                         R"({"variables":{"COLOUR":"red"}})");
  if (!is_new()) {
    EXPECT_EQ(reply.status, 501);
    EXPECT_FALSE(reply.json().at("why").as_string().empty());
    return;
  }
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto channel = reply.json();
  EXPECT_EQ(channel.at("id").as_string(), "outside");
  EXPECT_EQ(channel.at("channelvars").at("UNICASTRTP_LOCAL_ADDRESS").as_string(), "127.0.0.1");
  EXPECT_EQ(channel.at("channelvars").at("UNICASTRTP_LOCAL_PORT").as_string(), "10000");
  EXPECT_EQ(channel.at("channelvars").at("COLOUR").as_string(), "red");
  const auto start = events.next("StasisStart");
  EXPECT_EQ(start.at("channel").at("id").as_string(), "outside");
  EXPECT_EQ(start.at("args"), boost::json::array({"a", "b"}));
}

TEST_P(SnoopEveryPbx, ExternalMediaNamesTheDriverThatIsMissing) {
  start(GetParam(), sim::arigate_context());
  const std::string media = "/channels/externalMedia?app=demo&format=ulaw&channelId=outside";
  const auto socket = ask("POST", media +
                                      "&external_host=127.0.0.1:4000&encapsulation=audiosocket"
                                      "&transport=tcp&data=1b1f3b7c-7ef7-4d0c-9b1b-0d6a3b0b6c11");
  const auto server = ask("POST", media +
                                      "&encapsulation=none&transport=websocket"
                                      "&connection_type=server");
  for (const auto* reply : {&socket, &server}) {
    EXPECT_EQ(reply->status, 501) << reply->body;
    EXPECT_EQ(reply->json().at("operation").as_string(), "channels_external_media");
  }
  if (!is_new()) return;  // Those have no driver at all.
  EXPECT_NE(socket.body.find("Load chan_audiosocket.so"), std::string::npos) << socket.body;
  EXPECT_NE(server.body.find("Load chan_websocket.so"), std::string::npos) << server.body;
}

INSTANTIATE_TEST_SUITE_P(Versions, SnoopEveryPbx, every_version, version_name);

}  // namespace
}  // namespace arigate::test
