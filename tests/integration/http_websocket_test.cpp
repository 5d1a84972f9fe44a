#include <gtest/gtest.h>

#include "integration/http_fixture.hpp"

namespace arigate::test {
namespace {

using namespace std::chrono_literals;

std::string client_frame(unsigned first, std::string_view payload) {
  const std::size_t size = payload.size();
  std::string out{static_cast<char>(first)};
  out += static_cast<char>(0x80U | (size < 126 ? size : size <= 0xFFFF ? 126U : 127U));
  for (int shift = size < 126 ? -8 : size <= 0xFFFF ? 8 : 56; shift >= 0; shift -= 8) {
    out += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xFFU);
  }
  return out.append(4, '\0').append(payload);  // A mask of zeros.
}

std::string close_payload(std::uint16_t code) {
  return {static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
}

class WebSocketTest : public HttpFixture {
 protected:
  static std::string open(RawClient& client, std::string_view target = "/ari/events?app=a") {
    client.send(websocket_get(target));
    return client.read_until("\r\n\r\n");
  }

  struct Frame {
    unsigned opcode = 0x100;  ///< None came.
    std::string payload;
  };
  static Frame read_frame(RawClient& client) {
    const auto head = client.read(2);
    if (head.size() < 2) return {};
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
      const auto extended = client.read(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : extended) size = size << 8U | static_cast<unsigned char>(c);
    }
    return {static_cast<unsigned>(head[0]) & 0x0FU, client.read(size)};
  }

  /// The code of the close frame that comes next; 0 when another frame or none comes.
  static int read_close(RawClient& client) {
    const auto frame = read_frame(client);
    if (frame.opcode != 0x8 || frame.payload.size() < 2) return 0;
    return static_cast<unsigned char>(frame.payload[0]) * 256 +
           static_cast<unsigned char>(frame.payload[1]);
  }

  bool owner_saw(const std::string& log) {
    return eventually([&] { return owner_.log_ == log; });
  }
};

TEST_F(WebSocketTest, AnswersHandshakesAsNative) {
  start();
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string events = "/ari/events?app=a";
  const std::vector<std::pair<std::string, std::string>> cases{
      {http_get(events, upgrade + key + version), "101"},
      {http_get(events,
                upgrade + key + version + "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
       "101"},
      {http_get(events, upgrade + key + version + "Sec-WebSocket-Protocol: foo, ari\r\n"),
       "101 ari"},
      {http_get(events, upgrade + key + version + "Origin: http://other\r\n"), "101"},
      {"GET /ari/events?app=a&api_key=u%3Ap HTTP/1.1\r\n" + upgrade + key + version + "\r\n",
       "101"},
      {http_get(events, upgrade + key + version + "Sec-WebSocket-Protocol: foo\r\n"), "400"},
      {http_get("/ari/events", upgrade + key + version), "400"},
      {http_get("/ari/events?app=", upgrade + key + version), "400"},
      {http_get(events, upgrade + key), "400"},
      {http_get(events, upgrade + key + "Sec-WebSocket-Version: 12\r\n"), "400"},
      {http_get(events, upgrade + version), "400"},
      {http_get(events), "426"},
      {"GET /ari/events?app=a HTTP/1.1\r\n" + upgrade + key + version + "\r\n", "401"},
      {"POST /ari/events?app=a HTTP/1.1\r\n" + std::string{basic_header} + upgrade + key + version +
           "\r\n",
       "405"},
  };
  for (const auto& [request, expected] : cases) {
    RawClient client{port_};
    const auto answer = client.ask(request);
    std::string seen = answer.head.substr(9, 3);
    if (answer.head.find("\r\nSec-WebSocket-Protocol: ari\r\n") != std::string::npos)
      seen += " ari";
    EXPECT_EQ(seen, expected) << request;
    EXPECT_EQ(answer.head.find("Extensions"), std::string::npos);
    if (answer.status == 101) {
      EXPECT_NE(answer.head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
                std::string::npos);
    } else {
      // The connection is still one of HTTP.
      EXPECT_EQ(client.ask(http_get("/ari/asterisk/ping")).status, 200) << request;
    }
  }
}

TEST_F(WebSocketTest, CarriesMessagesBothWays) {
  start();
  RawClient client{port_};
  // The first frame may come in one segment with the handshake.
  client.send(websocket_get("/ari/events?app=a,b") + client_frame(0x81, "echo"));
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(read_frame(client).payload, "echo");
  const std::string large(100'000, 'x');
  send_to_all("one");
  send_to_all(large);
  EXPECT_EQ(read_frame(client).payload, "one");
  EXPECT_EQ(read_frame(client).payload, large);
  client.send(client_frame(0x89, "are you there"));
  const auto pong = read_frame(client);
  EXPECT_EQ(pong.opcode, 0xAU);
  EXPECT_EQ(pong.payload, "are you there");
  client.send(client_frame(0x88, close_payload(1000)));
  EXPECT_EQ(read_close(client), 1000);
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(client.was_reset());
  EXPECT_TRUE(owner_saw("opened a,b|received echo|closed|"));
}

TEST_F(WebSocketTest, ClosesOnBadFrames) {
  start();
  const std::string claims_2_to_62 = "\x81\xFF\x40" + std::string(7, '\0') + "mask";
  std::string fragments = client_frame(0x01, "x");
  for (int i = 0; i < 70; ++i) fragments += client_frame(0x00, std::string(1000, 'x'));
  const std::vector<std::pair<std::string, int>> cases{
      {"\x81\x01x", 1002},  // No mask.
      {client_frame(0xC1, "x"), 1002},
      {client_frame(0x83, "x"), 1002},
      {client_frame(0x89, std::string(126, 'x')), 1002},
      {client_frame(0x81, "\xFF"), 1007},
      {client_frame(0x82, "x"), 1003},
      {client_frame(0x81, std::string(16'777'216, 'x')), 1009},
      {claims_2_to_62, 1009},
      {fragments, 1009},
  };
  for (const auto& [bytes, code] : cases) {
    RawClient client{port_};
    open(client);
    client.send(bytes);
    EXPECT_EQ(read_close(client), code) << bytes.substr(0, 10);
    if (code == 1003) client.send(client_frame(0x88, close_payload(1000)));
    EXPECT_TRUE(client.closed());
  }
  EXPECT_TRUE(eventually([this] { return owner_.sockets_.empty(); }));
  EXPECT_TRUE(eventually([this] { return server_->connection_count() == 0; }));
}

TEST_F(WebSocketTest, LetsTheOwnerClose) {
  start();
  RawClient client{port_};
  open(client);
  client.send(client_frame(0x81, "close"));
  EXPECT_EQ(read_close(client), 1000);
  send_to_all("too late");
  client.send(client_frame(0x88, close_payload(1000)));
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(owner_saw("opened a|received close|closed|"));
}

TEST_F(WebSocketTest, DoesNotWaitForeverForACloseFrame) {
  options_.connection.websocket.close_timeout = 100ms;
  start();
  RawClient client{port_};
  open(client);
  client.send(client_frame(0x81, "close"));
  EXPECT_EQ(read_close(client), 1000);
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(owner_saw("opened a|received close|closed|"));
}

TEST_F(WebSocketTest, HearsOfClientsThatVanish) {
  start();
  {
    RawClient cut{port_};
    open(cut);
    RawClient reset{port_};
    open(reset);
    ASSERT_TRUE(eventually([this] { return owner_.sockets_.size() == 2; }));
    reset.socket().set_option(boost::asio::socket_base::linger{true, 0});
  }
  EXPECT_TRUE(owner_saw("opened a|opened a|closed|closed|"));
  EXPECT_TRUE(eventually([this] { return server_->connection_count() == 0; }));
}

TEST_F(WebSocketTest, PingsAndClosesWhoDoesNotAnswer) {
  options_.connection.websocket.ping_interval = 100ms;
  options_.connection.websocket.pong_timeout = 800ms;
  start();
  RawClient mute{port_};
  open(mute);
  RawClient alive{port_};
  open(alive);
  EXPECT_EQ(read_frame(mute).opcode, 0x9U);
  const auto begun = std::chrono::steady_clock::now();
  const auto mute_is_closed = [this] { return owner_.log_.ends_with("closed|"); };
  while (!on_server(mute_is_closed) && std::chrono::steady_clock::now() - begun < 10s) {
    ASSERT_EQ(read_frame(alive).opcode, 0x9U);
    alive.send(client_frame(0x8A, ""));
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 500ms);
  EXPECT_TRUE(owner_saw("opened a|opened a|closed|"));
  EXPECT_EQ(read_frame(alive).opcode, 0x9U);
}

TEST_F(WebSocketTest, ResetsAClientThatNeverReads) {
  options_.connection.websocket.queue_bytes_max = 1'000'000;
  start();
  RawClient stuck{port_, 4096};
  open(stuck);
  RawClient reader{port_};
  open(reader);
  ASSERT_TRUE(eventually([this] { return owner_.sockets_.size() == 2; }));
  const std::string event(10'000, 'e');
  std::size_t sent = 0;
  // The kernel takes some megabytes before the queue grows.
  while (sent < 10'000 && on_server([this] { return owner_.sockets_.size() == 2; })) {
    send_to_all(event, 10);
    sent += 10;
    for (int i = 0; i < 10; ++i) ASSERT_EQ(read_frame(reader).payload.size(), event.size());
  }
  EXPECT_LT(sent, 10'000U);
  EXPECT_TRUE(owner_saw("opened a|opened a|closed|"));
  stuck.read_all();
  EXPECT_TRUE(stuck.was_reset());
}

TEST_F(WebSocketTest, ResetsAClientThatStopsReading) {
  options_.connection.websocket.write_timeout = 300ms;
  start();
  RawClient stuck{port_, 4096};
  open(stuck);
  ASSERT_TRUE(eventually([this] { return !owner_.sockets_.empty(); }));
  const std::string event(10'000, 'e');
  // Fill what the kernel takes, but not the queue.
  for (int i = 0; i < 300; ++i) send_to_all(event);
  EXPECT_TRUE(owner_saw("opened a|closed|"));
}

TEST_F(WebSocketTest, SendsAllInOrderToASlowReader) {
  start();
  RawClient slow{port_, 4096};
  open(slow);
  ASSERT_TRUE(eventually([this] { return !owner_.sockets_.empty(); }));
  // More than one turn writes at once, less than the queue holds.
  on_server([this] {
    for (int i = 0; i < 30'000; ++i)
      owner_.sockets_.front()->send(std::to_string(i) + std::string(90, ' '));
  });
  for (int i = 0; i < 30'000; ++i) {
    ASSERT_EQ(std::stoi(read_frame(slow).payload), i);
  }
}

TEST_F(WebSocketTest, SaysGoodbyeWhenTheServerStops) {
  start();
  RawClient client{port_};
  open(client);
  ASSERT_TRUE(eventually([this] { return !owner_.sockets_.empty(); }));
  auto code = std::async(std::launch::async, [&] {
    const int seen = read_close(client);
    client.send(client_frame(0x88, close_payload(1001)));
    return seen;
  });
  const auto begun = std::chrono::steady_clock::now();
  stop();
  EXPECT_EQ(code.get(), 1001);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, options_.connection.websocket.close_timeout);
  EXPECT_EQ(owner_.log_, "opened a|closed|");
}

/// One turn of the event loop after the other: bytes of the answer never come in an earlier turn
/// than those of the event that its handler sent.
TEST(WebSocketOrder, AnAnswerIsWrittenBehindTheEventsOfItsRequest) {
  boost::asio::io_context context{1};
  ari::Users users{{{"u", Secret{"p"}}}};
  ari::Router router{{}, users};
  RecordingOwner owner;
  router.on(ari::Operation::asterisk_ping, [&owner](const ari::Request&) {
    for (const auto& socket : owner.sockets_) socket->send("event");
    return ari::Response{200, R"({"ping":"pong"})"};
  });
  io::HttpServerOptions options;
  options.port = 0;
  io::HttpServer server{context, options, router, owner};
  ASSERT_TRUE(server.listen());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const auto* app : {"a", "b", "c"}) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(websocket_get(std::string{"/ari/events?app="} + app));
  }
  const auto step_until = [&](const auto& condition) {
    while (!condition()) ASSERT_EQ(context.run_one_for(10s), 1U) << "nothing happens";
  };
  step_until([&] { return owner.sockets_.size() == clients.size(); });
  for (auto& client : clients) {
    step_until([&] { return client->socket().available() > 0; });
    client->read_until("\r\n\r\n");
  }
  RawClient rest{server.port()};
  for (int round = 0; round < 3; ++round) {
    rest.send(http_get("/ari/asterisk/ping"));
    step_until([&] { return rest.socket().available() > 0; });
    for (auto& client : clients) {
      ASSERT_EQ(client->socket().available(), 7U) << "the answer came before the event";
      client->read(7);
    }
    EXPECT_EQ(rest.read_answer().status, 200);
  }
}

}  // namespace
}  // namespace arigate::test
