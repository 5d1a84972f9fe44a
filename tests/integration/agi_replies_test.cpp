// A FastAGI connection of which the test writes every byte, beside a manager interface of the same
// kind: the two tell of one call in any order, and what AGI answers may be anything.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <string_view>
#include <utility>

#include "integration/scripted_gateway.hpp"
#include "support/agi_text.hpp"

namespace arigate::test {
namespace {

class AgiReplies : public ScriptedGateway {
 protected:
  LineSocket session(std::string_view name, std::string_view id) {
    auto line = LineSocket::connect(gateway_->fastagi_port());
    line.send(agi_environment(name, id, "a"));
    return line;
  }
  /// The dialplan has come to its AGI line.
  std::string reaches_agi(std::string_view name, std::string_view id) {
    return event(
        "Newexten", name, id,
        fmt::format("Extension: 600\r\nApplication: AGI\r\nAppData: agi://127.0.0.1:{}/a\r\n",
                    gateway_->fastagi_port()));
  }
  /// The victim is in the application.
  LineSocket enters() {
    pbx_.tell(reaches_agi("SIP/victim-1", "1.1"));
    auto line = session("SIP/victim-1", "1.1");
    socket_->read_until("\"type\":\"StasisStart\"");
    return line;
  }
  std::future<int> asked(std::string method, std::string target) {
    return std::async(std::launch::async,
                      [this, method, target] { return status(method, target); });
  }
  int status(std::string_view method, std::string_view target) {
    return std::stoi(ask(method, target).substr(9, 3));
  }
};

TEST_F(AgiReplies, AnyReplyIsAnOutcomeAndTheNextCommandGetsItsOwn) {
  auto line = enters();
  const std::pair<const char*, int> rows[] = {
      {"200 result=0\n", 204},
      {"510 Invalid or unknown command\n", 500},
      {"520-Invalid command syntax.  Proper usage follows:\nUsage: EXEC\n200 result=1 (a trap)\n"
       "520 End of proper usage.\n",
       500},
      {"520 Invalid command syntax.  Proper usage not available.\n", 500},
      {"777 What is that\n", 500},
      {"100 Trying...\n200 result=0\n", 204},
      {"no code\n\n99\n200 result=0\n", 204},
      {"200 result=0 (a\nb) endpos=7\n", 204},
      {"200 result=-2\n", 501},
      {"200 result=0\r\n", 204},
  };
  for (const auto& [reply, expected] : rows) {
    auto outcome = asked("POST", "/channels/1.1/ring");
    EXPECT_EQ(line.line(), "EXEC Ringing") << reply;
    line.send(reply);
    EXPECT_EQ(outcome.get(), expected) << reply;
  }
  auto dead = asked("POST", "/channels/1.1/ring");
  EXPECT_EQ(line.line(), "EXEC Ringing");
  line.send("511 Command Not Permitted on a dead channel or intercept routine\n");
  EXPECT_EQ(dead.get(), 404);
  socket_->read_until("\"type\":\"StasisEnd\"");
}

/// The PBX cuts longer lines in two and carries out the second part as a command of its own.
TEST_F(AgiReplies, NoLineIsLongerThanEveryPbxReadsAtOnce) {
  auto line = enters();
  for (const std::size_t size : {std::size_t{1'900}, std::size_t{2'000}, std::size_t{2'030},
                                 std::size_t{2'048}, std::size_t{4'000}}) {
    auto outcome = asked("POST", "/channels/1.1/moh?mohClass=" + std::string(size, 'm'));
    if (size > 1'900) {
      EXPECT_EQ(outcome.get(), 400) << size;
      continue;
    }
    EXPECT_LT(line.line().size(), 2'000U);
    line.send("200 result=0\n");
    EXPECT_EQ(outcome.get(), 204) << size;
  }
  auto next = asked("POST", "/channels/1.1/ring");
  EXPECT_EQ(line.line(), "EXEC Ringing") << "nothing of the others was sent";
  line.send("200 result=0\n");
  EXPECT_EQ(next.get(), 204);
}

TEST_F(AgiReplies, QuotesAndBackslashesStayInTheirArgument) {
  auto line = enters();
  auto outcome = asked("POST", "/channels/1.1/moh?mohClass=a%22%20b%5Cc%5C%22");
  EXPECT_EQ(line.line(), R"(SET MUSIC ON "a\" b\\c\\\"")");
  line.send("200 result=0\n");
  EXPECT_EQ(outcome.get(), 204);
}

/// A message's text may hold what looks like another reply.
TEST_F(AgiReplies, AValueWithLineEndsIsReadToItsEnd) {
  auto line = session("Message/ast_msg_queue", "5.5");
  const std::string text = "one\n200 result=0\n\nHANGUP\ntwo (and a half";
  bool told_text = false;
  while (!told_text) {
    const auto command = line.line();
    std::string reply = "200 result=0\n";
    if (command.find("MESSAGE(from)") != std::string::npos) {
      reply = "200 result=1 (sip:alice@127.0.0.1)\n";
    } else if (command.find("MESSAGE(to)") != std::string::npos) {
      reply = "200 result=1 (sip:a@127.0.0.1)\n";
    } else if (command.find("MESSAGE(body)") != std::string::npos) {
      reply = "200 result=1 (" + text + ")\n";
      told_text = true;
    }
    line.send(reply);
  }
  std::thread rest{[&] {
    try {
      for (;;) {
        line.line();
        line.send("200 result=0\n");
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it is closed at the end.
    }
  }};
  socket_->read_until("\"type\":\"TextMessageReceived\"");
  const auto told = socket_->read_until(event_end);
  rest.join();
  EXPECT_TRUE(has(told, R"("body":"one\u000a200 result=0\u000a\u000aHANGUP\u000atwo (and a half")"))
      << told;
}

TEST_F(AgiReplies, ASessionThatIsBeforeAmiWaitsForIt) {
  auto line = session("SIP/early-5", "1.5");
  EXPECT_FALSE(has(heard_up_to("before"), "StasisStart"));
  pbx_.tell(event("Newchannel", "SIP/early-5", "1.5"));
  pbx_.tell(reaches_agi("SIP/early-5", "1.5"));
  const auto heard = socket_->read_until("\"type\":\"StasisStart\"");
  EXPECT_EQ(count_of(heard, "\"type\":\"ChannelCreated\""), 1U) << heard;
  EXPECT_EQ(ask("GET", "/channels/1.5").substr(9, 3), "200");
}

TEST_F(AgiReplies, ASessionOfWhichAmiTellsNothingIsFoundByAList) {
  pbx_.set_channels(
      {{"1.1", row("SIP/victim-1")}, {"1.2", row("SIP/eve-2")}, {"1.6", row("SIP/listed-6")}});
  auto line = session("SIP/listed-6", "1.6");
  const auto heard = socket_->read_until("\"type\":\"StasisStart\"");
  EXPECT_EQ(count_of(heard, "\"type\":\"ChannelCreated\""), 1U) << heard;
}

/// AMI and AGI tell of one hangup, each in its own time.
TEST_F(AgiReplies, AnEndIsToldOnceWhicheverLinkIsFirst) {
  const std::string told_by_ami = event("HangupRequest", "SIP/victim-1", "1.1", "Cause: 16\r\n") +
                                  hangup("SIP/victim-1", "1.1");
  auto line = enters();
  pbx_.tell(told_by_ami);
  EXPECT_TRUE(line.ends()) << "nobody else would close it";
  pbx_.tell(event("Newchannel", "SIP/victim-1", "1.7"));
  const auto heard = socket_->read_until("\"type\":\"ChannelCreated\"");
  EXPECT_EQ(count_of(heard, "\"type\":\"StasisEnd\""), 1U) << heard;
  EXPECT_EQ(count_of(heard, "\"type\":\"ChannelDestroyed\""), 1U) << heard;
  EXPECT_LT(heard.find("\"type\":\"StasisEnd\""), heard.find("\"type\":\"ChannelDestroyed\""));

  pbx_.tell(reaches_agi("SIP/eve-2", "1.2"));
  auto other = session("SIP/eve-2", "1.2");
  socket_->read_until("\"type\":\"StasisStart\"");
  other.close();
  auto end = socket_->read_until("\"type\":\"StasisEnd\"");
  pbx_.tell(event("HangupRequest", "SIP/eve-2", "1.2", "Cause: 16\r\n") +
            hangup("SIP/eve-2", "1.2"));
  end += socket_->read_until("\"type\":\"ChannelDestroyed\"");
  pbx_.tell(event("Newchannel", "SIP/eve-2", "1.8"));
  end += socket_->read_until("\"type\":\"ChannelCreated\"");
  EXPECT_EQ(count_of(end, "\"type\":\"StasisEnd\""), 1U) << end;
  EXPECT_EQ(count_of(end, "\"type\":\"ChannelDestroyed\""), 1U) << end;
}

/// The PBX keeps the reply back until there is audio, or for half a second.
TEST_F(AgiReplies, AnAnswerIsOverWhenAmiSaysSoAndWhatFollowsWaitsForItsReply) {
  const auto in_state = [](std::string text, std::string_view number, std::string_view name) {
    text.replace(text.find("ChannelState: 6"), 15, fmt::format("ChannelState: {}", number));
    return text.replace(text.find("Desc: Up"), 8, fmt::format("Desc: {}", name));
  };
  pbx_.tell(in_state(event("Newchannel", "SIP/rings-5", "1.5"), "4", "Ring"));
  pbx_.tell(in_state(reaches_agi("SIP/rings-5", "1.5"), "4", "Ring"));
  auto line = session("SIP/rings-5", "1.5");
  socket_->read_until("\"type\":\"StasisStart\"");
  auto answer = asked("POST", "/channels/1.5/answer");
  EXPECT_EQ(line.line(), R"(EXEC Answer ",i")");
  auto hold = asked("POST", "/channels/1.5/hold");
  pbx_.tell(event("Newstate", "SIP/rings-5", "1.5"));
  EXPECT_EQ(answer.get(), 204);
  EXPECT_TRUE(line.silent_for(std::chrono::milliseconds{50})) << "its reply is still to come";
  line.send("200 result=0\n");
  EXPECT_EQ(line.line(), "SET MUSIC ON");
  line.send("200 result=0\n");
  EXPECT_EQ(hold.get(), 204);
}

/// The PBX keeps the connection until we close it.
TEST_F(AgiReplies, AHangupDuringACommandEndsTheStayAndClosesTheLine) {
  auto line = enters();
  auto outcome = asked("POST", "/channels/1.1/ring");
  EXPECT_EQ(line.line(), "EXEC Ringing");
  pbx_.tell(event("HangupRequest", "SIP/victim-1", "1.1", "Cause: 16\r\n"));
  line.send("HANGUP\n200 result=-1\n");
  socket_->read_until("\"type\":\"StasisEnd\"");
  EXPECT_TRUE(has(line.line(), "STASISSTATUS"));
  line.send("200 result=1\n");
  EXPECT_TRUE(line.ends());
  const int status = outcome.get();
  EXPECT_TRUE(status == 204 || status == 404) << status;
  pbx_.tell(hangup("SIP/victim-1", "1.1"));
  EXPECT_FALSE(has(socket_->read_until("\"type\":\"ChannelDestroyed\""), "StasisEnd"));
}

}  // namespace
}  // namespace arigate::test
