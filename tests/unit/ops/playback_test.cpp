#include "ops/playback.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ari/snapshots.hpp"
#include "core/overloaded.hpp"
#include "core/text.hpp"
#include "support/pbx_text.hpp"

namespace arigate::ops {
namespace {

using Means = PlaybackMachine::Means;

/// What happens, and what the machine wants done then.
///
/// Inputs: "start", a control ("pause"), a reply line ("200 result=0 endpos=8000"), "+500" (so many
/// milliseconds pass). Outputs, joined by "; ": the AGI line, "token LINE", "ami VERB",
/// "tell STATE INDEX", "end STATE", "refused".
struct Step {
  std::string input;
  std::string outputs;
};

struct Row {
  const char* about;
  Means means;
  std::vector<std::string> media;
  std::vector<Step> steps;
  std::string language{};
  long offset_ms = 0;
};

PlaybackMachine machine_of(const Row& row) {
  PlaybackPlan plan;
  plan.id.value = "p";
  plan.channel_language = "en";
  plan.language = row.language;
  plan.offset_ms = row.offset_ms;
  plan.skip_ms = 3000;
  for (const auto& uri : row.media) {
    const auto media = media_of(uri, row.language.empty() ? "en" : row.language, "/rec");
    EXPECT_TRUE(media) << uri;
    if (media) plan.media.push_back(*media);
    plan.uris.push_back(uri);
  }
  return {std::move(plan), row.means};
}

std::string text_of(const PlaybackMachine::Outputs& outputs) {
  std::string text;
  for (const auto& output : outputs) {
    if (!text.empty()) text += "; ";
    text +=
        std::visit(Overloaded{
                       [](const PlaybackMachine::SendAgi& send) { return send.line; },
                       [](const PlaybackMachine::SendToken& send) { return "token " + send.line; },
                       [](const PlaybackMachine::ControlStream& stream) {
                         return fmt::format("ami {}", stream.verb);
                       },
                       [](const PlaybackMachine::Interrupt&) { return std::string{"interrupt"}; },
                       [](const PlaybackMachine::Tell& tell) {
                         return fmt::format("tell {} {}", ari::state_name(tell.state), tell.item);
                       },
                       [](const PlaybackMachine::End& end) {
                         return fmt::format("end {}", ari::state_name(end.state));
                       },
                   },
                   output);
  }
  return text;
}

std::optional<PlaybackControl> control_of(std::string_view word) {
  using Do = PlaybackControl;
  if (word == "stop") return Do::stop;
  if (word == "restart") return Do::restart;
  if (word == "pause") return Do::pause;
  if (word == "unpause") return Do::unpause;
  if (word == "reverse") return Do::reverse;
  if (word == "forward") return Do::forward;
  return std::nullopt;
}

/// Feeds one input; `now` moves with "+…".
std::string feed(PlaybackMachine& machine, std::string_view input, TimePoint& now) {
  if (input.starts_with('+')) {
    now += std::chrono::milliseconds{std::stol(std::string{input.substr(1)})};
    return "";
  }
  if (input == "start") return text_of(machine.start(now));
  if (input == "new line") return text_of(machine.on_new_line(now));
  if (input.starts_with("ask again ")) {
    return text_of(machine.ask_again(static_cast<std::uint32_t>(input.back() - '0')));
  }
  if (input == "stays") return text_of(machine.stays());
  if (const auto control = control_of(input)) {
    const auto outputs = machine.on(*control, now);
    if (outputs) return text_of(*outputs);
    EXPECT_EQ(outputs.error().code, Errc::conflict);
    return "refused";
  }
  return text_of(machine.on(test::agi_reply(input), now));
}

void check(const Row& row) {
  SCOPED_TRACE(row.about);
  auto machine = machine_of(row);
  TimePoint now{std::chrono::hours{1}};
  std::size_t place = 0;
  for (const auto& [input, outputs] : row.steps) {
    EXPECT_EQ(feed(machine, input, now), outputs) << "at step " << place << ": " << input;
    ++place;
  }
}

/// CONTROL STREAM FILE as the machine writes it.
std::string stream(std::string_view name, long offset_ms = 0) {
  return fmt::format(R"(CONTROL STREAM FILE "{}" "" "3000" "A" "B" "C" "{}")", name, offset_ms);
}
/// STREAM FILE at so many milliseconds.
std::string file(std::string_view name, long offset_ms = 0) {
  return fmt::format(R"(STREAM FILE "{}" "" "{}")", name, offset_ms * 8);
}
std::string language(std::string_view name) {
  return fmt::format("SET VARIABLE \"CHANNEL(language)\" \"{}\"", name);
}
std::string token(int number) {
  return fmt::format("GET FULL VARIABLE \"arigate-token-{}\"", number);
}
std::string token_reply(int number) {
  return fmt::format("200 result=1 (arigate-token-{})", number);
}

const std::string over = "200 result=0 endpos=8000";
const std::string missing = "200 result=-1 endpos=0";

TEST(PlaybackByControlledStream, FollowsItsTable) {
  constexpr auto controlled = Means::controlled;
  const std::vector<Row> rows{
      {"one file",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")}, {over, "end done"}}},
      {"a stop that the PBX has dropped is asked for again",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")},
        {"ask again 0", ""},
        {"stop", "ami stop"},
        {"ask again 0", "ami stop"},
        {"ask again 0", "ami stop"},
        {over, "end done"},
        {"ask again 0", ""}}},
      {"one file that is not there",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")}, {missing, "end failed"}}},
      {"the channel is dead",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")},
        {"511 Command Not Permitted on a dead channel", "end failed"}}},
      {"an offset counts for the first file of the first entry only",
       controlled,
       {"digits:12", "sound:b"},
       {{"start", "tell playing 0; " + stream("digits/1", 1500)},
        {over, stream("digits/2")},
        {over, "tell continuing 0; tell playing 1; " + stream("b")}},
       "",
       1500},
      {"a list goes on after a failing entry, and the last one decides: done",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")},
        {missing, "NOOP"},
        {"200 result=0", "tell continuing 0; tell playing 1; " + stream("b")},
        {over, "end done"}}},
      {"a list whose last entry fails",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")},
        {over, "tell continuing 0; tell playing 1; " + stream("b")},
        {missing, "end failed"}}},
      {"a list is stopped while it is in doubt whether the channel is there",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")},
        {missing, "NOOP"},
        {"stop", ""},
        {"200 result=0", "end done"}}},
      {"a list is paused while it is in doubt whether the channel is there",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")},
        {missing, "NOOP"},
        {"pause", ""},
        {"200 result=0", "tell continuing 0; tell playing 1; tell paused 1"},
        {"unpause", "tell playing 1; " + stream("b")},
        {over, "end done"}}},
      {"a list goes on with a new line, whatever the old one would have said",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")},
        {missing, "NOOP"},
        {"new line", "tell continuing 0; tell playing 1; " + stream("b")}}},
      {"missing files of spelled digits are passed over",
       controlled,
       {"digits:12"},
       {{"start", "tell playing 0; " + stream("digits/1")},
        {missing, "NOOP"},
        {"200 result=0", stream("digits/2")},
        {missing, "end done"}}},
      {"nothing to say",
       controlled,
       {"characters:~", "sound:b", "digits:~"},
       {{"start", "tell playing 0; tell continuing 0; tell playing 1; " + stream("b")},
        {over, "tell continuing 1; tell playing 2; end done"}}},
      {"stop ends the whole list when the PBX has stopped",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")}, {"stop", "ami stop"}, {over, "end done"}}},
      {"stop of a file that fails at the same time",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")}, {"stop", "ami stop"}, {missing, "end done"}}},
      {"pause toggles once, however often it is asked for",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")},
        {"pause", "ami pause; tell paused 0"},
        {"pause", ""},
        {"unpause", "ami pause; tell playing 0"},
        {"unpause", ""},
        {over, "end done"}}},
      {"unpause of what plays",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")}, {"unpause", ""}}},
      {"seek while it plays, not while it is paused",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")},
        {"restart", "ami restart"},
        {"forward", "ami forward"},
        {"reverse", "ami reverse"},
        {"pause", "ami pause; tell paused 0"},
        {"restart", "refused"},
        {"forward", "refused"},
        {"reverse", "refused"},
        {"stop", "ami stop"},
        {over, "end done"}}},
      {"the next entry of a list does not begin paused",
       controlled,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + stream("a")},
        {"pause", "ami pause; tell paused 0"},
        {over, "tell continuing 0; tell playing 1; " + stream("b")},
        {"pause", "ami pause; tell paused 1"}}},
      {"a number is spoken by its files in English",
       controlled,
       {"number:42"},
       {{"start", "tell playing 0; " + stream("digits/40")},
        {over, stream("digits/2")},
        {over, "end done"}}},
      {"a number in another language: a digit ends it",
       controlled,
       {"number:42", "sound:b"},
       {{"start", language("de")},
        {"200 result=1", R"(tell playing 0; SAY NUMBER "42" "D")"},
        {"pause", "refused"},
        {"forward", "refused"},
        {"stop", "interrupt"},
        {"stop", ""},
        {"200 result=68", language("en")},
        {"200 result=1", "end done"}},
       "de"},
      {"a language is set before and set back after",
       controlled,
       {"sound:a"},
       {{"start", language("de")},
        {"200 result=1", "tell playing 0; " + stream("a")},
        {missing, language("en")},
        {"stop", "refused"},
        {"200 result=1", "end failed"}},
       "de"},
      {"the channel's own language is not set",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")}, {over, "end done"}},
       "en"},
      {"stop while the language is being set: nothing plays",
       controlled,
       {"sound:a"},
       {{"start", language("de")},
        {"pause", "refused"},
        {"stop", ""},
        {"200 result=1", language("en")},
        {"200 result=1", "end done"}},
       "de"},
      {"a tone plays until it is stopped",
       controlled,
       {"tone:ring"},
       {{"start", R"(tell playing 0; EXEC PlayTones "ring")"},
        {"200 result=0", ""},
        {"restart", ""},
        {"pause", "tell paused 0"},
        {"pause", ""},
        {"restart", "refused"},
        {"unpause", "tell playing 0"},
        {"unpause", ""},
        {"stop", "EXEC StopPlayTones"},
        {"stop", ""},
        {"200 result=0", "end done"}}},
      {"a tone that the PBX does not know",
       controlled,
       {"tone:nonsense"},
       {{"start", R"(tell playing 0; EXEC PlayTones "nonsense")"},
        {"200 result=-1", "end failed"}}},
      {"a PBX without PlayTones",
       controlled,
       {"tone:ring"},
       {{"start", R"(tell playing 0; EXEC PlayTones "ring")"}, {"200 result=-2", "end failed"}}},
      {"after a tone that fails the list goes on",
       controlled,
       {"tone:nonsense", "sound:b"},
       {{"start", R"(tell playing 0; EXEC PlayTones "nonsense")"},
        {"200 result=-1", "tell continuing 0; tell playing 1; " + stream("b")},
        {over, "end done"}}},
      {"a tone is stopped before the PBX has confirmed that it plays",
       controlled,
       {"tone:ring", "sound:b"},
       {{"start", R"(tell playing 0; EXEC PlayTones "ring")"},
        {"stop", ""},
        {"stop", ""},
        {"200 result=0", "EXEC StopPlayTones"},
        {"200 result=0", "end done"}}},
      {"a tone is stopped, and it had failed",
       controlled,
       {"tone:nonsense"},
       {{"start", R"(tell playing 0; EXEC PlayTones "nonsense")"},
        {"stop", ""},
        {"200 result=-1", "end done"}}},
      {"stop while it waits in the queue",
       controlled,
       {"sound:a"},
       {{"pause", "refused"},
        {"forward", "refused"},
        {"unpause", "refused"},
        {"restart", ""},
        {"stop", "tell done 0"},
        {"stop", ""},
        {"restart", "refused"},
        {"start", "end done"}}},
      {"after the end nothing counts",
       controlled,
       {"sound:a"},
       {{"start", "tell playing 0; " + stream("a")},
        {over, "end done"},
        {over, ""},
        {"start", ""},
        {"stop", "refused"},
        {"pause", "refused"}}},
      {"a reply before the start",
       controlled,
       {"sound:a"},
       {{over, ""}, {"start", "tell playing 0; " + stream("a")}}},
  };
  for (const auto& row : rows) check(row);
}

