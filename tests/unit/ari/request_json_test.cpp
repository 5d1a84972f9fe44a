#include <gtest/gtest.h>

#include "ari/json_body.hpp"

namespace arigate::ari {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(JsonBody, TurnsEveryKindOfValueIntoText) {
  Request request;
  JsonBody reader;
  ASSERT_TRUE(reader.read(R"({"s":"Jos\u00e9","i":-5,"u":18446744073709551615,"d":1.5,"t":true,)"
                          R"("n":null,"l":["a",1,{"x":2}],"o":{"A":"1","B":2,"C":false}})",
                          request));
  EXPECT_EQ(request.param("s"), "Jos\xC3\xA9");
  EXPECT_EQ(request.param("i"), "-5");
  EXPECT_EQ(request.param("u"), "18446744073709551615");
  EXPECT_EQ(request.param("d"), "1.5");
  EXPECT_EQ(request.param("t"), "true");
  EXPECT_EQ(request.param("n"), std::nullopt);
  EXPECT_EQ(request.list("l"), (std::vector<std::string>{"a", "1", R"({"x":2})"}));
  EXPECT_EQ(*request.fields("o"), (Fields{{"A", "1"}, {"B", "2"}, {"C", "false"}}));
}

TEST(JsonBody, LeavesNestedFieldsToTheHandlerToRefuse) {
  Request request;
  ASSERT_TRUE(JsonBody{}.read(R"({"variables":{"A":{"B":1}}})", request));
  EXPECT_FALSE(request.fields("variables"));
}

TEST(JsonBody, HoldsItsLimits) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  JsonBody reader;
  for (const auto& [body, ok] : std::vector<std::pair<std::string, bool>>{
           {"{}", true},
           {nested(JsonBody::depth_max / 2), true},
           {nested(JsonBody::depth_max * 2), false},
           {nested(100'000), false},
           {"", false},
           {"[]", false},
           {"null", false},
           {"{\"a\":\"\xC3\"}", false},
           {R"({"a":"\u0000"})", false},
           {R"({"a":["\u0000"]})", false},
           {R"({"a":{"b":"\u0000"}})", false},
           {R"({"\u0000":1})", false},
           {R"({"a":1}x)", false},
       }) {
    Request request;
    EXPECT_EQ(static_cast<bool>(reader.read(body, request)), ok) << body.substr(0, 30);
  }
}

TEST(JsonBody, WorksOnAfterALargeBody) {
  JsonBody reader;
  Request request;
  ASSERT_TRUE(reader.read("{\"a\":\"" + std::string(200'000, 'x') + "\"}", request));
  EXPECT_EQ(request.param("a")->size(), 200'000U);
  ASSERT_TRUE(reader.read(R"({"a":"small"})", request));
  EXPECT_EQ(request.param("a"), "small");
  EXPECT_FALSE(reader.read("{\"a\":" + std::string(2 * JsonBody::depth_max, '['), request));
}

}  // namespace
}  // namespace arigate::ari
