#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

namespace json = boost::json;

/// 600 enters the application; what became of it is in the global AFTER.
constexpr const char* dialplan =
    "[t]\n"
    "exten => 600,1,AGI(agi://@AGI@/app,first,second)\n"
    " same => n,Set(GLOBAL(AFTER)=${STASISSTATUS})\n"
    " same => n,Wait(30)\n"
    " same => n,Hangup()\n"
    "exten => 700,1,AGI(agi://@AGI@/StasisBroadcast,5000,^ap,x:y,yes)\n"
    " same => n,Set(GLOBAL(AFTER)=${STASISSTATUS})\n"
    " same => n,Hangup()\n"
    "exten => 702,1,AGI(agi://@AGI@/StasisBroadcast,5000,^ap[)\n"
    "exten => 701,1,AGI(agi://@AGI@/StasisBroadcast,50)\n"
    " same => n,Set(GLOBAL(AFTER)=${STASISSTATUS})\n"
    " same => n,Wait(30)\n"
    "exten => 800,1,AGI(agi://@AGI@/percall,a)\n"
    " same => n,Set(GLOBAL(AFTER)=${STASISSTATUS})\n"
    " same => n,Wait(30)\n"
    "[fallback]\n"
    "exten => s,1,Set(GLOBAL(FELL)=${EXTEN})\n"
    " same => n,Wait(30)\n";

class ApplicationsTest : public EveryPbx {
 protected:
  void begin() { start(GetParam(), dialplan); }
  std::shared_ptr<sim::Call> call(std::string exten) {
    return GatewayFixture::call(std::move(exten), "t");
  }
  bool eventually_global(const std::string& name, const std::string& value) {
    return comes_true([&] { return global(name) == value; });
  }
  static std::string id_of(const json::value& event) {
    return std::string{event.at("channel").at("id").as_string()};
  }
};

TEST_P(ApplicationsTest, SubscriptionsCountAndFiltersMerge) {
  begin();
  EventClient app{port(), "app=app"};
  const std::string base = "/applications/app";
  const auto shown = [](std::string_view members, std::string_view allowed,
                        std::string_view disallowed) {
    return Reply{200, R"({"name":"app",)" + std::string{members} + R"(,"events_allowed":)" +
                          std::string{allowed} + R"(,"events_disallowed":)" +
                          std::string{disallowed} + "}"};
  };
  const std::string none =
      R"("channel_ids":[],"bridge_ids":[],"endpoint_ids":[],"device_names":[])";
  const std::string all_channels =
      R"("channel_ids":["__AST_CHANNEL_ALL_TOPIC"],"bridge_ids":[],"endpoint_ids":[],"device_names":[])";
  struct Row {
    std::string_view method, target, body;
    Reply reply;
  };
  const auto missing = message(400, "Missing parameter eventSource");
  const auto scheme = message(400, "Invalid event source URI scheme");
  const auto not_there = message(422, "Event source does not exist");
  const auto not_subscribed = message(422, "Event source was not subscribed to");
  const Row rows[] = {
      {"POST", "/subscription", "", missing},
      {"POST", "/subscription?eventSource=", "", scheme},
      {"POST", "/subscription?eventSource=channel", "", scheme},
      {"POST", "/subscription?eventSource=Channel:x", "", scheme},
      {"POST", "/subscription?eventSource=channel:nope", "", not_there},
      {"POST", "/subscription?eventSource=bridge:nope", "", not_there},
      {"DELETE", "/subscription?eventSource=bridge:nope", "", not_subscribed},
      {"POST", "/subscription?eventSource=channel:", "", shown(all_channels, "[]", "[]")},
      {"DELETE", "/subscription?eventSource=channel:__AST_CHANNEL_ALL_TOPIC", "",
       shown(none, "[]", "[]")},
      {"PUT", "/eventFilter", R"({"allowed":[{"type":"Dial"}]})",
       shown(none, R"([{"type":"Dial"}])", "[]")},
      {"PUT", "/eventFilter", R"({"disallowed":[{"type":"x","y":1}]})",
       shown(none, R"([{"type":"Dial"}])", R"([{"type":"x","y":1}])")},
      {"PUT", "/eventFilter", R"({"filter":{}})",
       shown(none, R"([{"type":"Dial"}])", R"([{"type":"x","y":1}])")},
      {"PUT", "/eventFilter", R"({"allowed":{}})", message(400, "Invalid format definition")},
      {"PUT", "/eventFilter", R"({"allowed":[5]})", message(400, "Invalid format definition")},
      {"PUT", "/eventFilter", R"({"allowed":null})", message(400, "Invalid format definition")},
      {"PUT", "/eventFilter", "{", message(400, "Error parsing request body")},
      {"PUT", "/eventFilter", "{}", shown(none, "[]", "[]")},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ask(row.method, base + std::string{row.target}, row.body), row.reply)
        << row.method << " " << row.target << " " << row.body;
  }
  EXPECT_EQ(ask("GET", "/applications/nope"), message(404, "Application not found"));
  EXPECT_EQ(ask("POST", "/applications/nope/subscription"), missing);
}

