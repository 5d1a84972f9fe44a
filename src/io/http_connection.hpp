#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "ari/event_socket.hpp"
#include "ari/http.hpp"
#include "ari/router.hpp"
#include "core/clock.hpp"
#include "io/ari_tap.hpp"
#include "io/http_decoder.hpp"
#include "io/http_encoder.hpp"
#include "io/http_output.hpp"
#include "io/http_peer.hpp"
#include "io/websocket_session.hpp"

namespace arigate::io {

struct HttpConnectionOptions {
  std::string server_name = "arigate";  ///< Server header; "" for none.
  HttpLimits limits;
  WebSocketLimits websocket;
  std::chrono::milliseconds idle_timeout{60'000};   ///< Between requests, and before the first.
  std::chrono::milliseconds head_timeout{10'000};   ///< For a whole head, however it drips in.
  std::chrono::milliseconds body_timeout{30'000};   ///< For the whole body behind it.
  std::chrono::milliseconds write_timeout{10'000};  ///< Without the client taking anything.
  std::chrono::milliseconds linger_timeout{1'000};  ///< For a client to read why it is cut off.
  AriTap* tap = nullptr;                            ///< Is told requests, answers and messages.
};

/// What all connections of one server use.
struct HttpShared {
  const HttpConnectionOptions& options;
  ari::Router& router;
  ari::EventSocketOwner& owner;
  HttpPeers& peers;
  HttpEncoder encoder;
};

/// One HTTP connection: requests in, answers out in the same order. A request whose handler waits
/// holds back those behind it, nobody else's.
class HttpConnection final : public HttpPeer {
 public:
  HttpConnection(HttpShared& shared, boost::asio::ip::tcp::socket socket);

  static void start(std::shared_ptr<HttpConnection> connection);

  void tick(TimePoint now) override;
  void stop() override;
  void abort() override;

 private:
  enum class Waiting { idle, head, body, handler, writable, lingering };
  enum class Next { go_on, close, upgraded };

  boost::asio::awaitable<void> run(std::shared_ptr<HttpConnection> self);
  static boost::asio::awaitable<ari::Decision> decided(boost::asio::awaitable<ari::Decision> work);
  template <class Decided>
  Next settle(Decided& decided);
  Next open_websocket(const ari::Request& request);
  void tell_request();
  void answer(ari::Response response, bool keep_alive);
  boost::asio::awaitable<bool> send_source();
  bool written();
  boost::asio::awaitable<bool> drain();
  boost::asio::awaitable<void> linger();
  bool wait_for_bytes();
  void wait(Waiting what, std::chrono::milliseconds limit);

  HttpShared& shared_;
  boost::asio::ip::tcp::socket socket_;
  HttpDecoder decoder_;
  HttpOutput output_;
  std::shared_ptr<ari::BodySource> source_;  ///< The rest of the answer that is going out.
  Waiting waiting_ = Waiting::idle;
  TimePoint deadline_;
  std::optional<AriTap::Asked> asked_;  ///< What the tap was told of the request in work.
  bool stopping_ = false;
};

}  // namespace arigate::io
