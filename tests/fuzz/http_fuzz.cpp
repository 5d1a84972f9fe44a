// Sources: src/io/http_decoder.cpp src/core/text.cpp
// Any bytes of an HTTP client: no crash, no read out of bounds, and the same requests however the
// bytes are cut. Views of a request are read while they are valid.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "io/http_decoder.hpp"

namespace {

using arigate::io::HttpDecoder;

std::string decode(std::string_view bytes, std::size_t chunk) {
  arigate::io::HttpLimits limits;
  limits.target_bytes_max = 64;
  limits.header_bytes_max = 512;
  limits.header_count_max = 8;
  limits.body_bytes_max = 256;
  HttpDecoder decoder{limits};
  std::string seen;
  for (;;) {
    switch (decoder.next()) {
      case HttpDecoder::Status::request: {
        const auto& request = decoder.request();
        ARIGATE_ASSERT(request.target.size() <= limits.target_bytes_max);
        ARIGATE_ASSERT(request.body.size() <= limits.body_bytes_max);
        seen += std::to_string(static_cast<int>(request.method));
        for (const auto part :
             {request.target, request.host, request.authorization, request.origin,
              request.content_type, request.access_control_request_method,
              request.access_control_request_headers, request.websocket_key,
              request.websocket_version, request.websocket_protocols, request.body}) {
          seen += '\n';
          seen += part;
        }
        seen += decoder.keep_alive() ? "|" : "close|";
        break;
      }
      case HttpDecoder::Status::continue_wanted:
        break;
      case HttpDecoder::Status::bad:
        return seen + "bad";
      case HttpDecoder::Status::need_more: {
        if (bytes.empty()) return seen;
        const auto space = decoder.prepare();
        ARIGATE_ASSERT(!space.empty() && space.size() < 1U << 20U);
        const auto size = std::min({chunk, bytes.size(), space.size()});
        std::memcpy(space.data(), bytes.data(), size);
        decoder.commit(size);
        bytes.remove_prefix(size);
      }
    }
  }
}

/// What was decoded before the end or the error. A bad request may be seen earlier or later in it.
std::string_view good_part(std::string_view seen) {
  return seen.substr(0, seen.rfind('|') == std::string_view::npos ? 0 : seen.rfind('|') + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto whole = decode(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}}) {
    const auto cut = decode(bytes, chunk);
    ARIGATE_ASSERT(good_part(cut) == good_part(whole));
  }
  return 0;
}
