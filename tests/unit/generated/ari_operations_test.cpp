#include "generated/ari_operations.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/fixtures.hpp"
#include "support/paths.hpp"

namespace arigate::ari {
namespace {

using boost::json::object;

std::string text(const boost::json::value& value) {
  return value.is_string() ? std::string{value.get_string()} : boost::json::serialize(value);
}

std::string member(const object& from, std::string_view key) {
  const auto* found = from.if_contains({key.data(), key.size()});
  return found == nullptr ? std::string{} : text(*found);
}

std::string_view name_of(ParameterInfo::In in) {
  switch (in) {
    case ParameterInfo::In::path:
      return "path";
    case ParameterInfo::In::query:
      return "query";
    case ParameterInfo::In::body:
      return "body";
  }
  return "";
}

void expect_same(const ParameterInfo& seen, const object& native, const std::string& where) {
  EXPECT_EQ(seen.name, member(native, "name")) << where;
  EXPECT_EQ(name_of(seen.in), member(native, "paramType")) << where;
  EXPECT_EQ(seen.data_type, member(native, "dataType")) << where;
  EXPECT_EQ(seen.required, member(native, "required") == "true") << where;
  EXPECT_EQ(seen.allow_multiple, member(native, "allowMultiple") == "true") << where;
  EXPECT_EQ(seen.default_value, member(native, "defaultValue")) << where;
  const auto* allowable = native.if_contains("allowableValues");
  const object none;
  const auto& limits = allowable == nullptr ? none : allowable->as_object();
  std::vector<std::string> allowed;
  if (const auto* values = limits.if_contains("values")) {
    for (const auto& value : values->as_array()) allowed.push_back(text(value));
  }
  EXPECT_TRUE(std::equal(seen.allowed.begin(), seen.allowed.end(), allowed.begin(), allowed.end()))
      << where;
  EXPECT_EQ(seen.min ? std::to_string(*seen.min) : "", member(limits, "min")) << where;
  EXPECT_EQ(seen.max ? std::to_string(*seen.max) : "", member(limits, "max")) << where;
}

void expect_same(const OperationInfo& seen, const object& native, std::string_view resource,
                 const std::string& path) {
  const auto where = path + " " + std::string{seen.nickname};
  EXPECT_EQ(seen.path, path);
  EXPECT_EQ(seen.resource, resource) << where;
  EXPECT_EQ(seen.nickname, member(native, "nickname")) << where;
  EXPECT_EQ(seen.method, member(native, "httpMethod")) << where;
  EXPECT_EQ(seen.response_class, member(native, "responseClass")) << where;
  EXPECT_EQ(seen.websocket, member(native, "upgrade") == "websocket") << where;
  std::size_t count = 0;
  if (const auto* parameters = native.if_contains("parameters")) {
    count = parameters->as_array().size();
    ASSERT_EQ(seen.parameters.size(), count) << where;
    for (std::size_t i = 0; i < count; ++i) {
      expect_same(seen.parameters[i], parameters->as_array()[i].as_object(),
                  where + " " + std::string{seen.parameters[i].name});
    }
  }
  EXPECT_EQ(seen.parameters.size(), count) << where;
  std::string codes;
  for (const auto code : seen.error_codes) codes += std::to_string(code) + " ";
  std::string native_codes;
  if (const auto* errors = native.if_contains("errorResponses")) {
    for (const auto& error : errors->as_array()) {
      native_codes += member(error.as_object(), "code") + " ";
    }
  }
  EXPECT_EQ(codes, native_codes) << where;
}

TEST(AriOperations, AreThoseOfNative22) {
  const auto facts = boost::json::parse(
      test::read_file(test::fixtures_folder() / "ari-facts" / "22.json"));
  std::size_t seen = 0;
  std::size_t parameters = 0;
  for (const auto& [resource, declaration] : facts.as_object()) {
    if (resource == "resources") continue;
    for (const auto& api : declaration.at("apis").as_array()) {
      for (const auto& native : api.at("operations").as_array()) {
        ASSERT_LT(seen, operation_count);
        expect_same(operations()[seen], native.as_object(), std::string_view{resource},
                    text(api.at("path")));
        parameters += operations()[seen].parameters.size();
        ++seen;
      }
    }
  }
  EXPECT_EQ(seen, operation_count);
  EXPECT_EQ(seen, 109U);
  EXPECT_EQ(parameters, 275U);
}

TEST(AriOperations, AreFoundByTheirNumber) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < operation_count; ++i) {
    const auto operation = static_cast<Operation>(i);
    EXPECT_EQ(info(operation).operation, operation);
    names.insert(name(operation));
  }
  EXPECT_EQ(names.size(), operation_count);
  EXPECT_EQ(name(Operation::events_event_websocket), "events_event_websocket");
  EXPECT_EQ(info(Operation::channels_originate_with_id).path, "/channels/{channelId}");
  EXPECT_EQ(info(Operation::channels_send_dtmf).nickname, "sendDTMF");
}

}  // namespace
}  // namespace arigate::ari
