// Actions that make, end and move calls.
#include <fmt/format.h>

#include <array>
#include <boost/asio/use_awaitable.hpp>

#include "core/number.hpp"
#include "core/text.hpp"
#include "sim/ami_action.hpp"
#include "sim/originate.hpp"
#include "sim/playing.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {
namespace {

using std::chrono::milliseconds;

/// The channel that a header names, with the usual complaints.
ChannelPtr wanted_channel(const ActionCall& call) {
  const auto name = call.request["Channel"];
  if (name.empty()) {
    call.fail("No channel specified");
    return nullptr;
  }
  auto channel = call.exchange->find(name);
  if (!channel) call.fail("No such channel");
  return channel;
}

std::optional<OriginateOrder> parse_originate(const ActionCall& call) {
  const auto& request = call.request;
  OriginateOrder order;
  order.action_id = call.action_id();
  order.dial_string = request["Channel"];
  order.application = request["Application"];
  order.data = request["Data"];
  if (order.dial_string.empty()) {
    call.fail("Channel not specified");
    return std::nullopt;
  }
  order.place.context = request.has("Context") ? request["Context"] : "default";
  order.place.exten = request["Exten"];
  if (const auto text = request["Priority"]; !text.empty()) {
    const auto& plan = call.exchange->dialplan();
    const auto priority = whole_number<long>(text);
    const auto labelled = plan.labelled(order.place.context, order.place.exten, text);
    if (!priority && !labelled) {
      call.fail("Invalid priority");
      return std::nullopt;
    }
    order.place.priority = priority ? static_cast<int>(*priority) : *labelled;
  }
  if (order.dial_string.find('/') == std::string::npos) {
    call.fail("Invalid channel");
    return std::nullopt;
  }
  if (const auto text = request["Timeout"]; !text.empty()) {
    const auto timeout = whole_number<long>(text);
    if (!timeout) {
      call.fail("Invalid timeout");
      return std::nullopt;
    }
    order.timeout = milliseconds{*timeout};
  }
  if (order.application.empty() && order.place.exten.empty()) {
    call.fail("Originate with 'Exten' requires 'Context' and 'Priority'");
    return std::nullopt;
  }
  for (const auto header : request.all("Variable")) {
    for (auto& variable : parse_variables(header)) order.variables.push_back(std::move(variable));
  }
  order.caller = parse_party(request["CallerID"]);
  order.accountcode = request["Account"];
  if (call.exchange->dialect().takes_channel_id()) {
    if (request.has("ChannelId")) order.wanted.channel = request["ChannelId"];
    if (request.has("OtherChannelId")) order.wanted.other = request["OtherChannelId"];
  }
  return order;
}

boost::asio::awaitable<void> originate_apart(ExchangePtr exchange, OriginateOrder order) {
  co_await originate(std::move(exchange), std::move(order), true);
}

ActionWork originate_call(ActionCall call) {
  auto order = parse_originate(call);
  if (!order) co_return;
  for (const auto* id : {&order->wanted.channel, &order->wanted.other}) {
    if (*id && call.exchange->find(**id)) {
      call.fail("Uniqueid already in use");
      co_return;
    }
  }
  const auto async = call.request["Async"];
  if (iequals(async, "true") || iequals(async, "yes") || async == "1") {
    call.succeed("Originate successfully queued");
    call.exchange->spawn("originate", originate_apart(call.exchange, std::move(*order)));
    co_return;
  }
  const auto outcome = co_await originate(call.exchange, std::move(*order), false);
  if (outcome.channel) {
    call.succeed("Originate successfully queued");
  } else {
    call.fail("Originate failed");
  }
}

ActionWork hangup(ActionCall call) {
  const auto channel = wanted_channel(call);
  if (!channel) co_return;
  const auto asked = whole_number<long>(call.request["Cause"]).value_or(0);
  const int cause = asked > 0 && asked <= 127 ? static_cast<int>(asked) : 0;
  if (call.exchange->dialect().tells_hangup_requests()) {
    call.succeed("Channel Hungup");
    call.exchange->ask_hangup(*channel, cause);
    co_return;
  }
  // 1.8 answers when the channel's own thread is at it already: AGI's HANGUP comes first.
  call.exchange->ask_hangup(*channel, cause);
  boost::asio::steady_timer timer{call.exchange->executor()};
  timer.expires_at(call.exchange->time().after(milliseconds{2}));
  co_await timer.async_wait(boost::asio::use_awaitable);
  call.succeed("Channel Hungup");
}

ActionWork redirect(ActionCall call) {
  const auto name = call.request["Channel"];
  const auto channel = call.exchange->find(name);
  if (!channel) {
    call.fail(fmt::format("Channel does not exist: {}", name));
    co_return;
  }
  Place place;
  place.context = call.request["Context"];
  place.exten = call.request["Exten"];
  const auto priority = call.request["Priority"];
  const auto target = fmt::format("{},{},{}", place.context, place.exten, priority);
  const auto resolved = resolve_place(call.exchange->dialplan(), place, target);
  if (!resolved) {
    call.fail("Invalid priority");
    co_return;
  }
  if (channel->hangup_requested && !channel->redirected) {
    call.fail("Redirect failed, channel not up.");
    co_return;
  }
  call.exchange->redirect(*channel, *resolved);
  call.succeed("Redirect successful");
}

ActionWork play_dtmf(ActionCall call) {
  const auto channel = wanted_channel(call);
  if (!channel) co_return;
  const auto digit = call.request["Digit"];
  if (digit.empty()) {
    call.fail("No digit specified");
    co_return;
  }
  const bool newer = call.exchange->dialect().takes_received_digits();
  const auto wished = newer ? whole_number<long>(call.request["Duration"]).value_or(0) : 0;
  const milliseconds length{wished > 0 ? wished : 100};
  if (newer && iequals(call.request["Receive"], "true")) {
    call.exchange->digit_down(*channel, digit.front());
    call.exchange->digit_up(*channel, digit.front(), static_cast<long>(length.count()));
  } else {
    boost::asio::steady_timer timer{call.exchange->executor()};
    timer.expires_at(call.exchange->time().after(length));
    co_await timer.async_wait(boost::asio::use_awaitable);
    if (!channel->gone) call.exchange->send_digit(*channel, digit.front());
  }
  call.succeed("DTMF successfully queued");
}

ActionWork mute_audio(ActionCall call) {
  const auto channel = wanted_channel(call);
  if (!channel) co_return;
  const auto direction = call.request["Direction"];
  if (!iequals(direction, "in") && !iequals(direction, "out") && !iequals(direction, "all")) {
    call.fail("Invalid direction specified");
    co_return;
  }
  call.respond("Success", Fields{});
}

ActionWork control_playback(ActionCall call) {
  const auto channel = wanted_channel(call);
  if (!channel) co_return;
  channel->playback_control.emplace_back(call.request["Control"]);
  channel->signal.notify();
  call.respond("Success", Fields{});
}

ActionWork user_event(ActionCall call) {
  Fields body;
  body.add("UserEvent", call.request["UserEvent"]);
  for (const auto& [key, value] : call.request.headers) {
    const bool copied = call.exchange->dialect().takes_channel_id() &&
                        (iequals(key, "Action") || iequals(key, "ActionID"));
    if (!iequals(key, "UserEvent") && !copied) body.add(key, value);
  }
  call.succeed("Event Sent");
  call.exchange->publish({Event{"UserEvent", privilege::user, std::move(body)}});
  co_return;
}

ActionWork absolute_timeout(ActionCall call) {
  if (!wanted_channel(call)) co_return;
  call.succeed("Timeout Set");
}

constexpr std::array<ActionRow, 8> call_table{{
    {"AbsoluteTimeout", privilege::system | privilege::call, absolute_timeout},
    {"ControlPlayback", privilege::call, control_playback},
    {"Hangup", privilege::system | privilege::call, hangup},
    {"MuteAudio", privilege::system, mute_audio},
    {"Originate", privilege::originate, originate_call},
    {"PlayDTMF", privilege::call, play_dtmf},
    {"Redirect", privilege::call, redirect},
    {"UserEvent", privilege::user, user_event},
}};

}  // namespace

std::span<const ActionRow> call_actions() {
  return call_table;
}

}  // namespace arigate::sim
