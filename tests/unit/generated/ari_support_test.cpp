#include "generated/ari_support.hpp"

#include <string>

#include <gtest/gtest.h>

namespace arigate::ari {
namespace {

TEST(AriSupport, ExplainsWhatIsNotExact) {
  for (const auto& operation : operations()) {
    const auto& info = support(operation.operation);
    for (const auto level : info.on) {
      if (level == Support::exact) continue;
      EXPECT_NE(info.why, "") << name(operation.operation);
    }
  }
}

TEST(AriSupport, SaysWhatToDoAboutWhatIsRefused) {
  for (const auto& operation : operations()) {
    const auto& info = support(operation.operation);
    for (const auto level : info.on) {
      if (level != Support::refused) continue;
      EXPECT_NE(info.enable, "") << name(operation.operation);
    }
  }
}

TEST(AriSupport, DiffersByTheLineOfAsterisk) {
  using enum PbxLine;
  EXPECT_EQ(support(Operation::channels_answer, asterisk_1_8), Support::exact);
  EXPECT_EQ(support(Operation::bridges_destroy, asterisk_1_8), Support::emulated);
  EXPECT_EQ(support(Operation::bridges_destroy, asterisk_11), Support::exact);
  EXPECT_EQ(support(Operation::channels_external_media, asterisk_11), Support::refused);
  EXPECT_EQ(support(Operation::channels_external_media, asterisk_16), Support::emulated);
  EXPECT_EQ(support(Operation::recordings_pause, asterisk_16), Support::exact);
  EXPECT_EQ(support(Operation::recordings_pause, asterisk_22), Support::exact);
  EXPECT_EQ(support(Operation::endpoints_refer, asterisk_22), Support::refused);
}

TEST(AriSupport, NamesTheLines) {
  for (const auto* line : {"1.8", "11", "13", "16", "22"}) {
    const auto found = pbx_line(line);
    ASSERT_TRUE(found) << line;
    EXPECT_EQ(name(*found), line);
  }
  EXPECT_FALSE(pbx_line("12"));
}

}  // namespace
}  // namespace arigate::ari
