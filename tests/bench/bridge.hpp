#pragma once

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ami/decoder.hpp"
#include "ari/applications.hpp"
#include "ari/events.hpp"
#include "ari/snapshots.hpp"
#include "io/websocket_frame.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "model/vetting.hpp"
#include "support/captures.hpp"
#include "support/fake_clock.hpp"

namespace arigate::test {

inline constexpr std::size_t read_bytes = std::size_t{64} * 1024;

/// Frames as a session queues them; sent when there are enough for a write.
class Frames : public ari::EventSocket {
 public:
  void send(std::string_view json) override {
    ++count;
    io::append_frame(queue_, io::Opcode::text, json);
    if (queue_.size() < read_bytes) return;
    queue_.clear();
  }
  void close(std::uint16_t, std::string_view) override {}
  std::size_t count = 0;

 private:
  std::string queue_;
};

class Nobody : public model::ChangeSink {
 public:
  void on(const model::Change&, WallTime) override {}
};

/// The program from the bytes of the PBX on, without its sockets.
class Bridge {
 public:
  explicit Bridge(bool with_subscriber)
      : reconciler_{store_,
                    with_subscriber ? static_cast<model::ChangeSink&>(applications_) : nobody_,
                    {}} {
    spdlog::set_level(spdlog::level::err);
    if (!with_subscriber) return;
    ari::Request request;
    request.set_param("app", "bench");
    request.set_list("app", {"bench"});
    request.set_param("subscribeAll", "true");
    applications_.opened(frames_, request);
  }

  /// A new link: the same ids may come again.
  void use(std::string_view version) {
    reconciler_.use(ami::dialect_of(version));
    vetting_.use(ami::dialect_of(version));
  }

  std::size_t play(std::string_view bytes) {
    std::size_t events = 0;
    while (!bytes.empty()) {
      const auto room = decoder_.prepare(read_bytes);
      const auto size = std::min(read_bytes, bytes.size());
      std::copy_n(bytes.data(), size, room.data());
      decoder_.commit(size);
      bytes.remove_prefix(size);
      for (;;) {
        const auto message = decoder_.next();
        if (!message) throw std::runtime_error{message.error().detail};
        if (*message == nullptr) break;
        if ((*message)->event() == ami::EventName::none) continue;
        ++events;
        if (vetting_.judge(**message).verdict == model::Vetting::Verdict::forged) continue;
        reconciler_.apply(**message, clock_.wall());
      }
      reconciler_.decide(clock_.wall(), clock_.wall());
    }
    return events;
  }

  /// Time goes on, and what waits for it is decided.
  void advance(TimePoint::duration step) {
    clock_.advance(step);
    reconciler_.decide(clock_.wall(), clock_.wall());
  }

  const model::Store& store() const { return store_; }
  std::size_t frames() const { return frames_->count; }
  std::size_t channels() const { return store_.channel_count(); }
  std::string_view version() const { return decoder_.version(); }

 private:
  FakeClock clock_;
  Nobody nobody_;
  std::shared_ptr<Frames> frames_ = std::make_shared<Frames>();
  model::Store store_;
  ari::Snapshots snapshots_{false};
  ari::EventWriter writer_{snapshots_, "02:00:00:00:00:01"};
  ari::Applications applications_{store_, snapshots_, writer_, clock_};
  model::Reconciler reconciler_;
  model::Vetting vetting_{store_};
  ami::Decoder decoder_;
};

inline std::string storm(std::string_view version, std::string_view name) {
  for (const auto& capture : captures("ami")) {
    if (capture.version == version && capture.name == name) return bytes_of(capture);
  }
  throw std::runtime_error{"no such capture"};
}

}  // namespace arigate::test
