#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "ami/decoder.hpp"
#include "support/captures.hpp"
#include "support/count_allocations.hpp"

namespace arigate::test {
namespace {

std::size_t read_all(ami::Decoder& decoder, std::string_view bytes) {
  constexpr std::size_t chunk = 4096;
  std::size_t messages = 0;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size()))) {
    decoder.feed(bytes.substr(0, chunk));
    while (*decoder.next() != nullptr) ++messages;
  }
  return messages;
}

TEST(AmiDecoderAllocation, NothingOnceItsBuffersAreThere) {
  for (const auto& capture : captures("ami")) {
    if (capture.name != "resync" && capture.name != "resync.ctl" && capture.name != "moh") continue;
    SCOPED_TRACE(capture.path);
    const auto bytes = bytes_of(capture);
    const auto events = std::string_view{bytes}.substr(bytes.find('\n') + 1);
    ami::Decoder decoder;
    const auto messages = read_all(decoder, bytes);
    ASSERT_GT(messages, 0U);
    const std::size_t before = allocations;
    const auto again = read_all(decoder, events);
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(again, messages);
  }
}

TEST(AmiDecoderAllocation, LongMessagesDoNotKeepTheirMemory) {
  ami::Decoder decoder;
  decoder.feed("Asterisk Call Manager/5.0.4\r\n");
  decoder.feed("Event: A\r\nText: " + std::string(4'000'000, 'x') + "\r\n\r\n");
  ASSERT_NE(*decoder.next(), nullptr);
  ASSERT_EQ(*decoder.next(), nullptr);
  EXPECT_LT(decoder.prepare(4096).size(), ami::Decoder::kept_bytes_max);
}

}  // namespace
}  // namespace arigate::test
