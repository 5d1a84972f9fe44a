// The table of what is supported, held against what is answered, on each generation of PBX.
#include <set>

#include "generated/ari_operations.hpp"
#include "integration/gateway_fixture.hpp"
#include "support/temp_folder.hpp"

namespace arigate::test {
namespace {

/// A request that is complete, about objects that do not exist.
std::string target_of(const ari::OperationInfo& operation) {
  std::string target{operation.path};
  for (auto open = target.find('{'); open != std::string::npos; open = target.find('{')) {
    target.replace(open, target.find('}') - open + 1, "nobody");
  }
  char separator = '?';
  for (const auto& parameter : operation.parameters) {
    if (parameter.in != ari::ParameterInfo::In::query || !parameter.required) continue;
    target += separator + std::string{parameter.name} + "=";
    target += parameter.allowed.empty() ? "x" : parameter.allowed.front();
    separator = '&';
  }
  return target;
}

class SupportTest : public GatewayFixture, public testing::WithParamInterface<sim::Version> {
 protected:
  boost::json::array table() { return own("/support").json().at("operations").as_array(); }
  bool examined() { return own("/support").json().at("examined").as_bool(); }
};

TEST_P(SupportTest, EachCellIsWhatIsAnswered) {
  const test::TempFolder files;  // What needs the PBX's files is told apart by the configuration.
  config_.recordings.directory = config_.sounds.directory = files.path().string();
  start(GetParam(), sim::arigate_context());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!examined() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  std::set<std::string> levels;
  for (const auto& row : table()) {
    const auto& operation =
        *std::find_if(ari::operations().begin(), ari::operations().end(), [&](const auto& one) {
          return std::string_view{row.at("operation").as_string()} == ari::name(one.operation);
        });
    if (operation.websocket) continue;
    const std::string level{row.at("support").as_string()};
    levels.insert(level);
    const auto reply = ask(operation.method, target_of(operation));
    if (operation.operation == ari::Operation::channels_transfer_progress) {
      EXPECT_EQ(reply, message(404, "Channel not found")) << "that comes first, as natively";
      continue;
    }
    EXPECT_EQ(reply.status == 501, level == "refused")
        << ari::name(operation.operation) << " " << level << ": " << reply.status << " "
        << reply.body;
    if (reply.status != 501) continue;
    const auto told = reply.json();
    EXPECT_EQ(told.at("operation"), row.at("operation"));
    EXPECT_EQ(told.at("why"), row.at("why"));
    EXPECT_EQ(told.at("enable"), row.at("enable"));
    for (const auto* member : {"message", "pbx", "why", "enable"}) {
      EXPECT_FALSE(told.at(member).as_string().empty()) << reply.body;
    }
  }
  EXPECT_EQ(levels, (std::set<std::string>{"emulated", "exact", "refused"}));
}

TEST_P(SupportTest, NamesTheLineOfThePbx) {
  start(GetParam(), sim::arigate_context());
  const auto told = own("/support").json();
  const std::map<sim::Version, std::string> lines{{sim::Version::asterisk_1_8, "1.8"},
                                                  {sim::Version::asterisk_11, "11"},
                                                  {sim::Version::asterisk_13, "13"},
                                                  {sim::Version::asterisk_16, "16"},
                                                  {sim::Version::asterisk_22, "22"}};
  EXPECT_EQ(told.at("line").as_string(), lines.at(GetParam()));
  EXPECT_TRUE(told.at("connected").as_bool());
}

INSTANTIATE_TEST_SUITE_P(Versions, SupportTest, every_version, version_name);

class OwnRoutes : public GatewayFixture {};

TEST_F(OwnRoutes, AreBesideAri) {
  start(sim::Version::asterisk_16);
  EXPECT_EQ(own("/api-docs/resources.json").status, 200);
  const auto docs = own("/api-docs/support.json").json();
  EXPECT_TRUE(docs.at("basePath").as_string().ends_with("/arigate"));
  const auto events = own("/api-docs/events.json").json();  // Of what a path of ARI has beside ARI.
  EXPECT_TRUE(events.at("basePath").as_string().ends_with("/ari"));
  EXPECT_EQ(own("/nothing").status, 404);
  EXPECT_EQ(own("/api-docs/channels.json").status, 404);
  EXPECT_EQ(own("/support", "POST").status, 405);
  EXPECT_EQ(own("/support", "GET", "Authorization: Basic bm9ib2R5Om5v\r\n").status, 401);
}

TEST_F(OwnRoutes, TheLevelOfAriIsThatOfTheConfiguration) {
  config_.general.ari_version = "13";
  start(sim::Version::asterisk_16);
  const auto docs = ask("GET", "/api-docs/channels.json").body;
  EXPECT_EQ(docs.find("externalMedia"), std::string::npos);
  EXPECT_EQ(ask("POST", "/channels/nobody/progress"), message(404, "Resource not found"));
  EventClient events{port(), "app=demo&subscribeAll=true"};
  ASSERT_TRUE(events.open());
  call("600");
  const auto created = events.next("ChannelCreated");
  ASSERT_FALSE(created.is_null());
  EXPECT_FALSE(created.at("channel").as_object().contains("protocol_id"));
  const auto channels = ask("GET", "/channels").json();
  for (const auto& channel : channels.as_array()) {
    EXPECT_FALSE(channel.as_object().contains("protocol_id"));
  }
}

}  // namespace
}  // namespace arigate::test
