#include "support/ari_schema.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace arigate::test {
namespace {

// A channel as native 22 sends it.
constexpr std::string_view channel =
    R"({"id":"1795450691.1","name":"SIP/alice-00000001","state":"Up","protocol_id":"",)"
    R"("caller":{"name":"Alice","number":"100"},"connected":{"name":"","number":""},)"
    R"("accountcode":"","dialplan":{"context":"default","exten":"600","priority":1,)"
    R"("app_name":"AGI","app_data":"agi://gate/app"},)"
    R"("creationtime":"2026-11-23T16:22:10.509+0000","language":"en"})";

/// StasisEnd with `from` replaced by `to` anywhere in it.
std::string stasis_end(std::string_view from = "", std::string_view to = "") {
  std::string json = R"({"type":"StasisEnd","timestamp":"2026-11-23T16:22:10.509+0000",)"
                     R"("application":"hello","asterisk_id":"02:fc:00:00:00:01","channel":)" +
                     std::string{channel} + "}";
  if (!from.empty()) {
    const auto at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    json.replace(at, from.size(), to);
  }
  return json;
}

TEST(AriSchema, AcceptsAnEventAsNativeSendsIt) {
  EXPECT_TRUE(is_described_event(stasis_end()));
}

TEST(AriSchema, AcceptsWhatNativeSendsAgainstItsOwnModels) {
  EXPECT_TRUE(is_described_event(stasis_end(R"("state":"Up")", R"("state":"Rsrvd")")));
}

struct Fault {
  std::string_view from;
  std::string_view to;
  std::string_view message;
};

TEST(AriSchema, NamesEachFault) {
  const std::vector<Fault> faults{
      {R"("type":"StasisEnd",)", "", "no type"},
      {"StasisEnd", "StasisOver", "event type StasisOver is not described"},
      {R"("application":"hello",)", "", "StasisEnd.application is missing"},
      {R"("application":"hello")", R"("application":1)",
       "StasisEnd.application is not of type string"},
      {R"(10.509+0000","application)", R"(10.509Z","application)",
       "StasisEnd.timestamp is not of type Date"},
      {R"("name":"Alice",)", "", "StasisEnd.channel.caller.name is missing"},
      {R"("language":"en")", R"("language":"en","tempo":1)",
       "StasisEnd.channel.tempo is not described"},
      {R"("state":"Up")", R"("state":"UP")", "StasisEnd.channel.state must not be UP"},
      {R"("priority":1)", R"("priority":"1")",
       "StasisEnd.channel.dialplan.priority is not of type long"},
      {R"({"name":"","number":""})", "null", "StasisEnd.channel.connected is not an object"},
  };
  for (const auto& [from, to, message] : faults) {
    const auto seen = AriSchema::get().event_faults(stasis_end(from, to));
    EXPECT_EQ(seen, std::vector<std::string>{std::string{message}});
  }
}

TEST(AriSchema, RefusesWhatIsNoEvent) {
  EXPECT_FALSE(is_described_event(""));
  EXPECT_FALSE(is_described_event("[]"));
  EXPECT_FALSE(is_described_event(R"({"type":"Channel"})")) << "a model, but not an event";
}

TEST(AriSchema, ChecksRepliesByTheirResponseClass) {
  const std::string list = "[" + std::string{channel} + "]";
  EXPECT_TRUE(is_described_reply(ari::Operation::channels_get, channel));
  EXPECT_TRUE(is_described_reply(ari::Operation::channels_list, list));
  EXPECT_TRUE(is_described_reply(ari::Operation::channels_list, "[]"));
  EXPECT_FALSE(is_described_reply(ari::Operation::channels_list, channel));
  EXPECT_FALSE(is_described_reply(ari::Operation::channels_get, list));
  EXPECT_TRUE(is_described_reply(ari::Operation::channels_answer, ""));
  EXPECT_FALSE(is_described_reply(ari::Operation::channels_answer, "{}"));
}

TEST(AriSchema, KnowsAllEvents) {
  EXPECT_EQ(AriSchema::get().events().size(), 45U);
  EXPECT_TRUE(AriSchema::get().is_event("MissingParams"));
  EXPECT_FALSE(AriSchema::get().is_event("Event"));
}

}  // namespace
}  // namespace arigate::test
