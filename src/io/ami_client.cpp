#include "io/ami_client.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <random>
#include <utility>

#include "core/log.hpp"
#include "core/text.hpp"
#include "core/thrown.hpp"
#include "io/resolve.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;
using boost::asio::ip::tcp;
using boost::system::error_code;
using trace::Direction;
using What = trace::Line::What;

/// Waits on the socket for at most so long; the timer closes it, which ends every wait on it.
class Deadline {
 public:
  Deadline(tcp::socket& socket, TimePoint when) : timer_{socket.get_executor(), when} {
    timer_.async_wait([&socket, passed = passed_](const error_code& error) {
      if (error) return;
      *passed = true;
      error_code ignored;
      socket.close(ignored);
    });
  }
  bool passed() const { return *passed_; }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<bool> passed_ = std::make_shared<bool>(false);
};

Error error_of(const ami::Message& response) {
  const std::string text{response[ami::Key::message]};
  if (text.starts_with("No such channel") || text.starts_with("Channel does not exist")) {
    return {Errc::not_found, text};
  }
  if (text == "Permission denied") return {Errc::forbidden, "The AMI user may not do this"};
  if (text.starts_with("Invalid/unknown command")) return {Errc::not_supported, text};
  return {Errc::refused_by_pbx, text};
}

/// The end of the connection, also when TLS was not told of it.
bool is_end(const error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

/// Of faults that come in masses the first is told, and then each of so many.
constexpr std::size_t told_each = 1'000;

const Error link_down{Errc::unavailable, "The link to the PBX is down"};

}  // namespace

struct AmiClient::Tls {
  Tls(tcp::socket& socket, asio::ssl::context made)
      : context{std::move(made)}, stream{socket, context} {}
  asio::ssl::context context;
  asio::ssl::stream<tcp::socket&> stream;
};

AmiClient::AmiClient(asio::any_io_executor executor, AmiClientOptions options, AmiOwner& owner,
                     const Clock& clock)
    : executor_{std::move(executor)},
      options_{std::move(options)},
      owner_{owner},
      clock_{clock},
      socket_{executor_},
      pause_{executor_},
      ping_timer_{executor_},
      action_prefix_{fmt::format("arigate-{:08x}-", std::random_device{}())} {}

AmiClient::~AmiClient() = default;

void AmiClient::start() {
  running_ = true;
  asio::co_spawn(executor_, run(), [this](const std::exception_ptr& thrown) {
    running_ = false;
    log_thrown("ami client")(thrown);
  });
}

