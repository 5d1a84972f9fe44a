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
/// For what a client may do at any time.
constexpr std::chrono::milliseconds client_poll{10};

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

asio::awaitable<void> RecordedPbx::sleep_until(std::chrono::steady_clock::time_point due) {
  if (due <= std::chrono::steady_clock::now()) co_return;
  timer_.expires_at(due);
  error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

std::vector<RecordedPbx::Moment> RecordedPbx::moments() const {
  std::vector<Moment> moments;
  const auto add = [&](const auto& happenings, Moment::What what) {
    for (std::size_t i = 0; i < happenings.size(); ++i) {
      moments.push_back({happenings[i].t_us, what, i});
    }
  };
  if (options_.wait_for_actions) add(script_.actions, Moment::What::action);
  add(script_.events, Moment::What::event);
  add(script_.sessions, Moment::What::session);
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.t_us < b.t_us; });
  return moments;
}

asio::awaitable<void> RecordedPbx::play(std::shared_ptr<bool> stopped) {
  const auto all = moments();
  for (const auto& moment : all) {
    co_await play_moment(moment, stopped);
    if (*stopped) co_return;
  }
  // A client that does not read is not waited for.
  const auto limit = std::chrono::steady_clock::now() + end_limit;
  const auto writes = [](const auto& client) { return client->writes(); };
  while (!*stopped &&
         (!sessions_.empty() || (std::any_of(clients_.begin(), clients_.end(), writes) &&
                                 std::chrono::steady_clock::now() < limit))) {
    co_await sleep_until(std::chrono::steady_clock::now() + client_poll);
  }
  if (!*stopped) options_.ended();
}

asio::awaitable<void> RecordedPbx::play_moment(Moment moment, std::shared_ptr<bool> stopped) {
  if (moment.what == Moment::What::action) {
    co_await wait_for_action(script_.actions[moment.index], std::move(stopped));
    co_return;
  }
  co_await sleep_until(due_of(moment.t_us));
  if (*stopped) co_return;
  if (moment.what == Moment::What::event) {
    send_event(script_.events[moment.index]);
    if (options_.speed <= 0) co_await wait_for_readers(std::move(stopped));
    co_return;
  }
  const auto session = std::make_shared<Session>(*this, script_.sessions[moment.index]);
  sessions_.insert(session);
  asio::co_spawn(executor_, session->run(session), asio::detached);
}

/// What came behind the action comes behind it again, as long after it as it did.
asio::awaitable<void> RecordedPbx::wait_for_action(const RecordedAction& action,
                                                   std::shared_ptr<bool> stopped) {
  if (is_housekeeping(action.request["Action"])) co_return;
  while (!answers_.asked(action)) {
    co_await sleep_until(std::chrono::steady_clock::now() + client_poll);
    if (*stopped) co_return;
  }
  begun_ = std::chrono::steady_clock::now() - scaled(action.t_us - script_.begin_us);
}

/// Without a pace, the clients' reading is the pace.
asio::awaitable<void> RecordedPbx::wait_for_readers(std::shared_ptr<bool> stopped) {
  const auto is_behind = [](const auto& client) { return client->is_behind(); };
  while (std::any_of(clients_.begin(), clients_.end(), is_behind)) {
    co_await sleep_until(std::chrono::steady_clock::now() + client_poll);
    if (*stopped) co_return;
  }
}

void RecordedPbx::send_event(const RecordedEvent& event) {
  const auto id = header_of(event.bytes, "ActionID");
  const auto bytes = id.empty() ? event.bytes : with_action_id(event.bytes, answers_.client_id(id));
  for (const auto& client : clients_) {
    if (client->wants_events()) client->send(bytes);
  }
}

}  // namespace arigate::sim
