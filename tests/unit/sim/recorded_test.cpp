#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/recorded_answers.hpp"
#include "sim/recorded_message.hpp"
#include "sim/recorded_script.hpp"
#include "support/fixtures.hpp"
#include "support/temp_folder.hpp"

namespace arigate::sim {
namespace {

Request request_of(std::string_view text) {
  RequestReader reader;
  reader.feed(text);
  auto request = reader.next();
  EXPECT_TRUE(request) << text;
  return request.value_or(Request{});
}

TEST(MessageCutter, CutsMessagesAndTouchesNothing) {
  const std::vector<std::string> messages{
      "Response: Success\r\nActionID: 1\r\nMessage: a\nb\r\n\r\n",
      "Response: Follows\r\nPrivilege: Command\r\nActionID: 2\r\nout\n\r\n\r\nput\n--END "
      "COMMAND--\r\n\r\n",
      "Event: Newchannel\r\nChannel: a\r\n\r\n"};
  const std::string bytes =
      "Asterisk Call Manager/1.1\r\n" + messages[0] + "\r\n" + messages[1] + messages[2] + "Eve";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    MessageCutter cutter;
    std::vector<std::string> seen;
    std::optional<std::string> banner;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      cutter.feed(std::string_view{bytes}.substr(at, size));
      if (!banner && !(banner = cutter.banner())) continue;
      while (auto message = cutter.next()) seen.push_back(*message);
    }
    EXPECT_EQ(banner, "Asterisk Call Manager/1.1\r\n");
    EXPECT_EQ(seen, messages) << "pieces of " << size;
    EXPECT_TRUE(cutter.in_message());
  }
}

