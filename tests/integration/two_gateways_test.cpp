// Two gateways on one PBX, each with a context of its own: both see every call, and neither takes
// what is the other's for its own or for a leftover.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

/// The gateway beside the one of the fixture.
class Neighbour {
 public:
  explicit Neighbour(const Config& config) : gateway_{context_, config} {
    EXPECT_EQ(gateway_.start(), "");
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~Neighbour() {
    auto stopped = boost::asio::co_spawn(context_, gateway_.stop(std::chrono::seconds{5}),
                                         boost::asio::use_future);
    EXPECT_EQ(stopped.wait_for(std::chrono::seconds{10}), std::future_status::ready);
    context_.stop();
    thread_.join();
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  bool ready() {
    return boost::asio::post(context_, boost::asio::use_future([this] { return gateway_.ready(); }))
        .get();
  }
  std::uint16_t port() const { return gateway_.http_port(); }
  RawClient::Answer ask(std::string_view method, std::string_view target) {
    RawClient client{port()};
    return client.ask(fmt::format("{} /ari{} HTTP/1.1\r\nHost: h\r\n{}Content-Length: 0\r\n\r\n",
                                  method, target, basic_header));
  }
  boost::json::value get(std::string_view target) {
    return boost::json::parse(ask("GET", target).body);
  }

 private:
  boost::asio::io_context context_{1};
  Gateway gateway_;
  std::thread thread_;
};

std::set<std::string> ids_in(const boost::json::value& list) {
  std::set<std::string> ids;
  for (const auto& item : list.as_array()) ids.emplace(item.at("id").as_string());
  return ids;
}

std::string text(const boost::json::value& value) {
  return std::string{value.as_string()};
}

class TwoGateways : public EveryPbx {
 protected:
  std::unique_ptr<Neighbour> neighbour() {
    Config config = config_;
    config.dialplan.context = "arigate-b";
    config.fastagi.port = free_port();
    auto made = std::make_unique<Neighbour>(config);
    EXPECT_TRUE(comes_true([&] { return made->ready(); }));
    return made;
  }
  std::set<std::string> members(std::string_view bridge) {
    std::set<std::string> ids;
    const auto shown = ask("GET", fmt::format("/bridges/{}", bridge)).json();
    for (const auto& id : shown.at("channels").as_array()) ids.emplace(id.as_string());
    return ids;
  }
};

TEST_P(TwoGateways, EachSeesAllAndLeavesTheOthersAlone) {
  start(GetParam());
  auto other = neighbour();
  EventClient events{port(), "app=demo"};
  call("600");
  const auto caller = text(events.next("StasisStart").at("channel").at("id"));
  ASSERT_EQ(ask("POST", "/channels/" + caller + "/answer").status, 204);
  ASSERT_EQ(ask("POST", "/bridges/one?type=mixing").status, 200);
  ASSERT_EQ(ask("POST", "/bridges/one/addChannel?channel=" + caller).status, 204);
  ASSERT_FALSE(events.next("ChannelEnteredBridge").is_null());
  ASSERT_EQ(ask("POST", "/bridges/one/play/p?media=tone:ring").status, 201);
  ASSERT_FALSE(events.next("PlaybackStarted").is_null());

  const auto sees_it = [&] {
    const auto bridges = other->get("/bridges");
    return bridges.as_array().size() == 1 &&
           bridges.at(0).at("channels") == boost::json::value({caller});
  };
  EXPECT_TRUE(comes_true(sees_it));
  EXPECT_EQ(ids_in(other->get("/channels")), std::set{caller});
  other.reset();
  other = neighbour();  // It finds the other's channels and the legs of its bridge.
  EXPECT_EQ(ids_in(other->get("/channels")), std::set{caller});
  EXPECT_EQ(other->ask("GET", "/bridges/one").status, 404) << "it is not the other's to end";
  EXPECT_EQ(text(ask("GET", "/playbacks/p").json().at("state")), "playing");
  EXPECT_EQ(members("one"), std::set{caller});
}

TEST_P(TwoGateways, TheSameIdIsTwoBridges) {
  start(GetParam());
  auto other = neighbour();
  EventClient events{port(), "app=demo"};
  EventClient others{other->port(), "app=demo"};  // Even the application is called the same.
  call("600");
  const auto caller = text(events.next("StasisStart").at("channel").at("id"));
  ASSERT_EQ(ask("POST", "/channels/" + caller + "/answer").status, 204);
  ASSERT_EQ(ask("POST", "/bridges/one?type=mixing").status, 200);
  ASSERT_EQ(ask("POST", "/bridges/one/addChannel?channel=" + caller).status, 204);
  ASSERT_EQ(other->ask("POST", "/channels?endpoint=SIP/alice&app=demo").status, 200);
  const auto called = text(others.next("StasisStart").at("channel").at("id"));
  EXPECT_NE(called, caller);
  ASSERT_EQ(other->ask("POST", "/bridges/one?type=mixing").status, 200);
  ASSERT_EQ(other->ask("POST", "/bridges/one/addChannel?channel=" + called).status, 204);
  ASSERT_FALSE(others.next("ChannelEnteredBridge").is_null());

  EXPECT_EQ(members("one"), std::set{caller});
  EXPECT_EQ(other->get("/bridges/one").at("channels"), boost::json::value({called}));
  EXPECT_EQ(other->ask("DELETE", "/bridges/one").status, 204);
  EXPECT_EQ(members("one"), std::set{caller});
  EXPECT_EQ(ask("POST", "/channels/" + caller + "/ring").status, 204) << "it is still controlled";
}

INSTANTIATE_TEST_SUITE_P(Each, TwoGateways,
                         testing::Values(sim::Version::asterisk_11, sim::Version::asterisk_13,
                                         sim::Version::asterisk_16, sim::Version::asterisk_22),
                         version_name);

}  // namespace
}  // namespace arigate::test
