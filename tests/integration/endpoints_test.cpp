#include <fmt/format.h>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class EndpointsTest : public EveryPbx {};

std::string endpoint(std::string_view resource, std::string_view state) {
  return fmt::format(R"({{"technology":"SIP","resource":"{}","state":"{}","channel_ids":[]}})",
                     resource, state);
}

TEST_P(EndpointsTest, AreListedAsThePbxHasThem) {
  start(GetParam());
  EXPECT_EQ(ask("GET", "/endpoints/SIP").json().as_array().size(), 7U);
  const struct {
    std::string_view target;
    Reply reply;
  } rows[] = {
      {"/endpoints/SIP/bob", {200, endpoint("bob", "online")}},
      {"/endpoints/sip/bob", {200, endpoint("bob", "online")}},
      {"/endpoints/SIP/away", {200, endpoint("away", "unknown")}},
      {"/endpoints/SIP/BOB", message(404, "Endpoint not found")},
      {"/endpoints/SIP/nope", message(404, "Endpoint not found")},
      {"/endpoints/PJSIP/bob", message(404, "Endpoint not found")},
      {"/endpoints/sip", message(404, "No Endpoints found - invalid tech sip")},
      {"/endpoints/Local", message(404, "No Endpoints found - invalid tech Local")},
  };
  for (const auto& row : rows) EXPECT_EQ(ask("GET", row.target), row.reply) << row.target;
}

TEST_P(EndpointsTest, SubscriptionsAreNatives) {
  start(GetParam());
  EventClient events{port(), "app=a"};
  ASSERT_TRUE(events.open()) << events.head();
  const auto missing = message(422, "Event source does not exist");
  const auto not_subscribed = message(422, "Event source was not subscribed to");
  const auto has = [](std::string_view endpoints, std::string_view devices) {
    return Reply{200, fmt::format(R"({{"name":"a","channel_ids":[],"bridge_ids":[],)"
                                  R"("endpoint_ids":[{}],"device_names":[{}],)"
                                  R"("events_allowed":[],"events_disallowed":[]}})",
                                  endpoints, devices)};
  };
  const struct {
    std::string_view method, source;
    Reply reply;
  } rows[] = {
      {"POST", "endpoint:SIP/nope", missing},
      {"POST", "endpoint:sip/bob", missing},
      {"POST", "endpoint:IAX2", missing},
      {"POST", "deviceState:X,endpoint:SIP/nope", missing},
      {"POST", "endpoint:SIP/bob", has(R"("SIP/bob")", "")},
      {"POST", "endpoint:SIP", has(R"("SIP","SIP/bob")", "")},
      {"POST", "deviceState:Stasis:x", has(R"("SIP","SIP/bob")", R"("Stasis:x")")},
      {"DELETE", "endpoint:SIP/alice", not_subscribed},
      {"DELETE", "deviceState:nope", has(R"("SIP","SIP/bob")", R"("Stasis:x")")},
      {"DELETE", "endpoint:SIP", has(R"("SIP/bob")", R"("Stasis:x")")},
      {"DELETE", "endpoint:SIP/bob", has("", R"("Stasis:x")")},
      {"DELETE", "endpoint:SIP/bob", not_subscribed},
      {"POST", "endpoint:", has(R"("__AST_ENDPOINT_ALL_TOPIC")", R"("Stasis:x")")},
      {"POST", "endpoint:SIP/bob", has(R"("__AST_ENDPOINT_ALL_TOPIC")", R"("Stasis:x")")},
      {"DELETE", "endpoint:", message(501, "Method not implemented")},
      {"POST", "deviceState:",
       has(R"("__AST_ENDPOINT_ALL_TOPIC")", R"("__AST_DEVICE_STATE_ALL_TOPIC","Stasis:x")")},
      {"DELETE", "deviceState:", has(R"("__AST_ENDPOINT_ALL_TOPIC")", R"("Stasis:x")")},
      {"DELETE", "deviceState:", not_subscribed},
      {"DELETE", "channel:", message(501, "Method not implemented")},
      {"DELETE", "bridge:", message(501, "Method not implemented")},
      {"DELETE", "bridge:__AST_BRIDGE_ALL_TOPIC", not_subscribed},
  };
  for (const auto& row : rows) {
    const auto target = fmt::format("/applications/a/subscription?eventSource={}", row.source);
    EXPECT_EQ(ask(row.method, target), row.reply) << row.method << " " << row.source;
  }
}

