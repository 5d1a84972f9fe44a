#include "io/ami_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

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
    return options;
  }
  /// All news up to and with the next link, or event that it takes.
  std::string next_news() {
    owner_.news.clear();
    context_.restart();
    context_.run_for(std::chrono::seconds{10});
    return owner_.news;
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

}  // namespace
}  // namespace arigate::io
