// Whose call it is, and what is told again, where several clients or levels of ARI are at work.
#include <memory>
#include <string>
#include <string_view>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

namespace json = boost::json;

constexpr const char* dialplan =
    "[t]\n"
    "exten => 600,1,AGI(agi://@AGI@/app)\n"
    " same => n,Wait(30)\n"
    "exten => 700,1,AGI(agi://@AGI@/StasisBroadcast,5000)\n";

class SharingTest : public EveryPbx {
 protected:
  void begin() { start(GetParam(), sim::arigate_context() + dialplan); }
  static std::string id_of(const json::value& event) {
    return event.is_object() ? std::string{event.at("channel").at("id").as_string()} : "";
  }
};

TEST_P(SharingTest, WithModeOneALegGoesToWhoAsksForIt) {
  begin();
  EventClient first{port(), "app=app&share=true&mode=one"};
  EventClient second{port(), "app=app&share=true&mode=one"};
  call("600", "t");
  const auto caller = id_of(first.next("StasisStart"));
  // The second one has fewer.
  first.send(R"({"type":"RESTRequest","method":"POST",
                 "uri":"channels/create?app=app&endpoint=SIP/bob&channelId=made"})");
  EXPECT_EQ(id_of(first.next("StasisStart")), "made");
  first.send(R"({"type":"RESTRequest","method":"POST",
                 "uri":"channels?app=app&endpoint=SIP/bob"})");
  const auto called = first.next("StasisStart");
  EXPECT_EQ(called.at("channel").at("name").as_string().subview(0, 8), "SIP/bob-");
  EXPECT_EQ(ask("POST", "/channels/called?app=app&endpoint=SIP/bob&originator=" + caller).status,
            200);
  EXPECT_EQ(id_of(first.next("StasisStart")), "called");
  // What nobody has asked for goes to who has the fewest, as before.
  EXPECT_EQ(ask("POST", "/channels/create?app=app&endpoint=SIP/bob&channelId=other").status, 200);
  EXPECT_EQ(id_of(second.next()), "other");
}

TEST_P(SharingTest, WithModeOneASnoopGoesToWhoHasItsTarget) {
  begin();
  EventClient first{port(), "app=app&share=true&mode=one"};
  EventClient second{port(), "app=app&share=true&mode=one"};
  call("600", "t");
  const auto caller = id_of(first.next("StasisStart"));
  EXPECT_EQ(ask("POST", "/channels/" + caller + "/answer").status, 204);
  EXPECT_EQ(ask("POST", "/channels/" + caller + "/snoop?app=app&spy=in").status, 200);
  const auto start = first.next("StasisStart");
  ASSERT_TRUE(start.is_object());
  EXPECT_EQ(start.at("channel").at("name").as_string().subview(0, 6), "Snoop/");
}

TEST_P(SharingTest, WhatIsToldAgainPassesTheFilter) {
  begin();
  EventClient app{port(), "app=app&share=true"};
  EXPECT_EQ(ask("PUT", "/applications/app/eventFilter",
                R"({"disallowed":[{"type":"StasisStart"},{"type":"CallBroadcast"}]})")
                .status,
            200);
  call("600", "t");
  EXPECT_TRUE(comes_true([&] { return !ask("GET", "/channels").json().as_array().empty(); }));
  call("700", "t");
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels").json().as_array().size() == 2; }));
  EventClient again{port(), "app=app&share=true&announce=true"};
  EXPECT_EQ(ask("POST", "/events/user/x?application=app").status, 204);
  EXPECT_EQ(again.next().at("type").as_string(), "ChannelUserevent");
  EXPECT_EQ(app.types_until("ChannelUserevent").find("StasisStart"), std::string::npos);
}

TEST_P(SharingTest, WhatIsToldAgainHasATokenAndComesOnce) {
  begin();
  auto app = std::make_unique<EventClient>(port(), "app=app&resume=");
  call("600", "t");
  const auto start = app->next("StasisStart");
  ASSERT_TRUE(start.is_object());
  app.reset();
  const std::string token{start.at("resume").as_string()};
  app = std::make_unique<EventClient>(port(), "app=app&announce=true&resume=" + token);
  const auto again = app->next("StasisStart");
  ASSERT_TRUE(again.is_object());
  ASSERT_TRUE(again.as_object().contains("resume"));
  const std::string next{again.at("resume").as_string()};
  app = std::make_unique<EventClient>(port(), "app=app&resume=" + next);
  const auto resumed = app->next("ArigateResume");
  EXPECT_EQ(resumed.at("status").as_string(), "resumed");
  EXPECT_EQ(resumed.at("missed").as_int64(), 0);
}

TEST_P(SharingTest, WhatIsOfferedIsKeptForResume) {
  begin();
  EventClient app{port(), "app=app&resume="};
  EXPECT_EQ(app.next().at("type").as_string(), "ArigateResume");
  call("700", "t");
  const auto offer = app.next("CallBroadcast");
  ASSERT_TRUE(offer.is_object());
  EXPECT_TRUE(offer.as_object().contains("resume"));
  EXPECT_EQ(offer.at("caller").as_string(), "801");
}

TEST_P(SharingTest, WhatIsToldAgainIsOfTheLevel) {
  config_.general.ari_version = "13";
  begin();
  EventClient app{port(), "app=app"};
  call("600", "t");
  const auto start = app.next("StasisStart").as_object();
  EventClient again{port(), "app=app&announce=true"};
  const auto told = again.next("StasisStart").as_object();
  EXPECT_EQ(told.at("channel").as_object().contains("protocol_id"),
            start.at("channel").as_object().contains("protocol_id"));
  call("700", "t");  // ARI 13 has no CallBroadcast.
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels").json().as_array().size() == 2; }));
  EXPECT_EQ(ask("POST", "/events/user/x?application=app").status, 204);
  EXPECT_EQ(again.types_until("ChannelUserevent").find("CallBroadcast"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(, SharingTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
