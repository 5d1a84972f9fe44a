#include "io/outbound_websockets.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <random>
#include <utility>

#include "ari/request.hpp"
#include "core/base64.hpp"
#include "core/log.hpp"
#include "core/thrown.hpp"
#include "io/resolve.hpp"
#include "io/tls.hpp"
#include "io/websocket_frame.hpp"
#include "io/websocket_uri.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Plain = beast::websocket::stream<beast::tcp_stream>;
using Secure = beast::websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

/// A peer that is silent for so long is asked for a sign of life, and then given up.
constexpr std::chrono::seconds idle_timeout{30};
/// How long the connection of a call stays when its channel has left (seen: 22, about 3 s).
constexpr std::chrono::seconds linger{3};
/// For the channel to enter after its connection was made.
constexpr std::chrono::seconds entrance_time{6};

/// Between 80 and 120 % of `wait`, so that many do not come at the same time.
std::chrono::milliseconds jittered(std::chrono::milliseconds wait) {
  static std::minstd_rand random{std::random_device{}()};
  return wait * std::uniform_int_distribution<int>{80, 120}(random) / 100;
}

}  // namespace

/// One open connection, whatever it runs on.
class OutboundWebSockets::Session : public ari::EventSocket,
                                    public std::enable_shared_from_this<Session> {
 public:
  virtual asio::awaitable<error_code> connect(WebSocketUri uri, OutboundOptions options) = 0;
  /// Until it ends; `heard` gets each text.
  virtual asio::awaitable<void> read(std::function<void(std::string_view)> heard) = 0;
  virtual void abort() = 0;
  /// What it was given and cannot send any more.
  virtual std::deque<std::string> take_unsent() = 0;
};

template <class Stream>
class OutboundWebSockets::SessionOn final : public Session {
 public:
  template <class... Arguments>
  explicit SessionOn(asio::io_context& context, Arguments&&... arguments)
      : context_{context}, stream_{std::forward<Arguments>(arguments)...} {}

