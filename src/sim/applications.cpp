#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "core/number.hpp"
#include "core/text.hpp"
#include "sim/agi_session.hpp"
#include "sim/conference.hpp"
#include "sim/dial.hpp"
#include "sim/expression.hpp"
#include "sim/playing.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// What every application gets; by value, because it outlives the caller's frame.
struct AppCall {
  ExchangePtr exchange;
  ChannelPtr channel;
  std::string data;
};
using Work = boost::asio::awaitable<AppResult>;

AppResult unless_interrupted(const Channel& channel) {
  return channel.interrupted() ? AppResult::hangup : AppResult::proceed;
}

microseconds seconds_of(std::string_view text) {
  return microseconds{static_cast<microseconds::rep>(std::atof(std::string{text}.c_str()) * 1e6)};
}

std::string argument(std::string_view data, std::size_t index) {
  const auto parts = split(data, ',');
  return index < parts.size() ? std::string{trim(parts[index])} : std::string{};
}

Work answer(AppCall call) {
  const bool up = co_await answer_and_wait(call.exchange, call.channel);
  co_return up ? AppResult::proceed : AppResult::hangup;
}

Work hangup(AppCall call) {
  int cause = leading_number<int>(call.data).value_or(0);
  if (cause == 0 && call.channel->cause == 0) cause = 16;
  if (cause != 0) call.channel->cause = cause;
  co_return AppResult::hangup;
}

Work wait_seconds(AppCall call) {
  const bool alive = co_await pause(call.exchange, call.channel, seconds_of(call.data));
  co_return alive ? AppResult::proceed : AppResult::hangup;
}

Work wait_exten(AppCall call) {
  const auto time = call.data.empty() ? microseconds{10'000'000} : seconds_of(call.data);
  const auto deadline = call.exchange->time().after(time);
  const auto woke = co_await wait_for(call.channel, nullptr, deadline);
  if (woke == Woke::interrupted) co_return AppResult::hangup;
  if (woke == Woke::digit) {
    const std::string exten{call.channel->digits.front()};
    call.channel->digits.pop_front();
    call.channel->place = Place{call.channel->place.context, exten, 0};
  }
  call.channel->playback_control.clear();
  co_return AppResult::proceed;
}

Work playback(AppCall call) {
  bool found = true;
  if (call.channel->state != ChannelState::up && argument(call.data, 1) != "noanswer") {
    const bool up = co_await answer_and_wait(call.exchange, call.channel);
    if (!up) co_return AppResult::hangup;
  }
  const auto files = argument(call.data, 0);
  for (const auto file : split(files, '&')) {
    PlayOrder order;
    order.file = file;
    const auto played = co_await play(call.exchange, call.channel, std::move(order));
    if (played.end == Played::End::missing) found = false;
    if (played.end == Played::End::interrupted || played.end == Played::End::stopped) break;
  }
  call.exchange->set_variable(call.channel.get(), "PLAYBACKSTATUS", found ? "SUCCESS" : "FAILED");
  co_return unless_interrupted(*call.channel);
}

Work echo(AppCall call) {
  for (;;) {
    const auto woke = co_await wait_for(call.channel, nullptr, TimePoint::max());
    if (woke == Woke::interrupted) co_return AppResult::hangup;
    call.channel->playback_control.clear();
    if (woke != Woke::digit) continue;
    const char digit = call.channel->digits.front();
    call.channel->digits.pop_front();
    if (digit == '#') co_return AppResult::proceed;
    call.exchange->send_digit(*call.channel, digit);
  }
}

Work ringing(AppCall call) {
  call.exchange->indicate_ringing(*call.channel);
  co_return AppResult::proceed;
}

Work nothing(AppCall) {
  co_return AppResult::proceed;
}

/// Busy and Congestion: tell whoever calls, then wait for the hangup.
Work refuse(AppCall call, LegProgress progress, int cause) {
  auto& channel = *call.channel;
  if (progress == LegProgress::busy && channel.state != ChannelState::up) {
    call.exchange->set_state(channel, ChannelState::busy);
  }
  if (const auto caller = channel.other_half.lock(); caller && !channel.first_half) {
    call.exchange->set_progress(*caller, progress);
  } else if (channel.state != ChannelState::up) {
    channel.cause = cause;  // The phone gets the answer and gives up.
  }
  const auto time = call.data.empty() ? microseconds{10'000'000} : seconds_of(call.data);
  co_await pause(call.exchange, call.channel, time);
  co_return AppResult::hangup;
}