TEST(RecordedMessage, GetsAnotherActionId) {
  const std::vector<std::vector<std::string>> rows{
      {"Response: Success\r\nActionID: ctl-1\r\nMessage: x\r\n\r\n", "me",
       "Response: Success\r\nActionID: me\r\nMessage: x\r\n\r\n"},
      {"Event: A\r\nX: y\r\nactionid: ctl-1\r\n\r\n", "me",
       "Event: A\r\nX: y\r\nActionID: me\r\n\r\n"},
      {"Response: Success\r\nActionID: ctl-1\r\n\r\n", "", "Response: Success\r\n\r\n"},
      {"Response: Success\r\nMessage: x\r\n\r\n", "me",
       "Response: Success\r\nActionID: me\r\nMessage: x\r\n\r\n"},
      {"Response: Follows\r\nPrivilege: Command\r\nActionID: a\r\nActionID: no\n--END "
       "COMMAND--\r\n\r\n",
       "me",
       "Response: Follows\r\nPrivilege: Command\r\nActionID: me\r\nActionID: no\n--END "
       "COMMAND--\r\n\r\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(with_action_id(row[0], row[1]), row[2]);
}

/// A capture with two actions of the same content, one list, and an event about an action.
std::string capture_text() {
  std::string text =
      R"({"capture":1,"pbx":"P","ami":"5.0.4","scenario":"","about":"","started":"","ports":{"fastagi":4573}})"
      "\n";
  auto add = [&, t = 0](std::string_view link, std::string_view dir,
                        std::string_view data) mutable {
    text += "{\"t\":" + std::to_string(++t * 1000) + ",\"link\":\"" + std::string{link} +
            "\",\"dir\":\"" + std::string{dir} + "\",\"data\":\"" + std::string{data} + "\"}\n";
  };
  add("ami", "pbx>", R"(Asterisk Call Manager/5.0.4\r\n)");
  add("ami", ">pbx", R"(Action: Login\r\nActionID: o-1\r\nSecret: ***\r\n\r\n)");
  add("ami", "pbx>", R"(Response: Success\r\nActionID: o-1\r\nMessage: x\r\n\r\n)");
  add("ami:ctl", "pbx>", R"(Asterisk Call Manager/5.0.4\r\n)");
  add("ami:ctl", ">pbx", R"(Action: Getvar\r\nActionID: c-1\r\nVariable: a\r\n\r\n)");
  add("ami:ctl", "pbx>", R"(Response: Success\r\nActionID: c-1\r\nValue: 1\r\n\r\n)");
  add("ami:ctl", ">pbx", R"(Action: Getvar\r\nActionID: c-2\r\nVariable: a\r\n\r\n)");
  add("ami:ctl", "pbx>", R"(Response: Success\r\nActionID: c-2\r\nValue: 2\r\n\r\n)");
  add("ami:ctl", ">pbx", R"(Action: Status\r\nActionID: c-3\r\n\r\n)");
  add("ami:ctl", "pbx>", R"(Response: Success\r\nActionID: c-3\r\nEventList: start\r\n\r\n)");
  add("ami", "pbx>", R"(Event: Newchannel\r\nPrivilege: call,all\r\nChannel: c\r\n\r\n)");
  add("ami:ctl", "pbx>", R"(Event: Status\r\nActionID: c-3\r\nChannel: c\r\n\r\n)");
  add("ami:ctl", "pbx>",
      R"(Event: StatusComplete\r\nActionID: c-3\r\nEventList: Complete\r\n\r\n)");
  add("ami:ctl", ">pbx", R"(Action: Originate\r\nActionID: c-4\r\nChannel: a\r\n\r\n)");
  add("ami:ctl", "pbx>", R"(Response: Success\r\nActionID: c-4\r\nMessage: queued\r\n\r\n)");
  add("ami", "pbx>", R"(Event: OriginateResponse\r\nActionID: c-4\r\nResponse: Failure\r\n\r\n)");
  add("agi:1", "pbx>", R"(agi_network: yes\n\n)");
  add("agi:1", ">pbx", R"(ANSWER\n)");
  add("agi:1", "pbx>", R"(200 result=0\nHANGUP\n)");
  return text;
}

class RecordedScriptTest : public testing::Test {
 protected:
  RecordedScript script() {
    auto read = read_script({folder_.write("call.jsonl", capture_text())}, "ami");
    EXPECT_TRUE(read) << read.error().detail;
    return read ? *std::move(read) : RecordedScript{};
  }
  test::TempFolder folder_;
};

TEST_F(RecordedScriptTest, KnowsActionsEventsAndSessions) {
  const auto script = this->script();
  EXPECT_EQ(script.banner, "Asterisk Call Manager/5.0.4\r\n");
  EXPECT_EQ(script.fastagi_port, 4573);
  EXPECT_EQ(script.begin_us, 2000);
  ASSERT_EQ(script.actions.size(), 5U);
  std::vector<std::size_t> answers;
  for (const auto& action : script.actions) answers.push_back(action.answers.size());
  EXPECT_EQ(answers, (std::vector<std::size_t>{1, 1, 1, 3, 1}));
  EXPECT_EQ(script.actions[3].answers[1].delay_us, 3000);
  ASSERT_EQ(script.events.size(), 2U);
  EXPECT_TRUE(script.events[0].bytes.starts_with("Event: Newchannel\r\n"));
  EXPECT_EQ(script.events[0].place.text(), (folder_.path() / "call.jsonl").string() + ":12");
  ASSERT_EQ(script.sessions.size(), 1U);
  const auto& session = script.sessions[0];
  EXPECT_EQ(session.environment, "agi_network: yes\n\n");
  ASSERT_EQ(session.commands.size(), 1U);
  EXPECT_EQ(session.commands[0].text, "ANSWER");
  EXPECT_EQ(session.commands[0].reply, "200 result=0\n");
  EXPECT_EQ(session.hangup_us, 19'000);
  EXPECT_EQ(session.end_us, 19'000) << "a file that ends before the session";
}

TEST_F(RecordedScriptTest, AnswersByContentInOrderAndThenTheLastAgain) {
  const auto script = this->script();
  RecordedAnswers answers{script};
  const auto value = [&](std::string_view asked) {
    const auto found = answers.find(request_of(asked));
    return found ? std::string{header_of((*found)->answers[0].bytes, "Value")}
                 : found.error().detail;
  };
  EXPECT_EQ(value("Action: Getvar\r\nActionID: mine\r\nVariable: a\r\n\r\n"), "1");
  EXPECT_EQ(value("variable: a\r\naction: getvar\r\n\r\n"), "2");
  EXPECT_EQ(value("Action: Getvar\r\nVariable: a\r\n\r\n"), "2");
}

TEST(RecordedAnswers, TakeAnySecretForTheOneThatIsMasked) {
  RecordedScript script;
  script.actions.push_back({{"call.jsonl", 2},
                            0,
                            request_of("Action: UpdateConfig\r\nVar-000000: secret\r\n"
                                       "Value-000000: ***\r\n\r\n"),
                            {}});
  RecordedAnswers answers{script};
  EXPECT_TRUE(
      answers.find(request_of("Action: UpdateConfig\r\nVar-000000: secret\r\n"
                              "Value-000000: hunter2\r\n\r\n")));
  EXPECT_FALSE(
      answers.find(request_of("Action: UpdateConfig\r\nVar-000000: host\r\n"
                              "Value-000000: hunter2\r\n\r\n")));
}

TEST_F(RecordedScriptTest, NamesTheLineOfWhatIsMostLikeIt) {
  const auto script = this->script();
  RecordedAnswers answers{script};
  const auto file = (folder_.path() / "call.jsonl").string();
  const auto other = answers.find(request_of("Action: Originate\r\nChannel: b\r\n\r\n"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().detail,
            file +
                ":15: the Originate here is another: it has \"channel: a\" where \"channel: b\" "
                "was asked");
  const auto none = answers.find(request_of("Action: Park\r\nChannel: b\r\n\r\n"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().detail,
            file + ":3: no Park from here to the end: action: park, channel: b");
}

TEST_F(RecordedScriptTest, EventsAboutAnActionGetTheIdOfTheClient) {
  const auto script = this->script();
  RecordedAnswers answers{script};
  EXPECT_EQ(answers.client_id("c-4"), "c-4");
  ASSERT_TRUE(answers.find(request_of("Action: Originate\r\nActionID: m\r\nChannel: a\r\n\r\n")));
  EXPECT_EQ(answers.client_id("c-4"), "m");
}

TEST_F(RecordedScriptTest, FindsRepliesAndNamesTheCommandThatIsDue) {
  const auto script = this->script();
  RecordedReplies replies{script.sessions[0]};
  const auto file = (folder_.path() / "call.jsonl").string();
  const auto other = replies.find("HANGUP");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().detail,
            file + ":19: the command on agi:1 is \"ANSWER\", asked was \"HANGUP\"");
  EXPECT_TRUE(replies.find("ANSWER"));
  EXPECT_TRUE(replies.find("ANSWER")) << "asked again";
  EXPECT_EQ(replies.find("HANGUP").error().detail,
            file + ":18: no further command on agi:1: HANGUP");
}

constexpr std::string_view header_line =
    R"({"capture":1,"pbx":"P","ami":"5.0.4","scenario":"","about":"","started":"","ports":{}})"
    "\n";

TEST(RecordedScript, ACallMayHangUpBeforeAnythingIsAsked) {
  const test::TempFolder folder;
  const auto file =
      folder.write("call.jsonl", std::string{header_line} +
                                     R"({"t":5,"link":"agi:1","dir":"pbx>","data":"agi_net"}
{"t":6,"link":"agi:1","dir":"pbx>","data":"work: yes\n\nHANG"}
{"t":7,"link":"agi:1","dir":"pbx>","data":"UP\n"}
{"t":8,"link":"agi:1","dir":">pbx","data":"NOOP\n"}
{"t":9,"link":"agi:1","dir":"pbx>","data":"511 dead\n"}
{"t":10,"link":"agi:1","dir":">pbx","event":"close"}
)");
  const auto script = read_script({file}, "ami");
  ASSERT_TRUE(script);
  ASSERT_EQ(script->sessions.size(), 1U);
  const auto& session = script->sessions[0];
  EXPECT_EQ(session.environment, "agi_network: yes\n\n");
  EXPECT_EQ(session.hangup_us, 7);
  EXPECT_EQ(session.asked_before_hangup, 0U);
  ASSERT_EQ(session.commands.size(), 1U);
  EXPECT_EQ(session.commands[0].reply, "511 dead\n");
  EXPECT_EQ(session.end_us, 10);
  EXPECT_TRUE(session.ended_by_application);
}

TEST(RecordedScript, ALaterFileBeginsAnywhere) {
  const test::TempFolder folder;
  const auto file = folder.write("call.2.jsonl", std::string{header_line} +
                                                     R"({"t":7200000000,"link":"ami","dir":"pbx>",)"
                                                     R"("data":"Account: 1\r\nEvent: No\r\n\r\n"}
{"t":7200000001,"link":"agi:1","dir":"pbx>","data":"200 result=0\n"}
{"t":7200000002,"link":"ami","dir":"pbx>","data":"Event: Hangup\r\nChannel: c\r\n\r\n"}
{"t":7200000003,"link":"ami","dir":">pbx","data":"Action: Ping\r\n\r\n"}
)");
  const auto script = read_script({file}, "ami");
  ASSERT_TRUE(script);
  EXPECT_EQ(script->begin_us, 7'200'000'000) << "nobody waits two hours";
  EXPECT_EQ(script->banner, "Asterisk Call Manager/5.0.4\r\n");
  ASSERT_EQ(script->events.size(), 1U) << "the end of a message is none";
  EXPECT_TRUE(script->events[0].bytes.starts_with("Event: Hangup\r\n"));
  EXPECT_TRUE(script->sessions.empty()) << "a connection cannot be made again without its begin";

  // Without a line to the PBX, and with a first message that is whole.
  const auto whole = folder.write(
      "call.3.jsonl", std::string{header_line} +
                          R"({"t":9000000,"link":"ami","dir":"pbx>","data":"Event: A\r\n\r\n"})"
                          "\n");
  const auto other = read_script({whole}, "ami");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->begin_us, 9'000'000);
  EXPECT_EQ(other->events.size(), 1U);
}

TEST(RecordedScript, TakesEveryRecording) {
  std::size_t actions = 0;
  std::size_t answered = 0;
  for (const auto& capture : test::fixtures("captures", ".gz")) {
    const auto script = read_script({capture}, "ami");
    ASSERT_TRUE(script) << script.error().detail;
    EXPECT_FALSE(script->damaged);
    EXPECT_FALSE(script->events.empty()) << capture;
    EXPECT_TRUE(script->banner.starts_with("Asterisk Call Manager/")) << capture;
    RecordedAnswers answers{*script};
    for (const auto& action : script->actions) {
      ++actions;
      answered += action.answers.empty() ? 0 : 1;
      if (!is_housekeeping(action.request["Action"])) {
        EXPECT_TRUE(answers.find(action.request)) << action.place.text();
      }
    }
  }
  EXPECT_GT(actions, 1'500U);
  // Some have none: a login that was refused by closing, SIPqualifypeer, what came after Logoff.
  EXPECT_GT(answered, actions * 98 / 100);
}

}  // namespace
}  // namespace arigate::sim
