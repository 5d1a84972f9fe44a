#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "ari/snapshots.hpp"
#include "replay/comparison.hpp"
#include "replay/recording.hpp"
#include "support/digest.hpp"
#include "support/fixtures.hpp"
#include "support/story.hpp"

namespace arigate::test {
namespace {

using replay::Replayed;

/// A story of more lines is kept as its hash.
constexpr std::size_t readable_lines_max = 400;

struct Told {
  Replayed replayed;
  std::string story;
};

Told tell(const std::filesystem::path& capture, std::size_t cut) {
  Story story;
  replay::ReplayOptions options;
  options.cut = cut;
  options.keep = false;
  options.told = [&](const std::string& event) { story.add(event); };
  options.at_end = [&](const replay::EventStream& stream) {
    stream.store().each_channel([&](const model::Channel& channel) {
      story.add_whole("model: channel", stream.channel_json(channel));
    });
    stream.store().each_bridge([&](const model::Bridge& bridge) {
      std::string json;
      ari::append_bridge(json, bridge);
      story.add_whole("model: bridge", json);
    });
  };
  auto replayed = replay::replay(capture, options);
  EXPECT_TRUE(replayed) << replayed.error().detail;
  if (!replayed) return {};
  return {*std::move(replayed), story.text()};
}

std::string readable(const std::string& story) {
  const auto lines = static_cast<std::size_t>(std::count(story.begin(), story.end(), '\n'));
  if (lines <= readable_lines_max) return story;
  Hash hash;
  hash.add(story);
  return fmt::format("{} lines, hash {:x}\n", lines, hash.value());
}

std::string test_name(const testing::TestParamInfo<std::filesystem::path>& info) {
  auto name =
      info.param.parent_path().filename().string() + "_" + info.param.stem().stem().string();
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class Captures : public testing::TestWithParam<std::filesystem::path> {};

/// fixtures/captures/<version>/<name>.jsonl.gz gives <name>.story.txt, at every cut.
TEST_P(Captures, TellTheSameStoryForEveryCut) {
  const auto& capture = GetParam();
  const auto whole = tell(capture, 0);
  EXPECT_FALSE(whole.replayed.damaged) << whole.replayed.damaged->detail;
  EXPECT_FALSE(whole.replayed.broken) << whole.replayed.broken->detail;
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    if (cut < 100 && whole.replayed.lines > 5'000) continue;  // A storm: the large cut will do.
    EXPECT_EQ(tell(capture, cut).story, whole.story) << "cut into " << cut << " bytes";
  }
  auto golden = capture;
  golden.replace_extension().replace_extension(".story.txt");
  const auto seen = readable(whole.story);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream{golden, std::ios::binary} << seen;
  EXPECT_EQ(seen, read_file(golden)) << "golden file " << golden;
}

INSTANTIATE_TEST_SUITE_P(All, Captures, testing::ValuesIn(fixtures("captures", ".gz")), test_name);

/// How many events each fact explains: more of them, or others, are for a review.
const std::map<std::string_view, std::size_t> known{
    {"AMI does not carry the Call-ID of a channel", 2611},
    {"AMI events do not carry the redirecting number", 20},
    {"a variable that the channel was created with is set before AMI tells of the channel", 2},
    {"an abandoned queue call has no dial string natively, an answered one has", 1},
    {"an application that runs inside another, or of an Originate, is not told by AMI", 44},
    {"an object of the PBX's own ARI, of which AMI tells nothing", 912},
    {"native ARI put the channel into the PBX's own Stasis; AMI has no Newexten for that", 85},
    {"native empties a caller name that is not UTF-8; ours shows U+FFFD for each bad byte", 15},
    {"native sends one more ChannelDialplan when a called leg runs extension h; AMI has no event",
     138},
    {"native shows the bridge as it was when the transfer began; AMI tells the leaving first", 2},
    {"native shows the endpoint as it was some milliseconds ago, without its youngest channel", 2},
    {"native tells the UserEvent of an AMI action without a channel; AMI cannot tell whose it is",
     1},
    {"the bridge was there before the recording began", 2},
    {"the old SIP driver tells the time of a peer to AMI only", 1},
    {"whether the endpoint was reachable before the recording began is not in it", 5},
};

/// Where a capture holds the events of native ARI, ours are theirs, or a known fact says why not.
TEST(NativeEquality, OfAllPairedCaptures) {
  std::map<std::string, replay::Tally> types;
  std::map<std::string_view, std::size_t> explained;
  replay::Tally all;
  for (const auto& capture : fixtures("captures", ".gz")) {
    const auto replayed = replay::replay(capture, {});
    ASSERT_TRUE(replayed) << replayed.error().detail;
    if (replayed->native.empty()) continue;
    const auto comparison = replay::compare(replayed->native, replayed->ours);
    const auto sum = comparison.total();
    fmt::print("{:32} native {:5}  equal {:5}  untold {:5}  {:6.2f} %\n",
               capture.parent_path().filename().string() + " " + capture.stem().stem().string(),
               sum.native, sum.equal, sum.untold, sum.percent());
    for (const auto& difference : comparison.differences) {
      EXPECT_NE(difference.reason, replay::Reason::none)
          << capture << ": " << replay::text_of(difference);
    }
    for (const auto& [type, tally] : comparison.types) types[type] += tally;
    for (const auto& [why, count] : comparison.explained) explained[why] += count;
    all += sum;
  }
  fmt::print("{}", replay::table_of(types));
  for (const auto& [why, count] : explained) fmt::print("{:6} {}\n", count, why);
  EXPECT_EQ(explained, known);
  fmt::print("{:.2f} % as native ARI\n", all.percent());
  EXPECT_GT(all.native, 30'000U);
  EXPECT_GE(all.percent(), 98.0);
}

}  // namespace
}  // namespace arigate::test
