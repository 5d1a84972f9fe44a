#include "ami/dialect.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::test {
namespace {

struct Row {
  const char* version;
  const char* name;
  int major;
  const char* traits;  // one letter each, see letters_of()
};

std::string letters_of(const ami::Dialect& dialect) {
  std::string letters;
  const auto add = [&](bool has, char letter) { letters += has ? letter : '-'; };
  add(dialect.snapshots, 's');
  add(dialect.escapes_values, 'e');
  add(dialect.takes_channel_id, 'i');
  add(dialect.control_playback, 'p');
  add(dialect.dial_events, 'd');
  add(dialect.device_events, 'v');
  add(dialect.filter, 'f');
  add(dialect.runtime_context, 'r');
  add(dialect.hangup_request, 'h');
  add(dialect.conference_events, 'c');
  add(dialect.soft_hangup_shows_base, 'b');
  return letters;
}

TEST(AmiDialect, IsTheOneOfTheVersionOrTheNearestOlder) {
  const Row rows[] = {
      {"1.1", "1.8", 1, "-----------"},
      {"1.2", "11", 1, "------frhc-"},
      {"1.3", "11", 1, "------frhc-"},
      {"1.10", "11", 1, "------frhc-"},
      {"2.1.0", "13", 2, "s--pd-frhcb"},
      {"2.2.0", "13", 2, "s-ipd-frhcb"},
      {"2.5.0", "13", 2, "s-ipd-frhcb"},
      {"2.7.0", "13", 2, "s-ipdvfrhcb"},
      {"2.8.0", "13", 2, "seipdvfrhcb"},
      {"2.10.6", "13", 2, "seipdvfrhcb"},
      {"3.2.2", "16", 3, "seipdvfrhcb"},
      {"5.0.4", "16", 5, "seipdvfrhcb"},
      {"6.0.0", "16", 6, "seipdvfrhc-"},
      {"10.0.0", "16", 10, "seipdvfrhc-"},
      {"11.0.0", "22", 11, "seipdvfrhc-"},
      {"12.0.0", "22", 12, "seipdvfrhc-"},
      {"99", "22", 99, "seipdvfrhc-"},
      {"1.0", "1.8", 1, "-----------"},
      {"0.9", "1.8", 1, "-----------"},
      {"", "1.8", 1, "-----------"},
      {"x", "1.8", 1, "-----------"},
      {"-3", "1.8", 1, "-----------"},
      {"99999999999.1", "1.8", 1, "-----------"},
  };
  for (const auto& row : rows) {
    const auto dialect = ami::dialect_of(row.version);
    EXPECT_EQ(dialect.name, row.name) << row.version;
    EXPECT_EQ(dialect.major, row.major) << row.version;
    EXPECT_EQ(letters_of(dialect), row.traits) << row.version;
  }
}

}  // namespace
}  // namespace arigate::test
