#include "io/stream_relay.hpp"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace arigate::io {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

/// What one connection told, shared with the test: the relay works on a thread of its own, and is
/// looked at when that has ended.
struct Told {
  std::string from_client, from_target, ends;
};

class Listening : public RelayObserver {
 public:
  explicit Listening(Told& told) : told_{told} {}
  void connected() override { told_.ends += "connected "; }
  void data(bool from_client, std::string_view bytes) override {
    (from_client ? told_.from_client : told_.from_target) += bytes;
  }
  void eof(bool from_client) override { told_.ends += from_client ? "client " : "target "; }
  void closed(std::string_view why) override { told_.ends += why.empty() ? "closed" : "lost"; }

 private:
  Told& told_;
};

class StreamRelayTest : public testing::Test {
 protected:
  StreamRelayTest() {
    StreamRelayOptions options;
    options.listen = {boost::asio::ip::address_v4::loopback(), 0};
    options.target_host = "127.0.0.1";
    options.target_port = std::to_string(target_.local_endpoint().port());
    relay_.emplace(context_.get_executor(), options, [this] {
      told_.push_back(std::make_unique<Told>());
      return std::make_unique<Listening>(*told_.back());
    });
    EXPECT_TRUE(relay_->start());
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~StreamRelayTest() override {
    if (thread_.joinable()) stop();
  }
  void stop() {
    boost::asio::post(context_, [this] { relay_->stop(); });
    thread_.join();
  }

  struct Pair {
    tcp::socket client, server;
  };
  Pair connect() {
    tcp::socket client{peers_};
    client.connect({boost::asio::ip::address_v4::loopback(), relay_->port()});
    return {std::move(client), target_.accept()};
  }
  static std::string read(tcp::socket& socket, std::size_t size) {
    std::string bytes(size, '\0');
    boost::system::error_code error;
    bytes.resize(boost::asio::read(socket, boost::asio::buffer(bytes), error));
    return bytes;
  }
  /// Everything up to the end, and how that came.
  static boost::system::error_code read_end(tcp::socket& socket, std::string* bytes = nullptr) {
    boost::system::error_code error;
    std::string block(64 * 1024, '\0');
    while (!error) {
      const auto size = socket.read_some(boost::asio::buffer(block), error);
      if (bytes != nullptr) bytes->append(block, 0, size);
    }
    return error;
  }

  boost::asio::io_context context_{1};  ///< The relay's.
  boost::asio::io_context peers_{1};
  tcp::acceptor target_{peers_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<std::unique_ptr<Told>> told_;
  std::optional<StreamRelay> relay_;
  std::thread thread_;
};

TEST_F(StreamRelayTest, PassesEveryByteOfManyClientsBothWays) {
  constexpr std::size_t clients = 20;
  constexpr std::size_t size = 300'000;
  std::minstd_rand random{1};
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < clients; ++i) pairs.push_back(connect());
  for (auto& [client, server] : pairs) {
    std::thread writer{[&] {
      boost::asio::write(client, boost::asio::buffer(bytes));
      client.shutdown(tcp::socket::shutdown_send);
    }};
    std::string seen;
    EXPECT_EQ(read_end(server, &seen), boost::asio::error::eof);
    EXPECT_TRUE(seen == bytes);
    writer.join();
    // The other direction goes on.
    boost::asio::write(server, boost::asio::buffer(std::string_view{"still here"}));
    EXPECT_EQ(read(client, 10), "still here");
    server.close();
    EXPECT_EQ(read_end(client), boost::asio::error::eof);
  }
  stop();
  ASSERT_EQ(told_.size(), clients);
  for (const auto& told : told_) {
    EXPECT_TRUE(told->from_client == bytes);
    EXPECT_EQ(told->from_target, "still here");
    EXPECT_EQ(told->ends, "connected client target closed");
  }
}

TEST_F(StreamRelayTest, AReaderThatStopsHoldsTheSenderUp) {
  auto [client, server] = connect();
  server.non_blocking(true);
  const std::string block(64 * 1024, 'x');
  std::size_t sent = 0;
  constexpr std::size_t far_too_much = std::size_t{64} * 1024 * 1024;
  boost::system::error_code error;
  for (auto full = 0; full < 20 && sent < far_too_much;) {
    const auto size = server.write_some(boost::asio::buffer(block), error);
    sent += size;
    if (error != boost::asio::error::would_block) continue;
    ++full;  // Twenty times in a row: the sockets' own buffers are full, the relay takes no more.
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_LT(sent, far_too_much);
  server.non_blocking(false);
  server.shutdown(tcp::socket::shutdown_send);
  std::string seen;
  EXPECT_EQ(read_end(client, &seen), boost::asio::error::eof);
  EXPECT_EQ(seen.size(), sent) << "and nothing is lost";
}

TEST_F(StreamRelayTest, AResetGoesThroughAsAReset) {
  auto [client, server] = connect();
  boost::asio::write(client, boost::asio::buffer(std::string_view{"x"}));
  EXPECT_EQ(read(server, 1), "x");
  client.set_option(boost::asio::socket_base::linger{true, 0});
  client.close();
  EXPECT_EQ(read_end(server), boost::asio::error::connection_reset);
  stop();
  EXPECT_EQ(told_[0]->ends, "connected lost");
}

TEST_F(StreamRelayTest, ATargetThatIsAwayEndsTheConnection) {
  target_.close();
  tcp::socket client{peers_};
  client.connect({boost::asio::ip::address_v4::loopback(), relay_->port()});
  EXPECT_EQ(read_end(client), boost::asio::error::connection_reset);
  stop();
  EXPECT_EQ(told_.at(0)->ends, "connected lost");
}

TEST_F(StreamRelayTest, StoppingEndsWhatIsThere) {
  auto [client, server] = connect();
  boost::asio::write(client, boost::asio::buffer(std::string_view{"x"}));
  EXPECT_EQ(read(server, 1), "x");
  stop();
  EXPECT_EQ(read_end(client), boost::asio::error::eof);
  EXPECT_EQ(read_end(server), boost::asio::error::eof);
}

TEST(StreamRelay, SaysThatAPortIsTaken) {
  boost::asio::io_context context{1};
  const tcp::acceptor taken{context, {boost::asio::ip::address_v4::loopback(), 0}};
  StreamRelayOptions options;
  options.listen = taken.local_endpoint();
  StreamRelay relay{context.get_executor(), options, [] { return nullptr; }};
  const auto started = relay.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("Address already in use"), std::string::npos);
}

}  // namespace
}  // namespace arigate::io