Work busy(AppCall call) {
  co_return co_await refuse(std::move(call), LegProgress::busy, 17);
}
Work congestion(AppCall call) {
  co_return co_await refuse(std::move(call), LegProgress::congestion, 34);
}

Work set(AppCall call) {
  const auto equals = call.data.find('=');
  if (equals != std::string::npos) {
    const auto name = trim(std::string_view{call.data}.substr(0, equals));
    call.exchange->set_variable(call.channel.get(), name,
                                std::string_view{call.data}.substr(equals + 1));
  }
  co_return AppResult::proceed;
}

/// Stands one before the target, because the dialplan counts on after each application.
AppResult jump(const AppCall& call, std::string_view target) {
  auto place = resolve_place(call.exchange->dialplan(), call.channel->place, target);
  if (!place) return AppResult::hangup;
  --place->priority;
  call.channel->place = std::move(*place);
  return AppResult::proceed;
}

Work go_to(AppCall call) {
  co_return jump(call, call.data);
}

/// GotoIf(condition?there:elsewhere)
Work go_to_if(AppCall call) {
  const auto question = call.data.find('?');
  if (question == std::string::npos) co_return AppResult::proceed;
  const auto condition = trim(std::string_view{call.data}.substr(0, question));
  const auto targets = split(std::string_view{call.data}.substr(question + 1), ':');
  const std::size_t index = is_true(condition) ? 0 : 1;
  if (index >= targets.size() || trim(targets[index]).empty()) co_return AppResult::proceed;
  co_return jump(call, targets[index]);
}

/// UserEvent(name,key: value,…)
Work user_event(AppCall call) {
  const auto parts = split(call.data, ',');
  Fields body;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto colon = parts[i].find(':');
    const auto key = trim(parts[i].substr(0, colon));
    auto value = colon == std::string_view::npos ? std::string_view{} : parts[i].substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    body.add(key, value);
  }
  const auto name = parts.empty() ? std::string_view{} : parts[0];
  call.exchange->publish(call.exchange->dialect().user_event(*call.channel, name, body));
  co_return AppResult::proceed;
}

/// SendDTMF(digits,gap,length): 'w' waits half a second.
Work send_dtmf(AppCall call) {
  const auto digits = argument(call.data, 0);
  const auto gap_text = argument(call.data, 1);
  const auto tone_text = argument(call.data, 2);
  const milliseconds gap{gap_text.empty() ? 250 : std::atoi(gap_text.c_str())};
  const milliseconds tone{tone_text.empty() ? 100 : std::atoi(tone_text.c_str())};
  for (const char digit : digits) {
    const auto time = digit == 'w' ? milliseconds{500} : tone + gap;
    if (digit != 'w') call.exchange->send_digit(*call.channel, digit);
    const bool alive = co_await pause(call.exchange, call.channel, time);
    if (!alive) co_return AppResult::hangup;
  }
  co_return AppResult::proceed;
}

Work music_on_hold(AppCall call) {
  const auto music = argument(call.data, 0);
  if (!music.empty()) call.channel->music_class = music;
  call.exchange->play_music(*call.channel, true);
  const auto duration = argument(call.data, 1);
  const auto time = duration.empty() ? microseconds{std::chrono::hours{24}} : seconds_of(duration);
  const bool alive = co_await pause(call.exchange, call.channel, time);
  call.exchange->play_music(*call.channel, false);
  co_return alive ? AppResult::proceed : AppResult::hangup;
}

/// Read(variable,file,maxdigits,option,attempts,timeout)
Work read(AppCall call) {
  const auto variable = argument(call.data, 0);
  const auto file = argument(call.data, 1);
  const auto limit = static_cast<std::size_t>(std::atoi(argument(call.data, 2).c_str()));
  const auto timeout = argument(call.data, 5);
  const auto patience = timeout.empty() ? microseconds{5'000'000} : seconds_of(timeout);
  std::string digits;
  if (!file.empty()) {
    PlayOrder order;
    order.file = file;
    order.escapes = "0123456789*#";
    const auto played = co_await play(call.exchange, call.channel, std::move(order));
    if (played.end == Played::End::digit && played.digit != '#') digits += played.digit;
  }
  while (limit == 0 || digits.size() < limit) {
    const auto deadline = call.exchange->time().after(patience);
    const auto woke = co_await wait_for(call.channel, nullptr, deadline);
    if (woke != Woke::digit) break;
    const char digit = call.channel->digits.front();
    call.channel->digits.pop_front();
    if (digit == '#') break;
    digits += digit;
  }
  call.channel->playback_control.clear();
  call.exchange->set_variable(call.channel.get(), variable, digits);
  co_return unless_interrupted(*call.channel);
}

