#include "ami/decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace arigate::test {
namespace {

using ami::Decoder;
using ami::EventName;
using ami::Key;

constexpr std::string_view banner = "Asterisk Call Manager/1.1\r\n";

/// One line for a message: "name=value|name=value", and " => output" when it has one.
std::string print(const ami::Message& message) {
  std::string text;
  for (const auto& header : message.headers()) {
    if (!text.empty()) text += '|';
    text.append(header.name).append("=").append(header.value);
  }
  if (!message.output().empty()) text.append(" => ").append(message.output());
  return text;
}

/// What `decoder` gives for `bytes`, the text of its error last.
std::vector<std::string> printed(Decoder& decoder, std::string_view bytes) {
  std::vector<std::string> seen;
  decoder.feed(bytes);
  for (;;) {
    const auto message = decoder.next();
    if (!message) {
      seen.push_back("error: " + message.error().detail);
      return seen;
    }
    if (*message == nullptr) return seen;
    seen.push_back(print(**message));
  }
}

struct Row {
  const char* name;
  std::string bytes;  // after the banner
  std::vector<std::string> messages;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.name;
}

class AmiFraming : public testing::TestWithParam<Row> {};

TEST_P(AmiFraming, GivesTheMessages) {
  const auto& row = GetParam();
  const auto stream = std::string{banner} + row.bytes;
  Decoder whole;
  EXPECT_EQ(printed(whole, stream), row.messages);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Decoder decoder;
    auto seen = printed(decoder, stream.substr(0, cut));
    for (const auto& text : printed(decoder, stream.substr(cut))) seen.push_back(text);
    ASSERT_EQ(seen, row.messages) << "cut at " << cut;
  }
}

const Row rows[] = {
    {"plain", "Event: A\r\nB: 1\r\n\r\n", {"Event=A|B=1"}},
    {"two messages", "Event: A\r\n\r\nEvent: B\r\n\r\n", {"Event=A", "Event=B"}},
    {"empty lines between messages",
     "\r\n\r\nEvent: A\r\n\r\n\r\n\r\nEvent: B\r\n\r\n",
     {"Event=A", "Event=B"}},
    {"half a message", "Event: A\r\nB: 1\r\n", {}},
    {"bare line feeds are data",
     "Event: VarSet\r\nValue: 1\n2\n\n3\n\r\n\r\n",
     {"Event=VarSet|Value=1\n2\n\n3\n"}},
    {"bare carriage returns are data", "Event: A\r\nB: 1\r2\r\r\n\r\n", {"Event=A|B=1\r2\r"}},
    {"colons in values", "Event: A\r\nURI: sip:a@b:5060\r\n\r\n", {"Event=A|URI=sip:a@b:5060"}},
    {"one space is dropped", "A:  x \r\nB:y\r\nC:\r\nD: \r\n\r\n", {"A= x |B=y|C=|D="}},
    {"blanks around the name", "Event : A\r\n\tB\t: 1\r\n\r\n", {"Event=A|B=1"}},
    {"lines without a name", "junk\r\n: x\r\n : y\r\n\r\n", {"=junk|=x|=y"}},
    {"repeated headers", "Variable: a=1\r\nVariable: b=2\r\n\r\n", {"Variable=a=1|Variable=b=2"}},
    {"bytes that are no text",
     std::string{"Event: A\r\n\0\xFF: \xC3\r\n\r\n", 20},
     {std::string{"Event=A|\0\xFF=\xC3", 12}}},
    {"a colon in the channel of a variable",
     "ChanVariable(SIP/127.0.0.1:5060-01): N=v\r\nChanVariable(x: y\r\n\r\n",
     {"ChanVariable(SIP/127.0.0.1:5060-01)=N=v|ChanVariable(x=y"}},
    {"new command",
     "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\nOutput: a\r\n"
     "Output: \r\nOutput:   b\r\n\r\n",
     {"Response=Success|ActionID=1|Message=Command output follows|Output=a|Output=|Output=  b"
      " => a\n\n  b"}},
    {"old command",
     "Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\na\n\n  b: c\n--END "
     "COMMAND--\r\n\r\n"
     "Event: A\r\n\r\n",
     {"Response=Follows|Privilege=Command|ActionID=1 => a\n\n  b: c", "Event=A"}},
    {"old command without ActionID",
     "Response: Follows\r\nPrivilege: Command\r\nActionID: shown\nx\n--END COMMAND--\r\n\r\n",
     {"Response=Follows|Privilege=Command => ActionID: shown\nx"}},
    {"old command without output",
     "response: follows\r\nPrivilege: Command\r\n--END COMMAND--\r\n\r\nEvent: A\r\n\r\n",
     {"response=follows|Privilege=Command", "Event=A"}},
    {"old command with CRLF in its output",
     "Response: Follows\r\nPrivilege: Command\r\na\r\n\r\nb\r\n--END COMMAND--\r\nc\n"
     "--END COMMAND--\r\n\r\n",
     {"Response=Follows|Privilege=Command => a\r\n\r\nb\r\n--END COMMAND--\r\nc"}},
    {"follows in an event is data",
     "Event: A\r\nResponse: Follows\r\n\r\n",
     {"Event=A|Response=Follows"}},
};

