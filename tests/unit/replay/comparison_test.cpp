#include "replay/comparison.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "replay/ari_time.hpp"
#include "replay/known_differences.hpp"

namespace arigate::replay {
namespace {

std::string variable_set(int number, std::string_view created) {
  return fmt::format(
      R"({{"type":"ChannelVarset","variable":"v{}","value":"","channel":{{"id":"1.1",)"
      R"("creationtime":"{}"}},"timestamp":"2026-11-23T16:20:37.647+0000"}})",
      number, created);
}

TEST(Comparison, ComparesTimesWhateverTheirOffset) {
  const std::string utc = "2026-11-23T16:20:37.647+0000";
  for (const auto* same : {"2026-11-23T21:50:37.000+0530", "2026-11-23T11:20:38.000-0500"}) {
    const auto comparison = compare({variable_set(1, utc)}, {variable_set(1, same)});
    EXPECT_EQ(comparison.total().equal, 1U) << same;
  }
  const auto other =
      compare({variable_set(1, utc)}, {variable_set(1, "2026-11-23T16:20:37.647-0500")});
  EXPECT_EQ(other.total().equal, 0U);
}

TEST(AriTime, ReadsTheOffset) {
  using std::chrono::minutes;
  const std::vector<std::pair<std::string_view, std::optional<minutes>>> rows{
      {"2026-11-23T16:20:37.647+0000", minutes{0}},
      {"2026-11-23T16:20:37.647+05:30", minutes{330}},
      {"2026-11-23T16:20:37-0330", minutes{-210}},
      {"2026-11-23T16:20:37Z", minutes{0}},
      {"2026-11-23T16:20:37.647", std::nullopt},
      {"2026-11-23T16:20:37+05", std::nullopt},
      {"-0500", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [text, offset] : rows) EXPECT_EQ(utc_offset_of(text), offset) << text;
  EXPECT_EQ(seconds_of("1970-01-01T00:00:01.5+0000"), 1.5);
  EXPECT_EQ(seconds_of("1970-01-01T01:00:01+0100"), 1.0);
  EXPECT_EQ(seconds_of("yesterday"), std::nullopt);
}

/// A day of one object. Side by side at once it would need gigabytes.
TEST(Comparison, FindsWhatIsMissingInALongStream) {
  constexpr int count = 40'000;
  constexpr int each = 50;
  std::vector<std::string> native, ours;
  for (int i = 0; i < count; ++i) {
    native.push_back(variable_set(i, ""));
    if (i % each != each / 2) ours.push_back(native.back());
    if (i % each == 3) ours.push_back(variable_set(count + i, ""));
  }
  const auto sum = compare(native, ours).total();
  EXPECT_EQ(sum.equal, std::size_t{count - count / each});
  EXPECT_EQ(sum.missing, std::size_t{count / each});
  EXPECT_EQ(sum.extra, std::size_t{count / each});
  EXPECT_EQ(sum.moved, 0U);
}

TEST(Comparison, GoesOnBehindMoreThanAWindowThatDiffers) {
  std::vector<std::string> native, ours;
  const auto more = static_cast<int>(3 * alignment_window);
  for (int i = 0; i < 10; ++i) native.push_back(variable_set(i, ""));
  ours = native;
  for (int i = 0; i < more; ++i) native.push_back(variable_set(10'000 + i, ""));
  for (int i = 0; i < more; ++i) ours.push_back(variable_set(20'000 + i, ""));
  for (auto* side : {&native, &ours}) side->push_back(variable_set(10, ""));
  const auto sum = compare(native, ours).total();
  EXPECT_EQ(sum.equal, 11U);
  EXPECT_EQ(sum.missing, 3 * alignment_window);
  EXPECT_EQ(sum.extra, 3 * alignment_window);
}

// --- Why they differ ----------------------------------------------------------------------------

Difference field(std::string_view type, std::string_view name, std::string_view native,
                 std::string_view ours) {
  return {Difference::Kind::field, std::string{type},   "1.1",
          std::string{name},       std::string{native}, std::string{ours}};
}
Difference lone(Difference::Kind kind, std::string_view type, std::string_view object) {
  return {kind, std::string{type}, std::string{object}, "", "", std::string{type}};
}

TEST(KnownDifferences, ExplainNoMoreThanTheyKnow) {
  using Kind = Difference::Kind;
  struct Row {
    Difference difference;
    Reason reason;
  };
  const std::vector<Row> rows{
      {field("Dial", "peer.protocol_id", R"("x")", R"("")"), Reason::untold_field},
      {field("Dial", "peer.protocol_id", R"("x")", R"("y")"), Reason::none},
      {field("Dial", "peer.protocol_id", R"("")", R"("y")"), Reason::none},
      {field("ChannelVarset", "channel.protocol_id", R"("")", R"("y")"), Reason::other},
      {field("ChannelVarset", "channel.caller_rdnis", R"("888")", ""), Reason::untold_field},
      {field("ChannelVarset", "channel.caller_rdnis", "", R"("888")"), Reason::none},
      {field("ChannelVarset", "channel.caller.name", R"("")", "\"Zo\xEF\xBF\xBD\""), Reason::other},
      {field("ChannelVarset", "channel.caller.name", R"("")", R"("Zoe")"), Reason::none},
      {field("ChannelVarset", "channel.dialplan.app_name", R"("Stasis")", R"("AppDial2")"),
       Reason::other},
      {field("ChannelVarset", "channel.dialplan.app_name", R"("Stasis")", R"("Dial")"),
       Reason::none},
      {field("ChannelVarset", "channel.dialplan.app_name", R"("")", R"("NoOp")"), Reason::other},
      {field("ChannelDialplan", "channel.dialplan.app_name", R"("")", R"("NoOp")"), Reason::none},
      {field("ChannelDialplan", "channel.dialplan.app_name", R"("Stasis")", R"("AppDial2")"),
       Reason::none},
      {field("ChannelVarset", "channel.dialplan.app_data", R"("a")", R"("b")"), Reason::none},
      {field("ChannelStateChange", "channel.state", R"("Up")", R"("Ring")"), Reason::none},
      {field("BridgeBlindTransfer", "bridge.channels", R"(["a","b"])", R"(["a"])"), Reason::other},
      {field("ChannelLeftBridge", "bridge.channels", R"(["a","b"])", R"(["a"])"), Reason::none},
      {field("BridgeCreated", "bridge.creationtime", R"("2026")", R"("2027")"), Reason::none},
      {lone(Kind::missing, "StasisStart", "1.1"), Reason::own_object},
      {lone(Kind::missing, "ChannelDialplan", "1.1"), Reason::none},
      {lone(Kind::missing, "ChannelUserevent", ""), Reason::own_object},
      {lone(Kind::missing, "ChannelUserevent", "1.1"), Reason::none},
      {lone(Kind::extra, "StasisStart", "1.1"), Reason::none},
      {lone(Kind::moved, "ChannelHangupRequest", "1.1"), Reason::none},
  };
  for (const auto& row : rows) {
    std::vector<Difference> one{row.difference};
    explain(one);
    EXPECT_EQ(one[0].reason, row.reason) << text_of(row.difference);
    EXPECT_EQ(one[0].why.empty(), row.reason == Reason::none);
  }
}

TEST(KnownDifferences, WhatAnApplicationWasGivenDiffersWithIt) {
  std::vector<Difference> both{
      field("Dial", "caller.dialplan.app_data", R"("a")", R"("b")"),
      field("Dial", "caller.dialplan.app_name", R"("Dial")", R"("Park")"),
      field("Dial", "peer.dialplan.app_data", R"("a")", R"("b")"),
  };
  explain(both);
  EXPECT_EQ(both[0].reason, Reason::other);
  EXPECT_EQ(both[1].reason, Reason::other);
  EXPECT_EQ(both[2].reason, Reason::none);
}

}  // namespace
}  // namespace arigate::replay
