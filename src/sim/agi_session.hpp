#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/agi_link.hpp"
#include "sim/exchange.hpp"
#include "sim/playing.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {

/// The application AGI(agi://host:port/script,arg…): connects, sends the environment and executes
/// commands until the server closes. Sets AGISTATUS.
///
/// The channel stays in here, whatever happens to it, until the server closes: after a hangup or a
/// redirect the server gets the line HANGUP and may still ask for variables.
boost::asio::awaitable<AppResult> run_agi(ExchangePtr exchange, ChannelPtr channel,
                                          std::string data);

/// What one command answers.
struct AgiReply {
  int code = 200;
  std::string text;     ///< After the code and a blank; whole lines for 520.
  bool silent = false;  ///< Interrupted by the next command: no line at all.
  bool failed = false;  ///< The channel hung up meanwhile (the AGIExec event says so).
};

/// Executes the commands of one session.
class AgiCommands {
 public:
  AgiCommands(ExchangePtr exchange, ChannelPtr channel, std::shared_ptr<AgiLink> link)
      : exchange_{std::move(exchange)}, channel_{std::move(channel)}, link_{std::move(link)} {}

  /// `dead`: the server has been told HANGUP.
  boost::asio::awaitable<AgiReply> execute(std::string line, bool dead);

 private:
  using Words = std::vector<std::string>;
  using Work = boost::asio::awaitable<AgiReply>;
  struct Row;
  static const Row* find(const Words& words);

  Work answer(Words words);
  Work hangup(Words words);
  Work channel_status(Words words);
  Work noop(Words words);
  Work verbose(Words words);
  Work exec(Words words);
  Work set_auto_hangup(Words words);
  Work ok(Words words);

  // agi_variables.cpp
  Work set_variable(Words words);
  Work get_variable(Words words);
  Work get_full_variable(Words words);
  Work set_context(Words words);
  Work set_extension(Words words);
  Work set_priority(Words words);
  Work set_callerid(Words words);
  Work set_music(Words words);
  Work database_get(Words words);
  Work database_put(Words words);
  Work database_del(Words words);
  Work database_deltree(Words words);

  // agi_media.cpp
  Work stream_file(Words words);
  Work control_stream_file(Words words);
  Work get_data(Words words);
  Work get_option(Words words);
  Work wait_for_digit(Words words);
  Work say_digits(Words words);
  Work say_number(Words words);
  Work say_alpha(Words words);
  Work record_file(Words words);
  Work receive_text(Words words);
  Work say(std::vector<std::string> files, std::string escapes);

  ExchangePtr exchange_;
  ChannelPtr channel_;
  std::shared_ptr<AgiLink> link_;
};

/// Cuts a command line into words: double quotes hold blanks together, a backslash takes the next
/// character as it is, a quote that is never closed is tolerated.
std::vector<std::string> split_words(std::string_view line);

/// "result=N", the usual text.
AgiReply agi_result(long number);

}  // namespace arigate::sim
