#include "ari/request.hpp"

#include <gtest/gtest.h>

namespace arigate::ari {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(Request, ReadsFlagsAsNativeDoes) {
  const std::vector<std::pair<std::string, bool>> cases{
      {"true", true}, {"True", true}, {"yes", true},    {"Y", true},      {"t", true},
      {"1", true},    {"ON", true},   {"false", false}, {"False", false}, {"no", false},
      {"0", false},   {"", false},    {"2", false},     {"maybe", false},
  };
  for (const auto& [text, expected] : cases) {
    Request request;
    request.set_param("subscribeAll", text);
    EXPECT_EQ(request.flag("subscribeAll", !expected), expected) << text;
  }
  EXPECT_TRUE(Request{}.flag("subscribeAll", true));
  EXPECT_FALSE(Request{}.flag("subscribeAll", false));
}

TEST(Request, ReadsWholeNumbersOnly) {
  const std::vector<std::pair<std::string, std::optional<long>>> cases{
      {"0", 0},
      {"30", 30},
      {"-1", -1},
      {"", std::nullopt},
      {"30s", std::nullopt},
      {" 30", std::nullopt},
      {"1.5", std::nullopt},
      {"+1", std::nullopt},
      {"99999999999999999999", std::nullopt},
  };
  for (const auto& [text, expected] : cases) {
    Request request;
    request.set_param("timeout", text);
    const auto number = request.integer("timeout");
    ASSERT_EQ(number.has_value(), expected.has_value()) << text;
    if (!expected) {
      EXPECT_EQ(number.error().code, Errc::bad_request) << text;
    } else {
      EXPECT_EQ(**number, *expected) << text;
    }
  }
  EXPECT_EQ(*Request{}.integer("timeout"), std::nullopt);
}

TEST(Request, TheLastFormOfAParameterCounts) {
  Request request;
  request.set_param("media", "a,b");
  EXPECT_EQ(request.list("media"), (std::vector<std::string>{"a", "b"}));
  request.set_list("media", {"c,d"});
  EXPECT_EQ(request.list("media"), (std::vector<std::string>{"c,d"}));
  EXPECT_EQ(request.param("media"), std::nullopt);
  request.set_fields("media", {{"x", "1"}});
  EXPECT_TRUE(request.list("media").empty());
  request.set_param("media", "e");
  EXPECT_EQ(request.param("media"), "e");
  EXPECT_EQ(request.parameter_count(), 1U);
}

TEST(Request, TellsFieldsFromOtherForms) {
  Request request;
  EXPECT_EQ(*request.fields("variables"), Fields{});
  request.set_fields("variables", {{"A", "1"}, {"B", "2"}});
  EXPECT_EQ(*request.fields("variables"), (Fields{{"A", "1"}, {"B", "2"}}));
  request.set_bad_fields("variables");
  EXPECT_FALSE(request.fields("variables"));
  request.set_param("variables", "A=1");
  EXPECT_FALSE(request.fields("variables"));
}

TEST(Request, FindsPathValuesByName) {
  Request request;
  request.set_path("tech", "PJSIP");
  request.set_path("resource", "alice");
  EXPECT_EQ(request.path("resource"), "alice");
  EXPECT_EQ(request.path("nothing"), "");
}

}  // namespace
}  // namespace arigate::ari
