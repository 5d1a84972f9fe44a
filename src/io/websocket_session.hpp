#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ari/event_socket.hpp"
#include "core/clock.hpp"
#include "io/ari_tap.hpp"
#include "io/http_peer.hpp"
#include "io/websocket_decoder.hpp"
#include "io/websocket_frame.hpp"

namespace arigate::io {

struct WebSocketLimits {
  std::size_t message_bytes_max = std::size_t{64} * 1024;  ///< From the client; 1009 past it.
  /// Queued for a client that reads too slowly; past it the connection is reset.
  std::size_t queue_bytes_max = std::size_t{4} * 1024 * 1024;
  std::chrono::milliseconds write_timeout{10'000};  ///< Reset when nothing is taken for so long.
  std::chrono::milliseconds ping_interval{15'000};
  std::chrono::milliseconds pong_timeout{30'000};  ///< Closed when no ping is answered.
  std::chrono::milliseconds close_timeout{2'000};  ///< For the client's close frame after ours.
};

/// One client of /ari/events.
///
/// An event costs a copy into the output and, with all others of this turn of the event loop, one
/// write. While a write waits for the socket, new frames gather in a second buffer.
class WebSocketSession final : public HttpPeer, public ari::EventSocket {
 public:
  WebSocketSession(HttpPeers& peers, boost::asio::ip::tcp::socket socket,
                   const WebSocketLimits& limits, ari::EventSocketOwner& owner);

  /// Sends `handshake`, the 101, tells the owner and serves the socket until it ends. `rest` is
  /// what the client sent behind its handshake.
  static void start(std::shared_ptr<WebSocketSession> session, std::string handshake,
                    std::string rest, const ari::Request& request);

  /// Before start(): tells `tap` every message, under the name `link`.
  void tell(AriTap& tap, std::string link);

  void send(std::string_view json) override;
  void close(std::uint16_t code, std::string_view reason) override;

  void tick(TimePoint now) override;
  void stop() override { close(close_code::going_away, "server stops"); }
  void abort() override;
  void send_queued() override;

 private:
  enum class State {
    open,
    closing,  ///< A close frame is queued; waiting for the client's.
    failed,   ///< The same after a bad frame: what comes now is not understood, only read.
    ended,    ///< Both sides are done; the socket closes when the output is out.
    gone,     ///< The socket is closed.
  };

  boost::asio::awaitable<void> run(std::shared_ptr<WebSocketSession> self, std::string rest);
  boost::asio::awaitable<void> read(std::string rest);
  bool take(std::string_view bytes);
  void frame(Opcode opcode, std::string_view payload);
  void frame_queued();
  void post_flush();
  void flush();
  void wait_writable();
  void on_written(boost::system::error_code error, std::size_t sent);
  void reset(std::string_view why);
  void tell_closed();
  std::shared_ptr<WebSocketSession> self();

  boost::asio::ip::tcp::socket socket_;
  WebSocketLimits limits_;
  ari::EventSocketOwner& owner_;
  WebSocketDecoder decoder_;
  AriTap* tap_ = nullptr;
  std::string link_;  ///< Its name for the tap.
  State state_ = State::open;
  std::string queued_;     ///< Frames for the next write.
  std::string in_flight_;  ///< What the socket did not take at once.
  std::size_t in_flight_done_ = 0;
  bool flush_posted_ = false;
  bool told_closed_ = false;
  TimePoint write_deadline_ = TimePoint::max();
  TimePoint next_ping_;
  TimePoint pong_deadline_ = TimePoint::max();
  TimePoint close_deadline_ = TimePoint::max();
};

}  // namespace arigate::io
