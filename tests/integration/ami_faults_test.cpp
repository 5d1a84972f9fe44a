// A manager interface that is wrong, strange or refuses: what it says harms nobody, and who uses
// the gateway hears why.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <chrono>
#include <random>
#include <string>

#include "integration/scripted_gateway.hpp"

namespace arigate::test {
namespace {

using namespace std::chrono_literals;

Config impatient() {
  Config config;
  config.ami.connect_timeout = 1s;
  return config;
}

class AmiFaults : public ScriptedGateway {
 protected:
  AmiFaults() : ScriptedGateway{"11.0.0", impatient()} {}

  int status(std::string_view method, std::string_view target) {
    return std::stoi(ask(method, target).substr(9, 3));
  }
  bool needs_the_pbx() { return status("GET", "/asterisk/variable?variable=EPOCH") == 503; }
};

TEST_F(AmiFaults, AnotherProgramOnThePortIsNeverToldThePassword) {
  const int logins = pbx_.logins();
  for (const auto* banner : {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                             "Asterisk Call", "\r\n\r\n", "220 mail ESMTP\r\n"}) {
    const int connections = pbx_.connections();
    pbx_.set_banner(banner);
    pbx_.cut();
    EXPECT_TRUE(becomes([&] { return pbx_.connections() >= connections + 2; })) << banner;
    EXPECT_TRUE(needs_the_pbx()) << banner;
  }
  EXPECT_EQ(pbx_.logins(), logins);
  pbx_.set_banner(std::nullopt);
  wait_until_ready();
  EXPECT_FALSE(needs_the_pbx());
}

TEST_F(AmiFaults, ARefusedLoginIsNotTriedAgainAtOnce) {
  const int logins = pbx_.logins();
  pbx_.set_answer("Login",
                  "Response: Error\r\nActionID: @\r\nMessage: Authentication failed\r\n\r\n");
  pbx_.cut();
  ASSERT_TRUE(becomes([&] { return pbx_.logins() == logins + 1; }));
  const auto refused = std::chrono::steady_clock::now();
  EXPECT_TRUE(needs_the_pbx());
  EXPECT_TRUE(becomes([&] {
    return has(ask_at("GET", "/arigate/support"),
               R"("connected":false,"problem":"Login refused: Authentication failed")");
  }));
  pbx_.set_answer("Login", "Response: Success\r\nActionID: @\r\nMessage: Welcome\r\n\r\n");
  wait_until_ready();
  EXPECT_EQ(pbx_.logins(), logins + 2);
  EXPECT_GE(std::chrono::steady_clock::now() - refused, 4'900ms)
      << "many PBXs ban who asks on and on";
}

TEST_F(AmiFaults, AnAnswerThatNobodyAskedForIsNobodysAnswer) {
  pbx_.set_answer("Getvar",
                  "Response: Error\r\nMessage: Line too long\r\n\r\n"
                  "Response: Success\r\nActionID: nobody\r\nVariable: X\r\nValue: wrong\r\n\r\n"
                  "Response: Success\r\nActionID: @\r\nVariable: X\r\nValue: right\r\n\r\n");
  EXPECT_TRUE(has(ask("GET", "/asterisk/variable?variable=X"), R"({"value":"right"})"));
}

TEST_F(AmiFaults, EventsBeforeTheLoginIsAnsweredAreNoFault) {
  const auto early = event("Newchannel", "SIP/early-3", "1.3");
  const std::string booted = "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n";
  pbx_.set_channels({{"1.1", row("SIP/victim-1")}, {"1.3", row("SIP/early-3")}});
  pbx_.set_answer("Challenge",
                  booted + early + "Response: Success\r\nActionID: @\r\nChallenge: 1\r\n\r\n");
  pbx_.set_answer("Login", early + "Response: Success\r\nActionID: @\r\n\r\n" + booted + booted);
  const int lists = pbx_.lists();
  pbx_.cut();
  wait_for_list(lists);
  wait_until_ready();
  const auto heard = heard_up_to("after");
  EXPECT_EQ(count_of(heard, R"("type":"ChannelCreated")"), 1U) << heard;
  EXPECT_EQ(status("GET", "/channels/1.3"), 200);
}

/// A PBX that was still loading when it let us in has more to tell by then.
TEST_F(AmiFaults, ALateFullyBootedAsksForAnotherList) {
  const int lists = pbx_.lists();
  pbx_.set_channels({{"1.1", row("SIP/victim-1")}, {"1.3", row("SIP/late-3")}});
  pbx_.tell("Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n");
  wait_for_list(lists);
  auto told = socket_->read_until("SIP/late-3");
  told += heard_up_to("after");
  EXPECT_EQ(count_of(told, R"("type":"ChannelCreated")"), 1U) << told;
  EXPECT_EQ(count_of(told, R"("type":"ChannelDestroyed")"), 1U) << told;
}

TEST_F(AmiFaults, ThePasswordIsNotSentPlainlyWhereTheChallengeIsRefused) {
  const int logins = pbx_.logins();
  pbx_.set_answer("Challenge", "Response: Error\r\nActionID: @\r\nMessage: Must specify\r\n\r\n");
  const int connections = pbx_.connections();
  pbx_.cut();
  ASSERT_TRUE(becomes([&] { return pbx_.connections() > connections; }));
  EXPECT_TRUE(becomes([&] {
    return has(ask_at("GET", "/arigate/support"), "The PBX offers no MD5 login: Must specify");
  }));
  EXPECT_EQ(pbx_.logins(), logins);
}

/// What the bits say may be anything; what clients get is JSON, and a list puts the rest right.
TEST_F(AmiFaults, FlippedBitsReachNobodyAsAnythingButJson) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random{seed};
  const std::string bytes = varset("SIP/victim-1", "1.1", "x") +
                            event("Newchannel", "SIP/new-3", "1.3") +
                            event("Newstate", "SIP/eve-2", "1.2") + hangup("SIP/new-3", "1.3");
  for (int i = 0; i < 200; ++i) {
    auto damaged = bytes;
    auto& byte = damaged[random() % damaged.size()];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (random() % 8U)));
    pbx_.tell(damaged);
  }
  pbx_.tell(bytes + bytes);  // What was inside a value is outside again.
  const auto heard = heard_up_to("the end of it");
  std::size_t from = 0;
  for (auto end = heard.find(event_end); end != std::string::npos;
       end = heard.find(event_end, from)) {
    const auto begin = heard.find("{\"", from);
    from = end + event_end.size();
    const auto text = heard.substr(begin, from - begin);
    boost::system::error_code error;
    boost::json::parse(text, error);
    EXPECT_FALSE(error) << "seed " << seed << ": " << text;
    EXPECT_TRUE(simdjson::validate_utf8(text)) << "seed " << seed << ": " << text;
  }
  EXPECT_GT(from, 0U);
  pbx_.tell("\x01 what is no event asks for a list\r\n\r\n");
  EXPECT_TRUE(becomes([&] {
    const auto channels = ask("GET", "/channels");
    return count_of(channels, R"("id":)") == 2 && has(channels, "SIP/victim-1") &&
           has(channels, "SIP/eve-2");
  })) << "seed "
      << seed << ask("GET", "/channels");
}

