#include "ari/media_requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "ari/errors.hpp"
#include "ari/parameters.hpp"
#include "ari/snapshots.hpp"

namespace arigate::ari {
namespace {

/// The digits that `terminateOn` stands for; nullopt for anything that it cannot be.
std::optional<std::string> digits_of(std::string_view terminate_on) {
  if (terminate_on.empty() || terminate_on == "none") return "";
  if (terminate_on == "any") return "0123456789ABCD*#";
  if (terminate_on == "*" || terminate_on == "#") return std::string{terminate_on};
  return std::nullopt;
}

std::string percent_encoded(std::string_view text) {
  return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

/// 201, and where it is; natively without the prefix that the server may have.
Response created_response(std::string body, std::string_view resource, std::string_view id) {
  auto response = json_response(std::move(body), 201);
  response.headers.emplace_back("Location",
                                fmt::format("/ari/{}/{}", resource, percent_encoded(id)));
  return response;
}

std::optional<ops::IfExists> if_exists_of(std::string_view name) {
  if (name.empty() || name == "fail") return ops::IfExists::fail;
  if (name == "overwrite") return ops::IfExists::overwrite;
  if (name == "append") return ops::IfExists::append;
  return std::nullopt;
}

}  // namespace

Response MediaRequests::play(const Request& request, ops::MediaTarget target) {
  ops::PlayRequest wanted;
  wanted.target = std::move(target);
  wanted.media = request.list("media");
  if (wanted.media.empty() || wanted.media.front().empty()) {
    return message_response(400, "Failed to queue media for playback");
  }
  wanted.language = text(request, "lang");
  wanted.offset_ms = number(request, "offsetms", 0);
  wanted.skip_ms = number(request, "skipms", 3000);
  if (wanted.skip_ms < 0) return message_response(400, "skipms cannot be negative");
  if (wanted.offset_ms < 0) return message_response(400, "offsetms cannot be negative");
  const auto path_id = request.path("playbackId");
  wanted.id.value = path_id.empty() ? text(request, "playbackId") : std::string{path_id};

  std::string body;
  const auto id = playbacks_.play(std::move(wanted), [&body](const model::Playback& queued) {
    append_playback(body, queued);  // As it is before it starts: native answers "queued".
  });
  if (!id) return error_response(id.error());
  return created_response(std::move(body), "playbacks", id->value);
}

std::optional<Response> MediaRequests::refuse_record(const Request& request) {
  if (number(request, "maxDurationSeconds", 0) < 0) {
    return message_response(400, "max_duration_seconds cannot be negative");
  }
  if (number(request, "maxSilenceSeconds", 0) < 0) {
    return message_response(400, "max_silence_seconds cannot be negative");
  }
  return std::nullopt;
}

std::optional<Response> MediaRequests::refuse_record_options(const Request& request) {
  if (!digits_of(text(request, "terminateOn"))) {
    return message_response(400, "terminateOn invalid");
  }
  if (!if_exists_of(text(request, "ifExists"))) return message_response(400, "ifExists invalid");
  return std::nullopt;
}

boost::asio::awaitable<Response> MediaRequests::record(Request request, ops::MediaTarget target) {
  ops::RecordRequest wanted;
  wanted.target = std::move(target);
  wanted.name.value = text(request, "name");
  wanted.format = text(request, "format");
  wanted.max_duration_s = number(request, "maxDurationSeconds", 0);
  wanted.max_silence_s = number(request, "maxSilenceSeconds", 0);
  wanted.beep = request.flag("beep", false);
  if (auto refusal = refuse_record(request)) co_return std::move(*refusal);
  if (auto refusal = refuse_record_options(request)) co_return std::move(*refusal);
  wanted.terminate_on = *digits_of(text(request, "terminateOn"));
  wanted.if_exists = *if_exists_of(text(request, "ifExists"));

  const std::string name = wanted.name.value;
  std::string body;
  ops::Recordings::Queued queued = [&body](const model::LiveRecording& recording) {
    append_recording(body, recording);
  };
  const auto started = co_await recordings_.record(std::move(wanted), std::move(queued));
  if (!started) co_return error_response(started.error());
  co_return created_response(std::move(body), "recordings/live", name);
}

}  // namespace arigate::ari