void AmiClient::stop() {
  if (std::exchange(stopped_, true)) return;
  pause_.cancel();
  ping_timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<void> AmiClient::run() {
  auto pause = options_.reconnect_min;
  while (!stopped_) {
    Error why{Errc::unavailable, ""};
    bool thrown = false;
    try {
      why = co_await one_connection();
    } catch (const std::exception& error) {
      // A mistake of ours, in what is done with an event, costs this link: the next one begins with
      // all that the PBX has.
      log::error("ami link failed what=\"{}\"", error.what());
      why.detail = error.what();
      thrown = true;
    }
    end_connection();
    if (stopped_) break;
    const bool was_up = up_;
    drop_link();
    owner_.link_failed(why);
    if (stopped_) break;
    if (was_up && !thrown) pause = options_.reconnect_min;  // The same event may come again.
    const auto jittered = jittered_wait(why, pause);
    log::warn("ami link down host={} port={} why=\"{}\" retry_ms={}", options_.host, options_.port,
              why.detail, jittered.count());
    pause_.expires_after(jittered);
    error_code ignored;
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    pause = std::min(options_.reconnect_max, pause * 2);
  }
  drop_link();
}

/// Who was refused never comes back sooner than that: many PBXs ban who asks on and on.
std::chrono::milliseconds AmiClient::jittered_wait(const Error& why,
                                                   std::chrono::milliseconds pause) {
  const bool refused = why.code == Errc::forbidden;
  const auto wait = refused ? std::max(options_.refused_wait, pause) : pause;
  const auto jitter = std::uniform_real_distribution<double>{refused ? 1.0 : 0.75, 1.25}(random_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(wait * jitter);
}

void AmiClient::end_connection() {
  if (alive_) *alive_ = false;
  ping_timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

/// For what serves the connection and may fail: then run() makes another one.
std::function<void(const std::exception_ptr&)> AmiClient::or_end_connection(std::string_view task) {
  return [this, task](const std::exception_ptr& thrown) {
    if (!thrown) return;
    log_thrown(task)(thrown);
    error_code ignored;
    socket_.close(ignored);
  };
}

asio::awaitable<Error> AmiClient::one_connection() {
  decoder_ = ami::Decoder{};
  cuts_told_ = 0;
  unsent_.clear();
  tls_.reset();
  if (const auto connected = co_await connect(); !connected) co_return connected.error();
  if (const auto logged_in = co_await log_in(); !logged_in) co_return logged_in.error();

  up_ = true;
  last_byte_ = clock_.now();
  log::info("ami link up host={} port={} ami={} dialect={}", options_.host, options_.port, version_,
            dialect_.name);
  alive_ = std::make_shared<bool>(true);
  asio::co_spawn(executor_, keep_alive(alive_), or_end_connection("ami keep-alive"));
  owner_.link_up(dialect_, version_);
  Error why{Errc::unavailable, "closed by the PBX"};
  for (;;) {
    // What came with the login is here already; only then wait for more.
    Result<const ami::Message*> message = decoder_.next();
    while (message && *message != nullptr) {
      dispatch(**message);
      message = decoder_.next();
    }
    owner_.batch_end();
    tell_cuts();
    if (!message) {
      why = message.error();
      break;
    }
    const auto room = decoder_.prepare(read_bytes);
    error_code error;
    const auto count = co_await read(room, error);
    if (error) {
      const bool by_pbx = is_end(error);
      if (!by_pbx) why.detail = error.message();
      tell(by_pbx ? Direction::from_pbx : Direction::to_pbx, by_pbx ? What::eof : What::close);
      break;
    }
    last_byte_ = clock_.now();
    tell(Direction::from_pbx, What::data, {room.data(), count});
    decoder_.commit(count);
  }
  co_return why;
}

asio::awaitable<Result<void>> AmiClient::connect() {
  error_code error;
  socket_ = tcp::socket{executor_};
  const auto places = co_await resolve(options_.host, std::to_string(options_.port),
                                       clock_.now() + options_.connect_timeout);
  if (!places) co_return Error{Errc::unavailable, "cannot resolve: " + places.error().detail};
  addresses_.clear();
  for (const auto& place : *places) addresses_.push_back(place.endpoint().address());
  for (const auto& place : *places) {
    if (stopped_) break;
    socket_ = tcp::socket{executor_};
    const Deadline deadline{socket_, clock_.now() + options_.connect_timeout};
    co_await socket_.async_connect(place, asio::redirect_error(asio::use_awaitable, error));
    if (deadline.passed()) error = asio::error::timed_out;
    if (!error) {
      socket_.set_option(tcp::no_delay{true}, error);
      tell(Direction::to_pbx, What::connect);
      co_return co_await shake_hands();
    }
  }
  co_return Error{Errc::unavailable, "cannot connect: " + error.message()};
}

asio::awaitable<Result<void>> AmiClient::shake_hands() {
  if (!options_.tls) co_return Result<void>{};
  auto context = tls_client(*options_.tls);
  if (!context) co_return context.error();
  const auto tls = std::make_shared<Tls>(socket_, *std::move(context));
  auto* const ssl = tls->stream.native_handle();
  if (const auto named = expect_host(ssl, *options_.tls, options_.host); !named) {
    co_return named.error();
  }
  const Deadline deadline{socket_, clock_.now() + options_.connect_timeout};
  error_code error;
  co_await tls->stream.async_handshake(asio::ssl::stream_base::client,
                                       asio::redirect_error(asio::use_awaitable, error));
  if (deadline.passed()) error = asio::error::timed_out;
  if (error) co_return Error{Errc::unavailable, "no TLS with it: " + why_refused(ssl, error)};
  tls_ = tls;
  co_return Result<void>{};
}

asio::awaitable<std::size_t> AmiClient::read(std::span<char> room, error_code& error) {
  const auto buffer = asio::buffer(room.data(), room.size());
  if (const auto tls = tls_) {
    co_return co_await tls->stream.async_read_some(
        buffer, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return co_await socket_.async_read_some(buffer,
                                             asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<void> AmiClient::write(std::string_view bytes, error_code& error) {
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  if (const auto tls = tls_) {
    co_await asio::async_write(tls->stream, buffer,
                               asio::redirect_error(asio::use_awaitable, error));
  } else {
    co_await asio::async_write(socket_, buffer, asio::redirect_error(asio::use_awaitable, error));
  }
}

/// The next message of the login; events that come before its end are for the owner already.
asio::awaitable<Result<const ami::Message*>> AmiClient::next_message(TimePoint when) {
  const Deadline deadline{socket_, when};
  for (;;) {
    auto message = decoder_.next();
    if (!message || *message != nullptr) co_return message;
    const bool had_banner = !decoder_.version().empty();
    const auto room = decoder_.prepare(read_bytes);
    error_code error;
    const auto count = co_await read(room, error);
    if (deadline.passed()) co_return Error{Errc::timeout, "no answer from the manager interface"};
    if (error) co_return Error{Errc::unavailable, "closed during login: " + error.message()};
    tell(Direction::from_pbx, What::data, {room.data(), count});
    decoder_.commit(count);
    if (!had_banner) {
      auto first = decoder_.next();
      if (!first || *first != nullptr) co_return first;
      if (!decoder_.version().empty()) co_return nullptr;  // The banner itself.
    }
  }
}

asio::awaitable<Result<void>> AmiClient::log_in() {
  ami::LoginMachine machine{options_.credentials};
  const TimePoint deadline = clock_.now() + options_.connect_timeout;
  ami::LoginMachine::Step step;
  while (decoder_.version().empty()) {
    const auto message = co_await next_message(deadline);
    if (!message) co_return message.error();
    if (*message != nullptr) break;
  }
  version_ = decoder_.version();
  if (version_.empty()) co_return Error{Errc::protocol, "not a manager interface: no banner"};
  dialect_ = ami::dialect_of(version_);
  step = machine.on_banner();
  for (;;) {
    if (step) {
      if (const auto* send_now = std::get_if<ami::LoginMachine::Send>(&*step)) {
        const auto bytes = ami::encode(send_now->action, "arigate-login");
        if (!bytes) co_return bytes.error();
        error_code error;
        tell(Direction::to_pbx, What::data, *bytes);
        co_await write(*bytes, error);
        if (error) co_return Error{Errc::unavailable, "closed during login: " + error.message()};
      } else if (const auto* failed = std::get_if<Error>(&*step)) {
        co_return *failed;
      } else {
        co_return Result<void>{};
      }
    }
    const auto message = co_await next_message(deadline);
    if (!message) co_return message.error();
    step = *message != nullptr && (*message)->is_response() ? machine.on_response(**message)
                                                            : std::nullopt;
  }
}

/// No PBX sends such: its text is shortened, and what that does to the event is seen later.
void AmiClient::tell_cuts() {
  const auto cuts = decoder_.cut_lines() + decoder_.dropped_headers();
  if (cuts == cuts_told_) return;
  if (cuts / told_each != cuts_told_ / told_each || cuts_told_ == 0) {
    log::warn("ami text cut lines={} headers={}", decoder_.cut_lines(), decoder_.dropped_headers());
  }
  cuts_told_ = cuts;
}

void AmiClient::dispatch(const ami::Message& message) {
  const auto action_id = message[ami::Key::actionid];
  if (message.is_response()) {
    const auto found = pending_.find(std::string{action_id});
    if (found == pending_.end()) {
      // Late, or an answer to a broken request, which carries no id.
      if (stray_responses_++ % told_each == 0) {
        log::warn("ami response without a request action_id={} message=\"{}\" so_far={}", action_id,
                  message[ami::Key::message], stray_responses_);
      }
      return;
    }
    const auto pending = found->second;
    const bool success = !iequals(message[ami::Key::response], "Error");
    if (!success) {
      pending_.erase(found);
      pending->response.set(error_of(message));
    } else if (!pending->is_list) {
      pending_.erase(found);
      if (pending->on_success) pending->on_success();
      pending->response.set(message.copy());
    }
    return;  // A list: its items follow.
  }
  if (!action_id.empty() && message.event() != ami::EventName::originateresponse) {
    const auto found = pending_.find(std::string{action_id});
    if (found != pending_.end() && found->second->is_list) {
      const auto pending = found->second;
      const bool complete = iequals(message[ami::Key::eventlist], "Complete") ||
                            message[ami::Key::event].ends_with("Complete");
      if (complete) {
        pending_.erase(found);
        pending->response.set(message.copy());
      } else if (pending->items.size() < list_items_max) {
        pending->items.push_back(message.copy());
      } else {  // A list that is cut would look as if the rest were gone.
        pending_.erase(found);
        pending->response.set(Error{Errc::overloaded, "The list of the PBX is too long"});
      }
      return;
    }
  }
  // What is neither answer nor event goes on too: it shows that the stream is not whole.
  log::debug("ami event={} uniqueid={} variable={}", message[ami::Key::event],
             message[ami::Key::uniqueid], message[ami::Key::variable]);
  owner_.event(message);
}

// --- requests -----------------------------------------------------------------------------------

Result<std::string> AmiClient::send(const ami::Action& action, std::string action_id) {
  if (!up_) return link_down;
  if (pending_.size() >= pending_max || unsent_.size() >= unsent_bytes_max) {
    return Error{Errc::overloaded, "too many requests to the PBX are under way"};
  }
  if (action_id.empty()) action_id = action_prefix_ + std::to_string(next_action_++);
  const auto bytes = ami::encode(action, action_id);
  if (!bytes) return bytes.error();
  unsent_ += *bytes;
  if (!writing_) {
    writing_ = true;
    asio::co_spawn(executor_, write_loop(),
                   [this, end = or_end_connection("ami writer")](const std::exception_ptr& thrown) {
                     if (thrown) writing_ = false;
                     end(thrown);
                   });
  }
  return action_id;
}

asio::awaitable<void> AmiClient::write_loop() {
  std::string now;
  while (!unsent_.empty() && up_) {
    now.clear();
    std::swap(now, unsent_);
    tell(Direction::to_pbx, What::data, now);
    error_code error;
    co_await write(now, error);
    if (error) break;  // The read side sees it too and ends the connection.
  }
  writing_ = false;
}

asio::awaitable<Result<ami::Message>> AmiClient::request(ami::Action action, TimePoint deadline,
                                                         std::string action_id) {
  auto sent = send(action, std::move(action_id));
  if (!sent) co_return sent.error();
  const auto pending = std::make_shared<Pending>();
  pending_.insert_or_assign(*sent, pending);
  co_return co_await wait_for(action.name(), *sent, pending, deadline);
}

asio::awaitable<Result<ami::Message>> AmiClient::request_then(ami::Action action,
                                                              TimePoint deadline,
                                                              std::function<void()> on_success) {
  auto sent = send(action, "");
  if (!sent) co_return sent.error();
  const auto pending = std::make_shared<Pending>();
  pending->on_success = std::move(on_success);
  pending_.insert_or_assign(*sent, pending);
  co_return co_await wait_for(action.name(), *sent, pending, deadline);
}

asio::awaitable<Result<ami::Message>> AmiClient::wait_for(std::string action_name, std::string id,
                                                          std::shared_ptr<Pending> pending,
                                                          TimePoint deadline) {
  auto response = co_await pending->response.wait(deadline);
  if (!response) {
    pending_.erase(id);
    co_return Error{Errc::timeout, "The PBX did not answer " + action_name};
  }
  co_return std::move(*response);
}

asio::awaitable<Result<std::vector<ami::Message>>> AmiClient::list(ami::Action action,
                                                                   TimePoint deadline) {
  auto sent = send(action, "");
  if (!sent) co_return sent.error();
  const std::string id = *sent;
  const auto pending = std::make_shared<Pending>();
  pending->is_list = true;
  pending_.insert_or_assign(id, pending);
  auto response = co_await pending->response.wait(deadline);
  if (!response) {
    pending_.erase(id);
    co_return Error{Errc::timeout, "The PBX did not finish the list of " + action.name()};
  }
  if (!*response) co_return response->error();
  co_return std::move(pending->items);
}

void AmiClient::post(ami::Action action) {
  asio::co_spawn(
      executor_,
      [](AmiClient& self, ami::Action sent, TimePoint deadline) -> asio::awaitable<void> {
        const std::string name = sent.name();
        const auto answer = co_await self.request(std::move(sent), deadline, "");
        if (!answer) log::debug("ami action={} why=\"{}\"", name, answer.error().detail);
      }(*this, std::move(action), clock_.now() + options_.connect_timeout),
      log_thrown("ami action"));
}

/// Asks for a sign of life in every silence, and ends the connection when that has lasted too long.
asio::awaitable<void> AmiClient::keep_alive(std::shared_ptr<bool> alive) {
  TimePoint asked = last_byte_;
  while (*alive && !stopped_) {
    const TimePoint ask_at = std::max(asked, last_byte_) + options_.ping_interval;
    const TimePoint give_up_at = last_byte_ + options_.silence_max;
    ping_timer_.expires_after(std::min(ask_at, give_up_at) - clock_.now());
    error_code ignored;
    co_await ping_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!*alive || stopped_) co_return;
    const TimePoint now = clock_.now();
    if (now - last_byte_ >= options_.silence_max) {
      log::warn("ami link silent, given up");
      socket_.close(ignored);
      co_return;
    }
    if (now - std::max(asked, last_byte_) < options_.ping_interval) continue;
    post(ami::Action{"Ping"});
    asked = now;
  }
}

std::string AmiClient::local_address() const {
  error_code error;
  const auto place = socket_.local_endpoint(error);
  return error ? "127.0.0.1" : place.address().to_string();
}

void AmiClient::tell(Direction dir, What what, std::string_view bytes) {
  if (options_.tap == nullptr) return;
  trace::Line line;
  line.link = "ami";
  line.dir = dir;
  line.what = what;
  line.data = bytes;
  options_.tap->record(std::move(line));
}

void AmiClient::drop_link() {
  const bool was_up = std::exchange(up_, false);
  const auto pending = std::exchange(pending_, {});
  for (const auto& [id, request] : pending) request->response.set(link_down);
  unsent_.clear();
  if (!was_up) return;
  try {
    owner_.link_down();
  } catch (const std::exception& error) {
    log::error("ami link failed what=\"{}\"", error.what());
  }
}

}  // namespace arigate::io
