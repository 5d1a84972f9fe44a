#include "io/ami_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "io/system_clock.hpp"
#include "support/scripted_pbx.hpp"

namespace arigate::io {
namespace {

/// One that fails where a test says so.
class FailingOwner : public AmiOwner {
 public:
  explicit FailingOwner(boost::asio::io_context& context) : context_{context} {}
  void link_up(const ami::Dialect&, const std::string&) override {
    news += "up ";
    context_.stop();
  }
  void link_down() override {
    news += "down ";
    if (fails_at_the_end) throw std::runtime_error{"no end"};
  }
  void event(const ami::Message& message) override {
    news += std::string{message[ami::Key::event]} + " ";
    if (message[ami::Key::event] == "Bad") throw std::runtime_error{"no such event"};
    context_.stop();
  }
  void batch_end() override {}

  std::string news;
  bool fails_at_the_end = false;

 private:
  boost::asio::io_context& context_;
};

class AmiClientTest : public testing::Test {
 protected:
  AmiClientTest() { client_.start(); }
  ~AmiClientTest() override {
    client_.stop();
    context_.restart();
    context_.run();
  }

  static AmiClientOptions options_for(const test::ScriptedPbx& pbx) {
    AmiClientOptions options;
    options.port = pbx.port();
    options.credentials = {"u", Secret{"s"}, true};
    options.reconnect_min = std::chrono::milliseconds{1};
    options.ping_interval = std::chrono::milliseconds{50};
    options.silence_max = std::chrono::milliseconds{500};
    return options;
  }
  /// All news up to and with the next link, or event that it takes.
  std::string next_news() {
    owner_.news.clear();
    context_.restart();
    context_.run_for(std::chrono::seconds{10});
    return owner_.news;
  }

  using Outcome = std::shared_ptr<std::optional<Result<ami::Message>>>;
  Outcome ask(ami::Action action) {
    auto outcome = std::make_shared<std::optional<Result<ami::Message>>>();
    boost::asio::co_spawn(context_, client_.request(std::move(action), TimePoint::max(), ""),
                          [outcome](const std::exception_ptr&, Result<ami::Message> answer) {
                            outcome->emplace(std::move(answer));
                          });
    return outcome;
  }

  test::ScriptedPbx pbx_{"11.0.0"};
  boost::asio::io_context context_;
  SystemClock clock_;
  FailingOwner owner_{context_};
  AmiClient client_{context_.get_executor(), options_for(pbx_), owner_, clock_};
};

TEST_F(AmiClientTest, AnEventThatCannotBeTakenCostsTheLinkAndNoMore) {
  EXPECT_EQ(next_news(), "up ");
  for (const bool fails_at_the_end : {false, true}) {
    owner_.fails_at_the_end = fails_at_the_end;
    pbx_.tell("Event: Bad\r\n\r\n");
    EXPECT_EQ(next_news(), "Bad down up ");
    pbx_.tell("Event: Good\r\n\r\n");
    EXPECT_EQ(next_news(), "Good ");
    EXPECT_TRUE(client_.up());
  }
}

TEST_F(AmiClientTest, KnowsTheAddressesOfItsHost) {
  EXPECT_EQ(next_news(), "up ");
  ASSERT_EQ(client_.addresses().size(), 1U);
  EXPECT_EQ(client_.addresses().front().to_string(), "127.0.0.1");
}

TEST_F(AmiClientTest, AsksForASignOfLifeAndGivesUpWhoGivesNone) {
  EXPECT_EQ(next_news(), "up ");
  pbx_.set_answer("Ping", "Event: Asked\r\n\r\nResponse: Success\r\nActionID: @\r\n\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next_news(), "Asked ");
  pbx_.set_answer("Ping", "");
  const auto silent = std::chrono::steady_clock::now();
  EXPECT_EQ(next_news(), "down up ");
  EXPECT_GT(std::chrono::steady_clock::now() - silent, std::chrono::milliseconds{400});
}

/// Whoever is there by then closes at once.
TEST(AmiClientPauses, GrowFromTheFirstToTheLongest) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor acceptor{context, {boost::asio::ip::address_v4::loopback(), 0}};
  SystemClock clock;
  FailingOwner owner{context};
  AmiClientOptions options;
  options.port = acceptor.local_endpoint().port();
  options.reconnect_min = milliseconds{40};
  options.reconnect_max = milliseconds{160};
  AmiClient client{context.get_executor(), options, owner, clock};
  client.start();
  std::optional<steady_clock::time_point> before;
  for (const int pause : {0, 40, 80, 160, 160}) {
    std::optional<boost::asio::ip::tcp::socket> peer;
    acceptor.async_accept([&](boost::system::error_code, boost::asio::ip::tcp::socket socket) {
      peer.emplace(std::move(socket));
      context.stop();
    });
    context.restart();
    context.run_for(std::chrono::seconds{10});
    ASSERT_TRUE(peer) << "nobody comes back";
    const auto now = steady_clock::now();
    if (before) {
      EXPECT_GE(now - *before, milliseconds{pause} * 3 / 4) << pause;
    }
    before = now;
  }
  client.stop();
  context.restart();
  context.run();
}

TEST_F(AmiClientTest, LetsOnlySoMuchWaitToBeWritten) {
  EXPECT_EQ(next_news(), "up ");
  pbx_.set_answer("Silent", "");
  ami::Action silent{"Silent"};
  for (int i = 0; i < 100; ++i) silent.add("Variable", std::string(1'000, 'x'));
  std::vector<Outcome> outcomes;
  constexpr auto enough = AmiClient::unsent_bytes_max + 300'000;  // Some are being written.
  for (std::size_t bytes = 0; bytes < enough; bytes += 100'000) outcomes.push_back(ask(silent));
  context_.restart();
  context_.poll();
  EXPECT_FALSE(outcomes.front()->has_value());
  ASSERT_TRUE(outcomes.back()->has_value());
  EXPECT_EQ((*outcomes.back())->error().code, Errc::overloaded);
}

}  // namespace
}  // namespace arigate::io
