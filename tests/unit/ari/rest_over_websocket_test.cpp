#include "ari/rest_over_websocket.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "support/fake_clock.hpp"

namespace arigate::ari {
namespace {

class CountingSocket : public EventSocket {
 public:
  void send(std::string_view) override { ++sent; }
  void close(std::uint16_t code, std::string_view) override { closed = code; }
  std::size_t sent = 0;
  std::uint16_t closed = 0;
};

/// One socket. Requests wait until the executor runs.
class RestOverWebSocketTest : public testing::Test {
 protected:
  RestOverWebSocketTest() {
    Request request;
    request.set_param("app", "app");
    request.set_list("app", {"app"});
    rest_.opened(socket_, request);
  }
  void received(std::size_t bytes) { rest_.received(*socket_, std::string(bytes, 'x')); }

  test::FakeClock clock_;
  boost::asio::io_context context_;
  model::Store store_;
  Snapshots snapshots_{false};
  EventWriter writer_{snapshots_, "id"};
  Applications applications_{store_, snapshots_, writer_, clock_};
  Users users_{{}};
  Router router_{{"", "", {}, false}, users_};
  RestOverWebSocket rest_{context_.get_executor(), applications_, router_, writer_, clock_};
  std::shared_ptr<CountingSocket> socket_ = std::make_shared<CountingSocket>();
};

TEST_F(RestOverWebSocketTest, LetsSoManyRequestsWait) {
  for (std::size_t i = 0; i < RestOverWebSocket::waiting_max; ++i) received(1);
  EXPECT_EQ(socket_->closed, 0);
  received(1);
  EXPECT_EQ(socket_->closed, 1008);
}

TEST_F(RestOverWebSocketTest, TakesALargeRequestWhenNothingWaits) {
  received(RestOverWebSocket::waiting_bytes_max + 1);
  EXPECT_EQ(socket_->closed, 0);
  received(1);
  EXPECT_EQ(socket_->closed, 1008);
}

TEST_F(RestOverWebSocketTest, LetsSoManyBytesWait) {
  constexpr std::size_t half = RestOverWebSocket::waiting_bytes_max / 2;
  for (std::size_t round = 1; round <= 2; ++round) {
    received(half);
    received(half);
    EXPECT_EQ(socket_->closed, 0);
    if (round == 2) break;
    context_.run();
    context_.restart();
    EXPECT_EQ(socket_->sent, 2U) << "what is answered waits no more";
  }
  received(1);
  EXPECT_EQ(socket_->closed, 1008);
}

}  // namespace
}  // namespace arigate::ari
