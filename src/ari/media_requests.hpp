#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "ari/http.hpp"
#include "ari/request.hpp"
#include "ops/media_target.hpp"
#include "ops/play.hpp"
#include "ops/record.hpp"

namespace arigate::ari {

/// The play and record requests of /channels and /bridges: what they ask for, started on a target.
class MediaRequests {
 public:
  MediaRequests(ops::Playbacks& playbacks, ops::Recordings& recordings)
      : playbacks_{playbacks}, recordings_{recordings} {}

  /// 201 with the queued Playback, or native's error.
  Response play(const Request& request, ops::MediaTarget target);
  /// What native refuses before it looks for the channel or bridge that is to be recorded.
  static std::optional<Response> refuse_record(const Request& request);
  /// And after that, of the parameters that are one of a few words.
  static std::optional<Response> refuse_record_options(const Request& request);
  /// 201 with the queued LiveRecording, or native's error.
  boost::asio::awaitable<Response> record(Request request, ops::MediaTarget target);

 private:
  ops::Playbacks& playbacks_;
  ops::Recordings& recordings_;
};

}  // namespace arigate::ari
