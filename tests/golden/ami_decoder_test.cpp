#include "ami/decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/captures.hpp"
#include "support/digest.hpp"

namespace arigate::test {
namespace {

/// All that the messages of one stream hold, as a hash and a few counts.
class Digest {
 public:
  void add(const ami::Message& message) {
    ++messages_;
    if (message.event() != ami::EventName::none) ++events_;
    if (message.event() == ami::EventName::unknown) ++unknown_events_;
    for (const auto& header : message.headers()) {
      ++headers_;
      if (header.key == ami::Key::unknown) ++unknown_headers_;
      hash_.add(header.name);
      hash_.add(header.value);
    }
    hash_.add(message.output());
  }

  std::string text(const ami::Decoder& decoder) const {
    EXPECT_EQ(decoder.cut_lines(), 0U);
    EXPECT_EQ(decoder.dropped_headers(), 0U);
    return fmt::format(
        "version {} messages {} events {} unknown {} headers {} unknown {} hash {:x}",
        decoder.version(), messages_, events_, unknown_events_, headers_, unknown_headers_,
        hash_.value());
  }

 private:
  std::size_t messages_ = 0;
  std::size_t events_ = 0;
  std::size_t unknown_events_ = 0;
  std::size_t headers_ = 0;
  std::size_t unknown_headers_ = 0;
  Hash hash_;
};

void take(ami::Decoder& decoder, std::string_view bytes, Digest& digest) {
  decoder.feed(bytes);
  for (;;) {
    const auto message = decoder.next();
    ASSERT_TRUE(message) << message.error().detail;
    if (*message == nullptr) return;
    digest.add(**message);
  }
}

std::string digest_of(std::string_view bytes, const std::vector<std::size_t>& chunks) {
  ami::Decoder decoder;
  Digest digest;
  for (const auto size : chunks) {
    take(decoder, bytes.substr(0, size), digest);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  EXPECT_TRUE(bytes.empty());
  return digest.text(decoder);
}

std::vector<std::size_t> equal_chunks(std::size_t bytes, std::size_t size) {
  return std::vector<std::size_t>((bytes + size - 1) / size, size);
}

class AmiCaptures : public testing::TestWithParam<Capture> {};

TEST_P(AmiCaptures, GiveTheSameMessagesForEveryCut) {
  const auto bytes = bytes_of(GetParam());
  const auto whole = digest_of(bytes, {bytes.size()});
  expect_digest(GetParam(), whole);
  EXPECT_EQ(digest_of(bytes, chunks_of(GetParam())), whole) << "cut as recorded";
  constexpr std::size_t storm_bytes = 1'000'000;  // Those take long in the smallest pieces.
  for (const std::size_t size : {1U, 2U, 7U, 16384U}) {
    if (size < 7 && bytes.size() > storm_bytes) continue;
    EXPECT_EQ(digest_of(bytes, equal_chunks(bytes.size(), size)), whole) << "cut each " << size;
  }
}

TEST_P(AmiCaptures, GiveTheSameMessagesForEveryCutInTwo) {
  constexpr std::size_t bytes_max = 2000;  // The time grows with the square.
  const auto bytes = bytes_of(GetParam());
  const auto head = std::string_view{bytes}.substr(0, bytes_max);
  const auto whole = digest_of(head, {head.size()});
  for (std::size_t cut = 0; cut <= head.size(); ++cut) {
    ASSERT_EQ(digest_of(head, {cut, head.size() - cut}), whole) << "cut at " << cut;
  }
}

class AmiPrinted : public testing::TestWithParam<Capture> {};

TEST_P(AmiPrinted, HoldsTheseHeaders) {
  ami::Decoder decoder;
  decoder.feed(bytes_of(GetParam()));
  std::string text;
  for (;;) {
    const auto message = decoder.next();
    ASSERT_TRUE(message) << message.error().detail;
    if (*message == nullptr) break;
    for (const auto& header : (**message).headers()) {
      const char* const mark = header.key == ami::Key::unknown ? "? " : "";
      text += mark + escaped(header.name) + " = " + escaped(header.value) + "\n";
    }
    if (!(**message).output().empty()) text += "-> " + escaped((**message).output()) + "\n";
    text += "\n";
  }
  expect_golden(GetParam().path, text);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, AmiPrinted, testing::ValuesIn(printed_captures("ami")),
                         capture_name);
INSTANTIATE_TEST_SUITE_P(Fixtures, AmiCaptures, testing::ValuesIn(captures("ami")), capture_name);

}  // namespace
}  // namespace arigate::test
