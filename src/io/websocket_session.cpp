#include "io/websocket_session.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "core/log.hpp"
#include "core/overloaded.hpp"
#include "core/thrown.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;

/// Clients of ARI say little: a close, a pong.
constexpr std::size_t read_bytes = 1024;
/// A long turn of the event loop must not fill the queue of a client that would read: from here on
/// send() writes at once.
constexpr std::size_t write_now_bytes = std::size_t{128} * 1024;
/// What a silent session keeps for its next events.
constexpr std::size_t kept_buffer = std::size_t{4} * 1024;

void release_memory(std::string& buffer) {
  if (buffer.empty() && buffer.capacity() > kept_buffer) buffer.shrink_to_fit();
}

}  // namespace

WebSocketSession::WebSocketSession(HttpPeers& peers, asio::ip::tcp::socket socket,
                                   const WebSocketLimits& limits, ari::EventSocketOwner& owner)
    : HttpPeer{peers},
      socket_{std::move(socket)},
      limits_{limits},
      owner_{owner},
      decoder_{limits.message_bytes_max},
      next_ping_{std::chrono::steady_clock::now() + limits.ping_interval} {}

void WebSocketSession::start(std::shared_ptr<WebSocketSession> session, std::string handshake,
                             std::string rest, const ari::Request& request) {
  auto& socket = session->socket_;
  session->queued_ = std::move(handshake);
  session->post_flush();
  session->owner_.opened(session, request);
  auto* const raw = session.get();
  asio::co_spawn(socket.get_executor(), raw->run(std::move(session), std::move(rest)),
                 log_thrown("websocket session"));
}

void WebSocketSession::tell(AriTap& tap, std::string link) {
  tap_ = &tap;
  link_ = std::move(link);
}

void WebSocketSession::send(std::string_view json) {
  if (state_ != State::open) return;
  if (tap_ != nullptr) tap_->message(link_, true, json);
  frame(Opcode::text, json);
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  append_close_frame(queued_, code, reason);
  if (tap_ != nullptr) tap_->close_frame(link_, true, close_payload(code, reason));
  state_ = State::closing;
  close_deadline_ = std::chrono::steady_clock::now() + limits_.close_timeout;
  frame_queued();
}

void WebSocketSession::abort() {
  state_ = State::gone;
  boost::system::error_code ignored;
  socket_.close(ignored);  // Ends run(), which tells the owner.
}

void WebSocketSession::tick(TimePoint now) {
  if (state_ == State::gone) return;
  release_memory(queued_);
  release_memory(in_flight_);
  if (now >= write_deadline_) return reset("client does not read");
  if (now >= close_deadline_) return abort();
  if (state_ != State::open) return;
  if (now >= pong_deadline_) {
    log::info("websocket closed why=\"no pong\"");
    return abort();
  }
  if (now >= next_ping_) {
    next_ping_ = now + limits_.ping_interval;
    if (pong_deadline_ == TimePoint::max()) pong_deadline_ = now + limits_.pong_timeout;
    frame(Opcode::ping, {});
  }
}

asio::awaitable<void> WebSocketSession::run([[maybe_unused]] std::shared_ptr<WebSocketSession> self,
                                            std::string rest) {
  try {
    co_await read(std::move(rest));
  } catch (const std::exception& failure) {
    log::error("websocket session failed what=\"{}\"", failure.what());
    abort();
  }
  tell_closed();
  if (state_ != State::gone) {
    // The output still has to go out: flush() closes the socket behind it.
    state_ = State::ended;
    if (close_deadline_ == TimePoint::max()) {
      close_deadline_ = std::chrono::steady_clock::now() + limits_.close_timeout;
    }
    if (in_flight_.empty()) flush();
  }
}

asio::awaitable<void> WebSocketSession::read(std::string rest) {
  bool more = take(rest);
  rest = {};
  std::array<char, read_bytes> bytes{};
  while (more) {
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    more = take({bytes.data(), size});
  }
}

