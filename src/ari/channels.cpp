#include "ari/channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <utility>

#include "ari/errors.hpp"
#include "ari/parameters.hpp"
#include "core/text.hpp"
#include "generated/mapping.hpp"
#include "ops/answer.hpp"
#include "ops/command.hpp"
#include "ops/hangup.hpp"
#include "ops/label.hpp"
#include "ops/leave.hpp"
#include "ops/lines.hpp"

namespace arigate::ari {

void Channels::serve(Router& router) {
  using Op = Operation;
  const auto now = [&](Op operation, Response (Channels::*handler)(const Request&)) {
    router.on(operation, SyncHandler{[this, handler](const Request& request) {
                return (this->*handler)(request);
              }});
  };
  const auto later = [&](Op operation, Later (Channels::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  now(Op::channels_list, &Channels::list);
  now(Op::channels_get, &Channels::get);
  later(Op::channels_hangup, &Channels::hangup);
  later(Op::channels_answer, &Channels::answer);
  later(Op::channels_ring, &Channels::ring);
  later(Op::channels_ring_stop, &Channels::ring_stop);
  later(Op::channels_progress, &Channels::progress);
  now(Op::channels_send_dtmf, &Channels::dtmf);
  later(Op::channels_start_moh, &Channels::start_moh);
  later(Op::channels_stop_moh, &Channels::stop_moh);
  later(Op::channels_start_silence, &Channels::start_silence);
  later(Op::channels_stop_silence, &Channels::stop_silence);
  now(Op::channels_play, &Channels::play);
  now(Op::channels_play_with_id, &Channels::play);
  later(Op::channels_record, &Channels::record);
  later(Op::channels_continue_in_dialplan, &Channels::continue_in_dialplan);
  now(Op::channels_move, &Channels::move);
}

Response Channels::list(const Request&) {
  std::string body = "[";
  body.reserve(world_.store.channel_count() * 400 + 2);
  world_.store.each_channel([&](const model::Channel& channel) {
    if (!channel.announced) return;  // Its id may still change.
    if (body.size() > 1) body += ',';
    body += snapshots_.channel(channel);
  });
  body += ']';
  return json_response(std::move(body));
}

Response Channels::get(const Request& request) {
  const auto* channel = world_.store.find(channel_of(request));
  if (channel == nullptr || !channel->announced) {
    return error_response(ops::channel_not_found());
  }
  return json_response(std::string{snapshots_.channel(*channel)});
}

// --- ending --------------------------------------------------------------------------------------

Channels::Later Channels::hangup(Request request) {
  const ChannelId channel = channel_of(request);
  if (world_.store.find(channel) == nullptr) co_return error_response(ops::channel_not_found());
  int cause = 16;
  const auto code = text(request, "reason_code");
  const auto reason = text(request, "reason");
  if (!code.empty() && !reason.empty()) {
    co_return message_response(400, "The reason and reason_code can't both be specified");
  }
  if (!code.empty()) {
    // As sscanf reads it: blanks before, anything after. AMI has no cause beyond 0 to 127.
    const bool is_number = code.find_first_of("0123456789") != std::string::npos &&
                           code.find_first_not_of(" \t+-") == code.find_first_of("0123456789");
    if (!is_number) {
      co_return message_response(400, "Invalid reason for hangup reason code provided");
    }
    cause = static_cast<int>(number(request, "reason_code", 16));
  } else if (!reason.empty()) {
    const auto known = mapping::cause_of_reason(reason);
    if (!known) co_return message_response(400, "Invalid reason for hangup reason provided");
    cause = *known;
  }
  const auto outcome = co_await ops::hangup(world_, entrance_, channel, cause);
  co_return done_or_error(outcome);
}

// --- commands -----------------------------------------------------------------------------------

Channels::Later Channels::answer(Request request) {
  const auto outcome = co_await ops::answer(world_, channel_of(request));
  co_return done_or_error(outcome);
}

Channels::Later Channels::commands(Request request, std::deque<std::string> lines) {
  const auto outcome = co_await ops::run_commands(world_, channel_of(request), std::move(lines));
  co_return done_or_error(outcome);
}

/// Natively a caller who has not been answered is told first that media come.
void Channels::tell_of_media(const ChannelId& channel, std::deque<std::string>& lines) const {
  if (ops::is_unanswered(world_, channel)) lines.push_front("EXEC Progress");
}

Channels::Later Channels::ring(Request request) {
  return commands(std::move(request), ops::ring_lines());
}

Channels::Later Channels::ring_stop(Request request) {
  return commands(std::move(request), ops::ring_stop_lines());
}

Channels::Later Channels::progress(Request request) {
  return commands(std::move(request), ops::progress_lines());
}

Channels::Later Channels::start_moh(Request request) {
  const auto control = ops::usable_control_of(world_, channel_of(request));
  if (!control) co_return error_response(control.error());
  auto lines = ops::start_moh_lines(text(request, "mohClass"));
  if (!lines) co_return error_response(lines.error());
  tell_of_media(channel_of(request), *lines);
  co_return co_await commands(std::move(request), std::move(*lines));
}

Channels::Later Channels::stop_moh(Request request) {
  return commands(std::move(request), ops::stop_moh_lines());
}

Channels::Later Channels::start_silence(Request request) {
  auto lines = ops::start_silence_lines();
  tell_of_media(channel_of(request), lines);
  return commands(std::move(request), std::move(lines));
}

Channels::Later Channels::stop_silence(Request request) {
  return commands(std::move(request), ops::stop_silence_lines());
}

Response Channels::dtmf(const Request& request) {
  const auto control = ops::usable_control_of(world_, channel_of(request));
  if (!control) return error_response(control.error());
  ops::DtmfOrder order;
  order.digits = text(request, "dtmf");
  order.before_ms = std::max(0L, number(request, "before", 0));
  order.between_ms = number(request, "between", 100);
  order.duration_ms = number(request, "duration", 100);
  order.after_ms = std::max(0L, number(request, "after", 0));
  return done_or_error(digits_.send(channel_of(request), order));
}

Response Channels::play(const Request& request) {
  const auto control = ops::usable_control_of(world_, channel_of(request));
  if (!control) return error_response(control.error());
  auto target = ops::target_of(world_, channel_of(request));
  if (!target) return error_response(target.error());
  return media_.play(request, std::move(*target));
}

Channels::Later Channels::record(Request request) {
  if (auto refusal = MediaRequests::refuse_record(request)) co_return std::move(*refusal);
  auto target = ops::target_of(world_, channel_of(request));
  if (!target) co_return error_response(target.error());
  co_return co_await media_.record(std::move(request), std::move(*target));
}

// --- leaving ------------------------------------------------------------------------------------

Channels::Later Channels::continue_in_dialplan(Request request) {
  const ChannelId channel = channel_of(request);
  const auto control = ops::usable_control_of(world_, channel);
  if (!control) co_return error_response(control.error());
  ops::DialplanGoal goal{text(request, "context"), text(request, "extension"), ""};
  if (!goal.context.empty() && goal.exten.empty()) goal.exten = "s";
  auto label = text(request, "label");
  const long priority = number(request, "priority", 0);
  if (!label.empty()) {
    const auto* known = world_.store.find(channel);
    auto context = goal.context.empty() ? known->dialplan.context : goal.context;
    auto exten = goal.exten.empty() ? known->dialplan.exten : goal.exten;
    auto found = co_await ops::priority_of_label(world_, std::move(context), std::move(exten),
                                                 std::move(label));
    if (!found) co_return error_response(found.error());
    goal.priority = std::move(*found);
  } else if (priority > 0) {
    goal.priority = std::to_string(priority);
  } else if (!goal.context.empty() || !goal.exten.empty()) {
    goal.priority = "1";
  }
  co_return done_or_error(ops::continue_in_dialplan(world_, entrance_, channel, goal));
}

Response Channels::move(const Request& request) {
  const auto application = text(request, "app");
  // Natively this crashes the PBX.
  if (application.empty()) return message_response(400, "Application is required");
  return done_or_error(ops::move(world_, channel_of(request), AppName{application},
                                 arguments(text(request, "appArgs"))));
}

}  // namespace arigate::ari
