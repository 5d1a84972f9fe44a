#include "sim/recorded_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/text.hpp"
#include "sim/recorded_message.hpp"

namespace arigate::sim {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// For what an application may do at any time.
constexpr std::chrono::milliseconds poll_interval{10};

}  // namespace

// --- AMI
// ------------------------------------------------------------------------------------------

asio::awaitable<void> RecordedPbx::Client::run([[maybe_unused]] std::shared_ptr<Client> self) {
  send(pbx_->script_.banner);
  RequestReader requests;
  std::array<char, 4096> chunk{};
  while (pbx_ != nullptr && !leaving_) {
    while (auto request = requests.next()) {
      co_await answer(*std::move(request));
      if (pbx_ == nullptr || leaving_) break;
    }
    if (pbx_ == nullptr || leaving_) break;
    error_code error;
    const auto count = co_await socket_.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    requests.feed({chunk.data(), count});
  }
  leaving_ = true;
  if (!writing_) {
    error_code ignored;
    socket_.close(ignored);
  }
  if (pbx_ != nullptr) pbx_->clients_.erase(self);
}

asio::awaitable<void> RecordedPbx::Client::answer(Request request) {
  if (!request.broken.empty()) {
    reply(request, "Error", "Message: " + request.broken + "\r\n");
    co_return;
  }
  const auto action = request["Action"];
  if (action.empty()) {
    reply(request, "Error", "Message: Missing action in request\r\n");
    co_return;
  }
  if (is_housekeeping(action)) {
    keep_house(request);
    co_return;
  }
  const auto found = pbx_->answers_.find(request);
  if (!found) {
    pbx_->fail(found.error().detail);
    reply(request, "Error", "Message: Not in the capture: " + found.error().detail + "\r\n");
    co_return;
  }
  const auto asked = std::chrono::steady_clock::now();
  for (const auto& recorded : (*found)->answers) {
    const auto due = asked + pbx_->scaled(recorded.delay_us);
    if (due > std::chrono::steady_clock::now()) {
      timer_.expires_at(due);
      error_code ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (pbx_ == nullptr) co_return;
    }
    send(with_action_id(recorded.bytes, request["ActionID"]));
  }
}

void RecordedPbx::Client::keep_house(const Request& request) {
  const auto action = request["Action"];
  if (iequals(action, "Challenge")) return reply(request, "Success", "Challenge: 123456789\r\n");
  if (iequals(action, "Ping")) return reply(request, "Success", "Ping: Pong\r\n");
  if (iequals(action, "Logoff")) {
    reply(request, "Goodbye", "Message: Thanks for all the fish.\r\n");
    leaving_ = true;
    return;
  }
  const bool on = !iequals(request[iequals(action, "Login") ? "Events" : "EventMask"], "off");
  wants_events_ = on;
  if (iequals(action, "Events")) {
    return reply(request, "Success", on ? "Events: On\r\n" : "Events: Off\r\n");
  }
  logged_in_ = true;
  reply(request, "Success", "Message: Authentication accepted\r\n");
  if (on) pbx_->begin();
}

void RecordedPbx::Client::reply(const Request& request, std::string_view response,
                                std::string_view rest) {
  const auto message = fmt::format("Response: {}\r\n{}\r\n", response, rest);
  send(with_action_id(message, request["ActionID"]));
}

void RecordedPbx::Client::send(std::string_view bytes) {
  if (leaving_) return;
  if (unsent_.size() > unsent_bytes_max) {  // As the real one does with who reads too slowly.
    leaving_ = true;
    error_code ignored;
    socket_.close(ignored);
    return;
  }
  unsent_ += bytes;
  write_soon();
}

void RecordedPbx::Client::write_soon() {
  if (std::exchange(writing_, true)) return;
  asio::co_spawn(socket_.get_executor(), write_loop(shared_from_this()), asio::detached);
}

