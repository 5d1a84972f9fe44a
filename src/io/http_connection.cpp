#include "io/http_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <exception>
#include <utility>
#include <variant>

#include "ari/replies.hpp"
#include "core/log.hpp"
#include "core/thrown.hpp"
#include "io/websocket_handshake.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;

/// Answers of pipelined requests gather up to here before they are written.
constexpr std::size_t gathered_bytes_max = std::size_t{64} * 1024;
/// What a client that is cut off may still send before the connection is reset.
constexpr std::size_t lingering_bytes_max = std::size_t{32} * 1024 * 1024;

std::string_view method_name(ari::Method method) {
  switch (method) {
    case ari::Method::get:
      return "GET";
    case ari::Method::head:
      return "HEAD";
    case ari::Method::post:
      return "POST";
    case ari::Method::put:
      return "PUT";
    case ari::Method::del:
      return "DELETE";
    case ari::Method::options:
      return "OPTIONS";
    case ari::Method::other:
      break;
  }
  return "?";
}

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

HttpConnection::HttpConnection(HttpShared& shared, asio::ip::tcp::socket socket)
    : HttpPeer{shared.peers},
      shared_{shared},
      socket_{std::move(socket)},
      decoder_{shared.options.limits},
      deadline_{std::chrono::steady_clock::now() + shared.options.idle_timeout} {
  set_idle(true);
}

void HttpConnection::start(std::shared_ptr<HttpConnection> connection) {
  auto* const raw = connection.get();
  asio::co_spawn(raw->socket_.get_executor(), raw->run(std::move(connection)),
                 log_thrown("http connection"));
}

void HttpConnection::tick(TimePoint now) {
  if (now >= deadline_) abort();
}

void HttpConnection::stop() {
  stopping_ = true;
  if (waiting_ == Waiting::idle) abort();
}

void HttpConnection::abort() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<void> HttpConnection::run([[maybe_unused]] std::shared_ptr<HttpConnection> self) {
  for (;;) {
    switch (decoder_.next()) {
      case HttpDecoder::Status::need_more: {
        if (!written() && !co_await drain()) co_return;
        if (!wait_for_bytes()) co_return;
        const auto space = decoder_.prepare();
        const auto [error, size] =
            co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), as_result);
        if (error) co_return;
        decoder_.commit(size);
        break;
      }
      case HttpDecoder::Status::continue_wanted:
        output_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
        break;
      case HttpDecoder::Status::request: {
        wait(Waiting::handler, {});
        if (!decoder_.request().upgrade) tell_request();
        ari::Answer answer = shared_.router.handle(decoder_.request());
        Next next = Next::go_on;
        if (auto* work = std::get_if<asio::awaitable<ari::Decision>>(&answer)) {
          if (!written() && !co_await drain()) co_return;
          ari::Decision decision = co_await decided(std::move(*work));
          if (orphaned()) co_return;
          next = settle(decision);
        } else {
          next = settle(answer);
        }
        if (next == Next::upgraded) co_return;
        if (source_ && !co_await send_source()) co_return;
        if (next == Next::close || output_.size() >= gathered_bytes_max) {
          if (!written() && !co_await drain()) co_return;
        }
        if (next == Next::close) co_return;
        break;
      }
      case HttpDecoder::Status::bad:
        answer(ari::message_response(decoder_.failure_status(), decoder_.failure_text()), false);
        co_await linger();
        co_return;
    }
  }
}

/// A handler that throws costs its request, not the connection.
asio::awaitable<ari::Decision> HttpConnection::decided(asio::awaitable<ari::Decision> work) {
  try {
    co_return co_await std::move(work);
  } catch (const std::exception& failure) {
    log::error("request failed what=\"{}\"", failure.what());
  }
  co_return ari::message_response(500, "Internal server error");
}

/// `decided` holds a Response or an Upgrade.
template <class Decided>
HttpConnection::Next HttpConnection::settle(Decided& decided) {
  if (auto* upgrade = std::get_if<ari::Upgrade>(&decided)) return open_websocket(upgrade->request);
  const bool keep_alive = decoder_.keep_alive() && !stopping_;
  answer(std::move(std::get<ari::Response>(decided)), keep_alive);
  return keep_alive ? Next::go_on : Next::close;
}

