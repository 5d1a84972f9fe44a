#include "sim/recorded_pbx.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "core/log.hpp"
#include "sim/recorded_client.hpp"
#include "sim/recorded_message.hpp"

namespace arigate::sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// For clients to take the last events.
constexpr std::chrono::seconds end_limit{5};

}  // namespace

RecordedPbx::RecordedPbx(asio::any_io_executor executor, RecordedScript script,
                         RecordedPbxOptions options)
    : executor_{std::move(executor)},
      script_{std::move(script)},
      options_{std::move(options)},
      answers_{script_},
      acceptor_{executor_},
      timer_{executor_},
      pause_{executor_} {}

RecordedPbx::~RecordedPbx() {
  stop();
}

Result<void> RecordedPbx::start() {
  error_code error;
  acceptor_.open(options_.listen.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(options_.listen, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Error{Errc::unavailable, "cannot listen on " + options_.listen.address().to_string() +
                                        ":" + std::to_string(options_.listen.port()) + ": " +
                                        error.message()};
  }
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(executor_, accept(stopped_), asio::detached);
  return {};
}

void RecordedPbx::stop() {
  *stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
  pause_.cancel();
  for (const auto& client : std::exchange(clients_, {})) client->cut();
  for (const auto& session : std::exchange(sessions_, {})) session->cut();
}

asio::awaitable<void> RecordedPbx::accept(std::shared_ptr<bool> stopped) {
  while (!*stopped) {
    error_code error;
    auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (*stopped) co_return;
    if (error || clients_.size() >= options_.clients_max) {
      log::warn("ami client refused why=\"{}\"", error ? error.message() : "too many");
      if (!error) continue;
      pause_.expires_after(std::chrono::milliseconds{100});
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    socket.set_option(tcp::no_delay{true}, error);
    const auto client = std::make_shared<Client>(*this, std::move(socket));
    clients_.insert(client);
    asio::co_spawn(executor_, client->run(client), asio::detached);
  }
}

std::chrono::microseconds RecordedPbx::scaled(std::int64_t us) const {
  if (options_.speed <= 0) return std::chrono::microseconds{0};
  return std::chrono::microseconds{
      static_cast<std::int64_t>(static_cast<double>(us) / options_.speed)};
}

/// The first client that wants events starts the clock.
void RecordedPbx::begin() {
  if (std::exchange(playing_, true)) return;
  begun_ = std::chrono::steady_clock::now();
  asio::co_spawn(executor_, play(stopped_), asio::detached);
}

asio::awaitable<void> RecordedPbx::sleep_until(std::int64_t t_us) {
  const auto due = begun_ + scaled(t_us - script_.begin_us);
  if (due <= std::chrono::steady_clock::now()) co_return;
  timer_.expires_at(due);
  error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> RecordedPbx::play(std::shared_ptr<bool> stopped) {
  std::size_t events = 0;
  std::size_t sessions = 0;
  while (events < script_.events.size() || sessions < script_.sessions.size()) {
    const bool session_next = events == script_.events.size() ||
                              (sessions < script_.sessions.size() &&
                               script_.sessions[sessions].t_us < script_.events[events].t_us);
    const auto t_us = session_next ? script_.sessions[sessions].t_us : script_.events[events].t_us;
    co_await sleep_until(t_us);
    if (*stopped) co_return;
    if (!session_next) {
      send_event(script_.events[events++]);
      continue;
    }
    const auto session = std::make_shared<Session>(*this, script_.sessions[sessions++]);
    sessions_.insert(session);
    asio::co_spawn(executor_, session->run(session), asio::detached);
  }
  // A client that does not read is not waited for.
  const auto limit = std::chrono::steady_clock::now() + end_limit;
  const auto writes = [](const auto& client) { return client->writes(); };
  while (!*stopped &&
         (!sessions_.empty() || (std::any_of(clients_.begin(), clients_.end(), writes) &&
                                 std::chrono::steady_clock::now() < limit))) {
    timer_.expires_after(std::chrono::milliseconds{20});
    error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (!*stopped) options_.ended();
}

void RecordedPbx::send_event(const RecordedEvent& event) {
  const auto id = header_of(event.bytes, "ActionID");
  const auto bytes = id.empty() ? event.bytes : with_action_id(event.bytes, answers_.client_id(id));
  for (const auto& client : clients_) {
    if (client->wants_events()) client->send(bytes);
  }
}

}  // namespace arigate::sim