INSTANTIATE_TEST_SUITE_P(Rows, AmiFraming, testing::ValuesIn(rows));

TEST(AmiDecoder, ReadsTheVersionInTheBanner) {
  Decoder decoder;
  EXPECT_EQ(decoder.version(), "");
  EXPECT_TRUE(printed(decoder, "Asterisk Call Manager/11.0.0\r\n").empty());
  EXPECT_EQ(decoder.version(), "11.0.0");
}

TEST(AmiDecoder, RefusesOtherPrograms) {
  const std::string long_banner = "Asterisk Call Manager/" + std::string(300, '1');
  for (const std::string& bytes :
       {std::string{"SSH-2.0-x\r\n"}, std::string{"220 mail\n"}, std::string{"\r\n"},
        std::string{"Asterisk Call Mana\r\n"}, long_banner, long_banner + "\r\n"}) {
    Decoder whole;
    const auto seen = printed(whole, bytes);
    ASSERT_EQ(seen.size(), 1U) << bytes;
    EXPECT_EQ(seen[0].substr(0, 32), "error: not a manager interface: ");
    const auto later = whole.next();
    ASSERT_FALSE(later) << "an error lasts";
    EXPECT_EQ(later.error().code, Errc::protocol);
  }
}

TEST(AmiDecoder, FindsHeadersWithoutCase) {
  Decoder decoder;
  decoder.feed(std::string{banner} +
               "EVENT: newchannel\r\nUniqueID: 1.1\r\nUniqueid: 2.2\r\nX-New: y\r\n\r\n");
  const ami::Message& message = **decoder.next();
  EXPECT_EQ(message.event(), EventName::newchannel);
  EXPECT_EQ(message[Key::uniqueid], "1.1") << "the first one counts";
  EXPECT_EQ(message[Key::channel], "");
  EXPECT_FALSE(message.has(Key::channel));
  EXPECT_EQ(message.headers()[3].key, Key::unknown);
  EXPECT_EQ(message.headers()[3].name, "X-New");
  EXPECT_EQ(message.named("x-new"), "y");
  EXPECT_EQ(message.named("uniqueid"), "1.1") << "the first one counts";
  EXPECT_EQ(message.named("X-Old"), "");
}

/// The same and the keys, of the message that `bytes` hold, fed in pieces of `size`.
std::string printed_with_keys(Decoder& decoder, std::string_view bytes, std::size_t size) {
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    decoder.feed(bytes.substr(0, size));
    const auto message = decoder.next();
    if (!message) return "error: " + message.error().detail;
    if (*message == nullptr) continue;
    text += print(**message);
    for (const auto& header : (**message).headers()) text.append(" ").append(to_string(header.key));
  }
  return text;
}

