#include "agi/decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/overloaded.hpp"

namespace arigate::test {
namespace {

using agi::Decoder;

std::string print(const agi::Input& input) {
  return std::visit(Overloaded{
                        [](const agi::Environment& e) {
                          return fmt::format("environment {} <{}> {} args [{}]", e.uniqueid,
                                             e.caller_number, e.caller_name,
                                             fmt::join(e.arguments, "|"));
                        },
                        [](const agi::Reply& r) {
                          return fmt::format("{} result={} value={} endpos={} text={}", r.code,
                                             r.result, r.value ? "(" + *r.value + ")" : "-",
                                             r.endpos ? std::to_string(*r.endpos) : "-", r.text);
                        },
                        [](const agi::HangupSeen&) { return std::string{"hangup"}; },
                    },
                    input);
}

std::vector<std::string> printed(Decoder& decoder, std::string_view bytes) {
  std::vector<std::string> seen;
  decoder.feed(bytes);
  for (;;) {
    const auto input = decoder.next();
    if (!input) {
      seen.push_back("error: " + input.error().detail);
      return seen;
    }
    if (!*input) return seen;
    seen.push_back(print(**input));
  }
}

struct Row {
  const char* name;
  std::string bytes;
  std::vector<std::string> inputs;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.name;
}

/// For every place to cut the bytes in two.
void expect_inputs(const std::string& bytes, const std::vector<std::string>& inputs) {
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Decoder decoder;
    auto seen = printed(decoder, bytes.substr(0, cut));
    for (const auto& text : printed(decoder, bytes.substr(cut))) seen.push_back(text);
    ASSERT_EQ(seen, inputs) << "cut at " << cut;
  }
}

class AgiEnvironment : public testing::TestWithParam<Row> {};
TEST_P(AgiEnvironment, GivesTheValues) {
  expect_inputs(GetParam().bytes, GetParam().inputs);
}

const Row environments[] = {
    {"usual",
     "agi_network: yes\nagi_uniqueid: 1.2\nagi_callerid: 100\nagi_calleridname: Ann: \"A\"\n"
     "agi_arg_1: a\nagi_arg_2: \n\n",
     {"environment 1.2 <100> Ann: \"A\" args [a|]"}},
    {"nobody",
     "agi_callerid: unknown\nagi_calleridname: unknown\nagi_uniqueid: unknown\n\n",
     {"environment unknown <>  args []"}},
    {"the first value wins",
     "agi_uniqueid: 1.2\nagi_calleridname: x\nagi_uniqueid: 6.6\nagi_calleridname: y\n\n",
     {"environment 1.2 <> x args []"}},
    {"an empty first value wins",
     "agi_callerid: \nagi_callerid: 9\n\n",
     {"environment  <>  args []"}},
    {"arguments out of turn",
     "agi_arg_2: z\nagi_arg_1: a\nagi_arg_1: b\nagi_arg_x: c\n\n",
     {"environment  <>  args [a]"}},
    {"unknown variables and other lines",
     "agi_new: 1\nnoise\n: x\nagi_uniqueid:1.2\n\n",
     {"environment 1.2 <>  args []"}},
    {"CRLF",
     "agi_uniqueid: 1.2\r\n\r\n200 result=1\r\n",
     {"environment 1.2 <>  args []", "200 result=1 value=- endpos=- text=result=1"}},
};
INSTANTIATE_TEST_SUITE_P(Rows, AgiEnvironment, testing::ValuesIn(environments));

class AgiReplies : public testing::TestWithParam<Row> {};
TEST_P(AgiReplies, AreCut) {
  auto inputs = GetParam().inputs;
  inputs.insert(inputs.begin(), "environment  <>  args []");
  expect_inputs("agi_network: yes\n\n" + GetParam().bytes, inputs);
}

const Row replies[] = {
    {"number", "200 result=0\n", {"200 result=0 value=- endpos=- text=result=0"}},
    {"negative number", "200 result=-1\n", {"200 result=-1 value=- endpos=- text=result=-1"}},
    {"value", "200 result=1 (a b)\n", {"200 result=1 value=(a b) endpos=- text=result=1 (a b)"}},
    {"empty value", "200 result=1 ()\n", {"200 result=1 value=() endpos=- text=result=1 ()"}},
    {"parentheses in the value",
     "200 result=1 (a) (b)\n",
     {"200 result=1 value=(a) (b) endpos=- text=result=1 (a) (b)"}},
    {"line ends in the value",
     "200 result=1 (a\n\nHANGUP\n200 result=7\n b)\n200 result=2\n",
     {"200 result=1 value=(a\n\nHANGUP\n200 result=7\n b) endpos=- text=result=1 (a",
      "200 result=2 value=- endpos=- text=result=2"}},
    {"a value like a position",
     "200 result=1 (x endpos=7)\n",
     {"200 result=1 value=(x endpos=7) endpos=- text=result=1 (x endpos=7)"}},
    {"position",
     "200 result=56 endpos=5600\n",
     {"200 result=56 value=- endpos=5600 text=result=56 endpos=5600"}},
    {"unknown position",
     "200 result=0 endpos=-1\n",
     {"200 result=0 value=- endpos=-1 text=result=0 endpos=-1"}},
    {"position and value",
     "200 result=0 (timeout) endpos=16000\n",
     {"200 result=0 value=(timeout) endpos=16000 text=result=0 (timeout) endpos=16000"}},
    {"position and value after result 1",
     "200 result=1 (dtmf) endpos=16000\n",
     {"200 result=1 value=(dtmf) endpos=16000 text=result=1 (dtmf) endpos=16000"}},
    {"no digits in time",
     "200 result= (timeout)\n",
     {"200 result= value=(timeout) endpos=- text=result= (timeout)"}},
    {"some digits in time",
     "200 result=12 (timeout)\n",
     {"200 result=12 value=(timeout) endpos=- text=result=12 (timeout)"}},
    {"digits", "200 result=1*2\n", {"200 result=1*2 value=- endpos=- text=result=1*2"}},
    {"gosub",
     "100 result=0 Trying...\n200 result=0 Gosub complete\n",
     {"200 result=0 value=- endpos=- text=result=0 Gosub complete"}},
    {"unknown command",
     "510 Invalid or unknown command\n",
     {"510 result= value=- endpos=- text=Invalid or unknown command"}},
    {"dead channel, old",
     "511 Command Not Permitted on a dead channel\nHANGUP\n",
     {"511 result= value=- endpos=- text=Command Not Permitted on a dead channel", "hangup"}},
    {"usage",
     "520-Invalid command syntax.  Proper usage follows:\nUsage: ANSWER\n\n 520 x\n"
     "520 End of proper usage.\n200 result=0\n",
     {"520 result= value=- endpos=- text=Invalid command syntax.  Proper usage follows:\n"
      "Usage: ANSWER\n\n 520 x",
      "200 result=0 value=- endpos=- text=result=0"}},
    {"usage without documentation",
     "520 Invalid command syntax.  Proper usage not available.\n",
     {"520 result= value=- endpos=- text=Invalid command syntax.  Proper usage not available."}},
    {"hangup beside replies",
     "HANGUP\n200 result=-1 endpos=0\nHANGUP\n",
     {"hangup", "200 result=-1 value=- endpos=0 text=result=-1 endpos=0", "hangup"}},
    {"lines that are no reply",
     "junk\n\n20\n2000 x\nHANGUPS\n200\n",
     {"200 result= value=- endpos=- text="}},
    {"an open value without its end",
     "200 result=0 (a\n",
     {"200 result=0 value=- endpos=- text=result=0 (a"}},
};
INSTANTIATE_TEST_SUITE_P(Rows, AgiReplies, testing::ValuesIn(replies));

TEST(AgiDecoder, FillsTheWholeEnvironment) {
  Decoder decoder;
  decoder.feed(
      "agi_network: yes\nagi_network_script: app?x\nagi_request: agi://127.0.0.1/app?x\n"
      "agi_channel: SIP/a-1\nagi_language: en\nagi_type: SIP\nagi_uniqueid: 1.2\n"
      "agi_version: 11-release\nagi_callerid: 100\nagi_calleridname: Ann\nagi_callingpres: 0\n"
      "agi_dnid: 200\nagi_rdnis: unknown\nagi_context: default\nagi_extension: 200\n"
      "agi_priority: 3\nagi_enhanced: 0.0\nagi_accountcode: acc\nagi_threadid: 5\nagi_arg_1: "
      "a\n\n");
  const auto input = decoder.next();
  ASSERT_TRUE(input && *input);
  const auto& e = std::get<agi::Environment>(**input);
  EXPECT_EQ(e.request, "agi://127.0.0.1/app?x");
  EXPECT_EQ(e.network_script, "app?x");
  EXPECT_EQ(e.channel, "SIP/a-1");
  EXPECT_EQ(e.uniqueid, "1.2");
  EXPECT_EQ(e.language, "en");
  EXPECT_EQ(e.type, "SIP");
  EXPECT_EQ(e.version, "11-release");
  EXPECT_EQ(e.caller_number, "100");
  EXPECT_EQ(e.caller_name, "Ann");
  EXPECT_EQ(e.dnid, "200");
  EXPECT_EQ(e.rdnis, "");
  EXPECT_EQ(e.context, "default");
  EXPECT_EQ(e.extension, "200");
  EXPECT_EQ(e.priority, 3);
  EXPECT_EQ(e.accountcode, "acc");
  EXPECT_EQ(e.arguments, std::vector<std::string>{"a"});
}

TEST(AgiDecoder, ReadsResultsAsNumbers) {
  const auto number = [](std::string result) {
    agi::Reply reply;
    reply.result = std::move(result);
    return reply.number();
  };
  EXPECT_EQ(number("-2"), -2);
  EXPECT_EQ(number("56"), 56);
  EXPECT_EQ(number(""), std::nullopt);
  EXPECT_EQ(number("1*"), std::nullopt);
  EXPECT_EQ(number("99999999999"), std::nullopt);
}

/// The last of what a decoder gives for `bytes`, fed in one piece and in pieces of 1000.
std::string last_of(const std::string& bytes) {
  Decoder whole;
  auto seen = printed(whole, bytes);
  Decoder decoder;
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    for (auto& text : printed(decoder, bytes.substr(at, 1000))) pieces.push_back(std::move(text));
    if (!pieces.empty() && pieces.back().starts_with("error")) break;
  }
  EXPECT_EQ(seen, pieces);
  if (!seen.empty() && seen.back().starts_with("error")) {
    EXPECT_FALSE(whole.next()) << "an error lasts";
  }
  return seen.empty() ? "" : seen.back().substr(0, 60);
}

