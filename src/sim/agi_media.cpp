// AGI commands that play, record and wait for digits. They take as long as they would on a phone.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/number.hpp"
#include "core/text.hpp"
#include "sim/agi_session.hpp"

namespace arigate::sim {
namespace {

using std::chrono::milliseconds;

constexpr long samples_per_ms = 8;           ///< Of the 8 kHz files that the table stands for.
constexpr milliseconds digit_cuts_off{200};  ///< Of a recording that it ends.
constexpr std::string_view all_digits = "0123456789*#ABCD";

long samples(milliseconds time) {
  return static_cast<long>(time.count()) * samples_per_ms;
}

long number(std::string_view text, long otherwise) {
  return leading_number<long>(text).value_or(otherwise);
}

std::string word(const std::vector<std::string>& words, std::size_t index) {
  return index < words.size() ? words[index] : std::string{};
}

AgiReply silent() {
  AgiReply reply;
  reply.silent = true;
  return reply;
}

AgiReply hung_up() {
  auto reply = agi_result(-1);
  reply.failed = true;
  return reply;
}

/// The reply of a command that played a file, with a position in `units`.
AgiReply with_position(const Played& played, long position) {
  AgiReply reply;
  long result = 0;
  switch (played.end) {
    case Played::End::finished:
    case Played::End::stopped:
      break;
    case Played::End::digit:
      result = played.digit;
      break;
    case Played::End::missing:
      result = -1;
      position = 0;
      break;
    case Played::End::interrupted:
      result = -1;
      reply.failed = true;
      break;
    case Played::End::input:
      return silent();
  }
  reply.text = fmt::format("result={} endpos={}", result, position);
  return reply;
}

}  // namespace

AgiCommands::Work AgiCommands::stream_file(Words words) {
  PlayOrder order;
  order.file = words[2];
  order.escapes = words[3];
  order.offset = milliseconds{number(word(words, 4), 0) / samples_per_ms};
  order.link = link_;
  const auto played = co_await play(exchange_, channel_, std::move(order));
  co_return with_position(played, samples(played.position));
}

AgiCommands::Work AgiCommands::control_stream_file(Words words) {
  PlayOrder order;
  order.file = words[3];
  order.escapes = words[4];
  order.offset = milliseconds{number(word(words, 9), 0)};
  order.controllable = exchange_->dialect().control_playback();
  const auto played = co_await play(exchange_, channel_, std::move(order));
  auto reply = with_position(played, static_cast<long>(played.position.count()));
  if (!exchange_->dialect().control_playback()) {
    reply.text = reply.text.substr(0, reply.text.find(' '));  // Without the position.
  }
  co_return reply;
}

AgiCommands::Work AgiCommands::get_data(Words words) {
  const auto timeout = number(word(words, 3), 6000);
  const auto limit = static_cast<std::size_t>(number(word(words, 4), 1024));
  PlayOrder order;
  order.file = words[2];
  order.escapes = all_digits;
  order.link = link_;
  const auto played = co_await play(exchange_, channel_, std::move(order));
  if (played.end == Played::End::input) co_return silent();
  if (played.end == Played::End::interrupted) co_return hung_up();
  std::string digits;
  if (played.end == Played::End::digit && played.digit != '#') digits += played.digit;
  bool done = played.end == Played::End::digit && (played.digit == '#' || digits.size() >= limit);
  bool timed_out = false;
  while (!done) {
    const auto deadline =
        timeout < 0 ? TimePoint::max() : exchange_->time().after(milliseconds{timeout});
    const auto woke = co_await wait_for(channel_, link_, deadline);
    if (woke == Woke::input) co_return silent();
    if (woke == Woke::interrupted) co_return hung_up();
    if (woke == Woke::control) channel_->playback_control.clear();
    if (woke == Woke::deadline) timed_out = done = true;
    if (woke != Woke::digit) continue;
    const char digit = channel_->digits.front();
    channel_->digits.pop_front();
    if (digit == '#') break;
    digits += digit;
    done = digits.size() >= limit;
  }
  co_return AgiReply{.text = fmt::format("result={}{}", digits, timed_out ? " (timeout)" : "")};
}

AgiCommands::Work AgiCommands::get_option(Words words) {
  PlayOrder order;
  order.file = words[2];
  order.escapes = words[3];
  order.link = link_;
  const auto escapes = order.escapes;
  auto played = co_await play(exchange_, channel_, std::move(order));
  if (played.end == Played::End::finished) {
    const auto deadline = exchange_->time().after(milliseconds{number(word(words, 4), 5000)});
    for (bool waiting = true; waiting;) {
      const auto woke = co_await wait_for(channel_, link_, deadline);
      if (woke == Woke::input) co_return silent();
      if (woke == Woke::interrupted) played.end = Played::End::interrupted;
      if (woke == Woke::control) channel_->playback_control.clear();
      waiting = woke == Woke::digit || woke == Woke::control;
      if (woke != Woke::digit) continue;
      played.digit = channel_->digits.front();
      channel_->digits.pop_front();
      if (escapes.find(played.digit) == std::string::npos) continue;
      played.end = Played::End::digit;
      waiting = false;
    }
  }
  co_return with_position(played, samples(played.position));
}

AgiCommands::Work AgiCommands::wait_for_digit(Words words) {
  static constexpr long control_frame = 1000;  // Measured: what a ControlPlayback makes of it.
  const auto timeout = number(words[3], 0);
  const auto deadline =
      timeout < 0 ? TimePoint::max() : exchange_->time().after(milliseconds{timeout});
  const auto woke = co_await wait_for(channel_, link_, deadline);
  switch (woke) {
    case Woke::deadline:
      co_return agi_result(0);
    case Woke::interrupted:
      co_return hung_up();
    case Woke::input:
      co_return agi_result(1);
    case Woke::control:
      channel_->playback_control.clear();
      co_return agi_result(control_frame);
    case Woke::digit:
      break;
  }
  const char digit = channel_->digits.front();
  channel_->digits.pop_front();
  co_return agi_result(digit);
}

AgiCommands::Work AgiCommands::say(std::vector<std::string> files, std::string escapes) {
  const auto played = co_await play_all(exchange_, channel_, std::move(files), std::move(escapes));
  if (played.end == Played::End::interrupted) co_return hung_up();
  co_return agi_result(played.end == Played::End::digit ? played.digit : 0);
}

AgiCommands::Work AgiCommands::say_digits(Words words) {
  co_return co_await say(files_of_digits(words[2]), words[3]);
}

AgiCommands::Work AgiCommands::say_number(Words words) {
  co_return co_await say(files_of_number(number(words[2], 0)), words[3]);
}

AgiCommands::Work AgiCommands::say_alpha(Words words) {
  co_return co_await say(files_of_letters(words[2]), words[3]);
}

/// RECORD FILE name format escapes timeout [offset] [BEEP] [s=silence]. With an offset it goes on
/// there, or at the end of the file if that is earlier; a digit takes 200 ms off the end.
AgiCommands::Work AgiCommands::record_file(Words words) {
  if (!SoundTable::has_format(words[3])) co_return AgiReply{.text = "result=-1 (writefile)"};
  const auto there = exchange_->sounds().recorded(words[2] + "." + words[3]);
  const milliseconds offset{number(word(words, 6), 0) / samples_per_ms};
  const auto kept = std::min(there.value_or(milliseconds{0}), offset);
  const auto timeout = number(words[5], -1);
  bool beep = false;
  long silence = 0;
  for (std::size_t i = 6; i < words.size(); ++i) {
    if (iequals(words[i], "BEEP")) beep = true;
    if (words[i].starts_with("s=")) silence = number(std::string_view{words[i]}.substr(2), 0);
  }
  if (beep) {
    PlayOrder order;
    order.file = "beep";
    co_await play(exchange_, channel_, std::move(order));
  }
  const auto start = exchange_->time().now();
  auto deadline =
      timeout < 0 ? TimePoint::max() : exchange_->time().later(start, milliseconds{timeout});
  // After silence the number is what was left of the time (seen on every version).
  long left_by_silence = 0;
  const auto* phone = exchange_->endpoint(channel_->technology + "/" + channel_->peer);
  if (silence > 0 && phone != nullptr && phone->speaks_for) {
    const auto quiet = *phone->speaks_for + std::chrono::seconds{silence};
    const auto silent_at = exchange_->time().later(start, quiet);
    if (silent_at < deadline) {
      deadline = silent_at;
      left_by_silence = std::max(0L, timeout - static_cast<long>(quiet.count()));
    }
  }
  std::string why = "timeout";
  AgiReply reply;
  long result = 0;
  for (bool recording = true; recording;) {
    const auto woke = co_await wait_for(channel_, nullptr, deadline);
    if (woke == Woke::control) channel_->playback_control.clear();
    if (woke == Woke::digit) {
      const char digit = channel_->digits.front();
      channel_->digits.pop_front();
      if (words[4].find(digit) == std::string::npos) continue;
      why = "dtmf";
      result = digit;
    }
    if (woke == Woke::interrupted) {
      why = "hangup";
      result = -1;
      reply.failed = true;
    }
    recording = woke == Woke::control;
  }
  auto length = kept + std::chrono::duration_cast<milliseconds>(exchange_->time().since(start));
  if (why == "timeout") result = left_by_silence;
  if (why == "dtmf") length = std::max(length - digit_cuts_off, milliseconds{0});
  exchange_->sounds().record(words[2], words[3], length);
  reply.text = fmt::format("result={} ({}) endpos={}", result, why, samples(length));
  co_return reply;
}

AgiCommands::Work AgiCommands::receive_text(Words words) {
  const auto timeout = number(words[2], 0);
  const bool alive = co_await pause(exchange_, channel_, milliseconds{std::max(timeout, 0L)});
  auto reply = iequals(words[1], "CHAR") ? AgiReply{.text = "result=-1 (hangup)"} : agi_result(-1);
  reply.failed = !alive;
  co_return reply;
}

}  // namespace arigate::sim