TEST(AmiDecoder, ReadsAnEventAlikeWhateverTheOneBeforeItWas) {
  const std::string start = "Event: VarSet\r\nPrivilege: dialplan,all\r\n";
  const std::vector<std::string> rests{
      "Channel: SIP/a-1\r\nVariable: X\r\nValue: 1\r\nUniqueid: 1.1\r\n",
      "Variable: X\r\nChannel: SIP/a-1\r\nUniqueid: 1.1\r\nValue: \r\n",
      "Channel:SIP/a-1\r\nVariable:\r\nValue:  two spaces\r\nUniqueid: 1.1\r\n",
      "channel: SIP/a-1\r\nVARIABLE: X\r\nvalue: 1\r\nUniqueID: 1.1\r\n",
      "Channel : SIP/a-1\r\n Variable: X\r\nValue\t: 1\r\n",
      "ChannelState: 6\r\nVariableX: X\r\nVal: 1\r\nUniqueid1: 1.1\r\n",
      "Channel\r\nVariable\r\nValue\r\nUniqueid\r\n",
      "Channel: a\rb\r\nVariable: a\nb\r\nValue: \r\r\nUniqueid: \r1\r\n",
      "ChanVariable(SIP/a:5060-1): x=1\r\nChanVariable(SIP/a:5060-1): y=2\r\nChanVariable: z=3\r\n",
      "ChanVariable(SIP/b-1): x=1\r\nChanVariable: y=2\r\n",
      "ChanVariable(SIP/a:1-\r2): x=1\r\nChanVariable(SIP/a:1-\r2\r\n",
      "Nobody knows this: 1\r\nA-name-of-more-than-thirty-two-characters: 1\r\nValue: 1\r\n",
      "Channel: " + std::string(Decoder::line_bytes_max, 'x') + "\r\nVariable: X\r\n",
      "",
  };
  for (const auto& before : rests) {
    for (const auto& rest : rests) {
      const auto event = start + rest + "\r\n";
      Decoder fresh;
      fresh.feed(banner);
      const auto expected = printed_with_keys(fresh, event, event.size());
      for (const std::size_t size : {event.size(), std::size_t{1}, std::size_t{7}}) {
        Decoder decoder;
        decoder.feed(std::string{banner} + start + before + "\r\n");
        ASSERT_TRUE(decoder.next());
        EXPECT_EQ(printed_with_keys(decoder, event, size), expected) << before;
      }
    }
  }
}

TEST(AmiDecoder, TellsEventsFromResponses) {
  Decoder decoder;
  decoder.feed(std::string{banner} +
               "Response: Success\r\n\r\n"
               "Response: Success\r\nEvent: OriginateResponse\r\n\r\n"
               "Event: Other\r\n\r\n"
               "junk\r\n\r\n");
  const auto next = [&]() -> const ami::Message& { return **decoder.next(); };
  const auto check = [&](EventName event, bool response) {
    const auto& message = next();
    EXPECT_EQ(message.event(), event);
    EXPECT_EQ(message.is_response(), response);
  };
  check(EventName::none, true);
  check(EventName::originateresponse, false);
  check(EventName::unknown, false);
  check(EventName::none, false);
}

TEST(AmiDecoder, ACopyOutlivesTheDecoder) {
  ami::Message copy;
  {
    Decoder decoder;
    decoder.feed(std::string{banner} + "Event: Hangup\r\nCause: 16\r\nOutput: x\r\n\r\n");
    copy = (**decoder.next()).copy();
    decoder.feed("Event: Other\r\n\r\n");
  }
  const ami::Message again = copy.copy();
  copy = ami::Message{};
  EXPECT_EQ(print(again), "Event=Hangup|Cause=16|Output=x => x");
  EXPECT_EQ(again.event(), EventName::hangup);
  EXPECT_EQ(again[Key::cause], "16");
}

