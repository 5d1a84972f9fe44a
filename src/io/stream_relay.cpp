#include "io/stream_relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "core/log.hpp"
#include "core/thrown.hpp"
#include "io/resolve.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 1024;

/// A peer that has vanished without a word is noticed, as it would be without a relay.
void prepare(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  socket.set_option(asio::socket_base::keep_alive{true}, ignored);
}

void reset(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger{true, 0}, ignored);
  socket.close(ignored);
}

}  // namespace

/// One connection: two sockets and a pump for each direction.
class StreamRelay::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(StreamRelay& relay, tcp::socket client, std::unique_ptr<RelayObserver> observer)
      : relay_{&relay},
        observer_{std::move(observer)},
        client_{std::move(client)},
        target_{client_.get_executor()},
        timer_{client_.get_executor()} {}

  void start() {
    spawn(connect(shared_from_this(), relay_->options_.target_host, relay_->options_.target_port,
                  relay_->options_.connect_timeout));
  }
  /// The relay goes away.
  void cut() {
    relay_ = nullptr;
    end("the recorder stops", false);
  }

 private:
  void spawn(asio::awaitable<void> work) {
    asio::co_spawn(client_.get_executor(), std::move(work),
                   [link = shared_from_this()](const std::exception_ptr& thrown) {
                     if (!thrown) return;
                     log_thrown("relay connection")(thrown);
                     link->end("failed", true);
                   });
  }

  asio::awaitable<void> connect([[maybe_unused]] std::shared_ptr<Link> self, std::string host,
                                std::string port, std::chrono::milliseconds limit) {
    observer_->connected();
    timer_.expires_after(limit);
    timer_.async_wait([link = shared_from_this()](const error_code& error) {
      if (!error) link->end("the target does not answer", true);
    });
    error_code error;
    const auto places = co_await resolve(std::move(host), std::move(port),
                                         std::chrono::steady_clock::now() + limit);
    if (ended_) co_return;
    if (!places) co_return end("the target cannot be resolved: " + places.error().detail, true);
    co_await asio::async_connect(target_, *places,
                                 asio::redirect_error(asio::use_awaitable, error));
    timer_.cancel();
    if (ended_) co_return;
    if (error) co_return end("the target cannot be reached: " + error.message(), true);
    prepare(client_);
    prepare(target_);
    pumps_ = 2;
    spawn(pump(shared_from_this(), true));
    spawn(pump(shared_from_this(), false));
  }

  asio::awaitable<void> pump([[maybe_unused]] std::shared_ptr<Link> self, bool from_client) {
    auto& source = from_client ? client_ : target_;
    auto& sink = from_client ? target_ : client_;
    const auto buffer = std::make_unique_for_overwrite<char[]>(buffer_bytes);
    error_code error;
    bool writing = false;
    for (;;) {
      writing = false;
      const auto count =
          co_await source.async_read_some(asio::buffer(buffer.get(), buffer_bytes),
                                          asio::redirect_error(asio::use_awaitable, error));
      if (ended_) co_return;
      if (error) break;
      observer_->data(from_client, {buffer.get(), count});
      writing = true;
      co_await asio::async_write(sink, asio::buffer(buffer.get(), count),
                                 asio::redirect_error(asio::use_awaitable, error));
      if (ended_) co_return;
      if (error) break;
    }
    // Who has said goodbye already may still be reading what is on its way: no reset then.
    if (writing) co_return end(error.message(), pumps_ == 2);
    if (error != asio::error::eof) co_return end(error.message(), true);
    observer_->eof(from_client);
    error_code ignored;
    sink.shutdown(tcp::socket::shutdown_send, ignored);
    if (--pumps_ == 0) end("", false);
  }

  void end(std::string_view why, bool with_reset) {
    if (std::exchange(ended_, true)) return;
    observer_->closed(why);
    timer_.cancel();
    error_code ignored;
    for (auto* socket : {&client_, &target_}) {
      if (with_reset) {
        reset(*socket);
      } else {
        socket->shutdown(tcp::socket::shutdown_both, ignored);
        socket->close(ignored);
      }
    }
    if (relay_ != nullptr) relay_->links_.erase(shared_from_this());
  }

  StreamRelay* relay_;
  std::unique_ptr<RelayObserver> observer_;
  tcp::socket client_;
  tcp::socket target_;
  asio::steady_timer timer_;
  int pumps_ = 0;
  bool ended_ = false;
};

StreamRelay::StreamRelay(asio::any_io_executor executor, StreamRelayOptions options,
                         MakeObserver observer)
    : executor_{std::move(executor)},
      options_{std::move(options)},
      make_observer_{std::move(observer)},
      acceptor_{executor_},
      pause_{executor_} {}

StreamRelay::~StreamRelay() {
  stop();
}

Result<void> StreamRelay::start() {
  error_code error;
  acceptor_.open(options_.listen.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(options_.listen, error);
  if (!error) acceptor_.listen(backlog, error);
  if (error) {
    return Error{Errc::unavailable, "cannot listen on " + options_.listen.address().to_string() +
                                        ":" + std::to_string(options_.listen.port()) + ": " +
                                        error.message()};
  }
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(executor_, accept(stopped_), log_thrown("relay listener"));
  return {};
}

void StreamRelay::stop() {
  *stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (const auto& link : std::exchange(links_, {})) link->cut();
}

asio::awaitable<void> StreamRelay::accept(std::shared_ptr<bool> stopped) {
  while (!*stopped) {
    error_code error;
    auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (*stopped) co_return;
    if (error) {
      // Out of descriptors, most often: wait instead of spinning.
      log::warn("relay accept failed name={} why=\"{}\"", options_.name, error.message());
      pause_.expires_after(std::chrono::milliseconds{100});
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (links_.size() >= options_.connections_max) {
      log::warn("relay connection refused name={} why=\"too many connections\"", options_.name);
      continue;
    }
    try {
      auto link = std::make_shared<Link>(*this, std::move(socket), make_observer_());
      links_.insert(link);
      link->start();
    } catch (const std::exception& thrown) {
      log::error("relay connection failed name={} what=\"{}\"", options_.name, thrown.what());
    }
  }
}

}  // namespace arigate::io
