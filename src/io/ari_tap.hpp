#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/link_names.hpp"
#include "trace/tap.hpp"

namespace arigate::io {

/// Writes ARI into a capture: requests and their replies, and the messages of WebSockets.
class AriTap {
 public:
  explicit AriTap(trace::Tap& tap) : tap_{tap} {}

  /// What a reply needs to be put beside its request.
  struct Asked {
    std::uint64_t number = 0;
    std::string method;
    std::string path;  ///< Below /ari.
  };

  /// nullopt: not a path of ARI, so it is not recorded.
  std::optional<Asked> request(std::string_view method, std::string_view target,
                               std::string_view body);
  struct Reply {
    int status = 0;
    std::string_view reason;
    std::string_view content_type;  ///< "" for none, as in location.
    std::string_view location;
    std::string_view body;
  };
  void reply(const Asked& asked, const Reply& reply);

  /// A WebSocket is open; the name of its link.
  std::string opened(std::string_view target);
  void message(const std::string& link, bool from_server, std::string_view text);
  /// A close frame: code and reason as they went.
  void close_frame(const std::string& link, bool from_server, std::string_view payload);
  /// The socket is gone; the name is free again.
  void ended(const std::string& link) { sockets_.free(link); }

 private:
  trace::Tap& tap_;
  LinkNames sockets_{"ari-ws"};
  std::uint64_t requests_ = 0;
};

}  // namespace arigate::io