/// The channel that ChanSpy(name,options) is to listen to: the whole name, or its beginning.
ChannelPtr spied_on(const AppCall& call) {
  const auto name = argument(call.data, 0);
  for (const auto& channel : call.exchange->channels()) {
    if (channel != call.channel && !name.empty() && channel->name.starts_with(name)) return channel;
  }
  return nullptr;
}

/// ChanSpy(name,options). With E and S, which alone are known here, it ends with its target.
Work chan_spy(AppCall call) {
  constexpr milliseconds look_again{20};
  while (const auto target = spied_on(call)) {
    if (target->hangup_requested) break;
    const bool alive = co_await pause(call.exchange, call.channel, look_again);
    if (!alive) co_return AppResult::hangup;
  }
  co_return AppResult::proceed;
}

/// Transfer(TECH/dest): the PBX waits for what the phone says to it.
Work transfer(AppCall call) {
  const auto technology = std::string_view{call.data}.substr(0, call.data.find('/'));
  const bool sip = call.channel->technology == "SIP" && iequals(technology, "SIP");
  const bool follows = sip && call.exchange->options().phones_follow_transfers;
  const auto status = !sip ? "UNSUPPORTED" : follows ? "SUCCESS" : "FAILURE";
  if (sip) {
    const auto answer = follows ? milliseconds{50} : std::chrono::hours{24};
    co_await pause(call.exchange, call.channel, answer);
  }
  call.exchange->set_variable(call.channel.get(), "TRANSFERSTATUS", status);
  if (follows) call.exchange->far_hangup(*call.channel, 16);
  co_return unless_interrupted(*call.channel);
}

Work agi(AppCall call) {
  co_return co_await run_agi(std::move(call.exchange), std::move(call.channel),
                             std::move(call.data));
}

Work dial_out(AppCall call) {
  co_return co_await dial(std::move(call.exchange), std::move(call.channel), std::move(call.data));
}

Work conf_bridge(AppCall call) {
  co_return co_await conference(std::move(call.exchange), std::move(call.channel),
                                std::move(call.data));
}

struct Row {
  std::string_view name;
  Work (*run)(AppCall);
};

constexpr std::array<Row, 30> application_table{{
    {"AGI", agi},
    {"Answer", answer},
    {"Busy", busy},
    {"ChanSpy", chan_spy},
    {"ConfBridge", conf_bridge},
    {"Congestion", congestion},
    {"Dial", dial_out},
    {"Echo", echo},
    {"Goto", go_to},
    {"GotoIf", go_to_if},
    {"Hangup", hangup},
    {"MixMonitor", nothing},
    {"MusicOnHold", music_on_hold},
    {"NoOp", nothing},
    {"Playback", playback},
    {"Background", playback},
    {"PlayTones", nothing},
    {"Progress", nothing},
    {"Read", read},
    {"Ringing", ringing},
    {"SendDTMF", send_dtmf},
    {"Set", set},
    {"StopMixMonitor", nothing},
    {"StopPlayTones", nothing},
    {"Transfer", transfer},
    {"UserEvent", user_event},
    {"Verbose", nothing},
    {"Wait", wait_seconds},
    {"WaitExten", wait_exten},
    {"Milliwatt", echo},
}};

}  // namespace

boost::asio::awaitable<AppResult> execute(ExchangePtr exchange, ChannelPtr channel,
                                          std::string application, std::string data) {
  for (const auto& row : application_table) {
    if (!iequals(row.name, application)) continue;
    AppCall call{std::move(exchange), std::move(channel), std::move(data)};
    co_return co_await row.run(std::move(call));
  }
  co_return AppResult::unknown;
}

}  // namespace arigate::sim