TEST(PlaybackByToken, FollowsItsTable) {
  constexpr auto by_token = Means::token;
  const std::vector<Row> rows{
      {"one file",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")}, {over, "end done"}}},
      {"one file that is not there",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")}, {missing, "end failed"}}},
      {"an offset is counted in samples",
       by_token,
       {"sound:a"},
       {{"start", R"(tell playing 0; STREAM FILE "a" "" "12000")"}},
       "",
       1500},
      {"stop",
       by_token,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + file("a")},
        {"+700", ""},
        {"stop", "token " + token(1)},
        {token_reply(1), "end done"}}},
      {"pause and go on where it was",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+1000", ""},
        {"pause", "token " + token(1)},
        {token_reply(1), "tell paused 0"},
        {"+60000", ""},
        {"pause", ""},
        {"unpause", "tell playing 0; " + file("a", 1000)},
        {"+500", ""},
        {"pause", "token " + token(2)},
        {token_reply(2), "tell paused 0"},
        {"unpause", "tell playing 0; " + file("a", 1500)},
        {over, "end done"}}},
      {"stop while paused needs no reply",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {token_reply(1), "tell paused 0"},
        {"restart", "refused"},
        {"forward", "refused"},
        {"reverse", "refused"},
        {"stop", "end done"}}},
      {"forward, reverse and restart",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+1000", ""},
        {"forward", "token " + token(1)},
        {token_reply(1), file("a", 4000)},
        {"+500", ""},
        {"reverse", "token " + token(2)},
        {token_reply(2), file("a", 1500)},
        {"+100", ""},
        {"reverse", "token " + token(3)},
        {token_reply(3), file("a", 0)},
        {"+800", ""},
        {"restart", "token " + token(4)},
        {token_reply(4), file("a", 0)},
        {over, "end done"}}},
      {"the file ends just before the token: stop",
       by_token,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + file("a")},
        {"stop", "token " + token(1)},
        {over, ""},
        {token_reply(1), "end done"}}},
      {"the file ends just before the token: restart plays it again",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+900", ""},
        {"restart", "token " + token(1)},
        {over, ""},
        {token_reply(1), file("a", 0)},
        {over, "end done"}}},
      {"the file ends just before the token: what else was asked comes too late",
       by_token,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + file("a")},
        {"forward", "token " + token(1)},
        {over, ""},
        {token_reply(1), "tell continuing 0; tell playing 1; " + file("b")},
        {"reverse", "token " + token(2)},
        {over, ""},
        {token_reply(2), "end done"}}},
      {"the file fails just before the token",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {missing, ""},
        {token_reply(1), "end failed"}}},
      {"the file is refused just before the token, in a reply without a position",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"forward", "token " + token(1)},
        {"511 Command Not Permitted on a dead channel", ""},
        {token_reply(1), "end failed"}}},
      {"the file ends just before the token: a pause holds the next entry back",
       by_token,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {over, ""},
        {token_reply(1), "tell continuing 0; tell playing 1; tell paused 1"},
        {"unpause", "tell playing 1; " + file("b")},
        {over, "end done"}}},
      {"stop wins over what is asked after it",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"stop", "token " + token(1)},
        {"pause", ""},
        {"restart", ""},
        {token_reply(1), "end done"}}},
      {"stop wins over what was asked before it",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {"stop", ""},
        {token_reply(1), "end done"}}},
      {"pause and unpause before the token is back",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+300", ""},
        {"pause", "token " + token(1)},
        {"unpause", ""},
        {token_reply(1), file("a", 300)}}},
      {"seeks add up before the token is back",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+300", ""},
        {"forward", "token " + token(1)},
        {"forward", ""},
        {"pause", ""},
        {token_reply(1), "tell paused 0"},
        {"unpause", "tell playing 0; " + file("a", 6300)}}},
      {"unpause of what plays",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")}, {"unpause", ""}, {over, "end done"}}},
      {"each token differs, and an old one counts for nothing",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {token_reply(1), "tell paused 0"},
        {token_reply(1), ""},
        {"unpause", "tell playing 0; " + file("a")}}},
      {"a language is set back after a stop",
       by_token,
       {"sound:a"},
       {{"start", language("de")},
        {"200 result=1", "tell playing 0; " + file("a")},
        {"stop", "token " + token(1)},
        {token_reply(1), language("en")},
        {"200 result=1", "end done"}},
       "de"},
      {"a language is set back after a stop while paused",
       by_token,
       {"sound:a"},
       {{"start", language("de")},
        {"200 result=1", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {token_reply(1), "tell paused 0"},
        {"stop", language("en")},
        {"200 result=1", "end done"}},
       "de"},
      {"the clock does not run backwards for a file",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+-5000", ""},
        {"pause", "token " + token(1)},
        {token_reply(1), "tell paused 0"},
        {"unpause", "tell playing 0; " + file("a", 0)}}},
      {"a file breaks off while it is to be paused: the channel may have hung up",
       by_token,
       {"sound:a", "sound:b"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {missing, ""},
        {token_reply(1), "NOOP"},
        {"200 result=0", "tell continuing 0; tell playing 1; tell paused 1"},
        {"unpause", "tell playing 1; " + file("b")},
        {over, "end done"}}},
      {"a token that is not answered is sent again",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"ask again 1", ""},
        {"+500", ""},
        {"stop", "token " + token(1)},
        {"ask again 1", "token " + token(2)},
        {"ask again 1", ""},
        {token_reply(1), ""},
        {token_reply(2), "end done"},
        {"ask again 2", ""}}},
      {"a tone needs no token",
       by_token,
       {"tone:ring"},
       {{"start", R"(tell playing 0; EXEC PlayTones "ring")"},
        {"200 result=0", ""},
        {"stop", "EXEC StopPlayTones"},
        {"200 result=0", "end done"}}},
      {"a spoken number is left by leaving its line",
       by_token,
       {"number:-5000000000"},
       {{"start", R"(tell playing 0; SAY NUMBER "-5000000000" "D")"},
        {"pause", "refused"},
        {"stop", "interrupt"},
        {"200 result=-1", ""},
        {"stop", "refused"},
        {"new line", "end done"}}},
      {"the line goes before the reply",
       by_token,
       {"number:-5000000000"},
       {{"start", R"(tell playing 0; SAY NUMBER "-5000000000" "D")"},
        {"stop", "interrupt"},
        {"new line", "end done"}}},
      {"the channel cannot be taken out",
       by_token,
       {"number:-5000000000"},
       {{"start", R"(tell playing 0; SAY NUMBER "-5000000000" "D")"},
        {"stop", "interrupt"},
        {"stays", ""},
        {"200 result=0", "end done"}}},
      {"the channel cannot be taken out after its reply",
       by_token,
       {"number:-5000000000"},
       {{"start", R"(tell playing 0; SAY NUMBER "-5000000000" "D")"},
        {"stop", "interrupt"},
        {"200 result=-1", ""},
        {"stays", "end done"}}},
      {"a new line goes on where the old one was",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"+500", ""},
        {"new line", file("a", 500)},
        {over, "end done"}}},
      {"a new line for a tone",
       by_token,
       {"tone:ring"},
       {{"start", R"(tell playing 0; EXEC PlayTones "ring")"},
        {"200 result=0", ""},
        {"new line", R"(EXEC PlayTones "ring")"}}},
      {"a new line while paused, and after the end",
       by_token,
       {"sound:a"},
       {{"start", "tell playing 0; " + file("a")},
        {"pause", "token " + token(1)},
        {"new line", "tell paused 0"},
        {"new line", ""},
        {"stop", "end done"},
        {"new line", ""}}},
      {"a tone of another zone",
       by_token,
       {"tone:ring;tonezone=fr"},
       {{"start", "tell playing 0; SET VARIABLE \"CHANNEL(tonezone)\" \"fr\""},
        {"200 result=1", R"(EXEC PlayTones "ring")"}}},
      {"a tone of another zone, stopped at once",
       by_token,
       {"tone:ring;tonezone=fr"},
       {{"start", "tell playing 0; SET VARIABLE \"CHANNEL(tonezone)\" \"fr\""},
        {"pause", "tell paused 0"},
        {"stop", ""},
        {"200 result=1", "end done"}}},
  };
  for (const auto& row : rows) check(row);
}