/// False when nothing more is to be read.
bool WebSocketSession::take(std::string_view bytes) {
  if (orphaned()) return false;
  for (;;) {
    const auto input = decoder_.next(bytes);
    const bool more = std::visit(
        Overloaded{
            [](WebSocketDecoder::NeedMore) { return true; },
            [&](const WebSocketDecoder::Text& text) {
              if (tap_ != nullptr) tap_->message(link_, false, text.payload);
              if (state_ == State::open) owner_.received(*this, text.payload);
              return true;
            },
            [&](WebSocketDecoder::Binary) {
              close(close_code::unsupported_data, "text only");
              return true;
            },
            [&](const WebSocketDecoder::Ping& ping) {
              if (state_ == State::open) frame(Opcode::pong, ping.payload);
              return true;
            },
            [&](WebSocketDecoder::Pong) {
              pong_deadline_ = TimePoint::max();
              return true;
            },
            [&](const WebSocketDecoder::Close& closed) {
              if (tap_ != nullptr) tap_->close_frame(link_, false, close_payload(closed.code, {}));
              // 1005 is "none given" and may not be sent; 1000 answers it.
              close(closed.code == 1005 ? close_code::normal : closed.code, {});
              return false;
            },
            [&](const WebSocketDecoder::Failed& failed) {
              log::info("websocket closed code={} why=\"{}\"", failed.code, failed.reason);
              close(failed.code, failed.reason);
              // Read on, for nothing: closing with unread bytes would reset the connection before
              // the client has seen why.
              if (state_ == State::closing) state_ = State::failed;
              tell_closed();
              return true;
            },
        },
        input);
    if (!more || state_ == State::gone) return false;
    if (bytes.empty() && std::holds_alternative<WebSocketDecoder::NeedMore>(input)) return true;
  }
}

void WebSocketSession::frame(Opcode opcode, std::string_view payload) {
  append_frame(queued_, opcode, payload);
  frame_queued();
}

void WebSocketSession::frame_queued() {
  if (in_flight_.empty()) {
    if (queued_.size() >= write_now_bytes) {
      flush();
    } else {
      post_flush();
    }
  }
  if (queued_.size() + in_flight_.size() - in_flight_done_ > limits_.queue_bytes_max) {
    reset("queue is full");
  }
}

void WebSocketSession::post_flush() {
  set_unsent(true);
  if (flush_posted_) return;
  flush_posted_ = true;
  asio::post(socket_.get_executor(), [session = self()] {
    session->flush_posted_ = false;
    if (session->in_flight_.empty()) session->flush();
  });
}

void WebSocketSession::send_queued() {
  if (in_flight_.empty()) flush();
}

/// Writes what the socket takes now; the rest waits in in_flight_.
void WebSocketSession::flush() {
  set_unsent(false);
  if (state_ == State::gone) return;
  if (!queued_.empty()) {
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(queued_), error);
    if (error && error != asio::error::would_block) return abort();
    if (sent < queued_.size()) {
      in_flight_.swap(queued_);
      in_flight_done_ = sent;
      return wait_writable();
    }
    queued_.clear();
  }
  if (state_ == State::ended) abort();
  if (state_ == State::failed) {
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
}

void WebSocketSession::wait_writable() {
  write_deadline_ = std::chrono::steady_clock::now() + limits_.write_timeout;
  socket_.async_write_some(asio::buffer(in_flight_) + in_flight_done_,
                           [session = self()](boost::system::error_code error, std::size_t sent) {
                             session->on_written(error, sent);
                           });
}

void WebSocketSession::on_written(boost::system::error_code error, std::size_t sent) {
  if (state_ == State::gone) return;
  if (error) return abort();
  in_flight_done_ += sent;
  if (in_flight_done_ < in_flight_.size()) return wait_writable();
  in_flight_done_ = 0;
  write_deadline_ = TimePoint::max();
  in_flight_.clear();
  flush();
}

/// Ends a connection whose output cannot be finished: a close frame would wait behind it.
void WebSocketSession::reset(std::string_view why) {
  if (state_ == State::gone) return;
  log::warn("websocket reset why=\"{}\" queued_bytes={}", why,
            queued_.size() + in_flight_.size() - in_flight_done_);
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  queued_ = {};
  abort();
}

void WebSocketSession::tell_closed() {
  if (std::exchange(told_closed_, true) || orphaned()) return;
  if (tap_ != nullptr) tap_->ended(link_);
  owner_.closed(*this);
}

std::shared_ptr<WebSocketSession> WebSocketSession::self() {
  return std::static_pointer_cast<WebSocketSession>(shared_from_this());
}

}  // namespace arigate::io