TEST(AmiDecoder, CutsLongLines) {
  const std::string stream = std::string{banner} +
                             "Event: A\r\nText: " + std::string(std::size_t{1} << 20U, 'x') +
                             "\r\nCause: 1\r\n\r\n";
  for (const std::size_t chunk : {stream.size(), std::size_t{1000}}) {
    Decoder decoder;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      decoder.feed(std::string_view{stream}.substr(at, chunk));
      if (const auto message = decoder.next(); *message != nullptr) {
        EXPECT_EQ((**message)[Key::cause], "1");
        ASSERT_EQ((**message).headers().size(), 3U);
        EXPECT_EQ((**message).headers()[1].value.size(), Decoder::line_bytes_max - 6);
        seen.push_back("message");
      }
    }
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_EQ(decoder.cut_lines(), 1U);
  }
}

TEST(AmiDecoder, DropsHeadersOverTheLimit) {
  std::string event = "Event: A\r\n";
  for (int i = 0; i < 100'000; ++i) event += "Line: " + std::to_string(i) + "\r\n";
  Decoder decoder;
  decoder.feed(std::string{banner} + event + "Cause: 1\r\n\r\nEvent: B\r\n\r\n");
  const ami::Message& message = **decoder.next();
  EXPECT_EQ(message.headers().size(), Decoder::headers_max);
  EXPECT_EQ(message.headers().back().value, "1022");
  EXPECT_EQ(decoder.dropped_headers(), 100'002 - Decoder::headers_max);
  EXPECT_EQ(print(**decoder.next()), "Event=B");
}

TEST(AmiDecoder, KeepsOutputOverTheHeaderLimit) {
  std::string reply = "Response: Success\r\n";
  std::string output;
  for (int i = 0; i < 5000; ++i) {
    reply += "Output: " + std::to_string(i) + "\r\n";
    output += (i == 0 ? "" : "\n") + std::to_string(i);
  }
  Decoder decoder;
  decoder.feed(std::string{banner} + reply + "\r\n");
  EXPECT_EQ((**decoder.next()).output(), output);
  EXPECT_EQ(decoder.dropped_headers(), 0U);
}

TEST(AmiDecoder, RefusesMessagesOverTheLimit) {
  const std::string fits = "A: " + std::string(Decoder::message_bytes_max - 7, 'x') + "\r\n\r\n";
  const std::string one_more =
      "A: " + std::string(Decoder::message_bytes_max - 6, 'x') + "\r\n\r\n";
  const std::string endless =
      "Response: Follows\r\n" + std::string(Decoder::message_bytes_max, '\n');
  for (const std::size_t chunk : {std::size_t{1} << 30U, std::size_t{1} << 16U}) {
    const auto outcome = [&](const std::string& bytes) {
      Decoder decoder;
      decoder.feed(banner);
      std::size_t messages = 0;
      for (std::size_t at = 0; at < bytes.size(); at += chunk) {
        decoder.feed(std::string_view{bytes}.substr(at, chunk));
        const auto message = decoder.next();
        if (!message) return "error: " + message.error().detail;
        if (*message != nullptr) ++messages;
      }
      return std::to_string(messages) + " messages";
    };
    EXPECT_EQ(outcome(fits), "1 messages");
    EXPECT_EQ(outcome(one_more), "error: AMI message too long");
    EXPECT_EQ(outcome(endless), "error: AMI message too long");
  }
}

TEST(AmiDecoder, GivesAtLeastTheRoomAskedFor) {
  Decoder decoder;
  for (const std::size_t bytes : {1U, 100'000U, 10U, 3'000'000U, 5U}) {
    const auto room = decoder.prepare(bytes);
    ASSERT_GE(room.size(), bytes);
    std::fill(room.begin(), room.end(), 'x');  // All of it is writable.
  }
  decoder.feed(std::string{banner} + "Event: A\r\n\r\n");
  EXPECT_EQ(print(**decoder.next()), "Event=A");
}

}  // namespace
}  // namespace arigate::test