TEST_P(ApplicationsTest, UserEventsCarryTheirVariablesAsTheyAre) {
  begin();
  EventClient app{port(), "app=app"};
  EXPECT_EQ(ask("POST", "/events/user/mine?application=app",
                R"({"variables":{"a":"b","n":5,"o":{"x":[1]},"z":null,"eventname":"other"}})"),
            (Reply{204, ""}));
  const auto event = app.next();
  EXPECT_EQ(event.at("type").as_string(), "ChannelUserevent");
  EXPECT_EQ(event.at("userevent"),
            json::parse(R"({"a":"b","n":5,"o":{"x":[1]},"z":null,"eventname":"mine"})"));
  EXPECT_EQ(ask("POST", "/events/user/mine"), message(400, "Missing parameter application"));
  EXPECT_EQ(ask("POST", "/events/user/mine?application=nope"),
            message(404, "Application not found"));
  EXPECT_EQ(ask("POST", "/events/user/mine?application=app&source=channel:nope"),
            message(422, "Event source was not found"));
  EXPECT_EQ(ask("POST", "/events/user/mine?application=app&source="),
            message(400, "Invalid event source URI scheme"));
  EXPECT_EQ(ask("POST", "/events/user/mine?application=app", R"({"variables":5})").status, 400);
}

TEST_P(ApplicationsTest, RestOverTheWebSocketAnswersAsNative) {
  begin();
  EventClient app{port(), "app=app"};
  struct Row {
    std::string_view request;
    int status;
    std::string_view reason, uri, body;
  };
  const Row rows[] = {
      {R"({"method":"GET","uri":"channels?pretty=true"})", 200, "OK", "channels", "[]"},
      {R"({"method":"GET","uri":"channels/nope"})", 404, "Not Found", "channels/nope",
       R"({"message":"Channel not found"})"},
      {R"({"method":"GET","uri":"/channels"})", 405, "Method Not Allowed", "/channels",
       R"({"message":"Invalid method"})"},
      {R"({"method":"GET","uri":"channels/"})", 404, "Not Found", "channels/",
       R"({"message":"ARI URLs do not end with a slash. Try /ari/channels"})"},
      {R"({"method":"get","uri":"channels"})", 400, "Bad request", "channels",
       R"({"message":"Unknown or missing 'method' property."})"},
      {R"({"method":"GET"})", 400, "Bad request", "",
       R"({"message":"Empty or missing 'uri' property."})"},
      {R"({"type":"nope"})", 400, "Bad request", "", R"({"message":"Unknown request type."})"},
      {R"({"type":5})", 400, "Bad request", "", R"({"message":"No 'type' property."})"},
      {R"({"method":"OPTIONS","uri":"channels"})", 204, "No Content", "channels", ""},
      {R"({"method":"HEAD","uri":"channels"})", 405, "Method Not Allowed", "channels",
       R"({"message":"Invalid method"})"},
      {R"({"method":"GET","uri":"events?app=x"})", 400, "Bad request", "events",
       R"({"message":"Can't upgrade to websocket from a websocket"})"},
      {R"({"method":"POST","uri":"asterisk/variable?variable=A&value=uri",
           "query_strings":[{"name":"value","value":"x y&z%20"}]})",
       204, "No Content", "asterisk/variable", ""},
      {R"({"method":"GET","uri":"asterisk/variable?variable=A"})", 200, "OK", "asterisk/variable",
       R"({"value":"x y&z%20"})"},
      {R"({"method":"POST","uri":"asterisk/variable","query_strings":[5]})", 400, "Bad request",
       "asterisk/variable", R"({"message":"Unable to parse 'query_strings' array."})"},
      {R"({"method":"POST","uri":"asterisk/variable","message_body":"{}"})", 400, "Bad request",
       "asterisk/variable", R"({"message":"No 'content_type' for 'message_body'."})"},
      {R"({"method":"POST","uri":"asterisk/variable","message_body":"x","content_type":"text/x"})",
       400, "Bad request", "asterisk/variable", R"({"message":"Unknown content type."})"},
      {R"({"method":"POST","uri":"asterisk/variable","message_body":"{",
           "content_type":"application/json"})",
       400, "Bad request", "asterisk/variable",
       R"({"message":"Unable to parse 'message_body' as 'application/json'."})"},
      {R"({"method":"POST","uri":"asterisk/variable","content_type":"application/json",
           "message_body":"{\"variable\":\"B\",\"value\":\"of the body\"}"})",
       204, "No Content", "asterisk/variable", ""},
      {R"({"method":"GET","uri":"asterisk/variable?variable=B"})", 200, "OK", "asterisk/variable",
       R"({"value":"of the body"})"},
      {R"({"method":"GET","uri":"asterisk/ping?api_key=x:y"})", 401, "Unauthorized",
       "asterisk/ping", R"({"message":"Authentication required"})"},
  };
  int number = 0;
  for (const auto& row : rows) {
    auto request = json::parse(row.request).as_object();
    if (!request.contains("type")) request["type"] = "RESTRequest";
    request["transaction_id"] = "t";
    request["request_id"] = std::to_string(++number);
    app.send_json(request);
    const auto event = app.next();
    ASSERT_TRUE(event.is_object()) << row.request;
    EXPECT_EQ(event.at("type").as_string(), "RESTResponse");
    EXPECT_EQ(event.at("application").as_string(), "app");
    EXPECT_EQ(event.at("request_id").as_string(), std::to_string(number));
    EXPECT_EQ(event.at("status_code").as_int64(), row.status) << row.request;
    EXPECT_EQ(event.at("reason_phrase").as_string(), row.reason) << row.request;
    EXPECT_EQ(event.at("uri").as_string(), row.uri) << row.request;
    const auto* body = event.as_object().if_contains("message_body");
    EXPECT_EQ(body == nullptr ? "" : std::string{body->as_string()}, row.body) << row.request;
  }
  app.send("{");
  EXPECT_EQ(app.next().at("reason_phrase").as_string(), "Failed to parse request message JSON");
}

