#include "io/ari_observer.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "core/log.hpp"
#include "io/websocket_frame.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// Feeds `bytes` to the parser and removes what it has taken. False: not HTTP.
template <class Parser>
bool parse(Parser& parser, std::string& bytes) {
  while (!bytes.empty() && !parser.is_done()) {
    error_code error;
    const auto taken = parser.put(asio::buffer(bytes), error);
    bytes.erase(0, taken);
    if (error == http::error::need_more) return true;
    if (error) return false;
    if (taken == 0) return true;
  }
  return true;
}

}  // namespace

// --- WebSocket
// ------------------------------------------------------------------------------------

std::optional<FrameCutter::Message> FrameCutter::next() {
  for (;;) {
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
    if (too_long_ || buffer_.size() < 2) return std::nullopt;
    const auto opcode = static_cast<Opcode>(byte(0) & 0x0FU);
    const bool masked = (byte(1) & 0x80U) != 0;
    std::size_t header = 2;
    std::uint64_t size = byte(1) & 0x7FU;
    const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    header += length_bytes + (masked ? 4U : 0U);
    if (buffer_.size() < header) return std::nullopt;
    if (length_bytes > 0) {
      size = 0;
      for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8U | byte(2 + i);
    }
    if (size > message_bytes_max || message_.size() + size > message_bytes_max) {
      too_long_ = true;
      return std::nullopt;
    }
    if (buffer_.size() < header + size) return std::nullopt;
    const bool final = (byte(0) & 0x80U) != 0;
    std::string payload = buffer_.substr(header, size);
    for (std::size_t i = 0; masked && i < payload.size(); ++i) {
      payload[i] =
          static_cast<char>(static_cast<unsigned char>(payload[i]) ^ byte(header - 4 + i % 4));
    }
    buffer_.erase(0, header + size);
    if (opcode == Opcode::close) return Message{true, std::move(payload)};
    if (opcode == Opcode::ping || opcode == Opcode::pong) continue;
    if (opcode != Opcode::continuation) is_text_ = opcode == Opcode::text;
    message_ += payload;
    if (!final) continue;
    auto whole = std::exchange(message_, {});
    if (is_text_) return Message{false, std::move(whole)};
  }
}

// --- HTTP
// -----------------------------------------------------------------------------------------

struct AriObserver::Parsers {
  using Request = http::request_parser<http::string_body>;
  using Reply = http::response_parser<http::string_body>;

  std::optional<Request> request;
  std::optional<Reply> reply;

  void new_request() {
    request.emplace();
    request->body_limit(body_bytes_max);
    request->eager(true);
  }
  void new_reply(bool to_head) {
    reply.emplace();
    reply->body_limit(body_bytes_max);
    reply->eager(true);
    reply->skip(to_head);
  }
};

AriObserver::AriObserver(AriTap& tap) : tap_{tap}, parsers_{std::make_unique<Parsers>()} {
  parsers_->new_request();
}

AriObserver::~AriObserver() = default;

void AriObserver::data(bool from_client, std::string_view bytes) {
  if (lost_) return;
  if (!socket_.empty()) {
    (from_client ? client_frames_ : server_frames_).feed(bytes);
    return take_frames(from_client);
  }
  (from_client ? from_client_ : from_server_) += bytes;
  if (from_client ? !take_requests() : !take_replies()) give_up("not HTTP");
}

bool AriObserver::take_requests() {
  while (!from_client_.empty()) {
    // What comes behind a wish to upgrade is for the protocol that follows.
    if (!waiting_.empty() && !waiting_.back().upgrade_target.empty()) {
      return from_client_.size() <= body_bytes_max;
    }
    auto& parser = *parsers_->request;
    if (!parse(parser, from_client_)) return false;
    if (!parser.is_done()) return true;
    if (waiting_.size() >= requests_max) return false;
    const auto& request = parser.get();
    Waiting waiting;
    waiting.is_head = request.method() == http::verb::head;
    if (parser.upgrade()) {
      waiting.upgrade_target = view(request.target());
      waiting.method = view(request.method_string());
      waiting.body = request.body();
    } else {
      waiting.asked =
          tap_.request(view(request.method_string()), view(request.target()), request.body());
    }
    waiting_.push_back(std::move(waiting));
    parsers_->new_request();
  }
  return true;
}

bool AriObserver::take_replies() {
  while (!from_server_.empty() && socket_.empty()) {
    if (!parsers_->reply) {
      if (waiting_.empty()) return false;  // Nobody has asked.
      parsers_->new_reply(waiting_.front().is_head);
    }
    if (!parse(*parsers_->reply, from_server_)) return false;
    if (!parsers_->reply->is_done()) return true;
    take_reply();
  }
  return true;
}

void AriObserver::take_reply() {
  const auto reply = parsers_->reply->release();
  parsers_->reply.reset();
  const auto status = reply.result_int();
  if (status / 100 == 1 && status != 101) return;  // "100 Continue" answers nothing.
  auto waiting = std::move(waiting_.front());
  waiting_.pop_front();
  if (status == 101) {
    socket_ = tap_.opened(waiting.upgrade_target);
    client_frames_.feed(std::exchange(from_client_, {}));
    server_frames_.feed(std::exchange(from_server_, {}));
    take_frames(false);
    return take_frames(true);
  }
  if (!waiting.upgrade_target.empty()) {
    waiting.asked = tap_.request(waiting.method, waiting.upgrade_target, waiting.body);
  }
  if (waiting.asked) {
    tap_.reply(*waiting.asked, {static_cast<int>(status), view(reply.reason()),
                                view(reply[http::field::content_type]),
                                view(reply[http::field::location]), reply.body()});
  }
  if (!waiting.upgrade_target.empty() && !take_requests()) give_up("not HTTP");
}

void AriObserver::take_frames(bool from_client) {
  auto& frames = from_client ? client_frames_ : server_frames_;
  while (auto message = frames.next()) {
    if (message->is_close) {
      tap_.close_frame(socket_, !from_client, message->payload);
    } else {
      tap_.message(socket_, !from_client, message->payload);
    }
  }
  if (frames.too_long()) give_up("a message is too long");
}

/// A body without a length ends with the connection.
void AriObserver::eof(bool from_client) {
  if (from_client || lost_ || !parsers_->reply || !socket_.empty()) return;
  error_code error;
  parsers_->reply->put_eof(error);
  if (!error && parsers_->reply->is_done()) take_reply();
}

void AriObserver::closed(std::string_view why) {
  if (!why.empty()) log::info("relay connection lost link=ari why=\"{}\"", why);
  if (!socket_.empty()) tap_.ended(std::exchange(socket_, {}));
}

void AriObserver::give_up(std::string_view why) {
  log::warn("ari connection is passed on but no longer recorded why=\"{}\"", why);
  lost_ = true;
  from_client_ = {};
  from_server_ = {};
}

}  // namespace arigate::io
