#include "ops/media.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/overloaded.hpp"

namespace arigate::ops {
namespace {

/// "files a b", "spelled a b", "say 7", "tone x", or "refused".
std::string text_of(std::string_view uri, std::string_view language = "en") {
  const auto media = media_of(uri, language, "/var/rec");
  if (!media) {
    EXPECT_EQ(media.error().code, Errc::bad_request);
    return "refused";
  }
  return std::visit(Overloaded{
                        [](const Files& files) {
                          return fmt::format("{} {}", files.spelled ? "spelled" : "files",
                                             fmt::join(files.names, " "));
                        },
                        [](const SpokenNumber& number) { return "say " + number.number; },
                        [](const Tone& tone) {
                          return "tone " + tone.spec +
                                 (tone.zone.empty() ? "" : " of " + tone.zone);
                        },
                    },
                    *media);
}

TEST(Media, StandsForFilesNumbersAndTones) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"sound:hello-world", "files hello-world"},
      {"sound:custom/welcome", "files custom/welcome"},
      {"sound:a..b", "files a..b"},
      {"recording:calls/7", "files /var/rec/calls/7"},
      {"digits:1*#-x", "spelled digits/1 digits/star digits/pound digits/minus"},
      {"digits:", "refused"},
      {"characters:aB 1!@$-.=+/*#~",
       "spelled letters/a letters/b letters/space digits/1 letters/exclaimation-point letters/at "
       "letters/dollar letters/dash letters/dot letters/equals letters/plus letters/slash "
       "digits/star digits/pound"},
      {"number:0", "spelled digits/0"},
      {"number:-7", "spelled digits/minus digits/7"},
      {"number:7x", "refused"},
      {"number:", "refused"},
      {"number:99999999999999999999", "refused"},
      {"number:1000000000", "say 1000000000"},
      {"tone:ring", "tone ring"},
      {"tone:440/250,0/250&x", "tone 440/250,0/250&x"},
      {"tone:ring;tonezone=de", "tone ring of de"},
  };
  for (const auto& [uri, expected] : rows) EXPECT_EQ(text_of(uri), expected) << uri;
}

TEST(Media, IsSpokenByThePbxInOtherLanguages) {
  EXPECT_EQ(text_of("number:42", "de"), "say 42");
  EXPECT_EQ(text_of("number:42", "en_GB"), "spelled digits/40 digits/2");
}

TEST(Media, NeverLeavesItsFolderNorBecomesSyntax) {
  const std::vector<std::string> refused{
      "",
      "hello",
      ":hello",
      "http:x",
      "sound",
      "sound:",
      "sound:/etc/passwd",
      "sound:../secret",
      "sound:a/../../b",
      "sound:a/..",
      "sound:a//b",
      "sound:a/",
      "recording:../x",
      "recording:/x",
      "sound:a&b",
      "sound:a,b",
      "recording:a&b",
      "digits:1,2",
      "characters:a&b",
      "sound:a\nHANGUP",
      "sound:a\r",
      std::string{"sound:a\0b", 9},
      "tone:ring\nHANGUP",
      "digits:1\n",
      "number:1\n",
      "recording:a\rb",
  };
  for (const auto& uri : refused) EXPECT_EQ(text_of(uri), "refused") << uri;
}

TEST(EnglishNumber, IsSaidAsPeopleSayIt) {
  const std::vector<std::pair<long, std::string>> rows{
      {0, "0"},
      {7, "7"},
      {13, "13"},
      {20, "20"},
      {21, "20 1"},
      {90, "90"},
      {99, "90 9"},
      {100, "1 hundred"},
      {142, "1 hundred 40 2"},
      {1000, "1 thousand"},
      {1001, "1 thousand 1"},
      {20'300, "20 thousand 3 hundred"},
      {999'999, "9 hundred 90 9 thousand 9 hundred 90 9"},
      {1'000'000, "1 million"},
      {12'000'005, "12 million 5"},
      {-30, "minus 30"},
  };
  for (const auto& [number, expected] : rows) {
    std::string said;
    for (const auto& name : english_number(number)) {
      ASSERT_TRUE(name.starts_with("digits/"));
      said += (said.empty() ? "" : " ") + name.substr(7);
    }
    EXPECT_EQ(said, expected) << number;
  }
}

}  // namespace
}  // namespace arigate::ops
