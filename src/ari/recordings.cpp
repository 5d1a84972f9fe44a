#include "ari/recordings.hpp"

#include <string>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"

namespace arigate::ari {
namespace {

RecordingName recording_of(const Request& request) {
  return RecordingName{std::string{request.path("recordingName")}};
}

}  // namespace

void RecordingResource::serve(Router& router) {
  using Op = Operation;
  using Do = ops::RecordingControl;
  router.on(Op::recordings_get_live,
            SyncHandler{[this](const Request& request) { return get_live(request); }});
  const auto controls = [&](Op operation, Do what) {
    router.on(operation,
              SyncHandler{[this, what](const Request& request) { return control(request, what); }});
  };
  controls(Op::recordings_cancel, Do::cancel);
  controls(Op::recordings_stop, Do::stop);
  controls(Op::recordings_pause, Do::pause);
  controls(Op::recordings_unpause, Do::unpause);
  controls(Op::recordings_mute, Do::mute);
  controls(Op::recordings_unmute, Do::unmute);
}

Response RecordingResource::get_live(const Request& request) const {
  const auto* recording = world_.store.find(recording_of(request));
  if (recording == nullptr) return message_response(404, "Recording not found");
  std::string body;
  append_recording(body, *recording);
  return json_response(std::move(body));
}

Response RecordingResource::control(const Request& request, ops::RecordingControl what) {
  return done_or_error(recordings_.control(recording_of(request), what));
}

}  // namespace arigate::ari
