#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/bridge.hpp"
#include "support/count_allocations.hpp"

// How fast one core takes the events of 50 parallel calls into the model, and to the WebSocket
// frames of one subscriber of everything. items are events of the PBX; "allocations" is for each of
// them; "frames" is what came out for one of them. reconcile_10000 tells what a channel needs.

namespace arigate::test {
namespace {

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
