#include "ami/action.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace arigate::test {
namespace {

using ami::Action;

constexpr std::string_view breaks[] = {"\r", "\n", "\r\n", {"\0", 1}};

std::string with(std::string_view middle) {
  return "a" + std::string{middle} + "b";
}

TEST(AmiAction, PutsTheActionIdSecond) {
  const auto text = encode(
      Action{"Originate"}.add("Channel", "SIP/a").add("Variable", "x=1").add("Variable", "y=2"),
      "arigate-7");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "Action: Originate\r\nActionID: arigate-7\r\nChannel: SIP/a\r\nVariable: x=1\r\n"
            "Variable: y=2\r\n\r\n");
}

TEST(AmiAction, SendsOtherBytesAsTheyAre) {
  const auto text = encode(Action{"Setvar"}.add("Value", " a: \"b\" \\ \xC3\xAB\xFF\t"), "1");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "Action: Setvar\r\nActionID: 1\r\nValue:  a: \"b\" \\ \xC3\xAB\xFF\t\r\n\r\n");
}

TEST(AmiAction, CannotBeBrokenOutOf) {
  for (const auto line_break : breaks) {
    const auto bad = with(line_break);
    for (const auto& encoded : {encode(Action{bad}, "1"), encode(Action{"Ping"}, bad),
                                encode(Action{"Setvar"}.add("Value", bad), "1"),
                                encode(Action{"Setvar"}.add(bad, "x"), "1")}) {
      ASSERT_FALSE(encoded);
      EXPECT_EQ(encoded.error().code, Errc::bad_request);
    }
  }
  for (const auto* const key : {"", "Value: x", ":"}) {
    EXPECT_FALSE(encode(Action{"Setvar"}.add(key, "x"), "1")) << key;
  }
}

TEST(AmiAction, KeepsToTheLineLimit) {
  const std::string fits(ami::action_line_bytes_max - std::string_view{"Value: "}.size(), 'x');
  EXPECT_TRUE(encode(Action{"Setvar"}.add("Value", fits), "1"));
  const auto refused = encode(Action{"Setvar"}.add("Value", fits + "x"), "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
}

TEST(AmiAction, KeepsToTheHeaderLimit) {
  Action action{"Originate"};
  for (std::size_t i = 2; i < ami::action_headers_max; ++i) action.add("Variable", "x=1");
  EXPECT_TRUE(encode(action, "1"));
  action.add("Variable", "x=1");
  const auto refused = encode(action, "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
}

TEST(OriginateVariable, EscapesWhatTheListOfVariablesUses) {
  const struct {
    std::string_view name, value, line;
  } rows[] = {
      {"x", "1", "x=1"},
      {"x", "", "x="},
      {"_x", R"(a,b"c\d (x))", R"(_x=a\,b\"c\\d (x))"},
      {"CALLERID(name)", "Bob, Jr", R"(CALLERID(name)=Bob\, Jr)"},
      {"x", "a=b", "x=a=b"},
  };
  for (const auto& row : rows) {
    const auto line = ami::originate_variable(row.name, row.value);
    ASSERT_TRUE(line) << row.line;
    EXPECT_EQ(*line, row.line);
  }
}

TEST(OriginateVariable, RefusesWhatWouldBeAnotherVariable) {
  for (const auto line_break : breaks) {
    EXPECT_FALSE(ami::originate_variable("x", with(line_break)));
    EXPECT_FALSE(ami::originate_variable(with(line_break), "x"));
  }
  EXPECT_FALSE(ami::originate_variable("", "x"));
  EXPECT_FALSE(ami::originate_variable("a=b", "x"));
}

}  // namespace
}  // namespace arigate::test
