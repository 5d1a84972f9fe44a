#include "ari/channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <utility>

#include "ari/errors.hpp"
#include "ari/formats.hpp"
#include "core/text.hpp"
#include "generated/mapping.hpp"
#include "ops/answer.hpp"
#include "ops/command.hpp"
#include "ops/hangup.hpp"
#include "ops/leave.hpp"
#include "ops/lines.hpp"
#include "ops/originate.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {
namespace {

ChannelId channel_of(const Request& request) {
  return ChannelId{std::string{request.path("channelId")}};
}

std::string text(const Request& request, std::string_view name) {
  return std::string{request.param(name).value_or("")};
}

/// Native reads numbers leniently: "abc" counts as 0.
long number(const Request& request, std::string_view name, long otherwise) {
  const auto given = request.param(name);
  if (!given || given->empty()) return otherwise;
  constexpr long limit = 1'000'000'000;  // Seconds and milliseconds are multiplied further on.
  return std::clamp(std::strtol(std::string{*given}.c_str(), nullptr, 10), -limit, limit);
}

/// "a,b" as arguments of an application.
std::vector<std::string> arguments(std::string_view text) {
  std::vector<std::string> parts;
  for (const auto part : split(text, ',')) parts.emplace_back(part);
  return parts;
}

}  // namespace

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
  later(Op::channels_originate, &Channels::originate);
  later(Op::channels_originate_with_id, &Channels::originate);
  later(Op::channels_hangup, &Channels::hangup);
  later(Op::channels_answer, &Channels::answer);
  later(Op::channels_ring, &Channels::ring);
  later(Op::channels_ring_stop, &Channels::ring_stop);
  later(Op::channels_progress, &Channels::progress);
  later(Op::channels_send_dtmf, &Channels::dtmf);
  later(Op::channels_start_moh, &Channels::start_moh);
  later(Op::channels_stop_moh, &Channels::stop_moh);
  later(Op::channels_start_silence, &Channels::start_silence);
  later(Op::channels_stop_silence, &Channels::stop_silence);
  now(Op::channels_play, &Channels::play);
  now(Op::channels_play_with_id, &Channels::play);
  later(Op::channels_record, &Channels::record);
  later(Op::channels_get_channel_var, &Channels::get_variable);
  later(Op::channels_set_channel_var, &Channels::set_variable);
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

// --- making and ending --------------------------------------------------------------------------

/// Native looks a label up before it dials or continues.
boost::asio::awaitable<Result<void>> Channels::check_label(std::string context, std::string exten,
                                                           std::string label) {
  const auto lines = co_await world_.ami.list(
      ami::Action{"ShowDialPlan"}.add("Context", context).add("Extension", exten),
      world_.in(world_.timeouts.action));
  if (lines) {
    for (const auto& line : *lines) {
      if (line[ami::Key::extensionlabel] == label) co_return Result<void>{};
    }
  } else if (lines.error().code != Errc::refused_by_pbx) {
    co_return lines.error();
  }
  co_return Error{Errc::not_found, "Requested label can not be found"};
}

Channels::Later Channels::originate(Request request) {
  constexpr std::size_t id_bytes_max = 149;
  ops::OriginateRequest wanted;
  wanted.endpoint = text(request, "endpoint");
  if (wanted.endpoint.empty()) co_return message_response(400, "Endpoint must be specified");
  const auto slash = wanted.endpoint.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == wanted.endpoint.size()) {
    co_return message_response(400, "Invalid endpoint specified");
  }
  wanted.exten = text(request, "extension");
  wanted.context = text(request, "context");
  const std::string application = text(request, "app");
  if (!application.empty()) {  // Natively it wins over an extension.
    wanted.application =
        ops::Destination{AppName{application}, arguments(text(request, "appArgs"))};
  } else if (!wanted.exten.empty()) {
    const auto label = text(request, "label");
    wanted.priority = std::to_string(std::max(1L, number(request, "priority", 1)));
    if (!label.empty()) {
      std::string context = wanted.context;
      if (context.empty()) context = "default";
      const auto found = co_await check_label(std::move(context), wanted.exten, label);
      if (!found) co_return error_response(found.error());
      wanted.priority = label;
    }
  } else {
    co_return message_response(400, "Application or extension must be specified");
  }
  const auto path_id = request.path("channelId");
  wanted.channel.value = path_id.empty() ? text(request, "channelId") : std::string{path_id};
  wanted.other_channel.value = text(request, "otherChannelId");
  if (wanted.channel.value.size() > id_bytes_max ||
      wanted.other_channel.value.size() > id_bytes_max) {
    co_return message_response(400,
                               fmt::format("Uniqueid length exceeds maximum of {}", id_bytes_max));
  }
  if (!wanted.channel.value.empty() && wanted.channel == wanted.other_channel) {
    co_return message_response(409, "Channel with given unique ID already exists");
  }
  const auto originator = text(request, "originator");
  wanted.formats = text(request, "formats");
  if (!originator.empty() && !wanted.formats.empty()) {
    co_return message_response(400, "Originator and formats can't both be specified");
  }
  if (!originator.empty() && world_.store.find(ChannelId{originator}) == nullptr) {
    co_return message_response(400, "Provided originator channel was not found");
  }
  for (const auto format : split(wanted.formats, ',')) {
    if (!is_media_format(trim(format))) {
      co_return message_response(400, fmt::format("Provided format ({}) was not found", format));
    }
  }
  wanted.caller_id = text(request, "callerId");
  wanted.timeout_s = number(request, "timeout", 30);
  auto variables = request.string_fields("variables");
  if (!variables) co_return error_response(variables.error());
  wanted.variables = std::move(*variables);

  const auto channel = co_await ops::originate(world_, entrance_, std::move(wanted));
  if (!channel) {
    if (channel.error().code == Errc::refused_by_pbx &&
        channel.error().detail == "Allocation failed") {
      co_return json_response(R"({"error":"Allocation failed"})", 500);  // Native's own form.
    }
    co_return error_response(channel.error());
  }
  co_return json_response(snapshots_.once(*channel));
}

