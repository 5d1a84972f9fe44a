#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/recorded_answers.hpp"
#include "sim/recorded_pbx.hpp"

namespace arigate::sim {

/// An AMI client of a recorded PBX. Its answers keep their order: one that is due later holds back
/// the next.
class RecordedPbx::Client : public std::enable_shared_from_this<Client> {
 public:
  static constexpr std::size_t unsent_bytes_max = std::size_t{64} * 1024 * 1024;
  static constexpr std::size_t behind_bytes = std::size_t{1} * 1024 * 1024;

  Client(RecordedPbx& pbx, boost::asio::ip::tcp::socket socket)
      : pbx_{&pbx}, socket_{std::move(socket)}, timer_{socket_.get_executor()} {}

  boost::asio::awaitable<void> run(std::shared_ptr<Client> self);
  bool wants_events() const { return logged_in_ && wants_events_; }
  bool is_behind() const { return unsent_.size() > behind_bytes && !leaving_; }
  bool writes() const { return writing_ && !leaving_; }
  void send(std::string_view bytes);
  /// The PBX goes away.
  void cut();

 private:
  boost::asio::awaitable<void> answer(Request request);
  void keep_house(const Request& request);
  void reply(const Request& request, std::string_view response, std::string_view rest);
  void write_soon();
  static boost::asio::awaitable<void> write_loop(std::shared_ptr<Client> self);

  RecordedPbx* pbx_;  ///< Null once it is gone.
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::string unsent_;
  bool writing_ = false;
  bool logged_in_ = false;
  bool wants_events_ = true;
  bool leaving_ = false;
};

/// A FastAGI connection of a recorded PBX to the application.
///
/// HANGUP and the end come by themselves: not before their time, and behind the recorded commands
/// and replies before them, whatever the pace. What the application does not ask when it is due is
/// reported, and then, as after a command that was not recorded, only the time counts.
class RecordedPbx::Session : public std::enable_shared_from_this<Session> {
 public:
  static constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;

  Session(RecordedPbx& pbx, const RecordedSession& session)
      : pbx_{&pbx},
        session_{session},
        replies_{session},
        answered_(session.commands.size()),
        socket_{pbx.executor_},
        reply_timer_{pbx.executor_},
        end_timer_{pbx.executor_} {}

  boost::asio::awaitable<void> run(std::shared_ptr<Session> self);
  void cut();

 private:
  boost::asio::awaitable<bool> take(std::string command);
  boost::asio::awaitable<void> send(std::string bytes);
  boost::asio::awaitable<void> come_to_end(std::shared_ptr<Session> self);
  boost::asio::awaitable<bool> reach(std::int64_t t_us, std::size_t answered, std::size_t asked);
  boost::asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point when);
  const RecordedSession::Command* missing(std::size_t answered, std::size_t asked) const;
  void not_asked(const RecordedSession::Command& command, std::string_view why);
  bool waits_for_hangup(std::size_t command) const;
  void went_on();
  void close();

  RecordedPbx* pbx_;  ///< Null once it is gone, and with it `session_`.
  const RecordedSession& session_;
  RecordedReplies replies_;
  std::vector<bool> answered_;  ///< By command.
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer reply_timer_;
  boost::asio::steady_timer end_timer_;
  std::chrono::steady_clock::time_point begun_{};
  std::chrono::steady_clock::time_point went_on_{};  ///< When a command came or was answered.
  bool hangup_sent_ = false;
  bool differs_ = false;  ///< From the recording.
};

}  // namespace arigate::sim