TEST_P(ApplicationsTest, AReadOnlyUserStaysSoOverTheWebSocket) {
  begin();
  EventClient reader{port(), "app=app", "Authorization: Basic cmVhZGVyOnA=\r\n"};
  ASSERT_TRUE(reader.open()) << reader.head();
  reader.send(R"({"type":"RESTRequest","method":"POST","uri":"asterisk/variable?variable=A"})");
  const auto event = reader.next();
  EXPECT_EQ(event.at("status_code").as_int64(), 403);
  EXPECT_EQ(event.at("message_body").as_string(), R"({"message":"Write access denied"})");
  reader.send(R"({"type":"RESTRequest","method":"GET","uri":"channels"})");
  EXPECT_EQ(reader.next().at("status_code").as_int64(), 200);
}

TEST_P(ApplicationsTest, ANewSocketReplacesTheOldOneUnlessBothShare) {
  begin();
  EventClient first{port(), "app=app"};
  EventClient second{port(), "app=app"};
  EXPECT_EQ(first.next().at("type").as_string(), "ApplicationReplaced");
  EventClient third{port(), "app=app&share=true"};
  EXPECT_EQ(second.next().at("type").as_string(), "ApplicationReplaced");
  EventClient fourth{port(), "app=app&share=true"};
  EXPECT_FALSE((EventClient{port(), "app=app&share=true&mode=one"}).open());
  EXPECT_FALSE((EventClient{port(), "app=app&share=true&mode=some"}).open());
  call("600");
  EXPECT_EQ(third.types_until("StasisStart"), "StasisStart");
  EXPECT_EQ(fourth.types_until("StasisStart"), "StasisStart");
}

TEST_P(ApplicationsTest, WithModeOneEachCallGoesToOneClientAndOnWhenItDrops) {
  begin();
  auto first = std::make_unique<EventClient>(port(), "app=app&share=true&mode=one");
  EventClient second{port(), "app=app&share=true&mode=one"};
  call("600");
  const auto one = id_of(first->next("StasisStart"));
  call("600");
  const auto two = id_of(second.next("StasisStart"));
  EXPECT_NE(one, two);
  EXPECT_EQ(ask("POST", "/channels/" + one + "/variable?variable=X&value=1").status, 204);
  EXPECT_EQ(id_of(first->next("ChannelVarset")), one);
  EXPECT_EQ(ask("POST", "/channels/" + two + "/variable?variable=X&value=2").status, 204);
  EXPECT_EQ(id_of(second.next()), two);  // Nothing of the other's call in between.
  first.reset();
  const auto again = second.next("StasisStart");
  EXPECT_EQ(id_of(again), one);
  EXPECT_EQ(again.at("args"), json::parse(R"(["first","second"])"));
}