Channels::Later Channels::hangup(Request request) {
  const ChannelId channel = channel_of(request);
  if (world_.store.find(channel) == nullptr) co_return error_response(ops::channel_not_found());
  int cause = 16;
  const auto code = text(request, "reason_code");
  const auto reason = text(request, "reason");
  if (!code.empty() && !reason.empty()) {
    co_return message_response(400,
                               "The reason and reason_code parameters can't both be specified");
  }
  if (!code.empty()) {
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
  auto lines = ops::start_moh_lines(text(request, "mohClass"));
  if (!lines) co_return error_response(lines.error());
  co_return co_await commands(std::move(request), std::move(*lines));
}

Channels::Later Channels::stop_moh(Request request) {
  return commands(std::move(request), ops::stop_moh_lines());
}

Channels::Later Channels::start_silence(Request request) {
  return commands(std::move(request), ops::start_silence_lines());
}

Channels::Later Channels::stop_silence(Request request) {
  return commands(std::move(request), ops::stop_silence_lines());
}

Channels::Later Channels::dtmf(Request request) {
  const auto control = ops::control_of(world_, channel_of(request));
  if (!control) co_return error_response(control.error());
  ops::DtmfOrder order;
  order.digits = text(request, "dtmf");
  order.before_ms = std::max(0L, number(request, "before", 0));
  order.between_ms = number(request, "between", 100);
  order.duration_ms = number(request, "duration", 100);
  order.after_ms = std::max(0L, number(request, "after", 0));
  auto lines = ops::dtmf_lines(order);
  if (!lines) co_return error_response(lines.error());
  // As native: accepted, not awaited; the digits take their time.
  const auto added = (*control)->add(std::make_unique<ops::SequenceJob>(std::move(*lines)));
  co_return done_or_error(added);
}

Response Channels::play(const Request& request) {
  auto target = ops::target_of(world_, channel_of(request));
  if (!target) return error_response(target.error());
  return media_.play(request, std::move(*target));
}

Channels::Later Channels::record(Request request) {
  auto target = ops::target_of(world_, channel_of(request));
  if (!target) co_return error_response(target.error());
  co_return co_await media_.record(std::move(request), std::move(*target));
}

// --- variables ----------------------------------------------------------------------------------

Channels::Later Channels::get_variable(Request request) {
  auto variable = text(request, "variable");
  if (variable.empty()) co_return message_response(400, "Variable name is required");
  const auto value = co_await ops::get_variable(world_, channel_of(request), std::move(variable));
  if (!value) co_return error_response(value.error());
  std::string body = "{\"value\":";
  append_json_string(body, *value);
  body += '}';
  co_return json_response(std::move(body));
}

Channels::Later Channels::set_variable(Request request) {
  auto variable = text(request, "variable");
  if (variable.empty()) co_return message_response(400, "Variable name is required");
  const auto outcome = co_await ops::set_variable(world_, channel_of(request), std::move(variable),
                                                  text(request, "value"));
  co_return done_or_error(outcome);
}

// --- leaving ------------------------------------------------------------------------------------

Channels::Later Channels::continue_in_dialplan(Request request) {
  const ChannelId channel = channel_of(request);
  const auto control = ops::control_of(world_, channel);
  if (!control) co_return error_response(control.error());
  ops::DialplanGoal goal{text(request, "context"), text(request, "extension"), ""};
  const auto label = text(request, "label");
  const long priority = number(request, "priority", 0);
  if (!label.empty()) {
    const auto* known = world_.store.find(channel);
    const auto context = goal.context.empty() ? known->dialplan.context : goal.context;
    const auto exten = goal.exten.empty() ? known->dialplan.exten : goal.exten;
    const bool is_number = label.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) {
      const auto found = co_await check_label(context, exten, label);
      if (!found) co_return error_response(found.error());
    }
    goal.priority = label;
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
