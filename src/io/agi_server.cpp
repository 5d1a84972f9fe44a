#include "io/agi_server.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "agi/decoder.hpp"
#include "core/log.hpp"
#include "core/overloaded.hpp"
#include "core/thrown.hpp"

namespace arigate::io {

namespace asio = boost::asio;
using boost::system::error_code;
using trace::Direction;
using What = trace::Line::What;

Result<AllowList> AllowList::parse(const std::vector<std::string>& entries) {
  AllowList list;
  for (const auto& entry : entries) {
    error_code error;
    const auto address = asio::ip::make_address(entry, error);
    if (!error) {
      list.add(address);
    } else if (const auto v4 = asio::ip::make_network_v4(entry, error); !error) {
      list.v4_.push_back(v4);
    } else if (const auto v6 = asio::ip::make_network_v6(entry, error); !error) {
      list.v6_.push_back(v6);
    } else {
      return Error{Errc::bad_request, "not an address or network: " + entry};
    }
  }
  return list;
}

void AllowList::add(const asio::ip::address& address) {
  if (address.is_v4()) {
    v4_.emplace_back(address.to_v4(), std::uint16_t{32});
  } else {
    v6_.emplace_back(address.to_v6(), std::uint16_t{128});
  }
}

bool AllowList::allows(const asio::ip::address& address) const {
  const auto inside = [](const auto& network, const auto& host) {
    return network.address() == host || network.hosts().find(host) != network.hosts().end();
  };
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return allows(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()));
  }
  if (address.is_v4()) {
    for (const auto& network : v4_) {
      if (inside(network, address.to_v4())) return true;
    }
    return false;
  }
  for (const auto& network : v6_) {
    if (inside(network, address.to_v6())) return true;
  }
  return false;
}

/// One connection. The read loop holds it alive; the owner holds it as an AgiLink.
class AgiServer::Session : public ops::AgiLink, public std::enable_shared_from_this<Session> {
 public:
  static constexpr std::size_t unsent_bytes_max = std::size_t{1024} * 1024;

  Session(asio::ip::tcp::socket socket, ops::AgiOwner& owner, std::shared_ptr<std::size_t> count,
          trace::Tap* tap, std::uint64_t number)
      : socket_{std::move(socket)},
        owner_{owner},
        count_{std::move(count)},
        tap_{tap},
        number_{number} {
    ++*count_;
    tell(Direction::from_pbx, What::connect);
  }
  ~Session() override { --*count_; }

  void send(std::string line) override {
    if (closing_ || unsent_.size() > unsent_bytes_max) return;
    unsent_ += line;
    unsent_ += '\n';
    write_soon();
  }

  void close() override {
    if (std::exchange(closing_, true)) return;
    owner_gone_ = true;
    if (!writing_) shut();
  }

  /// What is thrown on the way costs this connection; its owner hears that it is closed.
  asio::awaitable<void> run(std::chrono::milliseconds environment_timeout) {
    const auto self = shared_from_this();
    try {
      co_await read(environment_timeout);
    } catch (const std::exception& error) {
      log::error("agi session failed what=\"{}\"", error.what());
    }
    shut();
    if (connected_ && !owner_gone_) {
      owner_gone_ = true;
      owner_.closed(*this);
    }
  }

 private:
  asio::awaitable<void> read(std::chrono::milliseconds environment_timeout) {
    const auto self = shared_from_this();
    asio::steady_timer timer{socket_.get_executor(), environment_timeout};
    timer.async_wait([self](const error_code& error) {
      if (!error && !self->connected_) self->shut();
    });
    std::array<char, 4096> chunk;
    for (;;) {
      error_code error;
      const auto count = co_await socket_.async_read_some(
          asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        tell_end(error);
        break;
      }
      tell(Direction::from_pbx, What::data, {chunk.data(), count});
      decoder_.feed({chunk.data(), count});
      if (!take_inputs()) break;
      if (connected_) timer.cancel();
    }
  }

  bool take_inputs() {
    for (;;) {
      auto input = decoder_.next();
      if (!input) {
        log::warn("agi connection dropped why=\"{}\"", input.error().detail);
        return false;
      }
      if (!*input) return true;
      if (owner_gone_) continue;
      std::visit(Overloaded{
                     [&](agi::Environment& environment) {
                       connected_ = true;
                       owner_.connected(shared_from_this(), std::move(environment));
                     },
                     [&](agi::Reply& reply) { owner_.received(*this, reply); },
                     [&](agi::HangupSeen) { owner_.hangup_seen(*this); },
                 },
                 **input);
    }
  }