TEST_P(ApplicationsTest, AClientThatComesBackGetsWhatItMissed) {
  begin();
  auto client = std::make_unique<EventClient>(port(), "app=app&resume=");
  const auto begun = client->next();
  EXPECT_EQ(begun.at("type").as_string(), "ArigateResume");
  EXPECT_EQ(begun.at("status").as_string(), "started");
  call("600");
  const auto start = client->next("StasisStart");
  const auto channel = id_of(start);
  const std::string token{start.at("resume").as_string()};
  client.reset();
  // Until the gateway has seen that: the channel stays, and its events are kept.
  for (int i = 1; i <= 3; ++i) {
    const auto value = std::to_string(i);
    EXPECT_EQ(ask("POST", "/channels/" + channel + "/variable?variable=N&value=" + value).status,
              204);
  }
  client = std::make_unique<EventClient>(port(), "app=app&announce=true&resume=" + token);
  const auto resumed = client->next();
  EXPECT_EQ(resumed.at("status").as_string(), "resumed");
  for (int i = 1; i <= 3; ++i) {
    const auto event = client->next("ChannelVarset");
    EXPECT_EQ(event.at("value").as_string(), std::to_string(i));
  }
  EXPECT_EQ(id_of(client->next("StasisStart")), channel);
  // A client that does not ask sees nothing of it.
  EventClient plain{port(), "app=app"};
  EXPECT_EQ(ask("POST", "/events/user/x?application=app").status, 204);
  const auto event = plain.next();
  EXPECT_EQ(event.at("type").as_string(), "ChannelUserevent");
  EXPECT_FALSE(event.as_object().contains("resume"));
}

TEST_P(ApplicationsTest, ALogThatWasOverrunIsToldSo) {
  config_.applications.push_back({});
  config_.applications.back().name = "app";
  config_.applications.back().log_events_max = 2;
  begin();
  std::string token;
  {
    EventClient client{port(), "app=app&resume="};
    token = client.next().at("resume").as_string();
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(ask("POST", "/events/user/x?application=app").status, 204);
    client.next("ChannelUserevent");
  }
  EXPECT_EQ((EventClient{port(), "app=app&resume=" + token}).next().at("status").as_string(),
            "overrun");
  EXPECT_EQ((EventClient{port(), "app=app&resume=1.1"}).next().at("status").as_string(), "overrun");
}

TEST_P(ApplicationsTest, ANewCallWaitsForAnApplicationThatIsAway) {
  config_.applications.push_back({});
  auto& policy = config_.applications.back();
  policy.name = "app";
  policy.new_call = NewCall::park;
  begin();
  const auto waiting = call("600");
  const auto given_up = call("600");
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels").json().as_array().size() == 2; }));
  hang_up(given_up);
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels").json().as_array().size() == 1; }));
  EventClient app{port(), "app=app"};
  const auto start = app.next("StasisStart");
  EXPECT_EQ(start.at("channel").at("state").as_string(), "Up");
  EXPECT_EQ(start.at("args"), json::parse(R"(["first","second"])"));
  EXPECT_EQ(ask("DELETE", "/channels/" + id_of(start)).status, 204);
  app.next("StasisEnd");
}

TEST_P(ApplicationsTest, ACallThatWaitsTooLongGoesOnWhereTheConfigurationSays) {
  config_.applications.push_back({});
  auto& policy = config_.applications.back();
  policy.name = "*";
  policy.new_call = NewCall::park;
  policy.park_answer = false;
  policy.park_timeout = std::chrono::milliseconds{50};
  policy.fallback_context = "fallback";
  policy.fallback_exten = "s";
  begin();
  call("600");
  EXPECT_TRUE(eventually_global("FELL", "s"));
}

TEST_P(ApplicationsTest, CallsOfALostApplicationAreLookedAfter) {
  config_.applications.push_back({});
  auto& policy = config_.applications.back();
  policy.name = "app";
  policy.lost_call = LostCall::leave;
  policy.grace = std::chrono::milliseconds{20};
  policy.fallback_context = "fallback";
  policy.fallback_exten = "s";
  begin();
  {
    EventClient app{port(), "app=app"};
    call("600");
    app.next("StasisStart");
  }
  EXPECT_TRUE(eventually_global("FELL", "s"));
}

