#include "ari/playbacks.hpp"

#include <optional>
#include <string>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"

namespace arigate::ari {
namespace {

PlaybackId playback_of(const Request& request) {
  return PlaybackId{std::string{request.path("playbackId")}};
}

/// `stop` is a DELETE, not an operation.
std::optional<ops::PlaybackControl> control_named(std::string_view name) {
  using Do = ops::PlaybackControl;
  if (name == "restart") return Do::restart;
  if (name == "pause") return Do::pause;
  if (name == "unpause") return Do::unpause;
  if (name == "reverse") return Do::reverse;
  if (name == "forward") return Do::forward;
  return std::nullopt;
}

}  // namespace

void PlaybackResource::serve(Router& router) {
  router.on(Operation::playbacks_get,
            SyncHandler{[this](const Request& request) { return get(request); }});
  router.on(Operation::playbacks_stop,
            SyncHandler{[this](const Request& request) { return stop(request); }});
  router.on(Operation::playbacks_control,
            SyncHandler{[this](const Request& request) { return control(request); }});
}

Response PlaybackResource::get(const Request& request) const {
  const auto* playback = world_.store.find(playback_of(request));
  if (playback == nullptr) return message_response(404, "Playback not found");
  std::string body;
  append_playback(body, *playback);
  return json_response(std::move(body));
}

Response PlaybackResource::stop(const Request& request) {
  return done_or_error(playbacks_.control(playback_of(request), ops::PlaybackControl::stop));
}

Response PlaybackResource::control(const Request& request) {
  const auto operation = request.param("operation");
  if (!operation) return message_response(400, "Missing operation");
  const auto control = control_named(*operation);
  if (!control) return message_response(400, "Invalid operation " + std::string{*operation});
  return done_or_error(playbacks_.control(playback_of(request), *control));
}

}  // namespace arigate::ari
