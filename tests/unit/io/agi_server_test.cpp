#include "io/agi_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "support/line_socket.hpp"

namespace arigate::io {
namespace {

using test::LineSocket;

/// Fails at a reply, and at a connection of "bad".
class FailingAgiOwner : public ops::AgiOwner {
 public:
  void connected(std::shared_ptr<ops::AgiLink> link, agi::Environment environment) override {
    if (environment.uniqueid == "bad") throw std::runtime_error{"no such channel"};
    kept = link;  // As the channel's session does.
    link->send("NOOP");
  }
  void received(ops::AgiLink&, const agi::Reply&) override {
    throw std::runtime_error{"no such reply"};
  }
  void hangup_seen(ops::AgiLink&) override {}
  void closed(ops::AgiLink&) override { ++ends; }

  std::shared_ptr<ops::AgiLink> kept;
  int ends = 0;
};

class AgiServerTest : public testing::Test {
 protected:
  template <class Work>
  auto on_server(Work work) {
    return boost::asio::post(context_, boost::asio::use_future(std::move(work))).get();
  }

  AgiServerTest() {
    EXPECT_TRUE(server_.start());
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~AgiServerTest() override {
    on_server([this] { server_.stop(); });
    context_.stop();
    thread_.join();
  }

  static AgiServerOptions options() {
    AgiServerOptions options;
    options.bind = boost::asio::ip::address_v4::loopback();
    options.port = 0;
    options.allowed = *AllowList::parse({"127.0.0.1"});
    return options;
  }
  LineSocket connect(const std::string& uniqueid) {
    auto socket = LineSocket::connect(server_.port());
    socket.send("agi_network: yes\nagi_uniqueid: " + uniqueid + "\n\n");
    return socket;
  }

  boost::asio::io_context context_{1};
  FailingAgiOwner owner_;
  AgiServer server_{context_.get_executor(), options(), owner_};
  std::thread thread_;
};

TEST_F(AgiServerTest, WhatFailsCostsItsConnectionAndTheOwnerHearsOfIt) {
  for (int ends = 1; ends <= 2; ++ends) {
    auto socket = connect("1.1");
    EXPECT_EQ(socket.line(), "NOOP");
    socket.send("200 result=0\n");
    EXPECT_EQ(socket.read_rest(), "");
    EXPECT_EQ(on_server([this] { return owner_.ends; }), ends);
  }
  EXPECT_EQ(connect("bad").read_rest(), "");
  EXPECT_EQ(on_server([this] { return owner_.ends; }), 3);
}

TEST_F(AgiServerTest, WhoMayConnectCanChange) {
  EXPECT_EQ(connect("1.1").line(), "NOOP");
  on_server([this] { server_.allow(*AllowList::parse({"192.0.2.1"})); });
  EXPECT_TRUE(LineSocket::connect(server_.port()).ends()) << "it had been allowed before";
}

}  // namespace
}  // namespace arigate::io
