#include "app/logging.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "core/log.hpp"
#include "support/fixtures.hpp"
#include "support/temp_folder.hpp"

namespace arigate::app {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// The log is one for the whole process: each test gives back what it found.
class Logging : public testing::Test {
 protected:
  ~Logging() override { spdlog::set_default_logger(before_); }

  GeneralConfig to_file(LogLevel level) {
    GeneralConfig general;
    general.log_file = (folder_.path() / "log").string();
    general.log_level = level;
    return general;
  }
  /// All that was said: the log is over then.
  std::string text() {
    spdlog::shutdown();
    return test::read_file(folder_.path() / "log");
  }

  test::TempFolder folder_;

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(Logging, WritesOneLineForEachEventFromItsLevelOn) {
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  log::debug("unseen");
  log::info("call came channel={}", "1.2");
  EXPECT_THAT(text(),
              MatchesRegex("[-0-9]+T[:.0-9]+[+-][0-9]+:[0-9]+ info call came channel=1.2\n"));
}

TEST_F(Logging, ACallersTextCannotStartALineOfItsOwn) {
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  log::info("call came caller=\"{}\"",
            "Eve\r\n2026-01-01T00:00:00.000+00:00 error all is lost\x1b[2J");
  const auto written = text();
  EXPECT_THAT(written, HasSubstr("Eve\\x0d\\x0a2026"));
  EXPECT_THAT(written, HasSubstr("lost\\x1b[2J"));
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1);
}

TEST_F(Logging, CountsWhatIsSaidAgainAndAgain) {
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  for (int i = 0; i < 1'000; ++i) log::warn("refused peer={}", "192.0.2.1");
  log::warn("refused peer={}", "192.0.2.2");
  const auto written = text();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 3);
  EXPECT_THAT(written, HasSubstr("Skipped 999"));
}

TEST_F(Logging, AReaderThatStopsHoldsNobodyUp) {
  const auto pipe = folder_.path() / "log";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  const std::string line(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) log::info("{} {}", i, line);  // More than a pipe holds.
  std::string heard(std::size_t{2} * 1024 * 1024, '\0');
  std::size_t size = 0;
  while (heard.find("999 xxx") == std::string::npos) {
    const auto count = read(reader, heard.data() + size, heard.size() - size);
    ASSERT_GT(count, 0);
    size += static_cast<std::size_t>(count);
  }
  close(reader);
  EXPECT_THAT(heard.substr(0, size), HasSubstr("info 0 xxx"));
}

TEST_F(Logging, OpensARotatedFileAgain) {
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  log::info("one");
  std::filesystem::rename(folder_.path() / "log", folder_.path() / "log.1");
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  log::info("two");
  const auto written = text();
  EXPECT_THAT(written, HasSubstr("two"));
  EXPECT_THAT(written, Not(HasSubstr("one")));
}

TEST_F(Logging, KeepsTheOldPlaceWhenTheNewOneCannotBeOpened) {
  ASSERT_TRUE(set_up_logging(to_file(LogLevel::info)));
  auto bad = to_file(LogLevel::info);
  bad.log_file = (folder_.path() / "no" / std::string(300, 'x')).string();
  const auto result = set_up_logging(bad);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::unavailable);
  log::info("still here");
  EXPECT_THAT(text(), HasSubstr("still here"));
}

}  // namespace
}  // namespace arigate::app