TEST_P(EndpointsTest, WhoIsSubscribedIsToldOnceOfItsChannelsAndItsState) {
  start(GetParam());
  EventClient events{port(), "app=a"};
  EventClient others{port(), "app=b"};
  for (const auto* source : {"endpoint:SIP/alice", "endpoint:SIP"}) {
    EXPECT_EQ(
        ask("POST", fmt::format("/applications/a/subscription?eventSource={}", source)).status,
        200);
  }
  EXPECT_EQ(ask("POST", "/applications/b/subscription?eventSource=endpoint:SIP/bob").status, 200);
  call("604");
  EXPECT_EQ(events.next().at("type").as_string(), "EndpointStateChange");
  const auto created = events.next();
  EXPECT_EQ(created.at("type").as_string(), "ChannelCreated");
  const auto destroyed = events.types_until("ChannelDestroyed");
  EXPECT_EQ(destroyed.find("ChannelCreated"), std::string::npos) << destroyed;
  const auto empty = events.next();
  EXPECT_EQ(empty.at("endpoint").at("channel_ids").as_array().size(), 0U);

  pbx().ask([](sim::Pbx& pbx) { pbx.set_registered("SIP/bob", false); });
  for (auto* socket : {&events, &others}) {
    const auto change = socket->next();
    EXPECT_EQ(change.at("type").as_string(), "EndpointStateChange");
    EXPECT_EQ(change.at("endpoint").at("state").as_string(), "offline");
    const auto peer = socket->next();
    EXPECT_EQ(peer.at("type").as_string(), "PeerStatusChange");
    EXPECT_EQ(peer.at("peer").at("cause").as_string(), "Expired");
  }
}

TEST_P(EndpointsTest, WhatChangedDuringABreakIsTold) {
  start(GetParam());
  EventClient events{port(), "app=a"};
  EXPECT_EQ(ask("POST", "/applications/a/subscription?eventSource=endpoint:").status, 200);
  pbx().ask([](sim::Pbx& pbx) { pbx.set_registered("SIP/bob", false); });
  EXPECT_EQ(events.next("PeerStatusChange").at("peer").at("peer_status").as_string(),
            "Unregistered");
  pbx().ask([](sim::Pbx& pbx) {
    pbx.cut_ami(sim::Cut::rst);
    pbx.set_registered("SIP/bob", true);
  });
  const auto back = events.next("PeerStatusChange");
  EXPECT_EQ(back.at("peer").at("peer_status").as_string(), "Reachable");
  EXPECT_EQ(back.at("endpoint").at("state").as_string(), "online");
}

