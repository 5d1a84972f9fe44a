// Sources: src/agi/decoder.cpp src/agi/environment.cpp src/core/text.cpp
#include <cstddef>
#include <cstdint>

#include "agi_decoder.hpp"

// Any bytes may come to the FastAGI port: no crash, the limits hold, and where the bytes are cut
// makes no difference.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  arigate::test::same_agi_for_every_cut(arigate::test::text_of(data, size));
  return 0;
}