TEST_F(AmiFaults, WhatIsTooLongIsCutAndTheRestIsHeard) {
  pbx_.tell(varset("SIP/victim-1", "1.1", std::string(std::size_t{1024} * 1024, 'x')));
  EXPECT_LT(heard_up_to("behind the line").size(), std::size_t{128} * 1024);

  std::string many = "Event: VarSet\r\nPrivilege: dialplan,all\r\n";
  for (int i = 0; i < 100'000; ++i) many += fmt::format("Header{}: {}\r\n", i, i);
  pbx_.tell(many + "\r\n");
  EXPECT_FALSE(has(heard_up_to("behind the lines"), "Header"));
}

TEST_F(AmiFaults, NoiseBetweenEventsHidesNoneOfThem) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random{seed};
  for (int i = 0; i < 20; ++i) {
    std::string noise;
    for (int byte = 0; byte < 300; ++byte) noise += static_cast<char>(random() % 256U);
    pbx_.tell(noise + "\r\n\r\n");
    const auto heard = heard_up_to(fmt::format("mark-{}", i));
    EXPECT_FALSE(has(heard, "ChannelDestroyed")) << "seed " << seed;
  }
  EXPECT_EQ(status("GET", "/channels/1.1"), 200) << "seed " << seed;
}

TEST_F(AmiFaults, ARefusalOfThePbxIsPassedOn) {
  const std::string error = "Response: Error\r\nActionID: @\r\nMessage: ";
  pbx_.set_answer("Setvar", error + "Permission denied\r\n\r\n");
  EXPECT_EQ(status("POST", "/asterisk/variable?variable=X&value=1"), 403);
  pbx_.set_answer("Setvar", error + "Allocation failed\r\n\r\n");
  const auto failed = ask("POST", "/asterisk/variable?variable=X&value=1");
  EXPECT_EQ(failed.substr(9, 3), "500");
  EXPECT_TRUE(has(failed, "Allocation failed")) << failed;
}

}  // namespace
}  // namespace arigate::test
