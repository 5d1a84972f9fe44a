#include "ari/users.hpp"

#include <crypt.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "ari/credentials.hpp"
#include "support/run.hpp"

namespace arigate::ari {
namespace {

std::string crypted(const char* password) {
  return crypt(password, "$6$rounds=1000$salt$");
}

User crypt_user(const char* name, const char* password) {
  return {name, Secret{crypted(password)}, User::Format::crypt};
}

TEST(Users, ChecksPlainPasswordsAtOnce) {
  const Users users{
      {{"a", Secret{"secret"}}, {"ro", Secret{"x"}, User::Format::plain, true}, {"e", Secret{}}}};
  struct Case {
    std::string_view name, password;
    Users::Verdict verdict;
  };
  for (const auto& [name, password, verdict] : std::vector<Case>{
           {"a", "secret", Users::Verdict::granted},
           {"a", "secre", Users::Verdict::denied},
           {"a", "secrets", Users::Verdict::denied},
           {"a", "secretsecret", Users::Verdict::denied},
           {"a", "", Users::Verdict::denied},
           {"A", "secret", Users::Verdict::denied},
           {"b", "secret", Users::Verdict::denied},
           {"ro", "x", Users::Verdict::granted},
           {"e", "", Users::Verdict::denied},  // No password is no password.
       }) {
    Identity identity;
    EXPECT_EQ(users.check(name, password, identity), verdict) << name << ":" << password;
    if (verdict == Users::Verdict::granted) {
      EXPECT_EQ(identity.user, name);
      EXPECT_EQ(identity.read_only, name == "ro");
    }
  }
}

TEST(Users, RemembersWhatCryptFoundRight) {
  Users users{{crypt_user("c", "secret")}};
  Identity identity;
  EXPECT_EQ(users.check("c", "secret", identity), Users::Verdict::slow);
  EXPECT_FALSE(test::run(users.verify("c", "wrong")));
  EXPECT_EQ(users.check("c", "secret", identity), Users::Verdict::slow);
  const auto verified = test::run(users.verify("c", "secret"));
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->user, "c");
  EXPECT_EQ(users.check("c", "secret", identity), Users::Verdict::granted);
  EXPECT_EQ(users.check("c", "wrong", identity), Users::Verdict::slow);
  users.replace({crypt_user("c", "secret")});
  EXPECT_EQ(users.check("c", "secret", identity), Users::Verdict::slow);
}

TEST(Users, TellTheRightsOfNowToWhoWasLetInBefore) {
  Users users{{{"a", Secret{"x"}}, {"b", Secret{"x"}}, {"c", Secret{"x"}}, {"d", Secret{"x"}}}};
  std::vector<Identity> before;
  for (const auto* name : {"a", "b", "c", "d"}) {
    ASSERT_EQ(users.check(name, "x", before.emplace_back()), Users::Verdict::granted);
  }
  before.push_back({"b"});  // Of a WebSocket that we have opened: without a password.
  users.replace(
      {{"a", Secret{"x"}, User::Format::plain, true}, {"b", Secret{"y"}}, {"d", Secret{"x"}}});
  std::string rights;
  for (const auto& identity : before) {
    const auto now = users.again(identity);
    rights += identity.user + (!now ? " none " : now->read_only ? " read " : " all ");
  }
  EXPECT_EQ(rights, "a read b none c none d all b all ");
}

TEST(Users, TakesNoHashThatCryptCannotMake) {
  for (const char* const hash : {"", "*0", "*1", "$nonsense$", "x"}) {
    Users users{{{"c", Secret{hash}, User::Format::crypt}}};
    for (const char* const password : {"secret", "*0", "*1", hash}) {
      EXPECT_FALSE(test::run(users.verify("c", password))) << hash << " " << password;
    }
  }
}

TEST(Users, LimitsWaitingVerifications) {
  boost::asio::io_context context;
  Users users{{crypt_user("c", "secret")}};
  std::size_t granted = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 2 * Users::verifications_max; ++i) {
    boost::asio::co_spawn(context, users.verify("c", "secret"),
                          [&](const std::exception_ptr& failure, const auto& identity) {
                            EXPECT_FALSE(failure);
                            ++(identity ? granted : refused);
                          });
  }
  context.run();
  EXPECT_GE(granted, 1U);
  EXPECT_LE(granted, Users::verifications_max);
  EXPECT_EQ(granted + refused, 2 * Users::verifications_max);
}

TEST(Credentials, ReadsBasicStrictly) {
  const std::vector<std::pair<std::string_view, std::string>> cases{
      {"Basic dTpw", "u/p"},      {"BASIC dTpw", "u/p"},
      {"Basic  dTpw ", "u/p"},    {"Basic dTpwOnE=", "u/p:q"},
      {"Basic OnA=", "/p"},       {"Basic dTo=", "none"},
      {"Basic dQ==", "none"},     {"Basic !!!", "none"},
      {"Basic", "none"},          {"", "none"},
      {"Digest dTpw", "none"},    {"Basic dTpwAA==", "none"},
      {"Basic dTpwOnE", "u/p:q"}, {"Basic dTpw==", "u/p"},
      {"Basic dTpwO", "none"},    {"Basic ====", "none"},
  };
  for (const auto& [header, expected] : cases) {
    const auto found = basic_credentials(header);
    EXPECT_EQ(found ? found->name + "/" + found->password : "none", expected) << header;
  }
}

}  // namespace
}  // namespace arigate::ari