TEST_P(EndpointsTest, DeviceStatesAreKeptOnThePbxAndTold) {
  start(GetParam());
  EventClient events{port(), "app=a"};
  EXPECT_EQ(ask("POST", "/applications/a/subscription?eventSource=deviceState:Stasis:lamp").status,
            200);
  const auto not_ours = message(409, "Uncontrolled device specified");
  const Reply done{204, ""};
  const auto state = [](std::string_view name, std::string_view value) {
    return Reply{200, fmt::format(R"({{"name":"{}","state":"{}"}})", name, value)};
  };
  const struct {
    std::string_view method, target;
    Reply reply;
  } rows[] = {
      {"GET", "", {200, "[]"}},
      {"GET", "/Stasis:lamp", state("Stasis:lamp", "UNKNOWN")},
      {"GET", "/SIP%2Fbob", state("SIP/bob", "NOT_INUSE")},
      {"GET", "/SIP%2Fnope", state("SIP/nope", "INVALID")},
      {"PUT", "/Stasis:lamp?deviceState=inuse", done},
      {"PUT", "/Stasis:lamp?deviceState=bogus", message(400, "Unknown device state")},
      {"PUT", "/Stasis:lamp", message(400, "Unknown device state")},
      {"PUT", "/Stasis:?deviceState=INUSE", message(404, "Device name is missing")},
      {"PUT", "/Custom:lamp?deviceState=INUSE", not_ours},
      {"DELETE", "/SIP%2Fbob", not_ours},
      {"GET", "/Stasis:lamp", state("Stasis:lamp", "INUSE")},
      {"GET", "/Custom:lamp", state("Custom:lamp", "INUSE")},
      {"GET", "", {200, R"([{"name":"Stasis:lamp","state":"INUSE"}])"}},
      {"DELETE", "/Stasis:lamp", done},
      {"DELETE", "/Stasis:lamp", done},
      {"GET", "/Stasis:lamp", state("Stasis:lamp", "UNKNOWN")},
      {"GET", "", {200, "[]"}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ask(row.method, "/deviceStates" + std::string{row.target}), row.reply)
        << row.method << " " << row.target;
  }
  for (const auto* expected : {"INUSE", "UNKNOWN"}) {
    const auto event = events.next("DeviceStateChanged");
    EXPECT_EQ(event.at("device_state").at("name").as_string(), "Stasis:lamp");
    EXPECT_EQ(event.at("device_state").at("state").as_string(), expected);
  }
}

TEST_P(EndpointsTest, MessagesGoToThePhonesThatThePbxKnows) {
  start(GetParam());
  if (GetParam() == sim::Version::asterisk_1_8) {
    EXPECT_EQ(ask("PUT", "/endpoints/sendMessage?to=sip:bob&from=a").status, 501);
    EXPECT_EQ(ask("PUT", "/endpoints/SIP/bob/sendMessage?from=a").status, 501);
    return;
  }
  const Reply sent{202, ""};
  const auto unknown = message(404, "Endpoint not found");
  const struct {
    std::string_view target, body;
    Reply reply;
  } rows[] = {
      {"/sendMessage", "", message(400, "To must be specified")},
      {"/sendMessage?to=sip:bob&from=sip:me&body=hi", "", sent},
      {"/sendMessage?to=sip:nope&from=sip:me&body=hi", "", unknown},
      {"/sendMessage?to=zip:bob&from=sip:me&body=hi", "", unknown},
      {"/SIP/bob/sendMessage?from=sip:me", R"({"body":"two\nlines"})", sent},
      {"/sip/bob/sendMessage?from=sip:me", R"({"variables":{"A":"1"}})", sent},
      {"/SIP/bob/sendMessage?from=sip:me", R"({"variables":{"A":1}})",
       message(400, "Only string values in the 'variables' object allowed")},
      {"/SIP/nope/sendMessage?from=sip:me&body=hi", "", unknown},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ask("PUT", "/endpoints" + std::string{row.target}, row.body), row.reply)
        << row.target << " " << row.body;
  }
  EXPECT_EQ(ask("PUT", "/endpoints/sendMessage?to=sip:bob%0D%0AX:1&from=a").status, 400);
  EXPECT_EQ(ask("POST", "/endpoints/refer?to=sip:bob&from=a&refer_to=b").status, 501);
  EXPECT_EQ(ask("POST", "/endpoints/SIP/bob/refer?from=a&refer_to=b").status, 501);
}

TEST_P(EndpointsTest, MailboxesOfVoicemailAreReadOnly) {
  start(GetParam());
  const std::string box = R"({"name":"100@default","old_messages":1,"new_messages":3})";
  EXPECT_EQ(ask("GET", "/mailboxes"), (Reply{200, "[" + box + "]"}));
  EXPECT_EQ(ask("GET", "/mailboxes/100@default"), (Reply{200, box}));
  EXPECT_EQ(ask("GET", "/mailboxes/nope"), message(404, "Mailbox is does not exist"));
  EXPECT_EQ(ask("PUT", "/mailboxes/100?oldMessages=1&newMessages=1").status, 501);
  EXPECT_EQ(ask("DELETE", "/mailboxes/100").status, 501);
}

INSTANTIATE_TEST_SUITE_P(, EndpointsTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
