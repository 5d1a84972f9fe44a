#include "sim/originate.hpp"

#include "sim/thread.hpp"

namespace arigate::sim {
namespace {

// Reason of OriginateResponse: the last control that the call got.
constexpr int reason_failed = 0;
constexpr int reason_hangup = 1;
constexpr int reason_no_answer = 3;
constexpr int reason_answered = 4;
constexpr int reason_busy = 5;
constexpr int reason_congestion = 8;

void dress(Exchange& exchange, Channel& leg, const OriginateOrder& order) {
  // The PBX sets them from a list built back to front.
  for (auto it = order.variables.rbegin(); it != order.variables.rend(); ++it) {
    exchange.set_variable(&leg, it->first, it->second);
  }
}

boost::asio::awaitable<int> wait_for_answer(ExchangePtr exchange, ChannelPtr leg,
                                            std::chrono::milliseconds timeout) {
  // Less than 0 waits for ever, as ast_waitfor() does with it.
  const auto deadline = timeout.count() < 0 ? TimePoint::max() : exchange->time().after(timeout);
  for (;;) {
    if (leg->progress == LegProgress::answered) co_return reason_answered;
    if (leg->progress == LegProgress::busy || leg->progress == LegProgress::rejected) {
      co_return reason_busy;
    }
    if (leg->progress == LegProgress::congestion) co_return reason_congestion;
    if (leg->interrupted()) {
      // The new generation says 0 here.
      co_return exchange->dialect().takes_channel_id() ? reason_failed : reason_hangup;
    }
    if (exchange->time().now() >= deadline) {
      if (leg->cause == 0 && leg->technology == "SIP") leg->cause = 19;
      co_return reason_no_answer;
    }
    co_await leg->signal.wait(deadline);
  }
}

std::string_view dial_status(int reason) {
  if (reason == reason_answered) return "ANSWER";
  if (reason == reason_busy) return "BUSY";
  if (reason == reason_congestion) return "CONGESTION";
  return "NOANSWER";
}

/// How a call went.
struct Attempt {
  ChannelPtr channel;  ///< null: nobody answered.
  int reason = reason_failed;
};

boost::asio::awaitable<Attempt> call(ExchangePtr exchange, OriginateOrder order) {
  Attempt attempt;
  auto leg = make_leg(*exchange, order.dial_string, order.wanted);
  if (!leg) co_return attempt;
  dress(*exchange, *leg, order);
  exchange->set_accountcode(*leg, order.accountcode);
  exchange->set_caller(*leg, order.caller);
  exchange->set_connected(*leg, order.caller);
  if (!start_leg(exchange, leg)) {
    exchange->destroy(*leg);
    co_return attempt;
  }
  exchange->publish(exchange->dialect().dial_begin(nullptr, *leg, order.dial_string));
  attempt.reason = co_await wait_for_answer(exchange, leg, order.timeout);
  const bool answered = attempt.reason == reason_answered;
  // Before Asterisk 12 they are set twice.
  if (answered && !exchange->dialect().takes_channel_id()) dress(*exchange, *leg, order);
  if (answered || attempt.reason == reason_busy || attempt.reason == reason_congestion) {
    exchange->set_accountcode(*leg, order.accountcode);
    const auto status = dial_status(attempt.reason);
    exchange->publish(exchange->dialect().dial_end(nullptr, leg.get(), status));
  }
  if (answered) {
    attempt.channel = leg;
  } else {
    exchange->destroy(*leg);
  }
  co_return attempt;
}

}  // namespace

boost::asio::awaitable<OriginateOutcome> originate(ExchangePtr exchange, OriginateOrder order,
                                                   bool tell) {
  OriginateOutcome outcome;
  outcome.action_id = order.action_id;
  outcome.dial_string = order.dial_string;
  outcome.application = order.application;
  outcome.data = order.data;
  outcome.context = order.place.context;
  outcome.exten = order.place.exten;
  outcome.caller = order.caller;
  const auto attempt = co_await call(exchange, order);
  outcome.reason = attempt.reason;
  outcome.channel = attempt.channel;
  if (tell) exchange->publish(exchange->dialect().originate_response(outcome));
  if (outcome.channel) {
    if (!order.application.empty()) {
      exchange->spawn("application",
                      run_application(exchange, outcome.channel, order.application, order.data));
    } else {
      outcome.channel->place = order.place;
      outcome.channel->dialplan_running = true;
      exchange->spawn("dialplan", run_dialplan(exchange, outcome.channel));
    }
  }
  co_return outcome;
}

std::vector<std::pair<std::string, std::string>> parse_variables(std::string_view header) {
  std::vector<std::pair<std::string, std::string>> found;
  std::string name;
  std::string value;
  bool in_value = false;
  const auto finish = [&] {
    if (!name.empty()) found.emplace_back(std::move(name), std::move(value));
    name.clear();
    value.clear();
    in_value = false;
  };
  for (std::size_t i = 0; i < header.size(); ++i) {
    char c = header[i];
    if (c == ',') {
      finish();
      continue;
    }
    if (c == '=' && !in_value) {
      in_value = true;
      continue;
    }
    if (c == '"') continue;  // Bare quotes are eaten.
    if (c == '\\' && i + 1 < header.size()) c = header[++i];
    (in_value ? value : name) += c;
  }
  finish();
  return found;
}

}  // namespace arigate::sim
