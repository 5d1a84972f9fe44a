// What a request has caused is told to every WebSocket before the request is answered. The gateway
// writes down itself what it queues, in its order: that is the measure, not the luck of a socket.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "integration/gateway_fixture.hpp"
#include "support/temp_folder.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::test {
namespace {

/// A step of the story, and the events of which each socket has to have got one before its answer.
struct Step {
  std::string method, target;
  std::string body{};
  std::vector<std::string> events{};
  bool of_demo = false;  ///< They are for the first socket alone.
};

class OrderTest : public EveryPbx {
 protected:
  OrderTest() { config_.capture.file = (folder_.path() / "all.jsonl").string(); }
  void TearDown() override {
    sockets_.clear();
    EveryPbx::TearDown();
  }

  void open_sockets() {
    for (const auto* query : {"app=demo&subscribeAll=true", "app=one&subscribeAll=true",
                              "app=two,three&subscribeAll=true"}) {
      sockets_.push_back(std::make_unique<EventClient>(port(), query));
      ASSERT_TRUE(sockets_.back()->open());
    }
  }
  std::string caller() {
    call("600");
    const auto start = sockets_.front()->next("StasisStart");
    return start.is_null() ? "" : std::string{start.at("channel").at("id").as_string()};
  }
  void carry_out(const Step& step) {
    const auto reply = ask(step.method, step.target, step.body);
    EXPECT_LT(reply.status, 300) << step.method << " " << step.target << ": " << reply.body;
    steps_.push_back(step);
  }

  /// Ends the gateway and reads what it did.
  void check() {
    sockets_.clear();
    stop();
    auto reader = trace::Reader::open(config_.capture.file);
    ASSERT_TRUE(reader) << reader.error().detail;
    std::size_t step = 0;
    std::map<std::string, std::set<std::string>> told;  // By socket, since the last answer.
    while (step < steps_.size()) {
      const auto line = reader->next();
      ASSERT_TRUE(line && *line) << "no answer to " << steps_[step].target;
      const auto& [link, data] = std::tie((*line)->link, (*line)->data);
      if (link.starts_with("ari-ws") && (*line)->what == trace::Line::What::data) {
        told[link].emplace(boost::json::parse(data).at("type").as_string());
      }
      if (link != "ari-rest" || !(*line)->status) continue;
      const auto& asked = steps_[step++];
      for (const auto& event : asked.events) {
        for (const auto* socket : {"ari-ws", "ari-ws:2", "ari-ws:3"}) {
          if (asked.of_demo && socket != std::string_view{"ari-ws"}) continue;
          EXPECT_TRUE(told[socket].contains(event))
              << asked.method << " " << asked.target << " was answered before " << event << " on "
              << socket;
        }
      }
      told.clear();
    }
  }

 private:
  TempFolder folder_;
  std::vector<std::unique_ptr<EventClient>> sockets_;
  std::vector<Step> steps_;
};

TEST_P(OrderTest, NoAnswerComesBeforeWhatItsRequestCaused) {
  start(GetParam(), sim::arigate_context());
  open_sockets();
  const auto a = "/channels/" + caller();
  const auto id = a.substr(a.rfind('/') + 1);
  const bool rooms = GetParam() != sim::Version::asterisk_1_8;
  const Step steps[] = {
      {"POST", a + "/answer", "", {"ChannelStateChange"}},
      {"POST", a + "/variable?variable=COLOUR&value=red", "", {"ChannelVarset"}},
      {"POST", a + "/variables", R"({"variables":{"SHAPE":"round"}})", {"ChannelVarset"}},
      {"POST", "/asterisk/variable?variable=EVERYWHERE&value=1", "", {"ChannelVarset"}},
      {"POST",
       "/events/user/news?application=demo&source=channel:" + id,
       "",
       {"ChannelUserevent"},
       true},
      {"PUT", "/deviceStates/Stasis%3Alamp?deviceState=INUSE", "", {"DeviceStateChanged"}},
      {"DELETE", "/deviceStates/Stasis%3Alamp", "", {"DeviceStateChanged"}},
      {"POST", "/channels/rings?endpoint=SIP/nobody-home&app=demo", "", {"ChannelCreated"}},
      {"DELETE", "/channels/rings", "", {}},
      {"POST",
       "/channels/create?endpoint=SIP/nobody-home&app=demo&channelId=made",
       "",
       {"ChannelCreated"}},
      {"POST", "/channels/made/variable?variable=SIZE&value=small", "", {"ChannelVarset"}},
      {"POST", "/channels/made/dial", "", {}},
      {"DELETE", "/channels/made", "", {}},
      {"POST", "/bridges/talk?type=mixing", "", {"BridgeCreated"}},
  };
  for (const auto& step : steps) carry_out(step);
  if (rooms) {
    carry_out({"POST", "/bridges/talk/addChannel?channel=" + id, "", {"ChannelEnteredBridge"}});
    carry_out({"POST", "/bridges/talk/removeChannel?channel=" + id, "", {"ChannelLeftBridge"}});
    carry_out({"POST", "/bridges/talk/addChannel?channel=" + id, "", {"ChannelEnteredBridge"}});
    carry_out({"DELETE", "/bridges/talk", "", {"ChannelLeftBridge", "BridgeDestroyed"}});
  } else {
    carry_out({"DELETE", "/bridges/talk", "", {"BridgeDestroyed"}});
  }
  carry_out({"DELETE", a, "", {"ChannelHangupRequest"}});
  check();
}

INSTANTIATE_TEST_SUITE_P(Versions, OrderTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
