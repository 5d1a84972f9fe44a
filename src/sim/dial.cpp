#include "sim/dial.hpp"

#include <cstdlib>

#include "core/text.hpp"
#include "sim/legs.hpp"
#include "sim/playing.hpp"

namespace arigate::sim {
namespace {

using std::chrono::seconds;

struct Target {
  ChannelPtr leg;
  std::string dial_string;  ///< After the technology: "bob".
};

/// What has come of the ringing so far.
struct Outcome {
  std::string status;  ///< "" while it rings on.
  ChannelPtr answered;
};

void clear_status(Exchange& exchange, Channel& caller) {
  for (const auto* name :
       {"DIALSTATUS", "DIALEDPEERNUMBER", "DIALEDPEERNAME", "ANSWEREDTIME", "DIALEDTIME"}) {
    exchange.set_variable(&caller, name, "");
  }
}

std::vector<Target> ring(ExchangePtr exchange, ChannelPtr caller, std::string_view targets) {
  std::vector<Target> ringing;
  for (const auto wanted : split(targets, '&')) {
    auto leg = make_leg(*exchange, trim(wanted));
    if (!leg) continue;
    const auto slash = wanted.find('/');
    Target target{leg, std::string{trim(wanted).substr(slash + 1)}};
    leg->linkedid = caller->linkedid;
    leg->application = "AppDial";
    leg->app_data = "(Outgoing Line)";
    leg->variables = caller->variables.inherited();
    exchange->set_variable(leg.get(), "DIALEDPEERNUMBER", target.dial_string);
    // The called side shows the number that was dialled, and who called.
    exchange->set_caller(*leg, Party{caller->place.exten, ""});
    leg->connected = caller->caller;
    if (!start_leg(exchange, leg)) {
      exchange->destroy(*leg);
      continue;
    }
    exchange->publish(exchange->dialect().dial_begin(caller.get(), *leg, target.dial_string));
    ringing.push_back(std::move(target));
  }
  return ringing;
}

/// Ends the legs that cannot answer any more; says what is left.
Outcome sift(Exchange& exchange, Channel& caller, std::vector<Target>& ringing,
             std::string& last_failure) {
  for (auto& target : ringing) {
    auto& leg = *target.leg;
    if (leg.progress == LegProgress::answered && !leg.interrupted()) return {"ANSWER", target.leg};
    if (leg.progress == LegProgress::ringing) exchange.indicate_ringing(caller);
    const bool busy = leg.progress == LegProgress::busy || leg.progress == LegProgress::rejected;
    const bool congested = leg.progress == LegProgress::congestion;
    if (busy) last_failure = "BUSY";
    if (congested) last_failure = "CONGESTION";
    if (!busy && !congested && !leg.interrupted()) continue;
    if (caller.cause == 0) caller.cause = leg.cause;
    exchange.destroy(leg);
    target.leg = nullptr;
  }
  std::erase_if(ringing, [](const Target& target) { return target.leg == nullptr; });
  if (!ringing.empty()) return {};
  return {last_failure.empty() ? "NOANSWER" : last_failure, nullptr};
}

/// The caller and every leg: whatever happens to one of them is worth a look.
std::vector<Signal*> signals_of(Channel& caller, const std::vector<Target>& ringing) {
  std::vector<Signal*> signals{&caller.signal};
  for (const auto& target : ringing) signals.push_back(&target.leg->signal);
  return signals;
}

/// Digits of one side are heard by the other.
void pass_digits(Exchange& exchange, Channel& from, Channel& to) {
  while (!from.digits.empty()) {
    const char digit = from.digits.front();
    from.digits.pop_front();
    exchange.publish(exchange.dialect().dtmf_begin(to, digit, false));
    exchange.publish(exchange.dialect().dtmf_end(to, digit, false, 100));
    exchange.send_digit(to, digit);
  }
}

boost::asio::awaitable<void> talk(ExchangePtr exchange, ChannelPtr caller, ChannelPtr callee) {
  const auto bridge = exchange->next_bridge_id();
  caller->bridged = callee;
  callee->bridged = caller;
  caller->bridge_id = callee->bridge_id = bridge;
  exchange->publish(exchange->dialect().bridge_enter(*caller, *callee, bridge));
  while (!caller->interrupted() && !callee->interrupted()) {
    pass_digits(*exchange, *caller, *callee);
    pass_digits(*exchange, *callee, *caller);
    std::vector<Signal*> both{&caller->signal, &callee->signal};
    co_await Signal::wait_any(std::move(both), TimePoint::max());
  }
  caller->bridged.reset();
  callee->bridged.reset();
  caller->bridge_id.clear();
  callee->bridge_id.clear();
  exchange->publish(exchange->dialect().bridge_leave(*caller, *callee, bridge));
}

boost::asio::awaitable<void> connect(ExchangePtr exchange, ChannelPtr caller, ChannelPtr callee,
                                     std::string number, TimePoint dialled) {
  exchange->set_variable(caller.get(), "DIALSTATUS", "ANSWER");
  exchange->set_variable(caller.get(), "DIALEDPEERNAME", callee->name);
  exchange->set_variable(caller.get(), "DIALEDPEERNUMBER", number);
  exchange->set_variable(caller.get(), "BRIDGEPEER", callee->name);
  exchange->set_variable(callee.get(), "BRIDGEPEER", caller->name);
  exchange->answer(*caller);
  exchange->set_accountcode(*callee, callee->accountcode);
  const auto answered = exchange->time().now();
  co_await talk(exchange, caller, callee);
  const auto seconds_since = [&](TimePoint start) {
    return std::to_string(
        std::chrono::duration_cast<seconds>(exchange->time().since(start)).count());
  };
  exchange->set_variable(caller.get(), "ANSWEREDTIME", seconds_since(answered));
  exchange->set_variable(caller.get(), "DIALEDTIME", seconds_since(dialled));
  if (!caller->redirected) co_await run_hangup_extension(exchange, caller);
  if (callee->redirected && !callee->gone) {
    callee->redirected = false;
    exchange->spawn("dialplan", run_dialplan(exchange, callee));  // It goes its own way.
    co_return;
  }
  if (callee->cause == 0) callee->cause = 16;
  exchange->destroy(*callee);
}

}  // namespace

boost::asio::awaitable<AppResult> dial(ExchangePtr exchange, ChannelPtr caller, std::string data) {
  clear_status(*exchange, *caller);
  const auto arguments = split(data, ',');
  const auto limit = arguments.size() > 1 ? std::atof(std::string{arguments[1]}.c_str()) : 0.0;
  const auto dialled = exchange->time().now();
  const auto deadline =
      limit > 0 ? exchange->time().after(Timeline::Duration{static_cast<long>(limit * 1e6)})
                : TimePoint::max();
  auto ringing = ring(exchange, caller, arguments.empty() ? std::string_view{} : arguments[0]);
  Outcome outcome;
  std::string last_failure;
  if (ringing.empty()) {
    caller->cause = 20;
    outcome.status = "CHANUNAVAIL";
  }
  while (outcome.status.empty()) {
    outcome = sift(*exchange, *caller, ringing, last_failure);
    if (!outcome.status.empty()) break;
    if (caller->interrupted()) {
      outcome.status = "CANCEL";
    } else if (exchange->time().now() >= deadline) {
      outcome.status = "NOANSWER";
    } else {
      auto signals = signals_of(*caller, ringing);
      co_await Signal::wait_any(std::move(signals), deadline);
    }
  }
  std::string number;
  for (auto& target : ringing) {
    if (target.leg == outcome.answered) {
      number = target.dial_string;
      continue;
    }
    if (target.leg->cause == 0) target.leg->cause = outcome.answered ? 26 : 16;
    exchange->destroy(*target.leg);
  }
  const auto status = outcome.status;
  if (outcome.answered) {
    co_await connect(exchange, caller, outcome.answered, std::move(number), dialled);
    if (caller->cause == 0) caller->cause = 16;
  }
  exchange->set_variable(caller.get(), "DIALSTATUS", status);
  exchange->publish(exchange->dialect().dial_end(caller.get(), outcome.answered.get(), status));
  co_return outcome.answered || caller->interrupted() ? AppResult::hangup : AppResult::proceed;
}

}  // namespace arigate::sim