HttpConnection::Next HttpConnection::open_websocket(const ari::Request& request) {
  const auto& http = decoder_.request();
  auto refusal = refuse_handshake(http);
  if (!refusal) refusal = shared_.owner.refuse(request);
  if (refusal) {
    tell_request();
    const bool keep_alive = decoder_.keep_alive() && !stopping_;
    answer(*std::move(refusal), keep_alive);
    return keep_alive ? Next::go_on : Next::close;
  }
  output_.text() += handshake_answer(http);
  auto session = std::make_shared<WebSocketSession>(shared_.peers, std::move(socket_),
                                                    shared_.options.websocket, shared_.owner);
  if (auto* tap = shared_.options.tap) session->tell(*tap, tap->opened(http.target));
  WebSocketSession::start(std::move(session), output_.take(), decoder_.take_rest(), request);
  return Next::upgraded;
}

void HttpConnection::tell_request() {
  const auto& http = decoder_.request();
  if (auto* tap = shared_.options.tap) {
    asked_ = tap->request(method_name(http.method), http.target, http.body);
  }
}

void HttpConnection::answer(ari::Response response, bool keep_alive) {
  if (const auto asked = std::exchange(asked_, std::nullopt)) {
    const auto location =
        std::find_if(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return header.first == "Location"; });
    shared_.options.tap->reply(
        *asked, {response.status, ari::reason_phrase(response.status),
                 response.body.empty() ? std::string_view{} : response.content_type,
                 location == response.headers.end() ? std::string_view{} : location->second,
                 response.body});
  }
  shared_.encoder.append_head(output_.text(), response, std::time(nullptr), keep_alive);
  source_ = std::move(response.source);
  output_.append_body(std::move(response.body));
}

/// Never more than one piece is held. False when the connection is lost, or has to be because the
/// body ended too early.
asio::awaitable<bool> HttpConnection::send_source() {
  const auto source = std::exchange(source_, nullptr);
  for (std::uint64_t sent = 0; sent < source->size();) {
    if (!written() && !co_await drain()) co_return false;
    wait(Waiting::handler, {});
    auto piece = co_await source->read();
    if (orphaned()) co_return false;
    if (!piece || piece->empty()) {
      log::warn("body cut off sent={} of={} why=\"{}\"", sent, source->size(),
                piece ? "it ended" : piece.error().detail);
      co_return false;
    }
    sent += piece->size();
    output_.append_body(std::move(*piece));
  }
  co_return true;
}

/// False when the client is gone or does not read.
bool HttpConnection::written() {
  // What a request has caused reaches every WebSocket before its answer.
  if (output_.size() > 0 && !orphaned()) shared_.peers.send_queued();
  return output_.write(socket_) == HttpOutput::Progress::done;
}

/// Waits until all output is out; false when the connection is lost.
asio::awaitable<bool> HttpConnection::drain() {
  for (;;) {
    wait(Waiting::writable, shared_.options.write_timeout);
    const auto [error] = co_await socket_.async_wait(asio::socket_base::wait_write, as_result);
    if (error || orphaned()) co_return false;
    switch (output_.write(socket_)) {
      case HttpOutput::Progress::done:
        co_return true;
      case HttpOutput::Progress::blocked:
        break;
      case HttpOutput::Progress::failed:
        co_return false;
    }
  }
}

/// Sends the last answer and reads on, for nothing: closing with unread bytes would reset the
/// connection before the client has seen the answer.
asio::awaitable<void> HttpConnection::linger() {
  if (!written() && !co_await drain()) co_return;
  boost::system::error_code failed;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  wait(Waiting::lingering, shared_.options.linger_timeout);
  std::array<char, 4096> ignored;
  for (std::size_t total = 0; !failed && total < lingering_bytes_max;) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(ignored), as_result);
    failed = error;
    total += size;
  }
}

/// Sets the time-out of the read that follows; false when there is to be none.
bool HttpConnection::wait_for_bytes() {
  const auto& options = shared_.options;
  if (!decoder_.in_request()) {
    if (stopping_) return false;
    wait(Waiting::idle, options.idle_timeout);
  } else if (decoder_.in_body()) {
    if (waiting_ != Waiting::body) wait(Waiting::body, options.body_timeout);
  } else if (waiting_ != Waiting::head) {
    wait(Waiting::head, options.head_timeout);
  }
  return true;
}

void HttpConnection::wait(Waiting what, std::chrono::milliseconds limit) {
  waiting_ = what;
  set_idle(what == Waiting::idle);
  deadline_ =
      what == Waiting::handler ? TimePoint::max() : std::chrono::steady_clock::now() + limit;
}

}  // namespace arigate::io
