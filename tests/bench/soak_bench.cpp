// Storms of calls again and again at full speed, each time with other ids and names: what is alive
// and the heap in use have to be the same at the end as they were at the beginning.
//
//   soak_bench [ROUNDS]      default 3456: with storms of 25 s that is a day
//
// Exit code 1: something grew.
#include <fmt/format.h>
#include <malloc.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/bridge.hpp"

namespace arigate::test {
namespace {

/// The memory of ended channels is full then, and every buffer has its size.
constexpr int rounds_to_fill = 12;
/// Between two measurements of what goes up and down with the place in the ring of ended channels.
constexpr std::size_t growth_max = std::size_t{64} * 1024;

/// The same storm with other ids in each round. What tells rounds apart has a fixed width: the
/// seconds of "cap11-1795450707.71", the number of "SIP/alice-0000001f" and the end of a UUID.
class Storm {
 public:
  explicit Storm(std::string bytes) : bytes_{std::move(bytes)} {
    for (std::size_t at = 0; at < bytes_.size(); ++at) {
      if (bytes_[at] != '-') continue;
      const std::size_t digits = run_of(at + 1, false);
      const std::size_t hex = run_of(at + 1, true);
      if (digits == 10 && bytes_[at + 11] == '.') places_.push_back({at + 1, 10, false});
      if (hex == 8 || hex == 12) places_.push_back({at + 1, hex, true});
    }
    for (const auto& place : places_) {
      values_.push_back(
          std::stoull(bytes_.substr(place.at, place.size), nullptr, place.hex ? 16 : 10));
    }
  }

  /// Behind the banner.
  std::string_view of_round(int round) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto& [at, size, hex] = places_[i];
      const auto step = static_cast<std::uint64_t>(round) * (hex ? 0x1000 : 1'000);
      auto text = hex ? fmt::format("{:0{}x}", values_[i] + step, size)
                      : fmt::format("{:0{}}", values_[i] + step, size);
      bytes_.replace(at, size, text.substr(text.size() - size));
    }
    return std::string_view{bytes_}.substr(bytes_.find('\n') + 1);
  }
  std::string_view banner() const {
    return std::string_view{bytes_}.substr(0, bytes_.find('\n') + 1);
  }

 private:
  struct Place {
    std::size_t at, size;
    bool hex;
  };
  std::size_t run_of(std::size_t from, bool hex) const {
    std::size_t at = from;
    while (at < bytes_.size()) {
      const auto c = static_cast<unsigned char>(bytes_[at]);
      if (hex ? std::isxdigit(c) == 0 : std::isdigit(c) == 0) break;
      ++at;
    }
    return at - from;
  }

  std::string bytes_;
  std::vector<Place> places_;
  std::vector<std::uint64_t> values_;
};

std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

/// True when it is as large at the end as it was when it was full.
bool soak(std::string_view version, std::string_view name, int rounds) {
  Storm storm{test::storm(version, name)};
  Bridge bridge{true};
  bridge.play(storm.banner());
  const std::string spoken{bridge.version()};
  bridge.use(spoken);
  std::size_t events = 0;
  std::size_t full = 0;
  std::size_t most = 0;
  const auto began = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    events += bridge.play(storm.of_round(round));
    bridge.advance(std::chrono::seconds{25});
    const std::size_t used = heap_in_use();
    if (round < rounds_to_fill) {
      full = std::max(full, used);
    } else {
      most = std::max(most, used);
    }
    const auto& store = bridge.store();
    if (store.channel_count() + store.bridge_count() + store.playback_count() > 0) {
      fmt::print("{} {}: round {} left {} channels, {} bridges\n", version, name, round,
                 store.channel_count(), store.bridge_count());
      return false;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const bool flat = most <= full + growth_max;
  fmt::print(
      "{:4} {:18} {} rounds, {} events, {} frames in {:.1f} s: heap after {} rounds {} KiB, most "
      "later {} KiB, at the end {} KiB: {}\n",
      version, name, rounds, events, bridge.frames(), took.count(), rounds_to_fill, full / 1024,
      most / 1024, heap_in_use() / 1024, flat ? "flat" : "IT GREW");
  return flat;
}

}  // namespace
}  // namespace arigate::test

int main(int count, char** arguments) {
  using arigate::test::soak;
  const int given = count > 1 ? std::atoi(arguments[1]) : 0;
  const int rounds = given > 0 ? given : 24 * 3600 / 25;
  bool flat = soak("1.8", "storm-50-local", rounds);
  flat = soak("11", "storm-50-bridged", rounds) && flat;
  flat = soak("16", "storm-50-bridged", rounds) && flat;
  flat = soak("22", "storm-50-local", rounds) && flat;
  flat = soak("22", "storm-50-stasis", rounds) && flat;
  return flat ? 0 : 1;
}
