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
#include "io/kept_socket.hpp"
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

/// The WebSockets that we open to applications. To their owner each is like one that a client has
/// opened, opened(), received(), closed(), but for good: while its connection is away it is a
/// KeptSocket, so its applications are there and take calls.
///
/// One that stays is opened from start() to stop(), and connected again when it breaks, each time
/// after twice as long a wait, up to `reconnect_max`. One for a call is opened when a channel asks
/// for its application, which then has the channel's name behind its own ("app:SIP/x-1"), and
/// closed when the channel has left. When it breaks and cannot be connected again in
/// `reconnect_attempts`, the channel is let go of.
class OutboundWebSockets {
 public:
  static constexpr std::size_t per_call_max = 2'000;  ///< Open at a time.
  static constexpr std::chrono::milliseconds reconnect_max{30'000};
  static constexpr std::size_t message_bytes_max = std::size_t{1024} * 1024;
  static constexpr std::size_t queue_bytes_max = std::size_t{4} * 1024 * 1024;

  /// What the applications behind the owner know and do.
  struct Hooks {
    std::function<bool(const AppName&)> wanted;       ///< Whether an application has a channel.
    std::function<void(ari::EventSocket&)> greet;     ///< Sends what each connection is told first.
    std::function<void(ari::EventSocket&)> farewell;  ///< Sends what it is told before we close.
    std::function<void(const AppName&)> failed;       ///< Lets go of the channels of a call's own.
  };

  OutboundWebSockets(boost::asio::io_context& context, std::vector<OutboundOptions> options,
                     ari::EventSocketOwner& owner, Hooks hooks);
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
  struct Connection {
    std::weak_ptr<Session> session;
    std::shared_ptr<KeptSocket> socket;
  };
  /// The application of one channel.
  struct Call {
    AppName application;
    std::shared_ptr<KeptSocket> socket;
    bool over = false;  ///< The channel has left.
  };
  using SessionPtr = std::shared_ptr<Session>;

  boost::asio::awaitable<void> keep_open(const OutboundOptions& options);
  boost::asio::awaitable<void> accompany(const OutboundOptions& options, SessionPtr session,
                                         std::shared_ptr<Call> call);
  boost::asio::awaitable<void> watch(std::shared_ptr<Call> call);
  boost::asio::awaitable<SessionPtr> open(const OutboundOptions& options);
  boost::asio::awaitable<SessionPtr> open_for_call(const OutboundOptions& options);
  std::shared_ptr<KeptSocket> socket_for(const OutboundOptions& options,
                                         std::vector<std::string> apps);
  boost::asio::awaitable<void> serve(const OutboundOptions& options, SessionPtr session,
                                     std::shared_ptr<KeptSocket> socket);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds wait);
  void spawn(boost::asio::awaitable<void> work);

  boost::asio::io_context& context_;
  std::vector<OutboundOptions> options_;
  ari::EventSocketOwner& owner_;
  Hooks hooks_;
  std::list<boost::asio::steady_timer> pauses_;  ///< That stop() ends.
  std::list<Connection> connections_;
  std::size_t running_ = 0;  ///< Coroutines that use this.
  std::size_t per_call_ = 0;
  bool stopping_ = false;
};

}  // namespace arigate::io
