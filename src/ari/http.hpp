#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace arigate::ari {

enum class Method : std::uint8_t { get, head, post, put, del, options, other };

/// One HTTP request as it came, before it is routed. Views live until it is answered.
struct HttpRequest {
  Method method = Method::get;
  std::string_view target;         ///< Path and query, still percent-encoded.
  std::string_view host;           ///< Host header, "" when absent.
  std::string_view authorization;  ///< Authorization header.
  std::string_view origin;
  std::string_view content_type;
  std::string_view access_control_request_method;
  std::string_view access_control_request_headers;
  std::string_view websocket_key;        ///< Sec-WebSocket-Key.
  std::string_view websocket_version;    ///< Sec-WebSocket-Version.
  std::string_view websocket_protocols;  ///< Sec-WebSocket-Protocol: a comma list.
  std::string_view body;
  bool upgrade = false;  ///< Asks for a WebSocket (Upgrade: websocket).
  bool secure = false;   ///< Came over TLS.
};

/// A body that is too large to hold: asked for piece by piece, as fast as the client takes it.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;
  /// The next piece; "" at the end. After an error, or an end before size(), the connection is cut.
  virtual boost::asio::awaitable<Result<std::string>> read() = 0;
};

struct Response {
  int status = 204;
  std::string body;                                            ///< JSON, or empty with 204.
  std::vector<std::pair<std::string, std::string>> headers{};  ///< Beside those of every answer.
  std::string content_type = "application/json";
  std::shared_ptr<BodySource> source{};  ///< In place of `body`.
  std::string lacking{};  ///< What the PBX lacks, of a 501 that has to be explained yet.
};

}  // namespace arigate::ari
