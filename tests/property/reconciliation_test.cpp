// What must hold of the model and of the events whatever happens between the PBX and us. Each test
// prints the seed of a run that fails; ARIGATE_SEED=N repeats it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "replay/event_stream.hpp"
#include "support/fixtures.hpp"
#include "support/invariants.hpp"
#include "support/recorded_pbx.hpp"
#include "support/story.hpp"

namespace arigate::test {
namespace {

using Random = std::mt19937_64;

constexpr std::size_t longest_capture = 3'000;  ///< Lines; storms are for the benchmarks.

std::uint64_t first_seed() {
  const char* given = std::getenv("ARIGATE_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
}

/// The channels and bridges of a model, as text to compare: what a list tells of them. A channel is
/// named as the PBX names it, for a list cannot tell which masquerades went before; the dead body
/// of one is no channel. A bridge of an old PBX has an id of ours, so its members stand for it.
std::string model_text(const model::Store& store) {
  std::vector<std::string> lines;
  store.each_channel([&](const model::Channel& channel) {
    if (!channel.lives_on_as.value.empty()) return;
    lines.push_back(fmt::format(
        "channel {} {} state={} caller={}<{}> connected={}<{}> at {},{},{} {}({})\n",
        channel.uniqueid.value, channel.name, static_cast<int>(channel.state), channel.caller.name,
        channel.caller.number, channel.connected.name, channel.connected.number,
        channel.dialplan.context, channel.dialplan.exten, channel.dialplan.priority,
        channel.dialplan.app_name, channel.dialplan.app_data));
  });
  store.each_bridge([&](const model::Bridge& bridge) {
    std::vector<std::string> members;
    for (const auto& member : bridge.channels) {
      members.push_back(store.find(member)->uniqueid.value);
    }
    std::sort(members.begin(), members.end());
    lines.push_back(fmt::format("bridge {} {}\n", bridge.linked ? "" : bridge.id.value,
                                fmt::join(members, " ")));
  });
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

/// Public id of each living channel, and what the PBX calls it.
std::map<std::string, std::string> ids_of(const model::Store& store) {
  std::map<std::string, std::string> ids;
  store.each_channel([&](const model::Channel& channel) {
    if (channel.lives_on_as.value.empty()) ids.emplace(channel.id.value, channel.uniqueid.value);
  });
  return ids;
}

replay::EventStream::Options options_of(bool sessions) {
  replay::EventStream::Options options;
  options.player.sessions_are_ours = sessions;
  options.model.fastagi_port = sessions ? "34073" : "none";  // The port of the recorded server.
  return options;
}

void check(replay::EventStream& stream, Invariants& invariants) {
  for (const auto& event : stream.take()) invariants.add(event);
}

std::string violations_of(const Invariants& invariants) {
  return fmt::format("{}", fmt::join(invariants.violations(), "\n"));
}

trace::Line ami_line(std::string bytes) {
  trace::Line line;
  line.link = "ami";
  line.dir = trace::Direction::from_pbx;
  line.data = std::move(bytes);
  return line;
}

/// Each with its blank line.
std::vector<std::string> split_messages(const std::string& text) {
  std::vector<std::string> messages;
  std::size_t begin = 0;
  for (auto end = text.find("\r\n\r\n"); end != std::string::npos;
       end = text.find("\r\n\r\n", begin)) {
    messages.push_back(text.substr(begin, end + 4 - begin));
    begin = end + 4;
  }
  return messages;
}

/// What an old PBX writes when `eve` has a variable that holds the Hangup of `victim`.
std::string varset_with_hangup(const model::Channel& eve, const model::Channel& victim) {
  return fmt::format(
      "Event: VarSet\r\nPrivilege: dialplan,all\r\nChannel: {}\r\nVariable: X\r\nValue: 1\r\n\r\n"
      "Event: Hangup\r\nPrivilege: call,all\r\nChannel: {}\r\nUniqueid: {}\r\nCallerIDNum: 1\r\n"
      "CallerIDName: x\r\nCause: 16\r\nCause-txt: Normal Clearing\r\n\r\n\r\nUniqueid: {}\r\n\r\n",
      eve.name, victim.name, victim.uniqueid.value, eve.uniqueid.value);
}

class Reconciliation : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    lines_ = lines_of(GetParam());
    messages_ = ami_messages_of(lines_);
    old_ =
        GetParam().parent_path().filename() == "11" || GetParam().parent_path().filename() == "1.8";
  }
  /// Plays AMI messages up to one, without those of which `lost` says so.
  template <class Lost>
  void play(replay::EventStream& stream, std::size_t from, std::size_t to, Lost lost) const {
    for (std::size_t index = from; index < to; ++index) {
      if (lost(index)) continue;
      ASSERT_TRUE(stream.play(ami_line(messages_[index].text), messages_[index].when));
    }
  }
  void play(replay::EventStream& stream, std::size_t from, std::size_t to) const {
    play(stream, from, to, [](std::size_t) { return false; });
  }
  /// A PBX gives no list while it moves a channel: it holds the lock of all of them.
  std::size_t after_masquerade(std::size_t index) const {
    while (index < messages_.size() && messages_[index].text.starts_with("Event: Rename")) ++index;
    return index;
  }
  /// Gives `stream` the list that the PBX would send now, and `truth` is the PBX.
  void resync(replay::EventStream& stream, const replay::EventStream& truth, WallTime now) const {
    stream.reconciler().begin_list();
    const auto bridges = bridge_list_of(truth.store());
    if (old_) stream.reconciler().remember_parked(parked_list_of(truth.store()));
    stream.reconciler().apply_list(channel_list_of(truth.store(), old_), old_ ? nullptr : &bridges,
                                   now);
  }

  std::vector<TimedLine> lines_;
  std::vector<TimedMessage> messages_;
  bool old_ = false;
};

/// The AMI link and the FastAGI links may run ahead of each other by any amount.
TEST_P(Reconciliation, HoldsForEveryInterleavingOfTheLinks) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  std::vector<const TimedLine*> ami, agi;
  for (const auto& line : lines_) {
    if (line.line.link == "ami") ami.push_back(&line);
    if (line.line.link.starts_with("agi:")) agi.push_back(&line);
  }
  if (agi.empty()) return;  // One link alone has one order.
  for (int run = 0; run < 5; ++run) {
    replay::EventStream stream{options_of(true)};
    Invariants invariants;
    std::size_t next_ami = 0;
    std::size_t next_agi = 0;
    WallTime now{};
    while (next_ami < ami.size() || next_agi < agi.size()) {
      const bool take_ami =
          next_agi == agi.size() ||
          (next_ami < ami.size() && below(random, ami.size() + agi.size()) < ami.size());
      const TimedLine& next = take_ami ? *ami[next_ami++] : *agi[next_agi++];
      now = std::max(now, next.when);
      (void)stream.play(next.line, now);
      check(stream, invariants);
    }
    EXPECT_TRUE(invariants.violations().empty()) << violations_of(invariants);
    EXPECT_TRUE(invariants.living().empty()) << "channels that never ended";
    EXPECT_EQ(stream.store().channel_count(), 0U);
    EXPECT_EQ(stream.store().playback_count(), 0U);
  }
}

/// The link breaks, calls go on unseen, a list comes: the model is the PBX's again, and clients
/// have been told the difference.
TEST_P(Reconciliation, AModelIsRightAgainAfterABreak) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  if (messages_.size() < 10) return;
  for (int run = 0; run < 5; ++run) {
    replay::EventStream truth{options_of(false)};
    replay::EventStream stream{options_of(false)};
    Invariants invariants;
    const std::size_t breaks = 1 + below(random, messages_.size() - 1);
    const std::size_t back = after_masquerade(breaks + below(random, messages_.size() - breaks));
    play(truth, 0, 1);
    play(stream, 0, 1);
    resync(stream, truth, messages_.front().when);  // The list after the login.
    play(truth, 1, back);
    play(stream, 1, breaks);
    check(stream, invariants);
    const auto ids = ids_of(stream.store());
    const WallTime now = messages_[back - 1].when + std::chrono::seconds{1};
    truth.reconciler().decide(now, now);
    stream.reconciler().decide(now, now);
    resync(stream, truth, now);
    check(stream, invariants);
    EXPECT_EQ(model_text(stream.store()), model_text(truth.store()))
        << "break at " << breaks << ", back at " << back;
    for (const auto& [id, uniqueid] : ids_of(truth.store())) {
      if (!ids.contains(id)) continue;
      const auto* channel = stream.store().find(ChannelId{id});
      ASSERT_NE(channel, nullptr) << id;
      EXPECT_EQ(channel->uniqueid.value, uniqueid) << "another channel has the id " << id;
    }
    play(truth, back, messages_.size());
    play(stream, back, messages_.size());
    check(stream, invariants);
    EXPECT_EQ(stream.store().channel_count(), truth.store().channel_count());
    EXPECT_TRUE(invariants.violations().empty()) << violations_of(invariants);
  }
}

