// Nothing is kept for what the PBX no longer has: storms of calls again and again, each time with
// other ids, leave the program as large as it was.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "replay/event_stream.hpp"
#include "support/fixtures.hpp"
#include "support/recorded_pbx.hpp"

namespace arigate::test {
namespace {

constexpr int rounds_to_fill = 12;  ///< Until the memory of ended channels is full.
constexpr int rounds_more = 12;
constexpr std::size_t growth_max = std::size_t{256} * 1024;

/// The same calls with other ids: "cap11-1795450707.71" becomes "cap11-7-1795450707.71".
std::string shifted(std::string text, int round) {
  const std::string mark = fmt::format("-{}-17", round);
  for (const std::string_view version : {"cap1.8", "cap11", "cap16", "cap22"}) {
    const std::string from = std::string{version} + "-17";
    const std::string to = std::string{version} + mark;
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  return text;
}

class Memory : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Memory, IsFlatThroughStormsOfCalls) {
  const auto messages = ami_messages_of(lines_of(GetParam()));
  ASSERT_FALSE(messages.empty());
  replay::EventStream::Options options;
  options.player.sessions_are_ours = false;
  options.model.fastagi_port = "none";
  replay::EventStream stream{options};
  trace::Line line;
  line.link = "ami";
  line.dir = trace::Direction::from_pbx;
  std::size_t filled = 0;
  std::size_t events = 0;
  for (int round = 0; round < rounds_to_fill + rounds_more; ++round) {
    if (round == rounds_to_fill) filled = mallinfo2().uordblks;
    for (std::size_t index = round == 0 ? 0 : 1; index < messages.size(); ++index) {
      line.data = shifted(messages[index].text, round);
      ASSERT_TRUE(stream.play(line, messages[index].when));
      events += stream.take().size();
    }
    const WallTime end = messages.back().when + std::chrono::seconds{1};
    stream.reconciler().decide(end, end);
    stream.take();
    EXPECT_EQ(stream.store().channel_count(), 0U);
    EXPECT_EQ(stream.store().bridge_count(), 0U);
    EXPECT_EQ(stream.store().playback_count(), 0U);
  }
  EXPECT_GT(events, 10'000U);
  const std::size_t used = mallinfo2().uordblks;
  EXPECT_LT(used, filled + growth_max) << "grew by " << used - filled;
}

std::vector<std::filesystem::path> storms() {
  auto found = fixtures("captures", ".gz");
  std::erase_if(found,
                [](const auto& path) { return !path.filename().string().starts_with("storm"); });
  return found;
}

INSTANTIATE_TEST_SUITE_P(Captures, Memory, testing::ValuesIn(storms()), [](const auto& info) {
  auto name =
      info.param.parent_path().filename().string() + "_" + info.param.stem().stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace arigate::test
