// Sources: src/agi/decoder.cpp src/agi/environment.cpp src/core/text.cpp
#include <cstddef>
#include <cstdint>
#include <string>

#include "agi_decoder.hpp"

// Any bytes may come in place of a reply, because the values in replies are not ours.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string replies{arigate::test::text_of(data, size)};
  arigate::test::same_agi_for_every_cut("agi_network: yes\n\n" + replies);
  return 0;
}
