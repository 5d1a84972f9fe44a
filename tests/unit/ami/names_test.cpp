#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "generated/ami_names.hpp"

namespace arigate::test {
namespace {

using ami::EventName;
using ami::Key;

std::string upper(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

TEST(AmiNames, FindsEveryKeyInEveryCase) {
  for (std::size_t i = 1; i < ami::key_count; ++i) {
    const auto key = static_cast<Key>(i);
    const auto name = to_string(key);
    EXPECT_EQ(ami::key_of(name), key) << name;
    EXPECT_EQ(ami::key_of(upper(name)), key) << name;
  }
}

TEST(AmiNames, FindsEveryEventInEveryCase) {
  for (std::size_t i = 2; i < ami::event_name_count; ++i) {
    const auto event = static_cast<EventName>(i);
    const auto name = to_string(event);
    EXPECT_EQ(ami::event_of(name), event) << name;
    EXPECT_EQ(ami::event_of(upper(name)), event) << name;
  }
}

TEST(AmiNames, TellsOtherNamesApart) {
  for (std::size_t i = 1; i < ami::key_count; ++i) {
    const std::string name{to_string(static_cast<Key>(i))};
    EXPECT_EQ(ami::key_of(name + "!"), Key::unknown) << name;
    for (std::size_t at = 0; at < name.size(); ++at) {
      // Bit 0x20 is the one that the hash leaves out: only letters may differ in it.
      std::string other = name;
      other[at] = static_cast<char>(other[at] ^ 0x20);
      const bool letter = std::isalpha(static_cast<unsigned char>(name[at])) != 0;
      EXPECT_EQ(ami::key_of(other), letter ? static_cast<Key>(i) : Key::unknown) << other;
      other[at] = '\xFF';
      EXPECT_EQ(ami::key_of(other), Key::unknown) << other;
    }
  }
}

TEST(AmiNames, KnowsTheSpecialForms) {
  EXPECT_EQ(ami::key_of(""), Key::unknown);
  EXPECT_EQ(ami::event_of(""), EventName::unknown);
  EXPECT_EQ(ami::key_of("ChanVariable(SIP/a-0000001f)"), Key::chanvariable);
  EXPECT_EQ(ami::key_of("ChanVariable("), Key::unknown);
  EXPECT_EQ(ami::key_of("Variable(x)"), Key::unknown);
  EXPECT_EQ(to_string(Key::unknown), "");
  EXPECT_EQ(to_string(EventName::none), "");
  EXPECT_EQ(to_string(Key::cause_txt), "Cause-txt");
  EXPECT_EQ(ami::key_of("UniqueID"), Key::uniqueid);
}

}  // namespace
}  // namespace arigate::test
