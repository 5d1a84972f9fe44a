#include "generated/api_docs.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "ari/api_level.hpp"
#include "support/fixtures.hpp"
#include "support/paths.hpp"

namespace arigate::ari {
namespace {

boost::json::value parse(std::string_view text) {
  return boost::json::parse(boost::json::string_view{text.data(), text.size()});
}

/// Takes out the prose, which is our own.
void strip_prose(boost::json::value& value) {
  if (value.is_array()) {
    for (auto& member : value.get_array()) strip_prose(member);
  }
  if (!value.is_object()) return;
  auto& object = value.get_object();
  for (const auto* key : {"description", "summary", "notes", "reason"}) {
    // A property may be called "description": then it is an object, not prose.
    const auto* member = object.if_contains(key);
    if (member != nullptr && member->is_string()) object.erase(key);
  }
  for (auto& member : object) strip_prose(member.value());
}

/// A native release without its prose: {"resources": {…}, "channels": {…}, …}.
boost::json::value native(std::string_view level) {
  return parse(test::read_file(test::fixtures_folder() / "ari-facts" /
                               (std::string{level} + ".json")));
}

class ApiDocsOfLevel : public testing::TestWithParam<std::string> {};

TEST_P(ApiDocsOfLevel, AgreeWithNativeInEveryNamePathTypeAndCode) {
  const auto level = level_of(GetParam());
  ASSERT_TRUE(level);
  const ApiLevel docs{*level};
  auto facts = native(GetParam());
  ASSERT_EQ(facts.as_object().size(), api_doc_files().size());
  for (auto& [name, expected] : facts.as_object()) {
    const auto file = std::string{std::string_view{name}} + ".json";
    const auto text = docs.document(file);
    ASSERT_FALSE(text.empty()) << file;
    auto served = parse(text);
    strip_prose(served);
    expected.as_object().erase("basePath");
    served.as_object().erase("basePath");
    EXPECT_EQ(served, expected) << file;
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, ApiDocsOfLevel, testing::Values("13", "16", "18", "20", "22"));

TEST(ApiDocs, HaveALevelForEachOfTheReleases) {
  EXPECT_EQ(level_of("22"), newest_level);
  EXPECT_LT(*level_of("13"), *level_of("16"));
  for (const auto* none : {"", "12", "21", "asterisk_22"}) EXPECT_FALSE(level_of(none)) << none;
}

TEST(ApiDocs, DescribeWhatAriDoesNotHave) {
  const auto support = parse(own_api_doc("support.json"));
  EXPECT_EQ(support.at("apis").at(0).at("path").as_string(), "/support");
  EXPECT_EQ(parse(own_api_doc("resources.json")).at("apis").as_array().size(), 2U);
  const auto events = parse(own_api_doc("events.json"));
  const auto& opens = events.at("apis").at(0).at("operations").at(0);
  std::string names;
  for (const auto& parameter : opens.at("parameters").as_array()) {
    names.append(parameter.at("name").as_string()).append(" ");
  }
  EXPECT_EQ(names, "resume announce share mode ");
  EXPECT_TRUE(events.at("models").as_object().contains("ArigateResume"));
  EXPECT_EQ(own_api_doc("channels.json"), "");
}

TEST(ApiDocs, HoldOneBasePathThatCanBeReplacedOrTakenOut) {
  for (const auto file : api_doc_files()) {
    std::string text{api_doc(file)};
    const auto marker = text.find(base_path_marker);
    ASSERT_NE(marker, std::string::npos) << file;
    EXPECT_EQ(text.find(base_path_marker, marker + 1), std::string::npos) << file;
    auto replaced = text;
    replaced.replace(marker, base_path_marker.size(), "http://gate:8088/ari");
    EXPECT_EQ(parse(replaced).at("basePath").as_string(), "http://gate:8088/ari") << file;
    const auto member = text.find(base_path_member);
    ASSERT_NE(member, std::string::npos) << file;
    text.erase(member, base_path_member.size());
    EXPECT_FALSE(parse(text).as_object().contains("basePath")) << file;
  }
}

TEST(ApiDocs, KnowOnlyTheirFiles) {
  EXPECT_EQ(api_doc_files().front(), "resources.json");
  EXPECT_EQ(api_doc(""), "");
  EXPECT_EQ(api_doc("channels"), "");
  EXPECT_EQ(api_doc("Channels.json"), "");
}

}  // namespace
}  // namespace arigate::ari
