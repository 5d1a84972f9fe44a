// The program begins before its PBX: it says what it is and knows, and nothing that it cannot know.
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <utility>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class PbxAwayTest : public testing::Test {
 protected:
  PbxAwayTest() {
    config_.ami.port = place_.local_endpoint().port();  // Where nobody listens yet.
    config_.ami.user = "arigate";
    config_.ami.secret = Secret{"arigate"};
    config_.ami.connect_timeout = std::chrono::milliseconds{500};
    config_.fastagi.bind = "127.0.0.1";
    config_.fastagi.port = 0;
    config_.http.port = 0;
    config_.users = {{"u", Secret{"p"}}};
    gateway_ = std::make_unique<Gateway>(context_, config_);
    EXPECT_EQ(gateway_->start(), "");
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~PbxAwayTest() override {
    auto stopped = boost::asio::co_spawn(context_, gateway_->stop(std::chrono::seconds{5}),
                                         boost::asio::use_future);
    EXPECT_EQ(stopped.wait_for(std::chrono::seconds{10}), std::future_status::ready);
    context_.stop();
    thread_.join();
  }

  RawClient::Answer ask(std::string_view method, std::string_view path) {
    RawClient client{gateway_->http_port()};
    return client.ask(std::string{method} + " " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n" +
                      std::string{basic_header} + "Content-Length: 0\r\n\r\n");
  }
  /// A PBX comes to where it was looked for.
  std::unique_ptr<FakePbx> pbx_comes() {
    auto options = sim::demo_options("127.0.0.1:1");
    options.ami_port = place_.local_endpoint().port();
    place_.close();
    return std::make_unique<FakePbx>(std::move(options));
  }
  bool becomes(std::string_view path, int status) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (ask("GET", path).status != status) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::yield();
    }
    return true;
  }

  boost::asio::io_context holder_;
  boost::asio::ip::tcp::acceptor place_ = [this] {
    boost::asio::ip::tcp::acceptor acceptor{holder_, boost::asio::ip::tcp::v4()};
    acceptor.set_option(boost::asio::socket_base::reuse_address{true});
    acceptor.bind({boost::asio::ip::address_v4::loopback(), 0});
    return acceptor;
  }();
  Config config_;
  boost::asio::io_context context_{1};
  std::unique_ptr<Gateway> gateway_;
  std::thread thread_;
};

TEST_F(PbxAwayTest, WhatIsOfThePbxIsNotDeniedBeforeThePbxWasAsked) {
  EXPECT_EQ(ask("GET", "/ari/asterisk/ping").status, 200);
  EXPECT_EQ(ask("GET", "/ari/applications").status, 200);
  EXPECT_EQ(ask("GET", "/ari/api-docs/resources.json").status, 200);
  EventClient events{gateway_->http_port(), "app=demo"};
  EXPECT_TRUE(events.open());
  for (const auto& [method, path] :
       {std::pair{"GET", "/ari/channels"}, std::pair{"GET", "/ari/channels/1.1"},
        std::pair{"POST", "/ari/channels?endpoint=SIP/alice&app=demo"},
        std::pair{"DELETE", "/ari/channels/1.1"}, std::pair{"GET", "/ari/bridges"},
        std::pair{"POST", "/ari/bridges/one/addChannel?channel=1.1"},
        std::pair{"GET", "/ari/endpoints"}, std::pair{"GET", "/ari/endpoints/SIP/alice"},
        std::pair{"GET", "/ari/deviceStates/Stasis:x"},
        std::pair{"GET", "/ari/asterisk/variable?variable=EPOCH"}}) {
    const auto answer = ask(method, path);
    EXPECT_EQ(answer.status, 503) << method << " " << path << " " << answer.body;
    EXPECT_EQ(answer.body, R"({"message":"The link to the PBX is down"})") << path;
  }
  const auto support = ask("GET", "/arigate/support");
  EXPECT_NE(support.body.find(R"("connected":false,"problem":"cannot connect: )"),
            std::string::npos);

  const auto pbx = pbx_comes();
  EXPECT_TRUE(becomes("/ari/asterisk/variable?variable=EPOCH", 200));
  EXPECT_EQ(ask("GET", "/ari/channels").body, "[]");
  EXPECT_EQ(ask("GET", "/ari/channels/1.1").status, 404);
  EXPECT_NE(ask("GET", "/arigate/support").body.find(R"("connected":true,"problem":"")"),
            std::string::npos);
}

}  // namespace
}  // namespace arigate::test