  asio::awaitable<error_code> connect(WebSocketUri uri, OutboundOptions options) override {
    error_code error;
    const auto places = co_await resolve(
        uri.host, uri.port, std::chrono::steady_clock::now() + options.connection_timeout);
    if (!places) co_return error_code{asio::error::host_not_found};
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(options.connection_timeout);
    co_await lowest.async_connect(*places, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return error;
    lowest.socket().set_option(tcp::no_delay{true}, error);
    if constexpr (std::is_same_v<Stream, Secure>) {
      lowest.expires_after(options.connection_timeout);
      auto* const ssl = stream_.next_layer().native_handle();
      if (!expect_host(ssl, options.tls, uri.host)) {
        co_return error_code{asio::error::invalid_argument};
      }
      co_await stream_.next_layer().async_handshake(
          ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return error;
    }
    lowest.expires_never();
    beast::websocket::stream_base::timeout timeout{options.connection_timeout, idle_timeout, true};
    stream_.set_option(timeout);
    stream_.read_message_max(message_bytes_max);
    std::string credentials;
    if (!options.username.empty()) {
      credentials = "Basic ";
      append_base64(credentials, options.username + ':' + options.password.reveal());
    }
    beast::websocket::stream_base::decorator head{
        [protocols = options.protocols, credentials](beast::websocket::request_type& request) {
          if (!protocols.empty()) {
            request.set(beast::http::field::sec_websocket_protocol, protocols);
          }
          if (!credentials.empty()) request.set(beast::http::field::authorization, credentials);
        }};
    stream_.set_option(std::move(head));
    const std::string authority = uri.authority();
    co_await stream_.async_handshake(authority, uri.target,
                                     asio::redirect_error(asio::use_awaitable, error));
    stream_.text(true);
    open_ = !error;
    co_return error;
  }

  asio::awaitable<void> read(std::function<void(std::string_view)> heard) override {
    const auto self = this->shared_from_this();
    beast::flat_buffer buffer;
    for (;;) {
      error_code error;
      co_await stream_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      if (stream_.got_text()) {
        const auto data = buffer.cdata();
        heard({static_cast<const char*>(data.data()), data.size()});
      } else {
        close(close_code::unsupported_data, "text only");
      }
      buffer.consume(buffer.size());
    }
    open_ = false;
    abort();
  }

  void send(std::string_view json) override {
    if (closing_ != 0) return;
    if (queued_bytes_ + json.size() > queue_bytes_max) {
      log::warn("outbound websocket reset why=\"queue is full\" queued_bytes={}", queued_bytes_);
      return abort();
    }
    queued_bytes_ += json.size();
    queue_.emplace_back(json);
    if (open_) write_soon();
  }

  std::deque<std::string> take_unsent() override {
    auto unsent = std::exchange(queue_, {});
    // Its write has failed, or is about to: the reader may have seen the end first.
    if (!sending_.empty()) unsent.push_front(sending_);
    return unsent;
  }

  void close(std::uint16_t code, std::string_view) override {
    if (!open_ || closing_ != 0) return;
    closing_ = code;
    write_soon();
  }

  void abort() override {
    open_ = false;
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

 private:
  void write_soon() {
    if (std::exchange(writing_, true)) return;
    asio::co_spawn(context_, write(),
                   [self = this->shared_from_this()](const std::exception_ptr& thrown) {
                     if (!thrown) return;
                     log_thrown("outbound websocket")(thrown);
                     self->abort();
                   });
  }

  asio::awaitable<void> write() {
    error_code error;
    while (open_ && !queue_.empty()) {
      sending_ = std::move(queue_.front());
      queue_.pop_front();
      co_await stream_.async_write(asio::buffer(sending_),
                                   asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      queued_bytes_ -= sending_.size();
      sending_.clear();
    }
    writing_ = false;
    if (error) {
      abort();
    } else if (closing_ != 0) {
      open_ = false;
      const beast::websocket::close_reason reason{closing_};
      co_await stream_.async_close(reason, asio::redirect_error(asio::use_awaitable, error));
      abort();
    }
  }

  asio::io_context& context_;
  Stream stream_;
  bool open_ = false;
  bool writing_ = false;
  std::uint16_t closing_ = 0;
  std::deque<std::string> queue_;
  std::string sending_;  ///< Until all of it is written.
  std::size_t queued_bytes_ = 0;
};

// --- the connections ----------------------------------------------------------------------------

OutboundWebSockets::OutboundWebSockets(asio::io_context& context,
                                       std::vector<OutboundOptions> options,
                                       ari::EventSocketOwner& owner, Hooks hooks)
    : context_{context}, options_{std::move(options)}, owner_{owner}, hooks_{std::move(hooks)} {}

OutboundWebSockets::~OutboundWebSockets() = default;

void OutboundWebSockets::spawn(asio::awaitable<void> work) {
  ++running_;
  asio::co_spawn(context_, std::move(work), [this](const std::exception_ptr& thrown) {
    --running_;
    log_thrown("outbound websocket")(thrown);
  });
}

void OutboundWebSockets::start() {
  for (const auto& options : options_) {
    if (!options.per_call) spawn(keep_open(options));
  }
}

asio::awaitable<void> OutboundWebSockets::stop(std::chrono::milliseconds limit) {
  stopping_ = true;
  for (auto& timer : pauses_) timer.cancel();
  const auto connections = connections_;
  for (const auto& connection : connections) {
    hooks_.farewell(*connection.socket);
    connection.socket->close(close_code::going_away, "arigate stops");
  }
  // Half of the time for the other sides to say goodbye, half for what was cut off to end.
  constexpr std::chrono::milliseconds step{5};
  const auto began = std::chrono::steady_clock::now();
  bool cut = false;
  asio::steady_timer timer{context_};
  while (running_ > 0) {
    const auto waited = std::chrono::steady_clock::now() - began;
    if (waited >= limit) break;
    if (waited >= limit / 2 && !std::exchange(cut, true)) {
      const auto left = connections_;
      for (const auto& connection : left) {
        if (const auto session = connection.session.lock()) session->abort();
      }
    }
    timer.expires_after(step);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> OutboundWebSockets::pause(std::chrono::milliseconds wait) {
  if (stopping_) co_return;
  const auto place = pauses_.emplace(pauses_.end(), context_, wait);
  error_code ignored;
  co_await place->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  pauses_.erase(place);
}

/// nullptr when it cannot be opened; the log says why.
asio::awaitable<std::shared_ptr<OutboundWebSockets::Session>> OutboundWebSockets::open(
    const OutboundOptions& options) {
  const auto uri = parse_websocket_uri(options.uri);
  if (!uri) {
    log::error("outbound websocket name={} why=\"uri is not usable\"", options.name);
    co_return nullptr;
  }
  std::shared_ptr<Session> session;
  error_code error;
  if (uri->tls || options.tls_enabled) {
    auto tls = tls_client(options.tls);
    if (!tls) {
      log::error("outbound websocket not connected name={} why=\"{}\"", options.name,
                 tls.error().detail);
      co_return nullptr;
    }
    // The stream holds the context: ours may go.
    session = std::make_shared<SessionOn<Secure>>(context_, context_.get_executor(), *tls);
  } else {
    session = std::make_shared<SessionOn<Plain>>(context_, context_.get_executor());
  }
  if (!error) error = co_await session->connect(*uri, options);
  if (error) {
    log::warn("outbound websocket not connected name={} uri={} why=\"{}\"", options.name,
              options.uri, error.message());
    session->abort();
    co_return nullptr;
  }
  log::info("outbound websocket connected name={} uri={}", options.name, options.uri);
  co_return session;
}

/// What the owner sees of it, whether it is connected or not.
std::shared_ptr<KeptSocket> OutboundWebSockets::socket_for(const OutboundOptions& options,
                                                           std::vector<std::string> apps) {
  auto socket = std::make_shared<KeptSocket>(options.name);
  ari::Request request;
  request.asker.user = options.user;
  request.set_list("app", std::move(apps));
  if (options.subscribe_all) request.set_param("subscribeAll", "true");
  owner_.opened(socket, request);
  return socket;
}

/// One connection of it, until it ends.
asio::awaitable<void> OutboundWebSockets::serve(const OutboundOptions& options, SessionPtr session,
                                                std::shared_ptr<KeptSocket> socket) {
  const auto place = connections_.insert(connections_.end(), Connection{session, socket});
  std::function<void(std::string_view)> heard = [this, &socket](std::string_view text) {
    owner_.received(*socket, text);
  };
  try {
    socket->connect(session, [this, &socket] { hooks_.greet(*socket); });
    co_await session->read(std::move(heard));
  } catch (const std::exception& thrown) {  // Costs this connection, not the ones behind it.
    log::error("outbound websocket failed name={} what=\"{}\"", options.name, thrown.what());
    session->abort();
  }
  socket->disconnect(session->take_unsent());
  connections_.erase(place);
  log::info("outbound websocket ended name={}", options.name);
}

asio::awaitable<void> OutboundWebSockets::keep_open(const OutboundOptions& options) {
  const auto socket = socket_for(options, options.apps);
  auto wait = options.reconnect_interval;
  while (!stopping_) {
    const auto session = co_await open(options);
    const bool opened = session != nullptr;
    if (opened && !stopping_) co_await serve(options, session, socket);
    // Not at once: a peer that accepts and closes is not to be met in a tight loop.
    if (opened) wait = options.reconnect_interval;
    co_await pause(jittered(wait));
    if (!opened) wait = std::min(2 * wait, reconnect_max);
  }
  owner_.closed(*socket);
}

// --- for a call ---------------------------------------------------------------------------------

asio::awaitable<OutboundWebSockets::SessionPtr> OutboundWebSockets::open_for_call(
    const OutboundOptions& options) {
  for (std::size_t attempt = 0; attempt < options.reconnect_attempts && !stopping_; ++attempt) {
    if (attempt > 0) co_await pause(jittered(options.reconnect_interval));
    auto session = co_await open(options);
    if (session) co_return session;
  }
  co_return nullptr;
}

asio::awaitable<Result<AppName>> OutboundWebSockets::summon(AppName application,
                                                            std::string channel_name) {
  // A channel that comes back after a restart asks for the one that it had.
  const std::string own = ':' + channel_name;
  if (application.value.ends_with(own)) {
    application.value.resize(application.value.size() - own.size());
  }
  const auto options =
      std::find_if(options_.begin(), options_.end(), [&](const OutboundOptions& each) {
        return each.per_call &&
               std::find(each.apps.begin(), each.apps.end(), application.value) != each.apps.end();
      });
  if (options == options_.end()) co_return Error{Errc::not_found, "application not active"};
  if (per_call_ >= per_call_max || stopping_) {
    co_return Error{Errc::overloaded, "too many outbound websockets"};
  }
  ++per_call_;
  auto session = co_await open_for_call(*options);
  if (!session || stopping_) {
    --per_call_;
    if (session) session->abort();
    co_return Error{Errc::unavailable, "The application does not answer"};
  }
  auto call = std::make_shared<Call>();
  call->application.value = application.value + own;
  std::vector<std::string> apps{call->application.value};
  call->socket = socket_for(*options, std::move(apps));
  spawn(accompany(*options, std::move(session), call));
  spawn(watch(call));
  co_return call->application;
}

/// As natively the application stays while its connection is made again, and the channel leaves
/// when that fails.
asio::awaitable<void> OutboundWebSockets::accompany(const OutboundOptions& options,
                                                    SessionPtr session,
                                                    std::shared_ptr<Call> call) {
  while (session) {
    const auto begun = std::chrono::steady_clock::now();
    co_await serve(options, std::move(session), call->socket);
    session = nullptr;
    if (stopping_ || call->over || !hooks_.wanted(call->application)) break;
    const bool short_lived = std::chrono::steady_clock::now() - begun < options.reconnect_interval;
    if (short_lived) co_await pause(jittered(options.reconnect_interval));
    session = co_await open_for_call(options);
    if (session || stopping_) continue;
    log::warn("application of a call is lost app={}", call->application.value);
    hooks_.failed(call->application);
  }
  if (session) session->abort();
  call->over = true;
  owner_.closed(*call->socket);
  --per_call_;
}

/// Closes the connection of a call when its channel has left.
asio::awaitable<void> OutboundWebSockets::watch(std::shared_ptr<Call> call) {
  const auto begun = std::chrono::steady_clock::now();
  bool entered = false;
  while (!call->over && !stopping_) {
    co_await pause(entered ? std::chrono::milliseconds{500} : std::chrono::milliseconds{100});
    const bool has_channel = hooks_.wanted(call->application);
    entered = entered || has_channel;
    const bool late = std::chrono::steady_clock::now() > begun + entrance_time;
    if (has_channel || (!entered && !late)) continue;
    co_await pause(linger);
    if (hooks_.wanted(call->application)) continue;
    call->over = true;
    call->socket->close(close_code::normal, {});
  }
}

}  // namespace arigate::io
