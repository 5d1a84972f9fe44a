#include "sim/legs.hpp"

#include "core/text.hpp"
#include "sim/playing.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds network_delay{2};

/// Like pause(), but for the far end of the line: it ends only with the channel itself.
boost::asio::awaitable<bool> pass_time(ExchangePtr exchange, ChannelPtr channel,
                                       Timeline::Duration duration) {
  const auto deadline = exchange->time().after(duration);
  while (!channel->gone && exchange->time().now() < deadline) {
    co_await channel->signal.wait(deadline);
  }
  co_return !channel->gone;
}

ChannelPtr make_phone_leg(Exchange& exchange, std::string_view peer, const WantedIds& wanted) {
  const auto name = "SIP/" + std::string{peer};
  const auto* endpoint = exchange.endpoint(name);
  if (endpoint == nullptr || !exchange.registered(name)) return nullptr;
  auto leg = exchange.create("SIP", peer, exchange.next_name("SIP", peer), wanted.channel);
  leg->place.context = endpoint->context;
  exchange.announce(*leg);
  exchange.set_variable(leg.get(), "SIPCALLID", leg->call_id);
  exchange.publish(exchange.dialect().sip_channel_update(*leg, SipMoment::created));
  exchange.publish(exchange.dialect().sip_channel_update(*leg, SipMoment::called));
  return leg;
}

/// UnicastRTP/host:port: the other side of RTP is there at once. Only newer PBXs have the driver.
ChannelPtr make_media_leg(Exchange& exchange, std::string_view target, const WantedIds& wanted) {
  target = target.substr(0, target.find('/'));  // The options, "/c(ulaw)".
  if (!exchange.dialect().takes_channel_id() || target.find(':') == std::string_view::npos) {
    return nullptr;
  }
  auto leg = exchange.create("UnicastRTP", target, exchange.next_name("UnicastRTP", target),
                             wanted.channel);
  leg->place = {"default", "s", 1};
  exchange.announce(*leg);
  exchange.set_variable(leg.get(), "UNICASTRTP_LOCAL_ADDRESS", "127.0.0.1");
  exchange.set_variable(leg.get(), "UNICASTRTP_LOCAL_PORT", "10000");
  return leg;
}

ChannelPtr make_local_pair(Exchange& exchange, std::string_view target, const WantedIds& wanted) {
  target = target.substr(0, target.find('/'));  // The options, "/n".
  const auto at = target.find('@');
  const auto exten = target.substr(0, at);
  const auto context = at == std::string_view::npos ? "default" : target.substr(at + 1);
  const auto base = exchange.next_name("Local", std::string{exten} + "@" + std::string{context});
  auto one = exchange.create("Local", target, base + ";1", wanted.channel);
  auto two = exchange.create("Local", target, base + ";2", wanted.other);
  for (auto* half : {one.get(), two.get()}) {
    half->place.context = context;
    half->place.exten = exten;
  }
  two->state = ChannelState::ring;
  two->linkedid = one->uniqueid;
  one->first_half = true;
  one->other_half = two;
  two->other_half = one;
  exchange.announce(*one);
  exchange.announce(*two);
  return one;
}

boost::asio::awaitable<void> phone(ExchangePtr exchange, ChannelPtr leg, Endpoint endpoint) {
  const bool arrived = co_await pass_time(exchange, leg, network_delay);
  if (!arrived) co_return;
  if (endpoint.reaction == Reaction::busy) {
    leg->cause = 17;
    exchange->set_progress(*leg, LegProgress::busy);
    co_return;
  }
  if (endpoint.reaction == Reaction::congestion) {
    leg->cause = 34;
    exchange->set_progress(*leg, LegProgress::congestion);
    co_return;
  }
  exchange->set_progress(*leg, LegProgress::ringing);
  if (endpoint.reaction == Reaction::rings_forever) co_return;
  const bool still_rings = co_await pass_time(exchange, leg, endpoint.ring_time);
  if (!still_rings) co_return;
  if (leg->hangup_requested) co_return;
  if (endpoint.reaction == Reaction::declines) {
    leg->cause = 21;
    exchange->set_progress(*leg, LegProgress::rejected);
    co_return;
  }
  exchange->set_progress(*leg, LegProgress::answered);
  co_await talk_script(exchange, leg, std::move(endpoint));
}

}  // namespace

ChannelPtr make_leg(Exchange& exchange, std::string_view dial_string, const WantedIds& wanted) {
  if (exchange.full()) return nullptr;
  const auto slash = dial_string.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto technology = dial_string.substr(0, slash);
  const auto rest = dial_string.substr(slash + 1);
  if (iequals(technology, "SIP")) return make_phone_leg(exchange, rest, wanted);
  if (iequals(technology, "UnicastRTP")) return make_media_leg(exchange, rest, wanted);
  if (iequals(technology, "Local")) return make_local_pair(exchange, rest, wanted);
  return nullptr;
}

bool start_leg(ExchangePtr exchange, ChannelPtr leg) {
  const auto two = leg->other_half.lock();
  if (leg->technology == "UnicastRTP") {
    exchange->set_progress(*leg, LegProgress::answered);
    return true;
  }
  if (!two) {
    if (const auto* endpoint = exchange->endpoint(leg->technology + "/" + leg->peer)) {
      exchange->spawn("phone", phone(exchange, leg, *endpoint));
    }
    return true;
  }
  two->caller = leg->connected;
  two->connected = leg->caller;
  two->accountcode = leg->accountcode;
  two->language = leg->language;
  two->variables = leg->variables;
  if (exchange->dialplan().find(two->place.context, two->place.exten, 1) == nullptr) {
    exchange->far_hangup(*two, 0);
    exchange->destroy(*two);
    return false;
  }
  exchange->publish(exchange->dialect().local_bridge(*leg, *two, false));
  two->dialplan_running = true;
  exchange->spawn("dialplan", run_dialplan(exchange, two));
  return true;
}

boost::asio::awaitable<void> press(ExchangePtr exchange, ChannelPtr channel, std::string digits) {
  static constexpr long tone_ms = 100;
  static constexpr milliseconds tone{tone_ms};
  for (const char digit : digits) {
    if (channel->gone) co_return;
    exchange->digit_down(*channel, digit);
    const bool released = co_await pass_time(exchange, channel, tone);
    if (!released) co_return;
    exchange->digit_up(*channel, digit, tone_ms);
    const bool ready = co_await pass_time(exchange, channel, tone);
    if (!ready) co_return;
  }
}

boost::asio::awaitable<void> talk_script(ExchangePtr exchange, ChannelPtr channel,
                                         Endpoint endpoint) {
  const auto answered = exchange->time().now();
  if (!endpoint.presses.empty()) {
    const bool ready = co_await pass_time(exchange, channel, endpoint.press_after);
    if (!ready) co_return;
    co_await press(exchange, channel, endpoint.presses);
  }
  if (!endpoint.hangs_up_after) co_return;
  const auto spent = exchange->time().since(answered);
  const bool ready = co_await pass_time(exchange, channel, *endpoint.hangs_up_after - spent);
  if (!ready) co_return;
  exchange->far_hangup(*channel, 16);
}

}  // namespace arigate::sim
