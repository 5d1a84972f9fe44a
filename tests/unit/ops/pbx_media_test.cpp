#include "ops/pbx_media.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/sounds.hpp"

namespace arigate::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(PbxMedia, ReadsTheTableOfFormats) {
  // Seen on 16 and 22.
  constexpr std::string_view table =
      "Format     Name       Extensions          \n"
      "------     ----       ----------          \n"
      "slin16     wav16      wav16               \n"
      "slin       sln        sln|slin|raw        \n"
      "ulaw       pcm        pcm|ulaw|ul|mu|ulw  \n"
      "16 file formats registered.";
  const auto formats = formats_in(table);
  EXPECT_EQ(formats.size(), 9U);
  EXPECT_EQ(formats.at("raw"), "slin");
  EXPECT_EQ(formats.at("wav16"), "slin16");
  EXPECT_EQ(formats.at("mu"), "ulaw");
  EXPECT_THAT(formats_in("No such command 'core show file formats'"), IsEmpty());
}

TEST(PbxMedia, ReadsASetting) {
  constexpr std::string_view settings =
      "  Verbosity:                   5\n"
      "  Spool directory:             /inst/cap1.8/spool\n"
      "  Data directory:              /opt/ast/var/lib/asterisk\r\n";
  EXPECT_EQ(setting_in(settings, "Spool directory"), "/inst/cap1.8/spool");
  EXPECT_EQ(setting_in(settings, "Log directory"), "");
  EXPECT_EQ(setting_in(settings, "Verb"), "") << "a part of a name is another name";
}

TEST(Sounds, AreMadeOfFiles) {
  PbxMedia media;
  media.formats = {{"gsm", "gsm"}, {"sln", "slin"}, {"raw", "slin"}};
  const SoundFiles files{
      {"en/beep.gsm", "en/beep.sln", "en/beep.raw", "fr/beep.gsm", "en/digits/1.gsm", "top.gsm",
       "en/readme", "en/x.mp3", "fr/seul.gsm", "en.x/y"},
      {{"en/core-sounds-en.txt", "; all of them\nbeep: A beep: short\r\nnone: no file\n\nfolder\n"},
       {"fr/core-sounds-fr.txt", "seul: Seul\n"}}};
  const auto sounds = sounds_of(files, media);
  ASSERT_EQ(sounds.size(), 3U);
  EXPECT_EQ(sounds.at("beep").text, "A beep: short");
  EXPECT_THAT(sounds.at("beep").formats,
              ElementsAre(Pair("en", "gsm"), Pair("en", "slin"), Pair("fr", "gsm")));
  EXPECT_EQ(sounds.at("digits/1").id, "digits/1");
  EXPECT_EQ(sounds.at("seul").text, "") << "native ARI takes the English text only";
}

}  // namespace
}  // namespace arigate::ops
