#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ari/snapshots.hpp"
#include "support/small_world.hpp"

namespace arigate::model {
namespace {

constexpr auto new_pbx = "5.0.4";

std::string peer(std::string_view name, std::string_view status, std::string_view rest = "") {
  return fmt::format("Event: PeerStatus|Peer: {}|PeerStatus: {}{}", name, status, rest);
}
std::string contact(std::string_view endpoint, std::string_view uri, std::string_view status) {
  return fmt::format("Event: ContactStatus|URI: {}|ContactStatus: {}|AOR: a|EndpointName: {}", uri,
                     status, endpoint);
}
std::string newchannel(std::string_view name, std::string_view id) {
  return fmt::format(
      "Event: Newchannel|Channel: {}|ChannelState: 4|Uniqueid: {}|Context: in|Exten: 1|Priority: 1",
      name, id);
}

std::string shown(const test::SmallWorld& world, std::string_view technology,
                  std::string_view resource) {
  const auto* endpoint = world.store.find_endpoint(technology, resource);
  if (endpoint == nullptr) return "none";
  std::string json;
  ari::append_endpoint(json, *endpoint);
  return json;
}

struct Row {
  const char* what;
  std::vector<std::string> events;
  std::vector<std::string> told;
};

TEST(Endpoints, HaveTheStateThatThePbxTells) {
  const std::vector<Row> rows{
      {"a peer registers, lags, goes",
       {peer("SIP/dave", "Registered", "|Address: 127.0.0.1:5060"), peer("SIP/dave", "Lagged"),
        peer("SIP/dave", "Unregistered", "|Cause: Expired")},
       {"endpoint SIP/dave=online 0",
        "peer SIP/dave=online Registered cause= at 127.0.0.1:5060: time=",
        "peer SIP/dave=online Lagged cause= at : time=", "endpoint SIP/dave=offline 0",
        "peer SIP/dave=offline Unregistered cause=Expired at : time="}},
      {"a refused registration says nothing of the state",
       {peer("SIP/dave", "Registered"), peer("SIP/dave", "Rejected")},
       {"endpoint SIP/dave=online 0", "peer SIP/dave=online Registered cause= at : time=",
        "peer SIP/dave=online Rejected cause= at : time="}},
      {"an unknown one has unknown state",
       {peer("SIP/dave", "Rejected")},
       {"peer SIP/dave=unknown Rejected cause= at : time="}},
      {"one contact takes the place of another",
       {contact("alice", "sip:2", "NonQualified"), contact("alice", "sip:1", "Removed")},
       {"endpoint PJSIP/alice=online 0", "contact PJSIP/alice=online sip:2 NonQualified",
        "contact PJSIP/alice=online sip:1 Removed"}},
      {"a contact that is not qualified yet does not make it online",
       {peer("PJSIP/carol", "Unreachable"), contact("carol", "sip:1", "NonQualified"),
        peer("PJSIP/carol", "Reachable"), contact("carol", "sip:1", "Reachable")},
       {"endpoint PJSIP/carol=offline 0", "peer PJSIP/carol=offline Unreachable cause= at : time=",
        "contact PJSIP/carol=offline sip:1 NonQualified", "endpoint PJSIP/carol=online 0",
        "peer PJSIP/carol=online Reachable cause= at : time=",
        "contact PJSIP/carol=online sip:1 Reachable"}},
      {"the last contact goes",
       {contact("alice", "sip:1", "Unreachable"), contact("alice", "sip:1", "Removed")},
       {"endpoint PJSIP/alice=offline 0", "contact PJSIP/alice=offline sip:1 Unreachable",
        "contact PJSIP/alice=offline sip:1 Removed"}},
      {"what names no endpoint is nothing",
       {peer("dave", "Registered"), peer("SIP/", "Lagged")},
       {}},
  };
  for (const auto& row : rows) {
    test::SmallWorld world{new_pbx};
    for (const auto& event : row.events) world.event(event);
    EXPECT_EQ(world.sink.take(), row.told) << row.what;
  }
}

TEST(Endpoints, ListTheChannelsNamedAfterThem) {
  test::SmallWorld world{new_pbx};
  world.event(newchannel("SIP/my-phone-00000001", "1.1"));
  world.event(peer("SIP/my-phone", "Registered"));
  world.event(newchannel("SIP/my-phone-00000002", "1.2"));
  world.event(newchannel("SIP/other-00000003", "1.3"));
  EXPECT_EQ(shown(world, "SIP", "my-phone"),
            R"({"technology":"SIP","resource":"my-phone","state":"online",)"
            R"("channel_ids":["1.1","1.2"]})");
  world.event("Event: Hangup|Channel: SIP/my-phone-00000001|Uniqueid: 1.1|Cause: 16");
  EXPECT_EQ(shown(world, "sip", "my-phone"),
            R"({"technology":"SIP","resource":"my-phone","state":"online","channel_ids":["1.2"]})");
  EXPECT_EQ(shown(world, "SIP", "MY-PHONE"), "none");
  EXPECT_EQ(shown(world, "SIP", "other"), "none");
}

std::string text_of_all(const test::SmallWorld& world) {
  std::string text;
  world.store.each_endpoint([&](const Endpoint& endpoint) {
    text += fmt::format("{}/{}={} ", endpoint.technology, endpoint.resource,
                        ari::state_name(endpoint.state));
  });
  return text;
}

TEST(Endpoints, AreWhatTheListsOfEachTechnologySay) {
  struct List {
    const char* technology;
    std::vector<std::string> rows;
    const char* expected;
  };
  const List lists[] = {
      // Seen: captures of 16 and 22.
      {"PJSIP",
       {"Event: EndpointList|ObjectName: absent|DeviceState: Unavailable",
        "Event: EndpointList|ObjectName: alice|DeviceState: Not in use",
        "Event: EndpointList|ObjectName: bob|DeviceState: In use"},
       "PJSIP/absent=offline PJSIP/alice=online PJSIP/bob=online "},
      {"SIP",
       {"Event: PeerEntry|ObjectName: a|IPaddress: 127.0.0.1|Dynamic: yes|Status: OK (1 ms)",
        "Event: PeerEntry|ObjectName: b|IPaddress: 127.0.0.1|Dynamic: yes|Status: LAGGED (3000 ms)",
        "Event: PeerEntry|ObjectName: c|IPaddress: 127.0.0.1|Dynamic: yes|Status: UNREACHABLE",
        "Event: PeerEntry|ObjectName: d|IPaddress: -none-|Dynamic: yes|Status: UNKNOWN",
        "Event: PeerEntry|ObjectName: e|IPaddress: -none-|Dynamic: yes|Status: Unmonitored",
        "Event: PeerEntry|ObjectName: f|IPaddress: 127.0.0.1|Dynamic: yes|Status: Unmonitored",
        "Event: PeerEntry|ObjectName: g|IPaddress: 127.0.0.1|Dynamic: no|Status: Unmonitored",
        "Event: PeerEntry|IPaddress: 127.0.0.1"},
       "SIP/a=online SIP/b=online SIP/c=offline SIP/d=unknown SIP/e=unknown SIP/f=online "
       "SIP/g=unknown "},
      {"IAX2",
       {"Event: PeerEntry|ObjectName: office/me|IPaddress: 127.0.0.1|Dynamic: no|Status: OK (2 "
        "ms)"},
       "IAX2/office=online "},
      {"PJSIP", {}, ""},
  };
  for (const auto& list : lists) {
    test::SmallWorld world{new_pbx};
    world.reconciler.begin_endpoints();
    world.reconciler.apply_endpoints(list.technology, test::ami_messages(list.rows), {});
    EXPECT_EQ(text_of_all(world), list.expected) << list.technology;
    EXPECT_EQ(world.sink.take(), std::vector<std::string>{}) << "what was there before is no news";
  }
}

TEST(Endpoints, AListTellsOnlyWhatNoEventHasTold) {
  test::SmallWorld world{new_pbx};
  world.event(peer("SIP/a", "Registered"));
  world.event(peer("SIP/b", "Registered"));
  world.event(peer("SIP/gone", "Registered"));
  world.event(peer("IAX2/x", "Registered"));
  world.sink.take();
  world.reconciler.begin_endpoints();
  world.event(peer("SIP/b", "Unreachable"));
  world.event(peer("SIP/late", "Registered"));
  world.sink.take();
  world.reconciler.apply_endpoints(
      "SIP",
      test::ami_messages({"Event: PeerEntry|ObjectName: a|Status: UNREACHABLE",
                          "Event: PeerEntry|ObjectName: b|Status: OK (1 ms)"}),
      {});
  EXPECT_EQ(world.sink.take(),
            (std::vector<std::string>{"endpoint SIP/a=offline 0",
                                      "peer SIP/a=offline Unreachable cause= at : time="}));
  EXPECT_EQ(text_of_all(world), "IAX2/x=online SIP/a=offline SIP/b=offline SIP/late=online ");
}

TEST(Endpoints, AreFoundByTheAddressOfAPhone) {
  test::SmallWorld world{new_pbx};
  world.event(peer("SIP/alice", "Registered"));
  const auto found = [&](std::string_view uri) {
    return world.store.find_sip_endpoint(uri) != nullptr;
  };
  EXPECT_TRUE(found("<sip:alice@127.0.0.1>"));
  EXPECT_TRUE(found("\"A\" <sips:alice@h:5060>;tag=1"));
  EXPECT_TRUE(found("sip:alice"));
  for (const auto* uri : {"", "alice", "sip:", "sip:@h", "<sip:bob@h>", "tel:alice"}) {
    EXPECT_FALSE(found(uri)) << uri;
  }
}

TEST(Endpoints, TellOfTheirChannels) {
  test::SmallWorld world{new_pbx};
  world.event(peer("SIP/bob", "Registered"));
  world.sink.take();
  world.event(newchannel("SIP/bob-00000001", "1.1"));
  world.event("Event: Hangup|Channel: SIP/bob-00000001|Uniqueid: 1.1|Cause: 16");
  EXPECT_EQ(world.sink.take(), (std::vector<std::string>{
                                   "endpoint SIP/bob=online 1", "created 1.1 SIP/bob-00000001 Ring",
                                   "destroyed 1.1 16 Unknown", "endpoint SIP/bob=online 0"}));
}

TEST(Endpoints, FollowAMasqueradeOfAnOldPbx) {
  test::SmallWorld world{"1.1"};
  world.event(peer("SIP/bob", "Registered"));
  const auto born = [&](std::string_view name, std::string_view id) {
    world.event(newchannel(name, id));
    world.event(fmt::format("Event: Newstate|Channel: {}|ChannelState: 6|Uniqueid: {}", name, id));
  };
  born("SIP/bob-00000001", "1.1");
  born("Local/9@in-0001;1", "1.2");
  const auto rename = [&](std::string_view from, std::string_view to, std::string_view id) {
    world.event(fmt::format("Event: Rename|Channel: {}|Newname: {}|Uniqueid: {}", from, to, id));
  };
  rename("SIP/bob-00000001", "SIP/bob-00000001<MASQ>", "1.1");
  rename("Local/9@in-0001;1", "SIP/bob-00000001", "1.2");
  rename("SIP/bob-00000001<MASQ>", "Local/9@in-0001;1<ZOMBIE>", "1.1");
  EXPECT_EQ(shown(world, "SIP", "bob"),
            R"({"technology":"SIP","resource":"bob","state":"online","channel_ids":["1.1"]})");
}

}  // namespace
}  // namespace arigate::model
