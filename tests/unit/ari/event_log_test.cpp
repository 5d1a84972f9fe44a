#include "ari/event_log.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::ari {
namespace {

/// What came after the token, or that this cannot be told.
std::string after(const EventLog& log, const std::string& token) {
  const auto missed = log.after(token);
  if (!missed) return "overrun";
  std::string events;
  log.each(missed->first, missed->second,
           [&](const std::string& event, const ChannelId&) { events += event + ' '; });
  return events;
}

TEST(EventLog, HoldsOnlySoManyEvents) {
  EventLog::Limits limits;
  limits.events_max = 3;
  EventLog log{limits, 7};
  for (const auto* event : {"a", "b", "c"}) log.append(event, {});
  EXPECT_EQ(after(log, "7.0"), "a b c ");
  log.append("d", {});
  EXPECT_EQ(log.size(), 3U);
  EXPECT_EQ(after(log, "7.0"), "overrun") << "the oldest one has gone";
  EXPECT_EQ(after(log, "7.1"), "b c d ");
}

TEST(EventLog, HoldsOnlySoManyBytes) {
  EventLog::Limits limits;
  limits.bytes_max = 10;
  EventLog log{limits, 7};
  log.append("12345", {});
  log.append("67890", {});
  EXPECT_EQ(log.bytes(), limits.bytes_max);
  log.append("x", {});
  EXPECT_EQ(log.bytes(), 6U);
  EXPECT_EQ(after(log, "7.0"), "overrun");
  EXPECT_EQ(after(log, "7.1"), "67890 x ");
  log.append(std::string(limits.bytes_max + 1, 'y'), {});
  EXPECT_EQ(log.size(), 0U) << "too large by itself";
  EXPECT_EQ(after(log, "7.3"), "overrun");
  EXPECT_EQ(after(log, log.last_token()), "");
}

}  // namespace
}  // namespace arigate::ari
