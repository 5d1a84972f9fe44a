#include "io/outbound_websockets.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/quiet_log.hpp"

namespace arigate::io {
namespace {

/// Nobody is ever connected.
struct NoSockets : ari::EventSocketOwner {
  std::optional<ari::Response> refuse(const ari::Request&) override { return std::nullopt; }
  void opened(std::shared_ptr<ari::EventSocket>, const ari::Request&) override {}
  void received(ari::EventSocket&, std::string_view) override {}
  void closed(ari::EventSocket&) override {}
};

class OutboundForCalls : public testing::Test {
 protected:
  using Outcome = std::shared_ptr<std::optional<Result<AppName>>>;

  /// A connection that cannot be opened, in so many attempts.
  static OutboundOptions options_for(const std::string& application, std::size_t attempts) {
    OutboundOptions options;
    options.uri = "nowhere";
    options.per_call = true;
    options.reconnect_interval = std::chrono::hours{1};
    options.reconnect_attempts = attempts;
    options.apps = {application};
    return options;
  }
  Outcome summon(const std::string& application) {
    auto outcome = std::make_shared<std::optional<Result<AppName>>>();
    boost::asio::co_spawn(context_, outbound_.summon(AppName{application}, "SIP/a-1"),
                          [outcome](const std::exception_ptr&, Result<AppName> result) {
                            outcome->emplace(std::move(result));
                          });
    settle();
    return outcome;
  }
  void settle() {
    context_.restart();
    context_.poll();
  }

  const test::QuietLog quiet_;
  boost::asio::io_context context_;
  NoSockets owner_;
  OutboundWebSockets outbound_{
      context_, {options_for("patient", 2), options_for("hasty", 1)}, owner_, {}};
};

TEST_F(OutboundForCalls, AreOnlySoManyAtATime) {
  const auto first = summon("patient");
  for (std::size_t i = 2; i < OutboundWebSockets::per_call_max; ++i) summon("patient");
  const auto failed = summon("hasty");
  ASSERT_TRUE(failed->has_value());
  EXPECT_EQ((*failed)->error().code, Errc::unavailable);
  EXPECT_FALSE(summon("patient")->has_value()) << "in the place of the one that has failed";
  const auto refused = summon("hasty");
  ASSERT_TRUE(refused->has_value());
  EXPECT_EQ((*refused)->error().code, Errc::overloaded);
  EXPECT_FALSE(first->has_value());
  boost::asio::co_spawn(context_, outbound_.stop({}), boost::asio::detached);
  settle();
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->error().code, Errc::unavailable);
}

}  // namespace
}  // namespace arigate::io
