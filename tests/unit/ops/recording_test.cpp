#include "ops/recording.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ari/snapshots.hpp"
#include "core/overloaded.hpp"
#include "ops/recording_files.hpp"
#include "support/pbx_text.hpp"

namespace arigate::ops {
namespace {

/// What happens, and what the machine wants done then.
///
/// Inputs: "start", a control ("pause"), a reply line, "gone", "new line", "stays", "+500" (so many
/// milliseconds pass). Outputs, joined by "; ": the AGI line, "interrupt", "mute", "unmute", "tell
/// STATE", "end STATE SECONDS", with " erase" or the cause behind it; "refused".
struct Step {
  std::string input;
  std::string outputs;
};

struct Row {
  const char* about;
  RecordingPlan plan;
  std::vector<Step> steps;
  bool by_digit = true;
};

RecordingPlan plan() {
  RecordingPlan plan;
  plan.name.value = "r";
  plan.format = "wav";
  plan.file = "/rec/r";
  return plan;
}

template <class Change>
RecordingPlan plan(Change change) {
  RecordingPlan changed = plan();
  change(changed);
  return changed;
}

std::string text_of(const RecordingMachine& machine, const RecordingMachine::Outputs& outputs) {
  std::string text;
  for (const auto& output : outputs) {
    if (!text.empty()) text += "; ";
    text +=
        std::visit(Overloaded{
                       [](const RecordingMachine::SendAgi& send) { return send.line; },
                       [](const RecordingMachine::Interrupt&) { return std::string{"interrupt"}; },
                       [](const RecordingMachine::Mute& mute) {
                         return std::string{mute.on ? "mute" : "unmute"};
                       },
                       [](const RecordingMachine::Tell& tell) {
                         return fmt::format("tell {}", ari::state_name(tell.state));
                       },
                       [&](const RecordingMachine::End& end) {
                         const auto seconds = machine.duration_s();
                         return fmt::format("end {} {}{}{}", ari::state_name(end.state),
                                            seconds ? std::to_string(*seconds) : "-",
                                            end.erase ? " erase" : "",
                                            end.cause.empty() ? "" : " " + end.cause);
                       },
                   },
                   output);
  }
  return text;
}

std::optional<RecordingControl> control_of(std::string_view word) {
  using Do = RecordingControl;
  if (word == "stop") return Do::stop;
  if (word == "cancel") return Do::cancel;
  if (word == "pause") return Do::pause;
  if (word == "unpause") return Do::unpause;
  if (word == "mute") return Do::mute;
  if (word == "unmute") return Do::unmute;
  return std::nullopt;
}

std::string feed(RecordingMachine& machine, std::string_view input, TimePoint& now) {
  if (input.starts_with('+')) {
    now += std::chrono::milliseconds{std::stol(std::string{input.substr(1)})};
    return "";
  }
  if (input == "start") return text_of(machine, machine.start(now));
  if (input == "new line") return text_of(machine, machine.on_new_line(now));
  if (input == "stays") return text_of(machine, machine.stays());
  if (input == "gone") return text_of(machine, machine.abandon(now));
  if (const auto control = control_of(input)) {
    const auto outputs = machine.on(*control, now);
    if (outputs) return text_of(machine, *outputs);
    EXPECT_EQ(outputs.error().code, Errc::conflict);
    return "refused";
  }
  return text_of(machine, machine.on(test::agi_reply(input), now));
}

std::string record(std::string_view arguments = R"("D" "-1" "0")", std::string_view rest = "") {
  return fmt::format(R"(RECORD FILE "/rec/r" "wav" {}{})", arguments, rest);
}
const std::string again = record(R"("D" "-1" "1000000000")");
const std::string begins = "tell recording; ";
const std::string by_digit = "200 result=68 (dtmf) endpos=16000";
const std::string by_time = "200 result=0 (timeout) endpos=16000";

TEST(RecordingMachine, FollowsItsTable) {
  const std::vector<Row> rows{
      {"until it is stopped",
       plan(),
       {{"start", begins + record()}, {"stop", "interrupt"}, {by_digit, "end done 2"}}},
      {"until its time is over",
       plan([](auto& p) { p.max_duration_s = 2; }),
       {{"start", begins + record(R"("D" "2000" "0")")}, {by_time, "end done 2"}}},
      {"every option",
       plan([](auto& p) {
         p.beep = true;
         p.max_silence_s = 3;
         p.terminate_on = "#";
         p.append = true;
       }),
       {{"start", begins + record(R"("#D" "-1" "1000000000")", " BEEP s=3")},
        {"200 result=35 (dtmf) endpos=8000", "end done 1"}}},
      {"beeps on a PBX without that sound",
       plan([](auto& p) { p.beep = true; }),
       {{"start", begins + record(R"("D" "-1" "0")", " BEEP")},
        {"200 result=-1 (randomerror) endpos=0", record()},
        {by_time, "end done 2"}}},
      {"a digit of the caller in the beep",
       plan([](auto& p) {
         p.beep = true;
         p.append = true;
       }),
       {{"start", begins + record(R"("D" "-1" "1000000000")", " BEEP")},
        {"200 result=68 (randomerror) endpos=0", record(R"("D" "-1" "1000000000")")},
        {by_time, "end done 2"}}},
      {"stopped in the beep",
       plan([](auto& p) { p.beep = true; }),
       {{"start", begins + record(R"("D" "-1" "0")", " BEEP")},
        {"stop", "interrupt"},
        {"200 result=68 (randomerror) endpos=0", "end done 0"}}},
      {"paused in the beep",
       plan([](auto& p) { p.beep = true; }),
       {{"start", begins + record(R"("D" "-1" "0")", " BEEP")},
        {"pause", "tell paused; interrupt"},
        {"200 result=68 (randomerror) endpos=0", ""},
        {"unpause", "tell recording; " + record()},
        {by_time, "end done 2"}}},
      {"until silence, which is cut off",
       plan([](auto& p) { p.max_silence_s = 3; }),
       {{"start", begins + record(R"("D" "-1" "0")", " s=3")},
        {"200 result=0 (timeout) endpos=24000", R"(RECORD FILE "/rec/r" "wav" "" "1" "16000")"},
        {"stop", "refused"},
        {"200 result=1 (timeout) endpos=16160", "end done 5"}}},
      {"until its time, with an eye on silence",
       plan([](auto& p) {
         p.max_silence_s = 3;
         p.max_duration_s = 2;
       }),
       {{"start", begins + record(R"("D" "2000" "0")", " s=3")},
        {"200 result=2 (timeout) endpos=16000", "end done 2"}}},
      {"only when it is new",
       plan([](auto& p) { p.only_new = true; }),
       {{"start", R"(SET VARIABLE "ARIGATE_FILE" "/rec/r.wav")"},
        {"200 result=1", R"(GET FULL VARIABLE "${STAT(e,${ARIGATE_FILE})}")"},
        {"200 result=1 (0)", begins + record()}}},
      {"only when it is new, and it is not",
       plan([](auto& p) { p.only_new = true; }),
       {{"start", R"(SET VARIABLE "ARIGATE_FILE" "/rec/r.wav")"},
        {"200 result=1", R"(GET FULL VARIABLE "${STAT(e,${ARIGATE_FILE})}")"},
        {"200 result=1 (1)", "end failed - The file exists already"}}},
      {"makes its folders",
       plan([](auto& p) { p.make_folders = true; }),
       {{"start", R"(EXEC MixMonitor "/rec/r.wav,a")"},
        {"200 result=0", "EXEC StopMixMonitor"},
        {"200 result=0", begins + record()}}},
      {"answers first",
       plan([](auto& p) { p.answer = true; }),
       {{"start", "ANSWER"}, {"200 result=0", begins + record()}}},
      {"cannot answer",
       plan([](auto& p) { p.answer = true; }),
       {{"start", "ANSWER"}, {"200 result=-1", "end failed - Failed to answer channel"}}},
      {"stopped while it answers",
       plan([](auto& p) { p.answer = true; }),
       {{"start", "ANSWER"}, {"stop", "tell canceled"}, {"200 result=0", "end canceled -"}}},
      {"the PBX cannot write",
       plan(),
       {{"start", begins + record()},
        {"200 result=-1 (writefile)", "end failed - The PBX could not write the file"}}},
      {"the caller hangs up",
       plan(),
       {{"start", begins + record()}, {"200 result=-1 (hangup) endpos=8000", "end done 1"}}},
      {"the link is cut",
       plan(),
       {{"start", begins + record()}, {"+2100", ""}, {"gone", "end done 2"}}},
      {"canceled",
       plan(),
       {{"start", begins + record()},
        {"cancel", "interrupt"},
        {"cancel", "refused"},
        {by_digit, "end done 2 erase"}}},
      {"stopped when it had just ended",
       plan(),
       {{"start", begins + record()}, {"stop", "interrupt"}, {by_time, "end done 2"}}},
      {"stopped before its turn",
       plan(),
       {{"stop", "tell canceled"},
        {"stop", "refused"},
        {"pause", "refused"},
        {"start", "end canceled -"}}},
      {"no operation but stop before its turn",
       plan(),
       {{"pause", "refused"},
        {"unpause", "refused"},
        {"mute", "refused"},
        {"unmute", "refused"},
        {"start", begins + record()}}},
      {"paused, and goes on at the end of the file",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {"pause", ""},
        {by_digit, ""},
        {"mute", "mute"},
        {"unmute", "unmute"},
        {"unpause", "tell recording; " + again},
        {"unpause", ""},
        {"stop", "interrupt"},
        {"200 result=68 (dtmf) endpos=24000", "end done 3"}}},
      {"a pause that is taken back at once",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {"unpause", "tell recording"},
        {by_digit, again}}},
      {"stopped while paused",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {by_digit, ""},
        {"stop", "end done 2"},
        {"stop", "refused"}}},
      {"canceled while paused",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {by_digit, ""},
        {"cancel", "end done 2 erase"}}},
      {"stopped before the pause has come through",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {"stop", ""},
        {by_digit, "end done 2"}}},
      {"its time runs out before the pause has come through",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {by_time, "end done 2"}}},
      {"a phone's own key is no end of a pause",
       plan([](auto& p) { p.terminate_on = "#"; }),
       {{"start", begins + record(R"("#D" "-1" "0")")},
        {"pause", "tell paused; interrupt"},
        {"200 result=35 (dtmf) endpos=8000", "end done 1"}}},
      {"a pause does not count",
       plan([](auto& p) { p.max_duration_s = 3; }),
       {{"start", begins + record(R"("D" "3000" "0")")},
        {"+1000", ""},
        {"pause", "tell paused; interrupt"},
        {"200 result=68 (dtmf) endpos=8000", ""},
        {"+5000", ""},
        {"unpause", "tell recording; " + record(R"("D" "2000" "1000000000")")}}},
      {"muted until its end",
       plan(),
       {{"start", begins + record()},
        {"mute", "mute"},
        {"mute", ""},
        {"stop", "interrupt"},
        {by_digit, "unmute; end done 2"}}},
      {"gone while paused",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {by_digit, ""},
        {"gone", "end done 2"},
        {"gone", ""},
        {"stop", "refused"}}},
      {"a digit for the recording before this one",
       plan(),
       {{"start", begins + record()}, {by_digit, again}, {by_time, "end done 2"}}},
      {"a phone that has that key",
       plan([](auto& p) { p.terminate_on = "0123456789ABCD*#"; }),
       {{"start", begins + record(R"("0123456789ABCD*#D" "-1" "0")")}, {by_digit, "end done 2"}}},
      {"taken out: the reply, then the new line",
       plan(),
       {{"start", begins + record()},
        {"+2500", ""},
        {"stop", "interrupt"},
        {"200 result=-1 (hangup) endpos=24000", ""},
        {"new line", "end done 3"}},
       false},
      {"taken out: no reply",
       plan(),
       {{"start", begins + record()},
        {"+2500", ""},
        {"stop", "interrupt"},
        {"new line", "end done 2"}},
       false},
      {"taken out for a pause",
       plan(),
       {{"start", begins + record()},
        {"+1500", ""},
        {"pause", "tell paused; interrupt"},
        {"200 result=-1 (hangup) endpos=12000", ""},
        {"new line", ""},
        {"unpause", "tell recording; " + again},
        {"stop", "interrupt"},
        {"200 result=-1 (hangup) endpos=24000", ""},
        {"new line", "end done 3"}},
       false},
      {"taken out before it has begun",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {"511 Command Not Permitted on a dead channel or intercept routine", ""},
        {"new line", ""},
        {"unpause", "tell recording; " + record()},
        {"stop", "interrupt"},
        {"new line", "end done 0"}},
       false},
      {"its time is over before it is taken out",
       plan(),
       {{"start", begins + record()},
        {"stop", "interrupt"},
        {by_time, "end done 2"},
        {"new line", ""}},
       false},
      {"taken out by somebody else",
       plan(),
       {{"start", begins + record()}, {"new line", again}, {by_time, "end done 2"}},
       false},
      {"a true hangup while it is being taken out",
       plan(),
       {{"start", begins + record()},
        {"stop", "interrupt"},
        {"200 result=-1 (hangup) endpos=8000", ""},
        {"gone", "end done 1"}},
       false},
      {"it cannot be taken out",
       plan(),
       {{"start", begins + record()},
        {"pause", "tell paused; interrupt"},
        {"stays", "tell recording"},
        {"stop", "interrupt"},
        {"stays", ""},
        {by_time, "end done 2"}},
       false},
      {"a new line while it answers",
       plan([](auto& p) { p.answer = true; }),
       {{"start", "ANSWER"}, {"new line", begins + record()}},
       false},
      {"late and repeated replies",
       plan(),
       {{by_time, ""}, {"start", begins + record()}, {by_time, "end done 2"}, {by_time, ""}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.about);
    RecordingMachine machine{row.plan, row.by_digit};
    TimePoint now{std::chrono::hours{1}};
    for (const auto& [input, outputs] : row.steps) {
      EXPECT_EQ(feed(machine, input, now), outputs) << "at: " << input;
    }
  }
}

TEST(RecordingMachine, CountsSamplesAsTheFormatDoes) {
  const std::vector<std::pair<const char*, long>> rows{
      {"wav", 4}, {"ulaw", 4}, {"gsm", 4}, {"wav16", 2}, {"sln16", 2}, {"sln48", 0}, {"sln", 4}};
  for (const auto& [format, seconds] : rows) {
    RecordingMachine machine{plan([&](auto& p) { p.format = format; }), true};
    TimePoint now{};
    machine.start(now);
    machine.on(test::agi_reply("200 result=0 (timeout) endpos=32000"), now);
    EXPECT_EQ(machine.duration_s(), seconds) << format;
  }
}

TEST(RecordingName, StaysInsideTheFolder) {
  for (const auto* good : {"a", "a b", "s/u/b", "a.b", "..a", "a..", "ä", "a,b&c", "'"}) {
    EXPECT_TRUE(is_recording_name(good)) << good;
  }
  for (const std::string bad :
       {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a\nb", "a\rb"}) {
    EXPECT_FALSE(is_recording_name(bad)) << bad;
  }
  EXPECT_FALSE(is_recording_name(std::string_view{"a\0b", 3}));
  EXPECT_FALSE(is_recording_name(std::string(300, 'x')));
}

TEST(RecordingName, WithWhatAnApplicationWouldReadIsNotGivenToOne) {
  for (const auto* good : {"a", "a b", "s/u/b", "a.b", "ä", "a_b-c", "+49", "a=b"}) {
    EXPECT_TRUE(is_application_argument(good)) << good;
  }
  for (const auto* bad : {"d/x,,touch owned", "x${SHELL(id)}", "$[1+1]", "a|b", "a;b", "a&b",
                          "`id`", "a\\,b", "\"a\"", "a(b)"}) {
    EXPECT_FALSE(is_application_argument(bad)) << bad;
  }
}

}  // namespace
}  // namespace arigate::ops
