#include "ari/recordings.hpp"

#include <memory>
#include <string>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"

namespace arigate::ari {
namespace {

using ops::StoredRecording;

RecordingName recording_of(const Request& request) {
  return RecordingName{std::string{request.path("recordingName")}};
}

void append_stored(std::string& out, const StoredRecording& recording) {
  out += "{\"name\":";
  append_json_string(out, recording.name.value);
  out += ",\"format\":";
  append_json_string(out, recording.format);
  out += '}';
}

/// Native drops what looks like an extension of the new name.
std::string without_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  const auto slash = name.rfind('/');
  const bool in_last_part = slash == std::string::npos || dot > slash + 1;
  if (dot == std::string::npos || dot == 0 || !in_last_part) return name;
  return name.substr(0, dot);
}

/// Whether a new name is an attempt to leave the folder, rather than merely not usable.
bool leads_out(const std::string& name) {
  return name.starts_with('/') || name.find("..") != std::string::npos;
}

/// The file of a recording as the body of an answer.
class FileBody : public BodySource {
 public:
  explicit FileBody(std::shared_ptr<ops::FileReader> reader) : reader_{std::move(reader)} {}
  std::uint64_t size() const override { return reader_->size(); }
  boost::asio::awaitable<Result<std::string>> read() override { return reader_->read(); }

 private:
  std::shared_ptr<ops::FileReader> reader_;
};

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
  const auto later = [&](Op operation, Later (RecordingResource::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  later(Op::recordings_list_stored, &RecordingResource::list_stored);
  later(Op::recordings_get_stored, &RecordingResource::get_stored);
  later(Op::recordings_delete_stored, &RecordingResource::delete_stored);
  later(Op::recordings_get_stored_file, &RecordingResource::get_file);
  later(Op::recordings_copy_stored, &RecordingResource::copy_stored);
}

// --- live ---------------------------------------------------------------------------------------

Response RecordingResource::get_live(const Request& request) const {
  const auto* recording = world_.store.find(recording_of(request));
  if (recording == nullptr) return message_response(404, "Recording not found");
  std::string body;
  append_recording(body, *recording);
  return json_response(std::move(body));
}

Response RecordingResource::control(const Request& request, ops::RecordingControl what) {
  const auto done = recordings_.control(recording_of(request), what);
  if (!done && done.error().code == Errc::not_supported) return refuse_(request.operation);
  return done_or_error(done);
}

// --- stored -------------------------------------------------------------------------------------

boost::asio::awaitable<Result<StoredRecording>> RecordingResource::stored(RecordingName name) {
  if (!ops::is_recording_name(name.value)) co_return ops::recording_not_found();
  co_return co_await files_->find(std::move(name));
}

RecordingResource::Later RecordingResource::list_stored(Request request) {
  if (files_ == nullptr) co_return refuse_(request.operation);
  const auto found = co_await files_->list();
  if (!found) co_return error_response(found.error());
  std::string body = "[";
  for (const auto& recording : *found) {
    if (body.size() > 1) body += ',';
    append_stored(body, recording);
  }
  co_return json_response(body + ']');
}

RecordingResource::Later RecordingResource::get_stored(Request request) {
  if (files_ == nullptr) co_return refuse_(request.operation);
  const auto found = co_await stored(recording_of(request));
  if (!found) co_return error_response(found.error());
  std::string body;
  append_stored(body, *found);
  co_return json_response(std::move(body));
}

RecordingResource::Later RecordingResource::delete_stored(Request request) {
  if (files_ == nullptr) co_return refuse_(request.operation);
  const auto found = co_await stored(recording_of(request));
  if (!found) co_return error_response(found.error());
  const auto removed = co_await files_->remove(*found);
  co_return done_or_error(removed);
}

RecordingResource::Later RecordingResource::get_file(Request request) {
  if (files_ == nullptr) co_return refuse_(request.operation);
  const auto found = co_await stored(recording_of(request));
  if (!found) co_return error_response(found.error());
  auto reader = co_await files_->open(*found);
  if (!reader) co_return error_response(reader.error());
  Response response;
  response.status = 200;
  response.content_type = "audio/" + found->format;
  response.source = std::make_shared<FileBody>(std::move(*reader));
  co_return response;
}

RecordingResource::Later RecordingResource::copy_stored(Request request) {
  if (files_ == nullptr) co_return refuse_(request.operation);
  const auto found = co_await stored(recording_of(request));
  if (!found) co_return error_response(found.error());
  const std::string wanted{request.param("destinationRecordingName").value_or("")};
  if (leads_out(wanted)) co_return message_response(403, "Destination file path is forbidden");
  const StoredRecording made{RecordingName{without_extension(wanted)}, found->format};
  if (!ops::is_recording_name(made.name.value)) {
    co_return message_response(400, "Invalid destination recording name");
  }
  const auto copied = co_await files_->copy(*found, made.name);
  if (!copied) co_return error_response(copied.error());
  std::string body;
  append_stored(body, made);
  co_return json_response(std::move(body));
}

}  // namespace arigate::ari
