#include "ami/asked_action.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace arigate::ami {
namespace {

std::vector<AskedAction> read(std::string_view bytes, std::size_t size) {
  ActionReader reader;
  std::vector<AskedAction> actions;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    reader.feed(bytes.substr(at, size));
    while (auto action = reader.next()) actions.push_back(*std::move(action));
  }
  return actions;
}

TEST(AskedAction, IsReadHoweverItIsCut) {
  const std::string bytes =
      "\r\nAction: Originate\r\nActionID: o-1\r\nChannelId: mine\r\nVariable: A=1\r\n"
      "Variable: ARIGATE_APP=demo,x\\,y\\\\z\r\nno header\r\n\r\n"
      "action:redirect\nExten : 7\n\n\nAction: Ping\r\n\r\nAction: Sta";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    const auto actions = read(bytes, size);
    ASSERT_EQ(actions.size(), 3U) << "pieces of " << size;
    EXPECT_EQ(actions[0].kind(), AskedAction::Kind::originate);
    EXPECT_EQ(actions[0].id(), "o-1");
    EXPECT_EQ(actions[0].channel_id(), "mine");
    EXPECT_EQ(actions[0].other_channel_id(), "");
    EXPECT_EQ(actions[0].variable("ARIGATE_APP"), "demo,x,y\\z");
    EXPECT_EQ(actions[0].variable("ARIGATE"), std::nullopt);
    EXPECT_EQ(actions[1].kind(), AskedAction::Kind::redirect);
    EXPECT_EQ(actions[1]["exten"], "7");
    EXPECT_EQ(actions[2].kind(), AskedAction::Kind::other);
  }
}

TEST(AskedAction, ThatIsTooLongIsLeftOut) {
  const std::string line(ActionReader::action_bytes_max / 2, 'x');
  const auto actions =
      read("Action: A\r\nV: " + line + "\r\nV: " + line + "\r\n\r\nAction: B\r\n\r\n", 4'096);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0]["Action"], "B");
  EXPECT_TRUE(read(line + line + line, 4'096).empty());
}

}  // namespace
}  // namespace arigate::ami
