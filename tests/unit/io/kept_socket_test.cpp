#include "io/kept_socket.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace arigate::io {
namespace {

struct Connection : ari::EventSocket {
  std::string sent;
  void send(std::string_view json) override { sent.append(json).append(" "); }
  void close(std::uint16_t code, std::string_view) override {
    sent += "closed " + std::to_string(code);
  }
};

class KeptSocketTest : public testing::Test {
 protected:
  std::shared_ptr<Connection> connect() {
    auto connection = std::make_shared<Connection>();
    socket_.connect(connection, [this] { socket_.send("hello"); });
    return connection;
  }

  KeptSocket socket_{"test"};
};

TEST_F(KeptSocketTest, KeepsWhatIsSentWhileThereIsNoConnection) {
  socket_.send("1");
  socket_.send("2");
  const auto first = connect();
  socket_.send("3");
  EXPECT_EQ(first->sent, "hello 1 2 3 ");
  socket_.disconnect({"4", "5"});
  socket_.send("6");
  const auto second = connect();
  EXPECT_EQ(second->sent, "4 5 6 hello ");
  EXPECT_EQ(first->sent, "hello 1 2 3 ");
}

TEST_F(KeptSocketTest, ClosesTheConnectionThatItHas) {
  socket_.close(1000, "");
  const auto connection = connect();
  socket_.close(1001, "");
  EXPECT_EQ(connection->sent, "hello closed 1001");
}

TEST_F(KeptSocketTest, DropsTheOldestBeyondItsLimit) {
  const std::string half(KeptSocket::waiting_bytes_max / 2, 'x');
  socket_.send("first");
  socket_.send(half);
  EXPECT_EQ(socket_.waiting_bytes(), half.size() + 5);
  socket_.send(half);
  EXPECT_EQ(socket_.waiting_bytes(), 2 * half.size());
  socket_.send("last");
  const auto connection = connect();
  EXPECT_EQ(connection->sent, "hello " + half + " last ");
  EXPECT_EQ(socket_.waiting_bytes(), 0U);
}

}  // namespace
}  // namespace arigate::io
