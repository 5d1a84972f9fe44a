#include "ami/login.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ami/decoder.hpp"
#include "core/overloaded.hpp"

namespace arigate::test {
namespace {

using ami::LoginMachine;

ami::Message response(std::string_view headers) {
  ami::Decoder decoder;
  decoder.feed("Asterisk Call Manager/1.1\r\n");
  decoder.feed(headers);
  decoder.feed("\r\n\r\n");
  return (**decoder.next()).copy();
}

std::string print(const LoginMachine::Step& step) {
  if (!step) return "wait";
  return std::visit(Overloaded{
                        [](const LoginMachine::Send& send) {
                          auto text = send.action.name();
                          for (const auto& [key, value] : send.action.headers()) {
                            text.append(" ").append(key).append("=").append(value);
                          }
                          return text;
                        },
                        [](const LoginMachine::LoggedIn&) { return std::string{"logged in"}; },
                        [](const Error& error) {
                          EXPECT_EQ(error.code, Errc::forbidden);
                          return "failed: " + error.detail;
                        },
                    },
                    *step);
}

constexpr std::string_view banner = "banner";  // Stands for the banner among the responses.
constexpr std::string_view challenge = "Response: Success\r\nChallenge: 840415273";
constexpr std::string_view success = "Response: Success\r\nMessage: Authentication accepted";
constexpr std::string_view refused = "Response: Error\r\nMessage: Authentication failed";

// MD5 of "840415273secret", from another program.
constexpr const char* send_challenge = "Challenge AuthType=MD5";
constexpr const char* send_key =
    "Login AuthType=MD5 Username=ari Key=81c3ab5534a432bec402f6d988ee45b4 Events=on";
constexpr const char* send_secret = "Login Username=ari Secret=secret Events=on";

struct Row {
  const char* name;
  bool plain;
  std::vector<std::string_view> inputs;
  std::vector<std::string> steps;
};

class AmiLogin : public testing::TestWithParam<Row> {};

TEST_P(AmiLogin, TakesTheseSteps) {
  const auto& row = GetParam();
  LoginMachine machine{{"ari", Secret{"secret"}, row.plain}};
  std::vector<std::string> steps;
  for (const auto input : row.inputs) {
    steps.push_back(
        print(input == banner ? machine.on_banner() : machine.on_response(response(input))));
  }
  EXPECT_EQ(steps, row.steps);
}

const Row rows[] = {
    {"md5", false, {banner, challenge, success}, {send_challenge, send_key, "logged in"}},
    {"plain", true, {banner, success}, {send_secret, "logged in"}},
    {"case of the answer does not matter",
     true,
     {banner, "RESPONSE: success"},
     {send_secret, "logged in"}},
    {"wrong secret",
     false,
     {banner, challenge, refused},
     {send_challenge, send_key, "failed: Login refused: Authentication failed"}},
    {"wrong plain secret",
     true,
     {banner, refused},
     {send_secret, "failed: Login refused: Authentication failed"}},
    {"never weaker by itself",
     false,
     {banner, "Response: Error\r\nMessage: no", success},
     {send_challenge, "failed: The PBX offers no MD5 login: no", "wait"}},
    {"a challenge without a challenge",
     false,
     {banner, "Response: Success"},
     {send_challenge, "failed: The PBX offers no MD5 login: "}},
    {"response before the banner", false, {success, banner}, {"wait", send_challenge}},
    {"banner twice", false, {banner, banner, challenge}, {send_challenge, "wait", send_key}},
    {"more after the end",
     true,
     {banner, success, success, refused},
     {send_secret, "logged in", "wait", "wait"}},
    {"more after the failure",
     true,
     {banner, refused, success},
     {send_secret, "failed: Login refused: Authentication failed", "wait"}},
};
INSTANTIATE_TEST_SUITE_P(Rows, AmiLogin, testing::ValuesIn(rows), [](const auto& info) {
  std::string name{info.param.name};
  for (auto& c : name) {
    if (c == ' ') c = '_';
  }
  return name;
});

}  // namespace
}  // namespace arigate::test
