#include "replay/event_stream.hpp"

#include <utility>

#include "ami/dialect.hpp"

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
      reconciler_{store_, applications_, std::move(options.model)} {
  ari::Request request;
  request.set_param("app", options.application);
  request.set_list("app", {options.application});
  request.set_param("subscribeAll", "true");
  applications_.opened(borrowed(*this), request);
}

EventStream::~EventStream() {
  applications_.closed(*this);
}

Result<void> EventStream::feed(std::string_view bytes, WallTime now) {
  clock_.set(now);
  // A PBX that takes no ids leaves new channels unannounced until it is clear whose they are; in
  // the program a timer ends that.
  constexpr std::chrono::milliseconds identified_within{20};
  reconciler_.decide(now - identified_within, now);
  decoder_.feed(bytes);
  for (;;) {
    const auto message = decoder_.next();
    if (!message) return message.error();
    if (version_ != decoder_.version()) {
      version_ = decoder_.version();
      reconciler_.use(ami::dialect_of(version_));
    }
    if (*message == nullptr) return {};
    reconciler_.apply(**message, now);
  }
}

void EventStream::reconnect() {
  decoder_ = {};
  version_.clear();
}

std::vector<std::string> EventStream::take() {
  return std::exchange(texts_, {});
}

}  // namespace arigate::replay