  void write_soon() {
    if (writing_) return;
    writing_ = true;
    asio::co_spawn(socket_.get_executor(), write_loop(shared_from_this()),
                   [self = shared_from_this()](const std::exception_ptr& thrown) {
                     if (!thrown) return;
                     log_thrown("agi writer")(thrown);
                     self->shut();  // run() tells the owner.
                   });
  }

  static asio::awaitable<void> write_loop(std::shared_ptr<Session> self) {
    std::string now;
    while (!self->unsent_.empty()) {
      now.clear();
      std::swap(now, self->unsent_);
      self->tell(Direction::to_pbx, What::data, now);
      error_code error;
      co_await asio::async_write(self->socket_, asio::buffer(now),
                                 asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
    }
    self->writing_ = false;
    if (self->closing_) self->shut();
  }

  void tell(Direction dir, What what, std::string_view bytes = {}) {
    if (tap_ == nullptr) return;
    trace::Line line;
    line.link = "agi:" + std::to_string(number_);
    line.dir = dir;
    line.what = what;
    line.data = bytes;
    tap_->record(std::move(line));
  }
  void tell_end(const error_code& error) {
    if (std::exchange(end_told_, true)) return;
    const bool by_pbx = error == asio::error::eof;
    tell(by_pbx ? Direction::from_pbx : Direction::to_pbx, by_pbx ? What::eof : What::close);
  }

  void shut() {
    tell_end({});
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  asio::ip::tcp::socket socket_;
  ops::AgiOwner& owner_;
  std::shared_ptr<std::size_t> count_;
  trace::Tap* tap_;
  std::uint64_t number_;  // Of the connection.
  agi::Decoder decoder_;
  std::string unsent_;
  bool writing_ = false;
  bool connected_ = false;   // The owner knows it.
  bool owner_gone_ = false;  // The owner has closed it, or was told that it is closed.
  bool closing_ = false;
  bool end_told_ = false;
};

AgiServer::AgiServer(asio::any_io_executor executor, AgiServerOptions options, ops::AgiOwner& owner)
    : executor_{std::move(executor)},
      options_{std::move(options)},
      owner_{owner},
      acceptor_{executor_},
      pause_{executor_} {}

AgiServer::~AgiServer() = default;

Result<void> AgiServer::start() {
  const asio::ip::tcp::endpoint place{options_.bind, options_.port};
  error_code error;
  acceptor_.open(place.protocol(), error);
  if (!error) acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(place, error);
  if (!error) acceptor_.listen(backlog, error);
  if (error) {
    return Error{Errc::unavailable, "FastAGI: cannot listen on " + options_.bind.to_string() + ":" +
                                        std::to_string(options_.port) + ": " + error.message()};
  }
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(executor_, accept_loop(), log_thrown("agi listener"));
  return {};
}

void AgiServer::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

asio::awaitable<void> AgiServer::accept_loop() {
  while (!stopped_) {
    bool failed = false;
    try {
      co_await accept_one();
    } catch (const std::exception& error) {
      log::error("agi accept failed what=\"{}\"", error.what());
      failed = true;
    }
    if (failed) co_await rest_a_while();
  }
}

/// Out of descriptors or memory, most often: wait instead of spinning.
asio::awaitable<void> AgiServer::rest_a_while() {
  if (stopped_) co_return;
  error_code ignored;
  pause_.expires_after(std::chrono::milliseconds{100});
  co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> AgiServer::accept_one() {
  error_code error;
  auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
  if (stopped_) co_return;
  if (error) {
    log::warn("agi accept failed why=\"{}\"", error.message());
    co_return co_await rest_a_while();
  }
  const auto peer = socket.remote_endpoint(error);
  if (error) co_return;
  if (!options_.allowed.allows(peer.address())) {
    log::warn("agi connection refused peer={} why=\"address not allowed\"",
              peer.address().to_string());
    co_return;
  }
  if (*sessions_ >= options_.sessions_max) {
    log::warn("agi connection refused peer={} why=\"too many sessions\"",
              peer.address().to_string());
    co_return;
  }
  socket.set_option(asio::ip::tcp::no_delay{true}, error);
  auto session =
      std::make_shared<Session>(std::move(socket), owner_, sessions_, options_.tap, ++accepted_);
  asio::co_spawn(executor_, session->run(options_.environment_timeout), log_thrown("agi session"));
}

}  // namespace arigate::io