/// A list that holds what the model has tells clients nothing.
TEST_P(Reconciliation, AListWithoutNewsIsSilent) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  if (messages_.size() < 10) return;
  replay::EventStream stream{options_of(false)};
  play(stream, 0, 1);
  resync(stream, stream, messages_.front().when);
  const std::size_t stop = 1 + below(random, messages_.size() - 1);
  play(stream, 1, stop);
  const WallTime now = messages_[stop - 1].when + std::chrono::seconds{1};
  stream.reconciler().decide(now, now);
  stream.take();
  resync(stream, stream, now);
  EXPECT_EQ(fmt::format("{}", fmt::join(stream.take(), "\n")), "") << "list after " << stop;
}

/// The same with the lists that real PBXs gave amid their calls.
TEST_P(Reconciliation, ARecordedListWithoutNewsIsSilent) {
  replay::EventStream stream{options_of(false)};
  std::map<std::string, std::string> lists;  // By link.
  for (const auto& [line, when] : lines_) {
    if (line.link == "ami") {
      (void)stream.play(line, when);
      continue;
    }
    if (!line.link.starts_with("ami:") || line.dir != trace::Direction::from_pbx) continue;
    std::string& text = lists[line.link];
    text += line.data;
    if (text.find("Event: CoreShowChannelsComplete\r\n") == std::string::npos) continue;
    std::vector<ami::Message> rows;
    for (const auto& part : split_messages(std::exchange(text, {}))) {
      if (part.starts_with("Event: CoreShowChannel\r\n")) rows.push_back(message_of(part));
    }
    stream.take();
    for (int time = 0; time < 2; ++time) {
      stream.reconciler().begin_list();
      stream.reconciler().apply_list(rows, when);
    }
    EXPECT_EQ(fmt::format("{}", fmt::join(stream.take(), "\n")), "");
  }
}

