// What the operations of a channel say to each PBX, and that it takes it.
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "integration/gateway_fixture.hpp"
#include "support/temp_folder.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::test {
namespace {

struct Row {
  std::string_view method, below;
  std::string_view said;  ///< A part of a line of AGI, or of an action.
};

const Row rows[] = {
    {"POST", "/ring", "EXEC Ringing"},
    {"DELETE", "/ring", "EXEC StopPlayTones"},
    {"POST", "/progress", "EXEC Progress"},
    {"POST", "/answer", ""},  // ANSWER, or EXEC Answer ",i".
    {"POST", "/moh?mohClass=default", "SET MUSIC ON \"default\""},
    {"DELETE", "/moh", "SET MUSIC OFF"},
    {"POST", "/hold", "SET MUSIC ON"},
    {"DELETE", "/hold", "SET MUSIC OFF"},
    {"POST", "/silence", "EXEC PlayTones"},
    {"DELETE", "/silence", "EXEC StopPlayTones"},
    {"POST", "/mute?direction=in", "Direction: in\r\nState: on"},
    {"DELETE", "/mute?direction=in", "Direction: in\r\nState: off"},
    {"POST", "/dtmf?dtmf=12&duration=50", "EXEC SendDTMF"},
    {"POST", "/variable?variable=COLOUR&value=blue", "Variable: COLOUR\r\nValue: blue"},
};

class ChannelOperations : public EveryPbx {
 protected:
  ChannelOperations() { config_.capture.file = (folder_.path() / "all.jsonl").string(); }

  /// What the PBX refused, and the first row that was not said. Variables and mutes overtake.
  std::string missing() {
    stop();
    auto reader = trace::Reader::open(config_.capture.file);
    if (!reader) return reader.error().detail;
    std::string refused;
    std::string said;
    for (auto line = reader->next(); line && *line; line = reader->next()) {
      const auto& [link, data] = std::tie((*line)->link, (*line)->data);
      const bool of_agi = link.starts_with("agi:");
      if ((*line)->dir == trace::Direction::to_pbx && (of_agi || link == "ami")) said += data;
      if ((*line)->dir == trace::Direction::from_pbx && of_agi && data.starts_with("5")) {
        refused += data;
      }
    }
    std::map<std::string_view, std::size_t> behind;  // Each time that it is wanted, once more.
    for (const auto& row : rows) {
      auto& from = behind[row.said];
      const auto found = said.find(row.said, from);
      if (found == std::string::npos) return refused + std::string{row.said};
      from = found + row.said.size();
    }
    return refused;
  }

  TempFolder folder_;
};

TEST_P(ChannelOperations, SayToThePbxWhatTheyAreFor) {
  start(GetParam());
  EventClient events{port(), "app=demo&subscribeAll=true"};
  call("600");
  const auto began = events.next("StasisStart");
  ASSERT_TRUE(began.is_object());
  const auto path = "/channels/" + std::string{began.at("channel").at("id").as_string()};
  for (const auto& row : rows) {
    EXPECT_EQ(ask(row.method, path + std::string{row.below}).status, 204) << row.below;
  }
  EXPECT_EQ(ask("GET", path + "/variable?variable=COLOUR").body, R"({"value":"blue"})");
  EXPECT_EQ(missing(), "");
}

/// In its turn: one application is told the end, the other the beginning, of the same channel.
TEST_P(ChannelOperations, MoveLeadsFromOneApplicationToTheOther) {
  start(GetParam());
  EventClient from{port(), "app=demo"};
  EventClient to{port(), "app=other"};
  call("600");
  const auto began = from.next("StasisStart");
  ASSERT_TRUE(began.is_object());
  const std::string id{began.at("channel").at("id").as_string()};
  EXPECT_EQ(ask("POST", "/channels/" + id + "/move?app=other&appArgs=a,b").status, 204);
  const auto there = to.next("StasisStart");
  ASSERT_TRUE(there.is_object());
  EXPECT_EQ(there.at("channel").at("id").as_string(), id);
  EXPECT_EQ(there.at("args"), boost::json::parse(R"(["a","b"])"));
  EXPECT_FALSE(from.next("StasisEnd").is_null());
}

INSTANTIATE_TEST_SUITE_P(Each, ChannelOperations, every_version, version_name);

}  // namespace
}  // namespace arigate::test
