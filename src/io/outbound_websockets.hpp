#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "ari/event_socket.hpp"
#include "arigate/secret.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "io/tls.hpp"

namespace arigate::io {

/// One WebSocket that we open, for good or for each call.
struct OutboundOptions {
  std::string name;
  std::string uri, protocols, username;
  Secret password;
  bool per_call = false;
  bool tls_enabled = false;  ///< Also without wss://.
  TlsOptions tls;
  std::chrono::milliseconds connection_timeout{500};
  std::chrono::milliseconds reconnect_interval{500};
  std::size_t reconnect_attempts = 4;
  std::vector<std::string> apps;
  bool subscribe_all = false;
  std::string user;  ///< Whose rights its requests have.
};

/// The WebSockets that we open to applications. To their owner they are like those that a client
/// has opened: opened(), received(), closed().
///
/// One that stays is opened again when it breaks, each time after twice as long a wait, up to
/// `reconnect_max`. One for a call is opened when a channel asks for its application, which then
/// has the channel's name behind its own ("app:SIP/x-1"), and closed when the channel has left.
class OutboundWebSockets {
 public:
  static constexpr std::size_t per_call_max = 2'000;  ///< Open at a time.
  static constexpr std::chrono::milliseconds reconnect_max{30'000};
  static constexpr std::size_t message_bytes_max = std::size_t{1024} * 1024;
  static constexpr std::size_t queue_bytes_max = std::size_t{4} * 1024 * 1024;

  /// Whether an application has a channel; what is sent before we close.
  using Wanted = std::function<bool(const AppName&)>;
  using Farewell = std::function<void(ari::EventSocket&)>;

  OutboundWebSockets(boost::asio::io_context& context, std::vector<OutboundOptions> options,
                     ari::EventSocketOwner& owner, Wanted wanted, Farewell farewell);
  ~OutboundWebSockets();

  void start();
  /// Closes all with 1001; over when nothing of them is left, or at `limit` after now.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit);

  /// Opens a WebSocket for one channel; the name of its application. Errc::not_found: no connection
  /// of this kind is configured for the application; unavailable: it could not be opened.
  boost::asio::awaitable<Result<AppName>> summon(AppName application, std::string channel_name);

 private:
  class Session;
  template <class Stream>
  class SessionOn;

  boost::asio::awaitable<void> keep_open(const OutboundOptions& options);
  boost::asio::awaitable<void> reopen(const OutboundOptions& options);
  boost::asio::awaitable<void> watch(std::shared_ptr<Session> session, AppName application);
  boost::asio::awaitable<std::shared_ptr<Session>> open(const OutboundOptions& options);
  void serve(const OutboundOptions& options, std::shared_ptr<Session> session,
             std::vector<std::string> apps, std::function<void()> then);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds wait);
  void spawn(boost::asio::awaitable<void> work);

  boost::asio::io_context& context_;
  std::vector<OutboundOptions> options_;
  ari::EventSocketOwner& owner_;
  Wanted wanted_;
  Farewell farewell_;
  std::list<boost::asio::steady_timer> pauses_;  ///< That stop() ends.
  std::list<std::weak_ptr<Session>> sessions_;
  std::size_t running_ = 0;  ///< Coroutines that use this.
  std::size_t per_call_ = 0;
  bool stopping_ = false;
};

}  // namespace arigate::io