/// Hangups that never came: the next list ends those channels, once.
TEST_P(Reconciliation, LostHangupsAreMadeUpForByTheNextList) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  replay::EventStream truth{options_of(false)};
  replay::EventStream stream{options_of(false)};
  Invariants invariants;
  if (messages_.empty()) return;
  play(truth, 0, messages_.size());
  play(stream, 0, 1);
  resync(stream, truth, messages_.front().when);
  stream.take();
  play(stream, 1, messages_.size(), [&](std::size_t index) {
    return messages_[index].text.starts_with("Event: Hangup\r\n") && below(random, 2) == 0;
  });
  const WallTime now = messages_.back().when + std::chrono::seconds{1};
  stream.reconciler().decide(now, now);
  truth.reconciler().decide(now, now);
  resync(stream, truth, now);
  check(stream, invariants);
  EXPECT_EQ(model_text(stream.store()), model_text(truth.store()));
  EXPECT_TRUE(invariants.violations().empty()) << violations_of(invariants);
}

/// Events and headers of a PBX that is newer than we are change nothing.
TEST_P(Reconciliation, UnknownEventsAndHeadersChangeNothing) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  replay::EventStream truth{options_of(false)};
  replay::EventStream stream{options_of(false)};
  Story expected, seen;
  for (std::size_t index = 0; index < messages_.size(); ++index) {
    const auto& [text, when] = messages_[index];
    ASSERT_TRUE(truth.play(ami_line(text), when));
    auto changed = text;
    if (index > 0 && below(random, 3) == 0 && changed.find("UserEvent") == std::string::npos &&
        changed.starts_with("Event: ")) {
      changed.insert(changed.size() - 2, "X-Tomorrow: some: thing, \"new\"\r\n");
    }
    if (index > 0 && below(random, 5) == 0) {
      changed +=
          "Event: BrandNew\r\nPrivilege: call,all\r\nChannel: SIP/x-1\r\nUniqueid: 9.9\r\n\r\n";
    }
    ASSERT_TRUE(stream.play(ami_line(changed), when));
    for (const auto& event : truth.take()) expected.add(event);
    for (const auto& event : stream.take()) seen.add(event);
  }
  EXPECT_EQ(seen.text(), expected.text());
}