asio::awaitable<void> RecordedPbx::Client::write_loop(std::shared_ptr<Client> self) {
  std::string now;
  while (!self->unsent_.empty()) {
    now.clear();
    std::swap(now, self->unsent_);
    error_code error;
    co_await asio::async_write(self->socket_, asio::buffer(now),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
  }
  self->writing_ = false;
  if (self->leaving_) {
    error_code ignored;
    self->socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    self->socket_.close(ignored);
  }
}

void RecordedPbx::Client::cut() {
  pbx_ = nullptr;
  leaving_ = true;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

// --- FastAGI
// --------------------------------------------------------------------------------------

asio::awaitable<void> RecordedPbx::Session::run([[maybe_unused]] std::shared_ptr<Session> self) {
  const auto place = pbx_->options_.fastagi;
  error_code error;
  co_await socket_.async_connect(place, asio::redirect_error(asio::use_awaitable, error));
  if (pbx_ == nullptr) co_return;
  if (error) {
    pbx_->fail(fmt::format("{}: no FastAGI server at {}:{} for {}: {}", session_.place.text(),
                           place.address().to_string(), place.port(), session_.link,
                           error.message()));
    pbx_->sessions_.erase(self);
    co_return;
  }
  socket_.set_option(asio::ip::tcp::no_delay{true}, error);
  begun_ = went_on_ = std::chrono::steady_clock::now();
  co_await send(session_.environment);
  if (pbx_ == nullptr) co_return;
  asio::co_spawn(socket_.get_executor(), come_to_end(self), asio::detached);
  std::string commands;
  std::array<char, 4096> chunk{};
  bool goes_on = true;
  while (goes_on && pbx_ != nullptr) {
    const auto count = co_await socket_.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    commands.append(chunk.data(), count);
    for (auto end = commands.find('\n'); goes_on && end != std::string::npos;
         end = commands.find('\n')) {
      std::string command = commands.substr(0, end);
      commands.erase(0, end + 1);
      goes_on = co_await take(std::move(command));
    }
    if (commands.size() > line_bytes_max) break;
  }
  if (pbx_ != nullptr && socket_.is_open() && !differs_) {
    const auto all = session_.commands.size();
    if (const auto* command = missing(0, all)) not_asked(*command, "the application has closed");
  }
  close();
  if (pbx_ != nullptr) pbx_->sessions_.erase(self);
}

/// False when the connection is over.
asio::awaitable<bool> RecordedPbx::Session::take(std::string command) {
  if (pbx_ == nullptr) co_return false;
  const auto found = replies_.find(command);
  went_on();
  if (!found) {
    differs_ = true;
    pbx_->fail(found.error().detail);
    co_await send("510 Invalid or unknown command\n");
    co_return socket_.is_open();
  }
  const auto& recorded = **found;
  const auto index = static_cast<std::size_t>(&recorded - session_.commands.data());
  const auto pace = pbx_->scaled(recorded.delay_us);
  reply_timer_.expires_after(pace);
  error_code ignored;
  co_await reply_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  while (pbx_ != nullptr && waits_for_hangup(index)) {
    reply_timer_.expires_after(poll_interval);
    co_await reply_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (pbx_ == nullptr) co_return false;
  co_await send(recorded.reply);
  answered_[index] = true;
  went_on();
  const bool goes_on = pbx_ != nullptr && socket_.is_open();
  co_return goes_on;
}

/// Its reply came behind the HANGUP, which has not been sent yet.
bool RecordedPbx::Session::waits_for_hangup(std::size_t command) const {
  return session_.hangup_us && command >= session_.answered_before_hangup && !hangup_sent_ &&
         !differs_ && socket_.is_open();
}

void RecordedPbx::Session::went_on() {
  went_on_ = std::chrono::steady_clock::now();
}

asio::awaitable<void> RecordedPbx::Session::send(std::string bytes) {
  error_code ignored;
  co_await asio::async_write(socket_, asio::buffer(bytes),
                             asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> RecordedPbx::Session::come_to_end(
    [[maybe_unused]] std::shared_ptr<Session> self) {
  if (session_.hangup_us) {
    const auto asked = std::min(session_.asked_before_hangup, session_.answered_before_hangup + 1);
    const bool reached =
        co_await reach(*session_.hangup_us, session_.answered_before_hangup, asked);
    if (!reached) co_return;
    co_await send("HANGUP\n");
    hangup_sent_ = true;
    if (pbx_ == nullptr) co_return;
  }
  if (!session_.end_us) co_return;
  const auto all = session_.commands.size();
  const bool reached = co_await reach(*session_.end_us, all, all);
  if (!reached) co_return;
  if (session_.ended_by_application && !differs_) {
    // It may have something to say that is not in the recording.
    const auto patience = pbx_->options_.patience;
    const bool open = co_await wait_until(std::chrono::steady_clock::now() + patience);
    if (!open) co_return;
  }
  close();
}

/// Waits for that time, and until the first `answered` commands have their replies and the first
/// `asked` were asked. False when the connection is over.
asio::awaitable<bool> RecordedPbx::Session::reach(std::int64_t t_us, std::size_t answered,
                                                  std::size_t asked) {
  const auto due = begun_ + pbx_->scaled(t_us - session_.t_us);
  bool open = co_await wait_until(due);
  while (open && !differs_) {
    const auto* command = missing(answered, asked);
    if (command == nullptr) break;
    const auto now = std::chrono::steady_clock::now();
    const auto patience = pbx_->options_.patience;
    if (!pbx_->options_.wait_for_actions && now >= std::max(due, went_on_) + patience) {
      not_asked(*command, "nothing was asked");
      break;
    }
    open = co_await wait_until(now + poll_interval);
  }
  co_return open;
}

void RecordedPbx::Session::not_asked(const RecordedSession::Command& command,
                                     std::string_view why) {
  differs_ = true;
  pbx_->fail(fmt::format("{}: the command on {} is \"{}\", {}", command.place.text(), session_.link,
                         command.text, why));
}

/// The command that the recording has and the application has not asked, or waits for; null when
/// there is none.
const RecordedSession::Command* RecordedPbx::Session::missing(std::size_t answered,
                                                              std::size_t asked) const {
  for (std::size_t i = 0; i < std::max(answered, asked); ++i) {
    if (i < answered ? !answered_[i] : !replies_.asked(i)) return &session_.commands[i];
  }
  return nullptr;
}

asio::awaitable<bool> RecordedPbx::Session::wait_until(std::chrono::steady_clock::time_point when) {
  end_timer_.expires_at(when);
  error_code ignored;
  co_await end_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  const bool open = pbx_ != nullptr && socket_.is_open();
  co_return open;
}

void RecordedPbx::Session::close() {
  reply_timer_.cancel();
  end_timer_.cancel();
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void RecordedPbx::Session::cut() {
  pbx_ = nullptr;
  close();
}

}  // namespace arigate::sim
