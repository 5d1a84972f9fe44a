#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
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
#include "support/count_allocations.hpp"
#include "support/fake_clock.hpp"

// How fast one core takes the events of 50 parallel calls into the model, and to the WebSocket
// frames of one subscriber of everything. items are events of the PBX; "allocations" is for each of
// them; "frames" is what came out for one of them. reconcile_10000 tells what a channel needs.

namespace arigate::test {
namespace {

constexpr std::size_t read_bytes = std::size_t{64} * 1024;

/// Frames as a session queues them; sent when there are enough for a write.
class Frames : public ari::EventSocket {
 public:
  void send(std::string_view json) override {
    ++count;
    io::append_frame(queue_, io::Opcode::text, json);
    if (queue_.size() < read_bytes) return;
    benchmark::DoNotOptimize(queue_.data());
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

std::string storm(std::string_view version, std::string_view name) {
  for (const auto& capture : captures("ami")) {
    if (capture.version == version && capture.name == name) return bytes_of(capture);
  }
  throw std::runtime_error{"no such capture"};
}

void translate(benchmark::State& state, std::string_view version, std::string_view name,
               bool with_subscriber) {
  const auto bytes = storm(version, name);
  const auto banner = bytes.find('\n') + 1;
  const auto messages = std::string_view{bytes}.substr(banner);
  Bridge bridge{with_subscriber};
  bridge.play(std::string_view{bytes}.substr(0, banner));
  const std::string spoken{bridge.version()};
  bridge.use(spoken);
  bridge.play(messages);
  std::size_t events = 0;
  const std::size_t frames = bridge.frames();
  const std::size_t before = allocations;
  for (auto _ : state) {
    bridge.use(spoken);
    events += bridge.play(messages);
  }
  const auto count = static_cast<double>(events);
  state.counters["allocations"] = static_cast<double>(allocations - before) / count;
  state.counters["frames"] = static_cast<double>(bridge.frames() - frames) / count;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * messages.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}

BENCHMARK_CAPTURE(translate, model_1 .8, "1.8", "storm-50-local", false);
BENCHMARK_CAPTURE(translate, model_11, "11", "storm-50-bridged", false);
BENCHMARK_CAPTURE(translate, model_16, "16", "storm-50-bridged", false);
BENCHMARK_CAPTURE(translate, model_22, "22", "storm-50-local", false);
BENCHMARK_CAPTURE(translate, frames_1 .8, "1.8", "storm-50-local", true);
BENCHMARK_CAPTURE(translate, frames_11, "11", "storm-50-bridged", true);
BENCHMARK_CAPTURE(translate, frames_16, "16", "storm-50-bridged", true);
BENCHMARK_CAPTURE(translate, frames_22, "22", "storm-50-local", true);

/// Bytes that 10,000 channels need while somebody is subscribed to all of them.
void reconcile_10000(benchmark::State& state) {
  constexpr std::size_t channels = 10'000;
  std::string bytes;
  for (std::size_t i = 0; i < channels; ++i) {
    bytes += fmt::format(
        "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk-{0:08x}\r\n"
        "ChannelState: 4\r\nChannelStateDesc: Ring\r\nCallerIDNum: 5550100\r\nCallerIDName: Alice "
        "A\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: "
        "en\r\nAccountCode: \r\nContext: from-trunk\r\nExten: 600\r\nPriority: 1\r\n"
        "Uniqueid: 1795451627.{0}\r\nLinkedid: 1795451627.{0}\r\n\r\n",
        i);
  }
  std::size_t used = 0;
  for (auto _ : state) {
    Bridge bridge{true};
    bridge.play("Asterisk Call Manager/11.0.0\r\n");
    bridge.use("11.0.0");
    const std::size_t before = mallinfo2().uordblks;
    bridge.play(bytes);
    used = mallinfo2().uordblks - before;
    if (bridge.channels() != channels) throw std::runtime_error{"channels are missing"};
  }
  state.counters["bytes_per_channel"] = static_cast<double>(used) / channels;
}
BENCHMARK(reconcile_10000)->Iterations(1);

}  // namespace
}  // namespace arigate::test
