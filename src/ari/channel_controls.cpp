#include "ari/channel_controls.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "ari/errors.hpp"
#include "ari/parameters.hpp"
#include "ari/rtp_statistics.hpp"
#include "ops/command.hpp"
#include "ops/lines.hpp"
#include "ops/mute.hpp"
#include "ops/rtp_statistics.hpp"
#include "ops/transfer.hpp"

namespace arigate::ari {

void ChannelControls::serve(Router& router) {
  using Op = Operation;
  const auto later = [&](Op operation, Later (ChannelControls::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  later(Op::channels_mute, &ChannelControls::mute);
  later(Op::channels_unmute, &ChannelControls::unmute);
  later(Op::channels_hold, &ChannelControls::hold);
  later(Op::channels_unhold, &ChannelControls::unhold);
  later(Op::channels_rtpstatistics, &ChannelControls::rtp_statistics);
  router.on(Op::channels_redirect,
            SyncHandler{[this](const Request& request) { return redirect(request); }});
  router.on(Op::channels_transfer_progress, SyncHandler{[this, &router](const Request& request) {
              return transfer_progress(request, router);
            }});
}

ChannelControls::Later ChannelControls::switch_mute(Request request, bool on) {
  const ChannelId channel = channel_of(request);
  if (const auto control = ops::usable_control_of(world_, channel); !control) {
    co_return error_response(control.error());
  }
  const auto direction = text(request, "direction");
  if (direction.empty()) co_return message_response(400, "Direction is required");
  auto which = ops::MuteDirection::all;
  if (direction == "in") {
    which = ops::MuteDirection::in;
  } else if (direction == "out") {
    which = ops::MuteDirection::out;
  } else if (direction != "both") {
    co_return message_response(400, "Invalid direction specified");
  }
  const auto outcome = co_await ops::mute(world_, channel, which, on);
  co_return done_or_error(outcome);
}

ChannelControls::Later ChannelControls::mute(Request request) {
  return switch_mute(std::move(request), true);
}
ChannelControls::Later ChannelControls::unmute(Request request) {
  return switch_mute(std::move(request), false);
}

ChannelControls::Later ChannelControls::hold(Request request) {
  const auto outcome = co_await ops::run_commands(world_, channel_of(request), ops::hold_lines());
  co_return done_or_error(outcome);
}
ChannelControls::Later ChannelControls::unhold(Request request) {
  const auto outcome = co_await ops::run_commands(world_, channel_of(request), ops::unhold_lines());
  co_return done_or_error(outcome);
}

Response ChannelControls::redirect(const Request& request) {
  return done_or_error(
      ops::redirect(world_, entrance_, channel_of(request), text(request, "endpoint")));
}

/// What is wrong with the request is told as natively; a right one cannot be carried out.
Response ChannelControls::transfer_progress(const Request& request, const Router& router) {
  static constexpr std::array<std::string_view, 4> known{"channel_progress", "channel_answered",
                                                         "channel_unavailable", "channel_declined"};
  if (const auto control = ops::control_of(world_, channel_of(request)); !control) {
    return error_response(control.error());
  }
  const auto states = text(request, "states");
  if (states.empty()) return message_response(400, "states must not be empty");
  if (std::find(known.begin(), known.end(), states) == known.end()) {
    return message_response(400, "Invalid states value");
  }
  // Only chan_pjsip does something with it; for the others that is all natively, too.
  const auto* channel = world_.store.find(channel_of(request));
  return channel->name.starts_with("PJSIP/") ? router.unsupported(request.operation) : Response{};
}

ChannelControls::Later ChannelControls::rtp_statistics(Request request) {
  auto names = rtp_counter_names();
  const auto counters = co_await ops::rtp_counters(world_, channel_of(request), std::move(names));
  if (!counters) co_return error_response(counters.error());
  co_return json_response(rtp_statistics_json(*counters, request.path("channelId")));
}

}  // namespace arigate::ari