TEST(PlaybackMachine, PlaysTheLongestList) {
  Row row{"", Means::controlled, std::vector<std::string>(1000, "digits:~"), {}};
  auto machine = machine_of(row);
  TimePoint now{};
  const auto outputs = feed(machine, "start", now);
  EXPECT_TRUE(outputs.ends_with("end done"));
  EXPECT_TRUE(machine.ended());
}

PlaybackMachine hello() {
  PlaybackPlan plan;
  plan.channel_language = "en";
  plan.language = "fr";
  plan.media = {Files{{"hello"}, false}};
  plan.uris = {"sound:hello"};
  return {std::move(plan), Means::token};
}

TEST(PlaybackMachine, TellsACallerWhoWaitsThatMediaCome) {
  auto machine = hello();
  machine.begin_with_progress();
  const auto reply = [&machine] {
    return text_of(machine.on(test::agi_reply("200 result=0"), TimePoint{}));
  };
  EXPECT_EQ(text_of(machine.start(TimePoint{})), "EXEC Progress");
  EXPECT_EQ(reply(), R"x(SET VARIABLE "CHANNEL(language)" "fr")x");
  EXPECT_EQ(reply(), R"(tell playing 0; STREAM FILE "hello" "" "0")");
}

TEST(PlaybackMachine, StoppedMeanwhileChangesNothing) {
  auto machine = hello();
  machine.begin_with_progress();
  machine.start(TimePoint{});
  EXPECT_EQ(machine.on(PlaybackControl::pause, TimePoint{}).error().code, Errc::conflict);
  EXPECT_EQ(text_of(*machine.on(PlaybackControl::stop, TimePoint{})), "");
  EXPECT_EQ(text_of(machine.on(test::agi_reply("200 result=0"), TimePoint{})), "end done");
}

/// On a PBX that steers playbacks but takes no digits.
TEST(PlaybackMachine, ANumberThatIsTakenOutOfItsLineWaitsForTheNext) {
  PlaybackPlan plan;
  plan.media = {SpokenNumber{"12"}};
  plan.uris = {"number:12"};
  PlaybackMachine machine{std::move(plan), Means::controlled, false};
  EXPECT_EQ(text_of(machine.start(TimePoint{})), R"(tell playing 0; SAY NUMBER "12" "D")");
  EXPECT_EQ(text_of(*machine.on(PlaybackControl::stop, TimePoint{})), "interrupt");
  EXPECT_EQ(text_of(machine.on(test::agi_reply("200 result=-1"), TimePoint{})), "");
  EXPECT_EQ(text_of(machine.on_new_line(TimePoint{})), "end done");
}

}  // namespace
}  // namespace arigate::ops
