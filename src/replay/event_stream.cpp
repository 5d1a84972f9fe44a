#include "replay/event_stream.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace arigate::replay {
namespace {

/// The stream is its own socket; Applications wants to share it.
std::shared_ptr<ari::EventSocket> borrowed(ari::EventSocket& socket) {
  return {&socket, [](ari::EventSocket*) {}};
}

}  // namespace

EventStream::EventStream(Options options)
    : snapshots_{!options.model.channelvars.empty()},
      writer_{snapshots_, std::move(options.asterisk_id)},
      applications_{store_, snapshots_, writer_, clock_},
      reconciler_{store_, applications_, std::move(options.model)},
      player_{store_, reconciler_, std::move(options.player)},
      utc_offset_{options.utc_offset} {
  ari::use_utc_offset(utc_offset_);
  ari::Request request;
  request.set_param("app", options.application);
  request.set_list("app", {options.application});
  if (options.subscribe_all) request.set_param("subscribeAll", "true");
  applications_.tell_starts_to_all();
  applications_.opened(borrowed(*this), request);
}

EventStream::~EventStream() {
  applications_.closed(*this);
  ari::use_utc_offset(std::nullopt);
}

Result<void> EventStream::play(const trace::Line& line, WallTime now) {
  clock_.set(now);
  ari::use_utc_offset(utc_offset_);  // There may be several streams.
  return player_.play(line, now);
}

void EventStream::finish(WallTime now) {
  clock_.set(now);
  ari::use_utc_offset(utc_offset_);
  player_.pass_time(now);
}

std::vector<std::string> EventStream::take() {
  return std::exchange(texts_, {});
}

}  // namespace arigate::replay
