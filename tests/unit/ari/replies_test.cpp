#include "ari/replies.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace arigate::ari {
namespace {

using namespace std::string_literals;

std::string json_of(std::string_view text) {
  std::string out{"x"};
  append_json_string(out, text);
  return out;
}

TEST(JsonString, IsAppendedAsItIsWhenNothingNeedsAnEscape) {
  EXPECT_EQ(json_of(""), R"(x"")");
  EXPECT_EQ(json_of("PJSIP/alice-00000001 ~\x7f"), "x\"PJSIP/alice-00000001 ~\x7f\"");
}

TEST(JsonString, EscapesWhereverItHasTo) {
  EXPECT_EQ(json_of(R"("Bob" <200>)"), R"(x"\"Bob\" <200>")");
  EXPECT_EQ(json_of(R"(a long text that has its only backslash at the very end\)"),
            R"(x"a long text that has its only backslash at the very end\\")");
  EXPECT_EQ(json_of("a\r\n\tb"), R"(x"a\u000d\u000a\u0009b")");
  EXPECT_EQ(json_of("\0"s), R"(x"\u0000")");
}

TEST(JsonString, IsAlwaysUtf8) {
  EXPECT_EQ(json_of("Zoë"), "x\"Zoë\"");
  EXPECT_EQ(json_of("a\xff"
                    "b"),
            "x\"a\xef\xbf\xbd"
            "b\"");
}

}  // namespace
}  // namespace arigate::ari
