#include "io/http_decoder.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <cstring>
#include <functional>

#include "core/assert.hpp"
#include "core/text.hpp"

namespace arigate::io {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using beast_view = boost::beast::string_view;

/// One read takes a request, or twenty pipelined ones; an idle connection holds no more.
constexpr std::size_t buffer_bytes = std::size_t{4} * 1024;
/// The longest line between chunks: a size, an extension that nobody uses.
constexpr std::size_t chunk_line_bytes_max = std::size_t{4} * 1024;

/// Longer than any method in use; what a request line holds beside target and method is shorter.
constexpr std::size_t method_bytes_max = 32;

/// "0\r\n\r\n": every chunked body ends in at least these. Beast 1.81 asserts that it gets them in
/// one piece; holding back less delays nothing.
constexpr std::size_t last_chunk_bytes = 5;

/// True when a comma list holds `token`.
bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (iequals(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

ari::Method method_of(http::verb verb, std::string_view text) {
  switch (verb) {
    case http::verb::get:
      return ari::Method::get;
    case http::verb::head:
      return ari::Method::head;
    case http::verb::post:
      return ari::Method::post;
    case http::verb::put:
      return ari::Method::put;
    case http::verb::delete_:
      return ari::Method::del;
    case http::verb::options:
      return ari::Method::options;
    default:  // Beast's other verbs are not ours. Native takes "get" for GET, so we do.
      break;
  }
  if (iequals(text, "GET")) return ari::Method::get;
  if (iequals(text, "HEAD")) return ari::Method::head;
  if (iequals(text, "POST")) return ari::Method::post;
  if (iequals(text, "PUT")) return ari::Method::put;
  if (iequals(text, "DELETE")) return ari::Method::del;
  if (iequals(text, "OPTIONS")) return ari::Method::options;
  return ari::Method::other;
}

}  // namespace

/// Keeps where the parts of a head are, as offsets: the buffer may move while the body comes.
class HttpDecoder::Parser final : public http::basic_parser<true> {
 public:
  struct Part {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  struct Head {
    ari::Method method = ari::Method::other;
    Part target, host, authorization, origin, content_type, cors_method, cors_headers;
    Part websocket_key, websocket_version, websocket_protocols;
    std::size_t field_count = 0;
    bool has_target = false;
    bool has_header = false;
    bool has_length = false;
    bool has_encoding = false;
    bool has_host = false;
    bool wants_websocket = false;
    bool close = false;
    bool expects_continue = false;
    int failure_status = 0;  ///< Ours, where Beast would have gone on.
    std::string_view failure_text;
  };

  Parser(const HttpLimits& limits, std::string& body) : limits_{limits}, body_{body} {
    // Beast counts with or without the first line, as the bytes happen to come; so it only keeps
    // the buffer small, and next() counts.
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + 8));
    body_limit(limits.body_bytes_max);
  }

  /// Where the request starts in memory now, and where what was read ends.
  void set_range(const char* base, const char* end) {
    base_ = base;
    end_ = end;
  }
  Head head;

 private:
  bool in_buffer(std::string_view text) const {
    return std::less_equal<>{}(base_, text.data()) && std::less<>{}(text.data(), end_);
  }
  Part part(std::string_view text) const {
    if (text.empty()) return {};
    return {static_cast<std::size_t>(text.data() - base_), text.size()};
  }
  void fail(int status, std::string_view text, error_code& error) {
    head.failure_status = status;
    head.failure_text = text;
    error = http::error::bad_field;
  }

  void on_request_impl(http::verb verb, beast_view text, beast_view target, int /*version*/,
                       error_code& error) override {
    head.method = method_of(verb, text);
    head.target = part(target);
    head.has_target = true;
    if (target.size() > limits_.target_bytes_max) fail(414, "Request line too long", error);
    if (text.size() > method_bytes_max) fail(400, "Invalid Request", error);
  }
  void on_response_impl(int, beast_view, int, error_code&) override {}
  void on_field_impl(http::field name, beast_view, beast_view value, error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast_view bytes, error_code&) override {
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view bytes, error_code& error) override {
    // Beast counts chunks against the limit too; this keeps the promise if it ever does not.
    if (body_.size() + bytes.size() > limits_.body_bytes_max) {
      error = http::error::body_limit;
      return 0;
    }
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}

  const HttpLimits& limits_;
  std::string& body_;
  const char* base_ = nullptr;
  const char* end_ = nullptr;
};

void HttpDecoder::Parser::on_field_impl(http::field name, beast_view, beast_view raw,
                                        error_code& error) {
  if (++head.field_count > limits_.header_count_max) return fail(431, "Too many headers", error);
  if (head.has_header) return;  // A trailer behind the chunks: nothing of it is used.
  const std::string_view value{raw.data(), raw.size()};
  // Beast joins folded lines in a buffer of its own; they are obsolete and ambiguous (RFC
  // 9112 5.2).
  if (!value.empty() && !in_buffer(value)) return fail(400, "Folded header line", error);
  switch (name) {
    case http::field::host:
      // Two different hosts are two meanings; the first is as wrong as the second.
      if (head.has_host) return fail(400, "More than one Host header", error);
      head.has_host = true;
      head.host = part(value);
      break;
    case http::field::authorization:
      head.authorization = part(value);
      break;
    case http::field::origin:
      head.origin = part(value);
      break;
    case http::field::content_type:
      head.content_type = part(value);
      break;
    case http::field::access_control_request_method:
      head.cors_method = part(value);
      break;
    case http::field::access_control_request_headers:
      head.cors_headers = part(value);
      break;
    case http::field::sec_websocket_key:
      head.websocket_key = part(value);
      break;
    case http::field::sec_websocket_version:
      head.websocket_version = part(value);
      break;
    case http::field::sec_websocket_protocol:
      head.websocket_protocols = part(value);
      break;
    case http::field::content_length:
      if (head.has_length) return fail(400, "More than one Content-Length", error);
      head.has_length = true;
      break;
    case http::field::transfer_encoding:
      // Native takes "identity" for no encoding at all, so it is not an encoding here either.
      if (iequals(value, "identity")) break;
      if (head.has_encoding) return fail(400, "More than one Transfer-Encoding", error);
      head.has_encoding = true;
      if (!iequals(value, "chunked")) return fail(501, "Unsupported Transfer-Encoding", error);
      break;
    case http::field::connection:
      head.close = head.close || has_token(value, "close");
      break;
    case http::field::upgrade:
      head.wants_websocket = head.wants_websocket || has_token(value, "websocket");
      break;
    case http::field::expect:
      if (!iequals(value, "100-continue")) return fail(417, "Unknown expectation", error);
      head.expects_continue = true;
      break;
    default:  // Every other header of HTTP means nothing to ARI.
      break;
  }
}

void HttpDecoder::Parser::on_header_impl(error_code& error) {
  head.has_header = true;
  // Two framings of one body is how a request is smuggled past whatever stands before us.
  if (head.has_length && head.has_encoding) {
    fail(400, "Both Content-Length and Transfer-Encoding", error);
  }
}

HttpDecoder::HttpDecoder(const HttpLimits& limits) : limits_{limits} {}
HttpDecoder::~HttpDecoder() = default;

std::span<char> HttpDecoder::prepare() {
  if (done_) finish();
  if (begin_ == end_ && !parser_) {
    begin_ = parsed_ = end_ = 0;
    if (capacity_ > buffer_bytes) {  // A large request is over; do not hold its memory idle.
      buffer_.reset();
      capacity_ = 0;
    }
  }
  if (capacity_ == end_ || capacity_ == 0) {
    if (begin_ > 0) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
      parsed_ -= begin_;
      header_end_ -= std::min(header_end_, begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (capacity_ - end_ < buffer_bytes / 2) {
      const std::size_t larger = std::max(buffer_bytes, capacity_ * 2);
      auto grown = std::make_unique_for_overwrite<char[]>(larger);
      if (end_ > 0) std::memcpy(grown.get(), buffer_.get(), end_);
      buffer_ = std::move(grown);
      capacity_ = larger;
    }
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void HttpDecoder::commit(std::size_t bytes) {
  ARIGATE_ASSERT(bytes <= capacity_ - end_);
  end_ += bytes;
}

void HttpDecoder::finish() {
  done_ = false;
  begin_ = parsed_;
  parser_.reset();
  body_.clear();
  if (body_.capacity() > buffer_bytes) body_.shrink_to_fit();
}

HttpDecoder::Status HttpDecoder::next() {
  if (failure_status_ != 0) return Status::bad;
  if (done_) finish();
  if (!parser_) {
    // RFC 9112 2.2: an empty line before a request is ignored; old clients send one after a body.
    while (begin_ != end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) ++begin_;
    parsed_ = begin_;
    if (begin_ == end_) return Status::need_more;
    parser_ = std::make_unique<Parser>(limits_, body_);
  }
  auto& head = parser_->head;
  if (!head.has_header) {
    if (const auto failed = parse(); failed) return *failed;
    if (!head.has_header) {
      return line_is_too_long() ? fail(414, "Request line too long") : Status::need_more;
    }
    header_end_ = parsed_;
    if (header_end_ - begin_ > limits_.header_bytes_max) return fail(431, "Header line too long");
    parser_->eager(true);
    if (!parser_->is_done() && end_ == parsed_ && head.expects_continue) {
      return Status::continue_wanted;
    }
  }
  const auto least = head.has_encoding ? last_chunk_bytes : std::size_t{1};
  if (!parser_->is_done() && end_ - parsed_ >= least) {
    if (const auto failed = parse(); failed) return *failed;
  }
  if (!parser_->is_done()) {
    if (end_ - parsed_ > chunk_line_bytes_max) return fail(400, "Invalid Request");
    // The head stays for its views; the body is in body_ now, so its bytes here can go.
    std::memmove(buffer_.get() + header_end_, buffer_.get() + parsed_, end_ - parsed_);
    end_ -= parsed_ - header_end_;
    parsed_ = header_end_;
    return Status::need_more;
  }
  fill_request();
  done_ = true;
  return Status::request;
}

std::optional<HttpDecoder::Status> HttpDecoder::parse() {
  const auto& head = parser_->head;
  parser_->set_range(buffer_.get() + begin_, buffer_.get() + end_);
  error_code error;
  parsed_ +=
      parser_->put(boost::asio::const_buffer{buffer_.get() + parsed_, end_ - parsed_}, error);
  if (head.failure_status != 0) return fail(head.failure_status, head.failure_text);
  if (!error || error == http::error::need_more) return std::nullopt;
  if (error == http::error::header_limit) {
    return line_is_too_long() ? fail(414, "Request line too long")
                              : fail(431, "Header line too long");
  }
  if (error == http::error::body_limit) return fail(413, "Request body too large");
  if (error == http::error::bad_content_length) {
    return fail(400, "Invalid Content-Length in request");
  }
  if (error == http::error::bad_version) return fail(505, "HTTP version not supported");
  return fail(400, "Invalid Request");
}

/// Looked up in the bytes: Beast may wait for the end of the head before it takes the first line.
bool HttpDecoder::line_is_too_long() const {
  const auto line_bytes_max = limits_.target_bytes_max + 2 * method_bytes_max;
  if (parser_->head.has_target || end_ - begin_ <= line_bytes_max) return false;
  return std::memchr(buffer_.get() + begin_, '\n', line_bytes_max) == nullptr;
}

void HttpDecoder::fill_request() {
  const auto& head = parser_->head;
  const auto view = [&](Parser::Part part) {
    return std::string_view{buffer_.get() + begin_ + part.offset, part.size};
  };
  request_.method = head.method;
  request_.target = view(head.target);
  request_.host = view(head.host);
  request_.authorization = view(head.authorization);
  request_.origin = view(head.origin);
  request_.content_type = view(head.content_type);
  request_.access_control_request_method = view(head.cors_method);
  request_.access_control_request_headers = view(head.cors_headers);
  request_.websocket_key = view(head.websocket_key);
  request_.websocket_version = view(head.websocket_version);
  request_.websocket_protocols = view(head.websocket_protocols);
  request_.upgrade = head.wants_websocket;
  request_.body = body_;
}

HttpDecoder::Status HttpDecoder::fail(int status, std::string_view text) {
  failure_status_ = status;
  failure_text_ = text;
  return Status::bad;
}

bool HttpDecoder::keep_alive() const {
  return parser_ == nullptr || !parser_->head.close;
}

bool HttpDecoder::in_request() const {
  return parser_ != nullptr && !done_;
}

bool HttpDecoder::in_body() const {
  return in_request() && parser_->head.has_header;
}

std::string HttpDecoder::take_rest() {
  std::string rest{buffer_.get() + parsed_, end_ - parsed_};
  end_ = parsed_;
  return rest;
}

}  // namespace arigate::io
