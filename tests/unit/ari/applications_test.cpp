#include "ari/applications.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_clock.hpp"
#include "support/quiet_log.hpp"

namespace arigate::ari {
namespace {

class Deaf : public EventSocket {
 public:
  void send(std::string_view) override {}
  void close(std::uint16_t, std::string_view) override {}
};

/// One application with one socket.
class ApplicationsTest : public testing::Test {
 protected:
  ApplicationsTest() {
    Request request;
    request.set_param("app", app_.value);
    request.set_list("app", {app_.value});
    applications_.opened(socket_, request);
  }

  static std::string device(std::size_t number) {
    return "deviceState:SIP/" + std::to_string(number);
  }
  /// "fine", or what is wrong.
  std::string subscribe(const std::vector<std::string>& sources) {
    const auto outcome = applications_.subscribe(app_, sources);
    if (outcome) return "fine";
    return outcome.error().code == Errc::overloaded ? "overloaded" : outcome.error().detail;
  }

  /// A socket for these applications.
  static Request opening(std::vector<std::string> names) {
    Request request;
    request.set_list("app", std::move(names));
    return request;
  }
  /// One of those that share an application.
  static Request sharing(const std::string& mode) {
    auto request = opening({"shared"});
    request.set_param("share", "true");
    request.set_param("mode", mode);
    return request;
  }
  std::shared_ptr<Deaf> open(const Request& request) {
    auto socket = std::make_shared<Deaf>();
    applications_.opened(socket, request);
    return socket;
  }
  /// The status that refuses it; 0: it is welcome.
  int refused(const Request& request) {
    const auto refusal = applications_.refuse(request);
    return refusal ? refusal->status : 0;
  }

  const AppName app_{"app"};
  test::FakeClock clock_;
  model::Store store_;
  Snapshots snapshots_{false};
  EventWriter writer_{snapshots_, "id"};
  std::shared_ptr<Deaf> socket_ = std::make_shared<Deaf>();
  Applications applications_{store_, snapshots_, writer_, clock_};
};

TEST_F(ApplicationsTest, HaveALimitedNumberOfSubscriptions) {
  std::vector<std::string> sources;
  for (std::size_t i = 1; i < Applications::subscriptions_max; ++i) sources.push_back(device(i));
  ASSERT_EQ(subscribe(sources), "fine");
  EXPECT_EQ(subscribe({"deviceState:SIP/a", "deviceState:SIP/b"}), "overloaded");
  EXPECT_EQ(applications_.json(app_)->find("SIP/a"), std::string::npos) << "all or nothing";
  EXPECT_EQ(subscribe({"deviceState:SIP/a"}), "fine");
  EXPECT_EQ(subscribe({"deviceState:SIP/b"}), "overloaded");
  EXPECT_EQ(subscribe({device(1), "channel:"}), "fine") << "nothing more to remember";
  ASSERT_TRUE(applications_.unsubscribe(app_, {device(2)}));
  EXPECT_EQ(subscribe({"deviceState:SIP/b"}), "fine");
}

TEST_F(ApplicationsTest, KnowNoDeviceWithAnEndlessName) {
  const std::string name(Applications::name_bytes_max, 'x');
  EXPECT_EQ(subscribe({"deviceState:" + name}), "fine");
  EXPECT_EQ(subscribe({"deviceState:" + name + 'x'}), "Event source does not exist");
}

TEST_F(ApplicationsTest, TellWhichDeviceIsWanted) {
  std::vector<std::string> wanted;
  applications_.on_device([&](const std::string& name) { wanted.push_back(name); });
  EXPECT_EQ(subscribe({"deviceState:Stasis:lamp", "deviceState:nope", "channel:nope"}),
            "Event source does not exist");
  EXPECT_EQ(wanted, std::vector<std::string>{});
  EXPECT_EQ(subscribe({"channel:", "deviceState:", "deviceState:Stasis:lamp"}), "fine");
  EXPECT_EQ(wanted, std::vector<std::string>{"Stasis:lamp"});
}

TEST_F(ApplicationsTest, ListTheFirstDevicesInTheirOrder) {
  ASSERT_EQ(subscribe({device(3), device(1), device(2)}), "fine");
  EXPECT_EQ(applications_.devices(2), (std::vector<std::string>{"SIP/1", "SIP/2"}));
  EXPECT_EQ(applications_.devices(9), (std::vector<std::string>{"SIP/1", "SIP/2", "SIP/3"}));
}

TEST_F(ApplicationsTest, EndWhenNobodyIsThereAndNothingIsSubscribed) {
  ASSERT_EQ(subscribe({device(1)}), "fine");
  applications_.closed(*socket_);
  applications_.expire(clock_.now());
  EXPECT_TRUE(applications_.exists(app_)) << "it is still subscribed";
  ASSERT_TRUE(applications_.unsubscribe(app_, {device(1)}));
  EXPECT_TRUE(applications_.exists(app_)) << "the answer shows it";
  applications_.expire(clock_.now());
  EXPECT_FALSE(applications_.exists(app_));
}

TEST_F(ApplicationsTest, AreOnlySoMany) {
  const test::QuietLog quiet;
  std::vector<std::string> names;
  for (std::size_t i = 2; i < Applications::applications_max; ++i) {
    names.push_back(std::to_string(i));
  }
  open(opening(std::move(names)));
  EXPECT_EQ(refused(opening({"a", "b"})), 503);
  EXPECT_EQ(refused(opening({"a"})), 0);
  const auto last = open(opening({"a"}));
  EXPECT_EQ(refused(opening({"b"})), 503);
  EXPECT_EQ(refused(opening({"a", "2"})), 0) << "these are there already";
  applications_.closed(*last);
  EXPECT_EQ(refused(opening({"b"})), 0);
}

TEST_F(ApplicationsTest, AreSharedByOnlySoManySockets) {
  const test::QuietLog quiet;
  const auto request = sharing("all");
  const auto first = open(request);
  for (std::size_t i = 1; i < Applications::members_max; ++i) {
    ASSERT_EQ(refused(request), 0);
    open(request);
  }
  EXPECT_EQ(refused(request), 503);
  applications_.closed(*first);
  EXPECT_EQ(refused(request), 0);
}

TEST_F(ApplicationsTest, KnowTheOwnersOfOnlySoManyChannelsToCome) {
  const auto owner = open(sharing("one"));
  // Whether the channel that is asked for gets an id at once, by which its owner is known.
  const auto asked = [&] {
    Request request;
    request.operation = Operation::channels_create;
    request.via = owner.get();
    request.set_param("app", "shared");
    applications_.asked(request);
    return request.param("channelId").has_value();
  };
  for (std::size_t i = 0; i < Applications::reserved_max; ++i) ASSERT_TRUE(asked());
  EXPECT_FALSE(asked());
  clock_.advance(Applications::reserved_time);
  applications_.expire(clock_.now());  // None of them has come.
  EXPECT_TRUE(asked());
}

}  // namespace
}  // namespace arigate::ari
