#include "ari/snoop.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "ari/errors.hpp"
#include "ari/parameters.hpp"
#include "ari/unsupported.hpp"

namespace arigate::ari {
namespace {

std::optional<ops::Direction> direction(std::string_view name) {
  if (name.empty() || name == "none") return ops::Direction::none;
  if (name == "in") return ops::Direction::in;
  if (name == "out") return ops::Direction::out;
  if (name == "both") return ops::Direction::both;
  return std::nullopt;
}

}  // namespace

void SnoopResource::serve(Router& router) {
  const auto snoop_on = AsyncHandler{[this](Request request) { return snoop(std::move(request)); }};
  router.on(Operation::channels_snoop_channel, snoop_on);
  router.on(Operation::channels_snoop_channel_with_id, snoop_on);
}

SnoopResource::Later SnoopResource::snoop(Request request) {
  const auto spy = direction(text(request, "spy"));
  if (!spy) co_return message_response(400, "Invalid direction specified for spy");
  const auto whisper = direction(text(request, "whisper"));
  if (!whisper) co_return message_response(400, "Invalid direction specified for whisper");
  if (*spy == ops::Direction::none && *whisper == ops::Direction::none) {
    co_return message_response(400, "Direction must be specified for at least spy or whisper");
  }
  const auto application = text(request, "app");
  if (application.empty()) co_return message_response(400, "Application name is required");
  ops::SnoopRequest wanted;
  wanted.target.value = request.path("channelId");
  if (world_.store.find(wanted.target) == nullptr) {
    co_return message_response(404, "Provided channel was not found");
  }
  const auto path_id = request.path("snoopId");
  wanted.id.value = path_id.empty() ? text(request, "snoopId") : std::string{path_id};
  // As natively: cut, not refused.
  wanted.id.value.resize(std::min(wanted.id.value.size(), id_bytes_max));
  wanted.spy = *spy;
  wanted.whisper = *whisper;
  wanted.destination = {AppName{application}, arguments(text(request, "appArgs"))};
  const Operation operation = request.operation;
  const auto channel = co_await snoops_.snoop(std::move(wanted));
  if (channel) co_return json_response(snapshots_.once(*channel));
  switch (channel.error().code) {
    case Errc::not_found:
      co_return message_response(404, "Provided channel was not found");
    case Errc::not_supported:
      co_return refused_response(operation, facts_.version, channel.error().detail,
                                 "Whisper out, or both");
    case Errc::conflict:
    case Errc::refused_by_pbx:
      co_return message_response(500, "Snoop channel could not be created");
    default:
      co_return error_response(channel.error());
  }
}

}  // namespace arigate::ari
