// Variables of a channel: in which order they are told, and when they are shown with it.
#include <string>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class VariablesTest : public EveryPbx {
 protected:
  /// What an event shows of its channel's variables, as JSON; "" for nothing.
  static std::string shown(const boost::json::value& event) {
    const auto* const variables = event.at("channel").as_object().if_contains("channelvars");
    return variables == nullptr ? "" : boost::json::serialize(*variables);
  }
  Reply set(std::string_view more) {
    return ask("POST", "/channels/one/variable?variable=B&value=" + std::string{more});
  }
};

TEST_P(VariablesTest, OfAnOriginateAreToldInTheirOrderAndShownIfTheyAreReported) {
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  ASSERT_TRUE(events.open());
  const auto made = ask("POST", "/channels/one?endpoint=SIP/bob&app=demo", R"({"variables":
      {"A": "1", "B": {"value": "2", "report_events": true}, "C": {"value": "3"}}})");
  ASSERT_EQ(made.status, 200) << made.body;
  std::string told;
  auto event = events.next();
  for (; !event.is_null() && event.at("type").as_string() != "StasisStart"; event = events.next()) {
    if (event.at("type").as_string() != "ChannelVarset") continue;
    const std::string_view name = event.at("variable").as_string();
    if (name.size() == 1) told.append(name).append("=").append(event.at("value").as_string());
  }
  EXPECT_EQ(told, "A=1B=2C=3");
  ASSERT_FALSE(event.is_null());
  EXPECT_EQ(shown(event), R"({"B":"2"})");

  EXPECT_EQ(set("4&report_events=true").status, 204);
  EXPECT_EQ(shown(events.next("ChannelVarset")), R"({"B":"4"})");
  EXPECT_EQ(set("5").status, 204);
  EXPECT_EQ(shown(events.next("ChannelVarset")), R"({"B":"4"})") << "until the next snapshot";
  EXPECT_EQ(ask("DELETE", "/channels/one").status, 204);
  EXPECT_EQ(shown(events.next("ChannelDestroyed")), "");
}

TEST_P(VariablesTest, AFunctionThatIsReportedIsShownThoughNothingTellsThatItIsSet) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  ASSERT_TRUE(events.open());
  const auto made = ask("POST", "/channels/one?endpoint=SIP/bob&app=demo", R"-({"variables":
      {"CHANNEL(musicclass)": {"value": "jazz", "report_events": true}}})-");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(shown(events.next("StasisStart")), R"-({"CHANNEL(musicclass)":"jazz"})-");
}

TEST_P(VariablesTest, SeveralAreSetTogetherOrNotAtAll) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  ASSERT_TRUE(events.open());
  ASSERT_EQ(ask("POST", "/channels/one?endpoint=SIP/bob&app=demo").status, 200);
  ASSERT_FALSE(events.next("StasisStart").is_null());
  struct Row {
    std::string_view second;
    int status;
  };
  for (const auto& row : {Row{R"("ARIGATE_X":"2")", 403}, Row{R"x("SHELL(id)":"2")x", 403},
                          Row{R"("B":"2\n3")", 400}}) {
    const auto body = R"({"variables":{"A":"1",)" + std::string{row.second} + "}}";
    EXPECT_EQ(ask("POST", "/channels/one/variables", body).status, row.status) << body;
    EXPECT_EQ(ask("GET", "/channels/one/variable?variable=A").status, 404) << body;
  }
}

/// AMI takes 128 lines of a request, and 1023 bytes of a line.
TEST_P(VariablesTest, OfAnOriginateMayBeMoreThanAnActionHasLines) {
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  ASSERT_TRUE(events.open());
  constexpr int count = 400;
  const auto value_of = [](int i) {  // Some cannot share a line with others.
    return i % 10 == 3 ? "a,b(\"c\\" + std::to_string(i) : "v" + std::to_string(i);
  };
  boost::json::object variables;
  std::string wanted;
  for (int i = 0; i < count; ++i) {
    const auto name = "MANY_" + std::to_string(i);
    variables[name] = value_of(i);
    wanted += name + "=" + value_of(i) + "\n";
  }
  const auto made =
      ask("POST", "/channels/one?endpoint=SIP/bob&app=demo",
          boost::json::serialize(boost::json::object{{"variables", std::move(variables)}}));
  ASSERT_EQ(made.status, 200) << made.body;
  std::string told;
  auto event = events.next();
  for (; !event.is_null() && event.at("type").as_string() != "StasisStart"; event = events.next()) {
    if (event.at("type").as_string() != "ChannelVarset") continue;
    const std::string_view name = event.at("variable").as_string();
    if (!name.starts_with("MANY_")) continue;
    told.append(name).append("=").append(event.at("value").as_string()).append("\n");
  }
  ASSERT_FALSE(event.is_null());
  EXPECT_EQ(told, wanted);
}

INSTANTIATE_TEST_SUITE_P(Each, VariablesTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
