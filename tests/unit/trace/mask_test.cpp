#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "trace/masker.hpp"
#include "trace/number_mask.hpp"
#include "trace/secret_mask.hpp"

namespace arigate::trace {
namespace {

/// `text` in pieces of `size` bytes through one scanner.
std::string without_secrets(std::string_view text, std::size_t size) {
  SecretScanner scanner{true};
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) scanner.feed(text.substr(at, size), out);
  return out;
}

TEST(SecretMask, LeavesSecretsOutHoweverTheyAreCut) {
  struct Row {
    std::string_view in, out;
  };
  const std::vector<Row> rows{
      {"Action: Login\r\nUsername: u\r\nSecret: hunter2\r\n\r\n",
       "Action: Login\r\nUsername: u\r\nSecret: ***\r\n\r\n"},
      {"action:login\nsecret:hunter2\nevents: off\n\n",
       "action:login\nsecret: ***\nevents: off\n\n"},
      {"Secret : hunter2\r\n", "Secret : ***\r\n"},
      {"Secret: \r\nEvents: off\r\n\r\n", "Secret: ***\r\nEvents: off\r\n\r\n"},
      // The answer to a challenge, wherever it stands in the login.
      {"Action: Login\r\nAuthType: MD5\r\nKey: 0123abcd\r\n\r\n",
       "Action: Login\r\nAuthType: MD5\r\nKey: ***\r\n\r\n"},
      {"Key: 0123abcd\r\nAction: Login\r\n\r\n", "Key: ***\r\nAction: Login\r\n\r\n"},
      // A key of the database is none; the next message is judged anew.
      {"Action: DBGet\r\nFamily: f\r\nKey: k\r\n\r\nKey: 01ab\r\nAction: Login\r\n\r\n",
       "Action: DBGet\r\nFamily: f\r\nKey: k\r\n\r\nKey: ***\r\nAction: Login\r\n\r\n"},
      {"Response: Success\r\nChallenge: 123456\r\n\r\n",
       "Response: Success\r\nChallenge: ***\r\n\r\n"},
      {"Event: ChallengeResponseFailed\r\nChallenge: 1a2b\r\nResponse: 3c\r\nExpectedResponse: "
       "4d\r\n\r\nResponse: Success\r\n\r\n",
       "Event: ChallengeResponseFailed\r\nChallenge: ***\r\nResponse: ***\r\nExpectedResponse: "
       "***\r\n\r\nResponse: Success\r\n\r\n"},
      {"Line-000001-000002: secret=hunter2\r\nLine-000001-000003: host=dynamic\r\n",
       "Line-000001-000002: secret=***\r\nLine-000001-000003: host=dynamic\r\n"},
      {"JSON: {\"secret\":\"x\"}\r\n", "JSON: ***\r\n"},
      // Answers to PJSIPShowEndpoint and PJSIPShowAuths, and to a command in the shell.
      {"Event: AuthDetail\r\nUsername: alice\r\nMd5Cred: \r\nPassword: hunter2\r\nRealm: r\r\n\r\n",
       "Event: AuthDetail\r\nUsername: alice\r\nMd5Cred: ***\r\nPassword: ***\r\nRealm: r\r\n\r\n"},
      {"Event: AuthList\r\nOauthSecret: a\r\nRefreshToken: b\r\nPasswordDigest: c\r\n\r\n",
       "Event: AuthList\r\nOauthSecret: ***\r\nRefreshToken: ***\r\nPasswordDigest: ***\r\n\r\n"},
      {"Event: VoicemailPasswordChange\r\nNewPassword: 4242\r\n\r\n",
       "Event: VoicemailPasswordChange\r\nNewPassword: ***\r\n\r\n"},
      {"Output:  password     : hunter2\r\nOutput:  realm : r\r\n password : hunter2\n",
       "Output:  password     : ***\r\nOutput:  realm : r\r\n password : ***\n"},
      // UpdateConfig: the value of a secret setting, and of one that is not known yet.
      {"Action: UpdateConfig\r\nVar-000000: secret\r\nMatch-000000: old\r\nValue-000000: new\r\n"
       "Var-000001: host\r\nValue-000001: dynamic\r\nValue-000002: hunter2\r\n"
       "Var-000002: Password \r\n\r\nVar-000000: host\r\nValue-000000: seen\r\n\r\n",
       "Action: UpdateConfig\r\nVar-000000: secret\r\nMatch-000000: ***\r\nValue-000000: ***\r\n"
       "Var-000001: host\r\nValue-000001: dynamic\r\nValue-000002: ***\r\n"
       "Var-000002: Password \r\n\r\nVar-000000: host\r\nValue-000000: seen\r\n\r\n"},
      {"Var-1: host\nVar-1: secret\nVar-1: host\nValue-1: hunter2\n",
       "Var-1: host\nVar-1: secret\nVar-1: host\nValue-1: ***\n"},
      {"Event: VarSet\r\nVariable: Secret\r\nValue: Secret: no\r\n\r\n",
       "Event: VarSet\r\nVariable: Secret\r\nValue: Secret: no\r\n\r\n"},
      {"no colon\r\nMySecret: seen\r\n\r\n\r\n", "no colon\r\nMySecret: seen\r\n\r\n\r\n"},
  };
  for (const auto& row : rows) {
    for (std::size_t size = 1; size <= row.in.size(); ++size) {
      EXPECT_EQ(without_secrets(row.in, size), row.out) << "pieces of " << size;
    }
  }
}

TEST(SecretMask, OfMoreSettingsThanItRemembersAllValuesAreLeftOut) {
  std::string text;
  for (std::size_t i = 0; i <= SecretScanner::variables_max; ++i) {
    text += "Var-" + std::to_string(i) + ": host\nValue-" + std::to_string(i) + ": seen\n";
  }
  const auto masked = without_secrets(text, text.size());
  const auto last = masked.rfind("Value-");
  EXPECT_EQ(masked.substr(last), "Value-1000: ***\n");
  EXPECT_EQ(masked.find("***"), masked.size() - 4);
}

TEST(SecretMask, ALineThatBeganInAGapIsLeftOut) {
  SecretScanner scanner{false};
  std::string out;
  scanner.feed("ter2\r\nUsername: u\r\n", out);
  EXPECT_EQ(out, "\r\nUsername: u\r\n");
}

TEST(SecretMask, LeavesTheApiKeyOutOfPathsAndForms) {
  const std::vector<std::pair<std::string_view, std::string_view>> rows{
      {"/events?api_key=u:p&app=a", "/events?api_key=***&app=a"},
      {"/events?app=a&api_key=u%3Ap", "/events?app=a&api_key=***"},
      {"api_key=u:p", "api_key=***"},
      {"/x?my_api_key=u", "/x?my_api_key=u"},
      {"/channels", "/channels"},
  };
  for (const auto& [in, out] : rows) EXPECT_EQ(without_api_key(in), out);
}

TEST(SecretMask, LeavesPasswordsOutOfJson) {
  const std::vector<std::pair<std::string_view, std::string_view>> rows{
      {R"({"password":"a\"b","x":"y"})", R"({"password":"***","x":"y"})"},
      {R"([{"attribute": "password", "value": "p"},{"attribute":"realm","value":"r"}])",
       R"([{"attribute": "password", "value": "***"},{"attribute":"realm","value":"r"}])"},
      {R"({"variable":"password","value":"seen"})", R"({"variable":"password","value":"seen"})"},
      {R"([{"value":"p","attribute":"password"},{"value":"r","attribute":"realm"}])",
       R"([{"value":"***","attribute":"password"},{"value":"r","attribute":"realm"}])"},
      {R"([{"attribute":"password"},{"value":"seen","attribute":"realm"}])",
       R"([{"attribute":"password"},{"value":"seen","attribute":"realm"}])"},
      {R"({"value":"p","x":{"attribute":"realm","value":"r"},"attribute":"md5_cred"})",
       R"({"value":"***","x":{"attribute":"realm","value":"r"},"attribute":"md5_cred"})"},
      {R"({"password":4242,"x":-1})", R"({"password":"***","x":-1})"},
      {R"({"secret":{"a":["b",{"c":"d"}]},"x":"y"})",
       R"({"secret":{"a":["***",{"c":"***"}]},"x":"y"})"},
      {R"({"cut":"of)", R"({"cut":"of)"},
      {R"({"password":"of)", R"({"password":"***)"},
      {R"([{"value":"of","attr)", R"([{"value":"***","attr)"},
      {"}]\"\\", "}]\"\\"},
      {"{}", "{}"},
  };
  for (const auto& [in, out] : rows) EXPECT_EQ(without_passwords(in), out);
  const std::string deep(2'000, '[');
  EXPECT_EQ(without_passwords(deep + "\"x\""), deep.substr(0, 999) + "\"***\"");
}

// --- Numbers
// --------------------------------------------------------------------------------------

const NumberMask mask{"a key"};

std::string without_numbers(std::string_view text, Escapes escapes, std::size_t size) {
  NumberScanner scanner{mask, escapes};
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) scanner.feed(text.substr(at, size), out);
  scanner.finish(out);
  return out;
}

TEST(NumberMask, NoTwoNumbersBecomeTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100'000; ++i) {
    auto digits = std::to_string(i);
    digits.insert(0, 5 - digits.size(), '0');
    const auto masked = mask.masked("1" + digits);
    EXPECT_EQ(masked.size(), 6U);
    EXPECT_EQ(masked.front(), '1');
    seen.insert(masked);
  }
  EXPECT_EQ(seen.size(), 100'000U);
  EXPECT_NE(mask.masked("4930123456"), "4930123456");
  EXPECT_EQ(mask.masked("4930123456"), mask.masked("4930123456"));
  EXPECT_NE(mask.masked("4930123456"), NumberMask{"another"}.masked("4930123456"));
}

TEST(NumberMask, KnowsWhatIsANumberHoweverItIsCut) {
  // [digits] stands for a number that is masked.
  const std::vector<std::pair<Escapes, std::string_view>> rows{
      {Escapes::backslash, "CallerIDNum: [0301234567]\r\n"},
      {Escapes::backslash, "\"A B\" <+[4930123456]>"},
      {Escapes::backslash, "Channel: SIP/[4930123456]-00000004\r\n"},
      {Escapes::backslash, "Local/[4930123456]@out-0000000a;1"},
      {Escapes::backslash, "Uniqueid: 1795450598.14\r\n"},
      {Escapes::backslash, "Uniqueid: pbx-1795450598.14\r\n"},
      {Escapes::backslash, "Exten: 100\r\nPort: 37073\r\n"},
      {Escapes::backslash, "call [0301234567]. Then 1234567.89"},
      {Escapes::backslash, "1234567890123456 and a1234567 and 1234567b and x_1234567"},
      {Escapes::backslash, "1\\n2\\n[1234567]\\n"},
      {Escapes::backslash, "200 result=[123456]\n"},
      {Escapes::json, R"({"number":"[0301234567]","text":"\n[1234567]\u00e4[7654321]"})"},
      {Escapes::percent, "/channels?endpoint=SIP%2F[4930123456]&callerId=%2B[4930123456]"},
      {Escapes::percent, "/x?y=%20[1234567]%201234"},
  };
  for (const auto& [escapes, row] : rows) {
    std::string in, out;
    for (std::size_t at = 0; at < row.size(); ++at) {
      if (row[at] != '[') {
        in += row[at];
        out += row[at];
        continue;
      }
      const auto end = row.find(']', at);
      in += row.substr(at + 1, end - at - 1);
      out += mask.masked(row.substr(at + 1, end - at - 1));
      at = end;
    }
    for (std::size_t size = 1; size <= in.size(); ++size) {
      EXPECT_EQ(without_numbers(in, escapes, size), out) << row << " in pieces of " << size;
    }
  }
}

// --- Lines
// ----------------------------------------------------------------------------------------

Line line_of(std::string link, Direction dir, std::string data) {
  Line line;
  line.link = std::move(link);
  line.dir = dir;
  line.data = std::move(data);
  return line;
}

TEST(Masker, GivesAllLinksTheSameNumbers) {
  Masker masker{"a key"};
  auto open = line_of("ami", Direction::to_pbx, "");
  open.what = Line::What::connect;
  masker.apply(open);
  const auto ami = masker.apply(line_of("ami", Direction::from_pbx, "CallerIDNum: 0301234567\r\n"));
  const auto agi =
      masker.apply(line_of("agi:1", Direction::from_pbx, "agi_callerid: 0301234567\n"));
  const auto ari =
      masker.apply(line_of("ari-ws", Direction::from_pbx, R"({"number":"0301234567"})"));
  ASSERT_EQ(ami.size() + agi.size() + ari.size(), 3U);
  const auto number = mask.masked("0301234567");
  EXPECT_EQ(ami[0].data, "CallerIDNum: " + number + "\r\n");
  EXPECT_EQ(agi[0].data, "agi_callerid: " + number + "\n");
  EXPECT_EQ(ari[0].data, "{\"number\":\"" + number + "\"}");
  EXPECT_EQ(NumberMask{"a key"}.masked("0301234567"), number);
}

TEST(Masker, WhatIsHeldBackComesBeforeTheEnd) {
  Masker masker{"a key"};
  auto open = line_of("ami", Direction::to_pbx, "");
  open.what = Line::What::connect;
  EXPECT_EQ(masker.apply(open).size(), 1U);
  const auto first = masker.apply(line_of("ami", Direction::to_pbx, "Exten: 030123"));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].data, "Exten: ");
  auto eof = line_of("ami", Direction::to_pbx, "");
  eof.what = Line::What::eof;
  const auto last = masker.apply(eof);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].data, mask.masked("030123"));
  EXPECT_EQ(last[1], eof);
}

TEST(Masker, KeepsNumbersUnlessAskedAndNeverPasswords) {
  Masker masker{std::nullopt};
  auto open = line_of("ami:2", Direction::to_pbx, "");
  open.what = Line::What::connect;
  masker.apply(open);
  const std::string login = "Action: Login\r\nSecret: hunter2\r\nExten: 0301234567\r\n\r\n";
  const auto kept = masker.apply(line_of("ami:2", Direction::to_pbx, login));
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].data, "Action: Login\r\nSecret: ***\r\nExten: 0301234567\r\n\r\n");
  auto rest = line_of("ari-rest", Direction::to_pbx, R"({"password":"p"})");
  rest.path = "/asterisk/config?api_key=u:p";
  const auto asked = masker.apply(rest);
  EXPECT_EQ(asked[0].data, R"({"password":"***"})");
  EXPECT_EQ(asked[0].path, "/asterisk/config?api_key=***");
}

TEST(Masker, AfterAGapTheFirstLineIsLeftOut) {
  Masker masker{std::nullopt};
  auto open = line_of("ami", Direction::to_pbx, "");
  open.what = Line::What::connect;
  masker.apply(open);
  masker.apply(line_of("ami", Direction::to_pbx, "Action: Login\r\nSecret: hun"));
  masker.forget();
  const auto next = masker.apply(line_of("ami", Direction::to_pbx, "ter2\r\nEvents: on\r\n\r\n"));
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].data, "\r\nEvents: on\r\n\r\n");
}

}  // namespace
}  // namespace arigate::trace