TEST(AgiDecoder, RefusesEnvironmentsOverTheLimits) {
  const auto lines = [](std::size_t count) {
    std::string text;
    while (count-- > 0) text += "agi_x: 1\n";
    return text + "\n";
  };
  const auto bytes = [](std::size_t count) {
    return "agi_x: " + std::string(count - 8, 'x') + "\n\n";
  };
  EXPECT_EQ(last_of(lines(Decoder::environment_lines_max)), "environment  <>  args []");
  EXPECT_EQ(last_of(lines(Decoder::environment_lines_max + 1)),
            "error: AGI environment has too many lines");
  EXPECT_EQ(last_of(bytes(Decoder::environment_bytes_max)), "environment  <>  args []");
  EXPECT_EQ(last_of(bytes(Decoder::environment_bytes_max + 1)), "error: AGI environment too long");
}

TEST(AgiDecoder, RefusesRepliesOverTheLimit) {
  const std::string environment = "agi_network: yes\n\n";
  const auto value = [&](std::size_t count) {
    return environment + "200 result=1 (" + std::string(count - 15, '\n') + ")\n";
  };
  EXPECT_EQ(last_of(value(Decoder::reply_bytes_max)).substr(0, 12), "200 result=1");
  EXPECT_EQ(last_of(value(Decoder::reply_bytes_max + 1)), "error: AGI reply too long");
  const std::string open = "520-x\n" + std::string(Decoder::reply_bytes_max, '\n');
  EXPECT_EQ(last_of(environment + open), "error: AGI reply too long");
  std::string many;
  for (std::size_t i = 0; i < Decoder::reply_bytes_max / 10; ++i) many += "200 result=0\n";
  EXPECT_EQ(last_of(environment + many), "200 result=0 value=- endpos=- text=result=0");
}

TEST(AgiDecoder, RefusesOtherProtocols) {
  for (const char* const bytes : {"GET / HTTP/1.1\r\n\r\n", "\n", "ag\n", "agi=", "\x16\x03\x01"}) {
    Decoder decoder;
    EXPECT_EQ(printed(decoder, bytes), std::vector<std::string>{"error: not an AGI environment"})
        << bytes;
  }
  Decoder decoder;
  EXPECT_TRUE(printed(decoder, "ag").empty()) << "may still become one";
}

}  // namespace
}  // namespace arigate::test
