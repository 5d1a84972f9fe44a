// Functions of the PBX that change what ARI shows of a channel.
#include <string>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class FunctionsTest : public EveryPbx {};

TEST_P(FunctionsTest, ShowInTheChannelOnce) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto held = call("600");
  const auto path =
      "/channels/" + std::string{events.next("StasisStart").at("channel").at("id").as_string()};
  const auto set = [&](const std::string& name, const std::string& value) {
    EXPECT_EQ(ask("POST", path + "/variable?variable=" + name + "&value=" + value).status, 204);
  };
  set("CALLERID(name)", "Bob%2C%20Jr");
  EXPECT_EQ(events.next().at("type").as_string(), "ChannelCallerId");
  set("CALLERID(num)", "4711");
  EXPECT_EQ(events.next().at("type").as_string(), "ChannelCallerId");
  if (GetParam() < sim::Version::asterisk_13) set("CALLERID(num)", "4711");  // Tells it, too.
  set("CHANNEL(language)", "de");
  set("COLOUR", "blue");
  const auto told = events.next();
  ASSERT_EQ(told.at("type").as_string(), "ChannelVarset") << "and no caller id that is not new";
  const auto& channel = told.at("channel");
  EXPECT_EQ(channel.at("caller").at("name").as_string(), "Bob, Jr");
  EXPECT_EQ(channel.at("caller").at("number").as_string(), "4711");
  EXPECT_EQ(channel.at("language").as_string(), "de");
  hang_up(held);
  EXPECT_FALSE(events.next("StasisEnd").is_null());
}

INSTANTIATE_TEST_SUITE_P(Each, FunctionsTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
