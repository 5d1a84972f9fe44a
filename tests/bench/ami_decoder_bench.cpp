#include <benchmark/benchmark.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ami/decoder.hpp"
#include "support/captures.hpp"
#include "support/count_allocations.hpp"

// How fast one core cuts the events of 50 parallel calls, read 64 KiB at a time, into messages.
// "allocations" is for each event, once the buffers are there.

namespace arigate::test {
namespace {

constexpr std::size_t read_bytes = std::size_t{64} * 1024;

std::string storm(std::string_view version, std::string_view name) {
  for (const auto& capture : captures("ami")) {
    if (capture.version == version && capture.name == name) return bytes_of(capture);
  }
  throw std::runtime_error{"no such capture"};
}

std::size_t read_all(ami::Decoder& decoder, std::string_view bytes) {
  std::size_t events = 0;
  while (!bytes.empty()) {
    const auto room = decoder.prepare(read_bytes);
    const auto size = std::min(read_bytes, bytes.size());
    std::copy_n(bytes.data(), size, room.data());
    decoder.commit(size);
    bytes.remove_prefix(size);
    for (;;) {
      const auto message = decoder.next();
      if (!message) throw std::runtime_error{message.error().detail};
      if (*message == nullptr) break;
      if ((**message).event() != ami::EventName::none) ++events;
      benchmark::DoNotOptimize((**message)[ami::Key::uniqueid]);
    }
  }
  return events;
}

void decode_ami(benchmark::State& state, std::string_view version, std::string_view name) {
  const auto bytes = storm(version, name);
  const auto messages = std::string_view{bytes}.substr(bytes.find('\n') + 1);
  ami::Decoder decoder;
  read_all(decoder, bytes);
  std::size_t events = 0;
  const std::size_t before = allocations;
  for (auto _ : state) events += read_all(decoder, messages);
  const auto allocated = static_cast<double>(allocations - before);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * messages.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
  state.counters["allocations"] = allocated / static_cast<double>(events);
}

BENCHMARK_CAPTURE(decode_ami, 1.8, "1.8", "storm-50-local");
BENCHMARK_CAPTURE(decode_ami, 11, "11", "storm-50-bridged");
BENCHMARK_CAPTURE(decode_ami, 16, "16", "storm-50-bridged");
BENCHMARK_CAPTURE(decode_ami, 22, "22", "storm-50-local");

}  // namespace
}  // namespace arigate::test
