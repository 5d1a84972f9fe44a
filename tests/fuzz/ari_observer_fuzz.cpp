// Sources: src/core/base64.cpp src/io/ari_observer.cpp src/io/ari_tap.cpp src/core/text.cpp
// Sources: src/trace/capture_writer.cpp src/trace/packed_file.cpp
// Any bytes of both sides of an HTTP connection: they are listened to without harm, and what is
// kept can be read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "io/ari_observer.hpp"
#include "trace/capture_writer.hpp"

namespace {

using namespace arigate;

class Counting : public trace::Tap {
 public:
  void record(trace::Line line) override { bytes += trace::to_json(line).size(); }
  std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Counting tap;
  io::AriTap ari{tap};
  io::AriObserver observer{ari};
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  // "\x01" and "\x02" at the start of a piece say who speaks.
  bool by_client = true;
  while (!rest.empty()) {
    const auto end = rest.find_first_of("\x01\x02");
    observer.data(by_client, rest.substr(0, end));
    if (end == std::string_view::npos) break;
    by_client = rest[end] == '\x01';
    rest.remove_prefix(end + 1);
  }
  observer.eof(false);
  observer.closed("");
  ARIGATE_ASSERT(tap.bytes < 64 * size + 64'000);
  return 0;
}
