#include "agi/command.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace arigate::test {
namespace {

TEST(AgiCommand, QuotesEachArgument) {
  const auto expect = [](const Result<std::string>& line, std::string_view text) {
    ASSERT_TRUE(line) << text;
    EXPECT_EQ(*line, text);
  };
  expect(agi::command("ANSWER"), "ANSWER");
  expect(agi::command("STREAM FILE", {"beep", ""}), R"(STREAM FILE "beep" "")");
  expect(agi::command("SET VARIABLE", {"x", R"(a "b" \c)"}), R"(SET VARIABLE "x" "a \"b\" \\c")");
  expect(agi::command("SET VARIABLE", {"x", "\xC3\xAB\t\xFF"}),
         "SET VARIABLE \"x\" \"\xC3\xAB\t\xFF\"");
  expect(agi::command("EXEC Playback", {"a&b,noanswer"}), R"(EXEC Playback "a&b,noanswer")");
}

TEST(AgiCommand, CannotBeBrokenOutOf) {
  constexpr std::string_view breaks[] = {"\r", "\n", "\r\n", {"\0", 1}};
  for (const auto line_break : breaks) {
    const auto line = agi::command("SET VARIABLE", {"x", "a" + std::string{line_break} + "b"});
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().code, Errc::bad_request);
  }
}

TEST(AgiCommand, KeepsToTheLengthThatEveryVersionTakes) {
  const auto room = agi::command_bytes_max - std::string_view{R"(NOOP "")"}.size();
  const auto fits = agi::command("NOOP", {std::string(room, 'x')});
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->size(), agi::command_bytes_max);
  // An escaped character takes two.
  for (const auto& text : {std::string(room + 1, 'x'), std::string(room - 1, 'x') + "\""}) {
    const auto line = agi::command("NOOP", {text});
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().code, Errc::bad_request);
  }
}

}  // namespace
}  // namespace arigate::test
