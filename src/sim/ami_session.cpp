#include "sim/ami_session.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <random>

#include "core/text.hpp"

namespace arigate::sim {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds wrong_secret_delay{1000};

boost::asio::awaitable<void> sleep(ExchangePtr exchange, milliseconds time) {
  boost::asio::steady_timer timer{exchange->executor()};
  timer.expires_at(exchange->time().after(time));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

AmiSession::~AmiSession() {
  exchange_->hub().leave(*this);
}

boost::asio::awaitable<void> AmiSession::run() {
  const auto self = shared_from_this();
  exchange_->hub().join(*this);
  exchange_->spawn("ami writer", write_loop());
  send(fmt::format("Asterisk Call Manager/{}\r\n", exchange_->dialect().ami_version()));
  co_await read_requests();
  close_when_sent();
  exchange_->hub().leave(*this);
}

boost::asio::awaitable<void> AmiSession::read_requests() {
  RequestReader reader;
  std::array<char, 4096> chunk{};
  while (!closing_ && !closed_) {
    while (auto request = reader.next()) {
      while (faults_->stalled && !closed_) co_await output_changed_.wait(TimePoint::max());
      if (faults_->answer_delay.count() > 0) co_await sleep(exchange_, faults_->answer_delay);
      co_await handle(std::move(*request));
      if (closing_ || closed_) co_return;
    }
    boost::system::error_code error;
    const auto count = co_await socket_.async_read_some(
        boost::asio::buffer(chunk), boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    reader.feed({chunk.data(), count});
  }
}

boost::asio::awaitable<void> AmiSession::write_loop() {
  const auto self = shared_from_this();
  while (!closed_) {
    if (faults_->stalled || output_.empty()) {
      if (closing_ && output_.empty()) break;
      co_await output_changed_.wait(TimePoint::max());
      continue;
    }
    const auto bytes = std::move(output_.front());
    output_.pop_front();
    output_bytes_ -= bytes.size();
    boost::system::error_code error;
    co_await boost::asio::async_write(
        socket_, boost::asio::buffer(bytes),
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) break;
  }
  close();
}

void AmiSession::on_event(Privilege privilege, std::string_view bytes) {
  if (user_ == nullptr || closing_) return;
  if (!privilege.meets(reads_) || !privilege.meets(event_mask_)) return;
  if (faults_->lose_event && faults_->lose_event(bytes)) return;
  if (faults_->cut_in_next_event) {
    faults_->cut_in_next_event = false;
    send(std::string{bytes.substr(0, bytes.size() / 2)});
    close_when_sent();
    return;
  }
  if (in_action_) {
    held_events_.emplace_back(bytes);
  } else {
    send(std::string{bytes});
  }
}

void AmiSession::send(std::string bytes) {
  if (closing_ || closed_) return;
  output_bytes_ += bytes.size();
  output_.push_back(std::move(bytes));
  // The real PBX gives a slow reader some seconds and then cuts it off.
  if (output_bytes_ > output_bytes_max) close();
  output_changed_.notify();
}

void AmiSession::close(bool reset) {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  if (reset) {
    socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
  } else {
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  }
  socket_.close(ignored);
  output_changed_.notify();
}

boost::asio::awaitable<void> AmiSession::handle(Request request) {
  ActionCall call{exchange_, shared_from_this(), std::move(request), writes_};
  const std::string action{call.request["Action"]};
  if (!call.request.broken.empty()) {
    call.fail(call.request.broken);
  } else if (action.empty()) {
    call.fail("Missing action in request");
  } else if (iequals(action, "Login")) {
    co_await login(std::move(call));
  } else if (iequals(action, "Challenge")) {
    challenge(call);
  } else if (iequals(action, "Logoff")) {
    call.respond("Goodbye", Fields{}.add("Message", "Thanks for all the fish."));
    close_when_sent();
  } else if (user_ == nullptr) {
    call.fail("Permission denied");
  } else if (iequals(action, "Events")) {
    set_events(call);
  } else if (const auto* row = find_action(exchange_->dialect(), action); row == nullptr) {
    call.fail(
        fmt::format("Invalid/unknown command: {}. Use Action: ListCommands to show available "
                    "commands.",
                    action));
  } else if (!row->needed.empty() && !row->needed.meets(writes_)) {
    call.fail("Permission denied");
  } else {
    // One thread serves a session: what happens meanwhile is written behind the response (seen:
    // the VarSet of a Setvar, in fixtures/captures/*/varset-callerid).
    in_action_ = true;
    co_await row->run(std::move(call));
    in_action_ = false;
    for (auto& event : std::exchange(held_events_, {})) send(std::move(event));
  }
}

boost::asio::awaitable<void> AmiSession::login(ActionCall call) {
  if (user_ != nullptr) {
    call.succeed("Already authenticated");
    co_return;
  }
  const AmiUser* found = nullptr;
  for (const auto& user : exchange_->options().users) {
    if (user.name == call.request["Username"] && proves(user, call.request)) found = &user;
  }
  if (found == nullptr || faults_->reject_logins) {
    co_await sleep(exchange_, wrong_secret_delay);
    call.fail("Authentication failed");
    close_when_sent();
    co_return;
  }
  user_ = found;
  reads_ = parse_privilege(found->read);
  writes_ = parse_privilege(found->write);
  if (call.request.has("Events")) {
    const auto mask = call.request["Events"];
    event_mask_ = iequals(mask, "off")  ? privilege::none
                  : iequals(mask, "on") ? privilege::all
                                        : parse_privilege(mask);
  }
  call.succeed("Authentication accepted");
  for (const auto& event : exchange_->dialect().fully_booted(exchange_->uptime_seconds())) {
    on_event(event.privilege, exchange_->dialect().event(event));
  }
}

bool AmiSession::proves(const AmiUser& user, const Request& request) const {
  if (!iequals(request["AuthType"], "MD5")) return request["Secret"] == user.secret;
  return !challenge_.empty() && request["Key"] == md5_hex(challenge_ + user.secret);
}

void AmiSession::challenge(const ActionCall& call) {
  if (!iequals(call.request["AuthType"], "MD5")) {
    call.fail("Must specify AuthType");
    return;
  }
  if (challenge_.empty()) challenge_ = std::to_string(std::random_device{}() % 1'000'000'000U);
  call.respond("Success", Fields{}.add("Challenge", challenge_));
}

void AmiSession::set_events(const ActionCall& call) {
  const auto mask = call.request["EventMask"];
  const bool off = iequals(mask, "off") || mask.empty();
  event_mask_ = off                   ? privilege::none
                : iequals(mask, "on") ? privilege::all
                                      : parse_privilege(mask);
  call.respond("Success", Fields{}.add("Events", off ? "Off" : "On"));
}

std::string md5_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace arigate::sim
