#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/ari_tap.hpp"
#include "io/stream_relay.hpp"

namespace arigate::io {

/// Cuts the frames of one side of a WebSocket, masked or not, into messages. For listening only: it
/// trusts both sides to keep to the RFC.
class FrameCutter {
 public:
  static constexpr std::size_t message_bytes_max = std::size_t{16} * 1024 * 1024;

  struct Message {
    bool is_close = false;  ///< Else a text.
    std::string payload;
  };

  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The next text or close frame; nullopt when more bytes are needed, or after too_long().
  std::optional<Message> next();
  bool too_long() const { return too_long_; }

 private:
  std::string buffer_;
  std::string message_;  ///< The fragments so far.
  bool is_text_ = false;
  bool too_long_ = false;
};

/// Records the HTTP of one connection that goes through a relay as the requests, replies and
/// WebSocket messages of ARI. It only listens: what it does not understand it lets pass, and says
/// so in the log.
class AriObserver final : public RelayObserver {
 public:
  static constexpr std::size_t body_bytes_max = std::size_t{16} * 1024 * 1024;
  static constexpr std::size_t requests_max = 1'000;  ///< Without their replies yet.

  explicit AriObserver(AriTap& tap);
  ~AriObserver() override;

  void connected() override {}
  void data(bool from_client, std::string_view bytes) override;
  void eof(bool from_client) override;
  void closed(std::string_view why) override;

 private:
  struct Parsers;
  struct Waiting {
    std::optional<AriTap::Asked> asked;
    bool is_head = false;
    std::string upgrade_target;  ///< Not empty: it wants to become a WebSocket.
    std::string method, body;    ///< Of such a request, should it be refused.
  };

  bool take_requests();
  bool take_replies();
  void take_reply();
  void take_frames(bool from_client);
  void give_up(std::string_view why);

  AriTap& tap_;
  std::unique_ptr<Parsers> parsers_;
  std::string from_client_, from_server_;  ///< Bytes that are not parsed yet.
  std::deque<Waiting> waiting_;
  std::string socket_;  ///< The link, once it is a WebSocket.
  FrameCutter client_frames_, server_frames_;
  bool lost_ = false;
};

}  // namespace arigate::io
