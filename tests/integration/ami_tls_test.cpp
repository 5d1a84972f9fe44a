// The link to the manager interface over TLS: what is not the PBX is never told anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "io/ami_client.hpp"
#include "io/system_clock.hpp"
#include "support/scripted_pbx.hpp"
#include "support/tls_front.hpp"

namespace arigate::io {
namespace {

using testing::HasSubstr;

/// Ends the event loop at the first news of the link.
class Owner : public AmiOwner {
 public:
  explicit Owner(boost::asio::io_context& context) : context_{context} {}
  void link_up(const ami::Dialect&, const std::string& version) override {
    news = "up " + version;
    context_.stop();
  }
  void link_down() override {
    news = "down";
    context_.stop();
  }
  void link_failed(const Error& error) override {
    news = error.detail;
    context_.stop();
  }
  void event(const ami::Message&) override {}
  void batch_end() override {}

  std::string news;

 private:
  boost::asio::io_context& context_;
};

class AmiTls : public testing::Test {
 protected:
  AmiClientOptions options(std::string host, TlsOptions tls) {
    AmiClientOptions options;
    options.host = std::move(host);
    options.port = front_.port();
    options.credentials = {"u", Secret{"s"}, true};
    options.tls = std::move(tls);
    options.connect_timeout = std::chrono::seconds{2};
    return options;
  }
  TlsOptions believing() const {
    TlsOptions tls;
    tls.ca_list_file = front_.certificate();
    return tls;
  }
  /// What comes first of a client with these options: "up VERSION", or why it is not.
  std::string news_of(AmiClientOptions options) {
    start(std::move(options));
    return next_news();
  }
  void start(AmiClientOptions options) {
    client_.emplace(context_.get_executor(), std::move(options), owner_, clock_);
    client_->start();
  }
  std::string next_news() {
    owner_.news.clear();
    context_.restart();
    context_.run_for(std::chrono::seconds{10});
    return owner_.news;
  }
  void TearDown() override {
    if (!client_) return;
    client_->stop();
    context_.restart();
    while (client_->running() && context_.run_one_for(std::chrono::seconds{10}) != 0) {
    }
    EXPECT_FALSE(client_->running());
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_{1};
  SystemClock clock_;
  Owner owner_{context_};
  test::ScriptedPbx pbx_{"11.0.0"};
  test::TlsFront front_{pbx_.port(), "DNS:localhost"};
  std::optional<AmiClient> client_;
};

TEST_F(AmiTls, LogsInAndAsksThroughIt) {
  pbx_.set_answer("Ping", "Response: Success\r\nActionID: @\r\nPing: " + std::string(100'000, 'x') +
                              "\r\n\r\n");
  ASSERT_EQ(news_of(options("localhost", believing())), "up 11.0.0");
  std::optional<Result<ami::Message>> answer;
  boost::asio::co_spawn(
      context_, client_->request(ami::Action{"Ping"}, clock_.now() + std::chrono::seconds{10}, ""),
      [&](const std::exception_ptr&, Result<ami::Message> got) {
        answer.emplace(std::move(got));
        context_.stop();
      });
  EXPECT_EQ(next_news(), "");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(static_cast<bool>(*answer));
}

TEST_F(AmiTls, ComesBackWhenItIsCut) {
  ASSERT_EQ(news_of(options("localhost", believing())), "up 11.0.0");
  pbx_.cut();
  EXPECT_EQ(next_news(), "closed by the PBX");
  EXPECT_EQ(next_news(), "up 11.0.0");
}

TEST_F(AmiTls, ACertificateOfNobodyIsRefused) {
  EXPECT_THAT(news_of(options("localhost", {})), HasSubstr("its certificate is not accepted"));
  EXPECT_EQ(pbx_.logins(), 0);
}

TEST_F(AmiTls, ACertificateForAnotherNameIsRefused) {
  EXPECT_THAT(news_of(options("127.0.0.1", believing())), HasSubstr("mismatch"));
  EXPECT_EQ(pbx_.logins(), 0);
}

TEST_F(AmiTls, TheNameNeedsNoCheckIfTheOperatorSaysSo) {
  auto tls = believing();
  tls.verify_server_hostname = false;
  EXPECT_EQ(news_of(options("127.0.0.1", std::move(tls))), "up 11.0.0");
}

TEST_F(AmiTls, NothingNeedsACheckIfTheOperatorSaysSo) {
  TlsOptions tls;
  tls.verify_server_cert = false;
  EXPECT_EQ(news_of(options("127.0.0.1", std::move(tls))), "up 11.0.0");
}

TEST_F(AmiTls, APlainPortIsNotSpokenTo) {
  auto plain = options("localhost", believing());
  plain.port = pbx_.port();
  EXPECT_THAT(news_of(std::move(plain)), HasSubstr("no TLS with it"));
  EXPECT_EQ(pbx_.logins(), 0);
}

TEST_F(AmiTls, WithoutTlsATlsPortIsNotSpokenTo) {
  auto plain = options("localhost", {});
  plain.tls.reset();
  EXPECT_NE(news_of(std::move(plain)), "up 11.0.0");
  EXPECT_EQ(pbx_.logins(), 0);
}

TEST_F(AmiTls, AFileThatCannotBeReadIsNamed) {
  TlsOptions tls;
  tls.ca_list_file = "/no/such/file";
  EXPECT_THAT(news_of(options("localhost", std::move(tls))), HasSubstr("/no/such/file"));
}

}  // namespace
}  // namespace arigate::io
