#include "sim/playing.hpp"

#include <algorithm>
#include <cctype>

namespace arigate::sim {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds frame{20};  ///< Audio goes out in frames: an interrupted file ends at one.
constexpr milliseconds skip_step{3000};  ///< Of forward and reverse.

milliseconds to_milliseconds(Timeline::Duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration);
}

}  // namespace

boost::asio::awaitable<Woke> wait_for(ChannelPtr channel, std::shared_ptr<AgiLink> link,
                                      TimePoint deadline) {
  for (;;) {
    if (channel->interrupted()) co_return Woke::interrupted;
    if (link && link->readable()) co_return Woke::input;
    if (!channel->playback_control.empty()) co_return Woke::control;
    if (!channel->digits.empty()) co_return Woke::digit;
    if (std::chrono::steady_clock::now() >= deadline) co_return Woke::deadline;
    co_await channel->signal.wait(deadline);
  }
}

boost::asio::awaitable<bool> pause(ExchangePtr exchange, ChannelPtr channel,
                                   Timeline::Duration duration) {
  const auto deadline = exchange->time().after(duration);
  for (;;) {
    const auto woke = co_await wait_for(channel, nullptr, deadline);
    if (woke == Woke::interrupted) co_return false;
    if (woke == Woke::deadline) co_return true;
    channel->digits.clear();
    channel->playback_control.clear();
  }
}

boost::asio::awaitable<Played> play(ExchangePtr exchange, ChannelPtr channel, PlayOrder order) {
  const auto length = exchange->sounds().length(order.file);
  Played played;
  if (!length) {
    played.end = Played::End::missing;
    co_return played;
  }
  milliseconds position = std::clamp(order.offset, milliseconds{0}, *length);
  bool paused = false;
  channel->playback_control.clear();  // Nothing played that it could have been for.
  for (;;) {
    const auto start = exchange->time().now();
    const auto deadline =
        paused ? TimePoint::max() : exchange->time().later(start, *length - position);
    const auto woke = co_await wait_for(channel, order.link, deadline);
    if (!paused) {
      position = std::min(position + to_milliseconds(exchange->time().since(start)), *length);
    }
    played.position = position / frame * frame;
    switch (woke) {
      case Woke::deadline:
        played.position = *length;
        co_return played;
      case Woke::interrupted:
        played.end = Played::End::interrupted;
        co_return played;
      case Woke::input:
        played.end = Played::End::input;
        co_return played;
      case Woke::digit:
        played.digit = channel->digits.front();
        channel->digits.pop_front();
        if (order.escapes.find(played.digit) != std::string::npos) {
          played.end = Played::End::digit;
          co_return played;
        }
        break;
      case Woke::control: {
        const auto verb = std::move(channel->playback_control.front());
        channel->playback_control.pop_front();
        if (verb == "stop") {
          played.end = Played::End::stopped;
          co_return played;
        }
        if (!order.controllable) break;
        if (verb == "pause") paused = !paused;
        if (verb == "restart") position = milliseconds{0};
        if (verb == "reverse") position = std::max(position - skip_step, milliseconds{0});
        if (verb == "forward") position = std::min(position + skip_step, *length);
        break;
      }
    }
  }
}

boost::asio::awaitable<Played> play_all(ExchangePtr exchange, ChannelPtr channel,
                                        std::vector<std::string> files, std::string escapes) {
  Played played;
  for (const auto& file : files) {
    PlayOrder order;
    order.file = file;
    order.escapes = escapes;
    played = co_await play(exchange, channel, std::move(order));
    const bool next = played.end == Played::End::finished || played.end == Played::End::missing;
    if (!next) co_return played;
  }
  played.end = Played::End::finished;
  co_return played;
}

std::vector<std::string> files_of_number(long number) {
  std::vector<std::string> files;
  if (number < 0) {
    files.emplace_back("digits/minus");
    number = -number;
  }
  const auto below_hundred = [&](long n) {
    if (n > 20) {
      files.push_back("digits/" + std::to_string(n / 10 * 10));
      n %= 10;
      if (n == 0) return;
    }
    files.push_back("digits/" + std::to_string(n));
  };
  const auto below_thousand = [&](long n) {
    if (n >= 100) {
      files.push_back("digits/" + std::to_string(n / 100));
      files.emplace_back("digits/hundred");
      n %= 100;
      if (n == 0) return;
    }
    below_hundred(n);
  };
  if (number >= 1000000) {
    below_thousand(number / 1000000 % 1000);
    files.emplace_back("digits/million");
    number %= 1000000;
    if (number == 0) return files;
  }
  if (number >= 1000) {
    below_thousand(number / 1000);
    files.emplace_back("digits/thousand");
    number %= 1000;
    if (number == 0) return files;
  }
  below_thousand(number);
  return files;
}

std::vector<std::string> files_of_digits(std::string_view digits) {
  std::vector<std::string> files;
  for (const char digit : digits) files.push_back(digit_sound(digit));
  return files;
}

std::vector<std::string> files_of_letters(std::string_view text) {
  std::vector<std::string> files;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isdigit(byte) != 0) {
      files.push_back(digit_sound(c));
    } else {
      files.push_back(std::string{"letters/"} + static_cast<char>(std::tolower(byte)));
    }
  }
  return files;
}

boost::asio::awaitable<bool> answer_and_wait(ExchangePtr exchange, ChannelPtr channel) {
  if (channel->interrupted()) co_return false;
  if (channel->state == ChannelState::up) co_return true;
  exchange->answer(*channel);
  // A phone sends media at once; nobody does on an idle Local channel, so the wait runs out.
  const milliseconds media =
      channel->technology == "SIP" ? milliseconds{15} : exchange->options().media_wait;
  co_return co_await pause(exchange, channel, media);
}

}  // namespace arigate::sim