/// A chunk that comes twice begins and ends nothing twice.
TEST_P(Reconciliation, RepeatedMessagesBeginAndEndNothingTwice) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  replay::EventStream stream{options_of(false)};
  std::set<std::string> created;
  for (const auto& [text, when] : messages_) {
    ASSERT_TRUE(stream.play(ami_line(text), when));
    if (text.starts_with("Event: ") && below(random, 4) == 0) {
      ASSERT_TRUE(stream.play(ami_line(text), when));
    }
    for (const auto& event : stream.take()) {
      if (event.find("\"type\":\"ChannelCreated\"") == std::string::npos) continue;
      simdjson::dom::parser parser;
      const std::string id{std::string_view{parser.parse(event)["channel"]["id"]}};
      EXPECT_TRUE(created.insert(id).second) << "created twice: " << id;
    }
  }
}

/// Bits flip, chunks are lost or come twice, garbage comes between: every text that goes out is
/// JSON, and the next list puts the model right.
TEST_P(Reconciliation, DamagedBytesAreRepairedByTheNextList) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  if (messages_.size() < 10) return;
  replay::EventStream truth{options_of(false)};
  replay::EventStream stream{options_of(false)};
  play(truth, 0, messages_.size());
  play(stream, 0, 1);
  resync(stream, truth, messages_.front().when);
  simdjson::dom::parser parser;
  for (std::size_t index = 1; index < messages_.size(); ++index) {
    std::string bytes = messages_[index].text;
    switch (below(random, 12)) {
      case 0:
        bytes[below(random, bytes.size())] ^= static_cast<char>(1U << below(random, 8));
        break;
      case 1:
        bytes.erase(below(random, bytes.size()));
        break;
      case 2:
        bytes += bytes.substr(below(random, bytes.size()));
        break;
      case 3:
        bytes += std::string{"\x00\xff\r\n: :\r\n", 9} + std::string(below(random, 50), '\xe9');
        break;
      default:
        break;
    }
    if (!stream.play(ami_line(bytes), messages_[index].when)) break;  // The link is given up.
    for (const auto& event : stream.take()) {
      EXPECT_EQ(parser.parse(event).error(), simdjson::SUCCESS) << event;
    }
  }
  const WallTime now = messages_.back().when + std::chrono::seconds{1};
  truth.reconciler().decide(now, now);
  stream.reconciler().decide(now, now);
  resync(stream, truth, now);
  EXPECT_EQ(model_text(stream.store()), model_text(truth.store()));
}

/// A variable of one channel holds the end of another one, on PBXs that write values as they are.
TEST_P(Reconciliation, AnEventInsideAValueChangesNothing) {
  const auto seed = first_seed();
  SCOPED_TRACE(fmt::format("ARIGATE_SEED={}", seed));
  Random random{seed};
  if (!old_) return;
  replay::EventStream truth{options_of(false)};
  replay::EventStream stream{options_of(false)};
  Story expected, seen;
  for (const auto& [text, when] : messages_) {
    ASSERT_TRUE(truth.play(ami_line(text), when));
    ASSERT_TRUE(stream.play(ami_line(text), when));
    std::vector<const model::Channel*> living;
    truth.store().each_channel([&](const model::Channel& channel) { living.push_back(&channel); });
    if (!living.empty() && below(random, 4) == 0) {
      const auto& eve = *living[below(random, living.size())];
      const auto& victim = *living[below(random, living.size())];
      ASSERT_TRUE(stream.play(ami_line(varset_with_hangup(eve, victim)), when));
    }
    for (const auto& event : truth.take()) expected.add(event);
    for (const auto& event : stream.take()) seen.add(event);
  }
  EXPECT_EQ(seen.text(), expected.text());
}

std::vector<std::filesystem::path> calls() {
  auto found = fixtures("captures", ".gz");
  std::erase_if(found, [](const auto& path) {
    return path.filename().string().starts_with("storm") || lines_of(path).size() > longest_capture;
  });
  return found;
}

std::string test_name(const testing::TestParamInfo<std::filesystem::path>& info) {
  auto name =
      info.param.parent_path().filename().string() + "_" + info.param.stem().stem().string();
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Captures, Reconciliation, testing::ValuesIn(calls()), test_name);

}  // namespace
}  // namespace arigate::test
