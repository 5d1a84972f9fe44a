#include "ami/value.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace arigate::test {
namespace {

TEST(AmiValue, UndoesTheEscapes) {
  const struct {
    std::string_view escaped;
    std::string_view plain;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {R"(1\n2\r\n3\t)", "1\n2\r\n3\t"},
      {R"(a\\b \"q\" \'s\' \?)", "a\\b \"q\" 's' ?"},
      {R"(\a\b\f\v)", "\a\b\f\v"},
      {R"(\\n is no line end)", "\\n is no line end"},
      {R"(\x \0 \)", R"(\x \0 \)"},  // Not what a PBX writes: left as it is.
      {R"(\)", R"(\)"},
      {"Zo\xC3\xAB\\n\xFF", "Zo\xC3\xAB\n\xFF"},
  };
  for (const auto& row : rows) {
    std::string scratch = "left from before";
    EXPECT_EQ(ami::unescape(row.escaped, scratch), row.plain) << row.escaped;
  }
}

TEST(AmiValue, DoesNotCopyWhatHasNoEscape) {
  std::string scratch;
  const std::string_view text = "plain";
  EXPECT_EQ(ami::unescape(text, scratch).data(), text.data());
}

TEST(AmiValue, NobodyIsEmpty) {
  for (const auto* const text : {"", "<unknown>", "<none>", "<null>"}) {
    EXPECT_EQ(ami::known(text), "") << text;
  }
  for (const auto* const text : {"100", "<unknown", "unknown", "<Unknown>", "<unknown> "}) {
    EXPECT_EQ(ami::known(text), text);
  }
}

}  // namespace
}  // namespace arigate::test
