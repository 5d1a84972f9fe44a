#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/agi_link.hpp"
#include "sim/exchange.hpp"

namespace arigate::sim {

/// Why a wait on a channel ended.
enum class Woke {
  deadline,
  digit,        ///< One lies in Channel::digits.
  interrupted,  ///< Hangup or redirect: the application must return.
  input,        ///< The AGI server sent something.
  control,      ///< A verb lies in Channel::playback_control.
};

/// Waits on a channel. `link` is null when no AGI input can interrupt.
boost::asio::awaitable<Woke> wait_for(ChannelPtr channel, std::shared_ptr<AgiLink> link,
                                      TimePoint deadline);

/// Waits for PBX time; digits pass by unread. False: interrupted.
boost::asio::awaitable<bool> pause(ExchangePtr exchange, ChannelPtr channel,
                                   Timeline::Duration duration);

/// One file to play.
struct PlayOrder {
  std::string file;
  std::string escapes;  ///< Digits that end it; others are thrown away.
  std::chrono::milliseconds offset{0};
  std::shared_ptr<AgiLink> link;  ///< Input of the AGI server ends it; null: does not.
  bool controllable = false;      ///< ControlPlayback may steer it.
};

struct Played {
  enum class End { finished, digit, interrupted, input, missing, stopped };
  End end = End::finished;
  char digit = 0;
  std::chrono::milliseconds position{0};  ///< Where in the file it ended.
};

/// Plays as long as the file lasts.
boost::asio::awaitable<Played> play(ExchangePtr exchange, ChannelPtr channel, PlayOrder order);

/// One after the other, until one ends otherwise than by itself. Missing files are skipped.
boost::asio::awaitable<Played> play_all(ExchangePtr exchange, ChannelPtr channel,
                                        std::vector<std::string> files, std::string escapes);

/// Files that say a number in English, a text digit by digit, and letter by letter.
std::vector<std::string> files_of_number(long number);
std::vector<std::string> files_of_digits(std::string_view digits);
std::vector<std::string> files_of_letters(std::string_view text);

/// Answers when that has not been done, and waits for the media as the PBX does. False: hung up.
boost::asio::awaitable<bool> answer_and_wait(ExchangePtr exchange, ChannelPtr channel);

}  // namespace arigate::sim