TEST_P(ApplicationsTest, CallsOfALostApplicationWaitAndAreAnnouncedAgain) {
  config_.applications.push_back({});
  auto& policy = config_.applications.back();
  policy.name = "app";
  policy.lost_call = LostCall::park;
  policy.grace = std::chrono::milliseconds{0};
  policy.park_music = "waiting";
  begin();
  std::string channel;
  {
    EventClient app{port(), "app=app"};
    call("600");
    channel = id_of(app.next("StasisStart"));
  }
  const auto music = "/channels/" + channel + "/variable?variable=CHANNEL(musicclass)";
  EXPECT_TRUE(comes_true([&] { return ask("GET", music).body == R"({"value":"waiting"})"; }));
  EventClient app{port(), "app=app"};
  EXPECT_EQ(id_of(app.next("StasisStart")), channel);
}

TEST_P(ApplicationsTest, CallsOfALostApplicationAreHungUp) {
  config_.applications.push_back({});
  auto& policy = config_.applications.back();
  policy.name = "app";
  policy.lost_call = LostCall::hang_up;
  policy.grace = std::chrono::milliseconds{0};
  begin();
  {
    EventClient app{port(), "app=app"};
    call("600");
    app.next("StasisStart");
  }
  EXPECT_TRUE(comes_true([&] { return ask("GET", "/channels").body == "[]"; }));
}

TEST_P(ApplicationsTest, AChannelThatIsOfferedGoesToTheFirstThatClaimsIt) {
  begin();
  EventClient app{port(), "app=app"};
  EventClient other{port(), "app=apple"};
  EventClient third{port(), "app=nap"};  // Does not match the filter of 700.
  call("700");
  const auto offer = app.next();
  EXPECT_EQ(offer.at("type").as_string(), "CallBroadcast");
  EXPECT_EQ(offer.at("called").as_string(), "700");
  EXPECT_EQ(other.next().at("type").as_string(), "CallBroadcast");
  const auto claim = "/events/claim?channelId=" + id_of(offer) + "&application=";
  EXPECT_EQ(ask("POST", claim + "apple"), (Reply{204, ""}));
  const auto too_late = message(409, "Channel has already been claimed by another application");
  EXPECT_EQ(ask("POST", claim + "app"), too_late);
  EXPECT_EQ(app.next().at("winner_app").as_string(), "apple");
  EXPECT_EQ(other.next().at("type").as_string(), "CallClaimed");
  const auto start = other.next();
  EXPECT_EQ(start.at("type").as_string(), "StasisStart");
  EXPECT_EQ(start.at("args"), json::parse(R"(["x","y"])"));
  for (const auto& told : {offer, start}) {
    const auto& line = told.at("channel").at("dialplan");
    EXPECT_EQ(line.at("app_name").as_string(), "StasisBroadcast");
    EXPECT_EQ(line.at("app_data").as_string(), "5000,^ap,x:y,yes");
  }
  EXPECT_EQ(ask("POST", claim + "app"), too_late);
  EXPECT_EQ(ask("POST", "/channels/" + id_of(start) + "/continue").status, 204);
  other.next("StasisEnd");
  EXPECT_EQ(ask("POST", claim + "app"),
            message(404, "Channel not found or not in broadcast state"));
  EXPECT_EQ(ask("POST", "/events/user/x?application=nap").status, 204);
  EXPECT_EQ(third.next().at("type").as_string(), "ChannelUserevent");
}

TEST_P(ApplicationsTest, ABrokenFilterKeepsNobodyOut) {
  begin();
  EventClient app{port(), "app=app"};
  EventClient third{port(), "app=nap"};
  call("702");
  EXPECT_EQ(third.next().at("type").as_string(), "CallBroadcast");
  EXPECT_EQ(app.next().at("type").as_string(), "CallBroadcast");
}

TEST_P(ApplicationsTest, AChannelThatNobodyClaimsGoesBack) {
  begin();
  EventClient app{port(), "app=app"};
  call("701");
  const auto offer = app.next();
  EXPECT_TRUE(eventually_global("AFTER", "TIMEOUT"));
  EXPECT_EQ(ask("POST", "/events/claim?application=app&channelId=" + id_of(offer)),
            message(404, "Channel not found or not in broadcast state"));
  EXPECT_EQ(ask("POST", "/events/claim"), message(400, "channelId parameter is required"));
  EXPECT_EQ(ask("POST", "/events/claim?channelId=x"),
            message(400, "application parameter is required"));
}

INSTANTIATE_TEST_SUITE_P(, ApplicationsTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
