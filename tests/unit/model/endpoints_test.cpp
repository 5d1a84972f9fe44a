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
       {"peer SIP/dave=online Registered cause= at 127.0.0.1:5060: time=",
        "peer SIP/dave=online Lagged cause= at : time=",
        "peer SIP/dave=offline Unregistered cause=Expired at : time="}},
      {"a refused registration says nothing of the state",
       {peer("SIP/dave", "Registered"), peer("SIP/dave", "Rejected")},
       {"peer SIP/dave=online Registered cause= at : time=",
        "peer SIP/dave=online Rejected cause= at : time="}},
      {"an unknown one has unknown state",
       {peer("SIP/dave", "Rejected")},
       {"peer SIP/dave=unknown Rejected cause= at : time="}},
      {"one contact takes the place of another",
       {contact("alice", "sip:2", "NonQualified"), contact("alice", "sip:1", "Removed")},
       {"contact PJSIP/alice=online sip:2 NonQualified",
        "contact PJSIP/alice=online sip:1 Removed"}},
      {"a contact that is not qualified yet does not make it online",
       {peer("PJSIP/carol", "Unreachable"), contact("carol", "sip:1", "NonQualified"),
        peer("PJSIP/carol", "Reachable"), contact("carol", "sip:1", "Reachable")},
       {"peer PJSIP/carol=offline Unreachable cause= at : time=",
        "contact PJSIP/carol=offline sip:1 NonQualified",
        "peer PJSIP/carol=online Reachable cause= at : time=",
        "contact PJSIP/carol=online sip:1 Reachable"}},
      {"the last contact goes",
       {contact("alice", "sip:1", "Unreachable"), contact("alice", "sip:1", "Removed")},
       {"contact PJSIP/alice=offline sip:1 Unreachable",
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
