// Sources: src/ami/decoder.cpp src/ami/message.cpp src/generated/ami_names.cpp src/core/text.cpp
#include "ami/decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/fuzz.hpp"

// Any bytes may follow the banner or stand in its place: no crash, the limits hold, and where the
// bytes are cut makes no difference.

namespace arigate::test {
namespace {

void print(const ami::Message& message, std::string& out) {
  FUZZ_EXPECT(message.headers().size() <= ami::Decoder::headers_max);
  for (const auto& header : message.headers()) {
    FUZZ_EXPECT(header.name.size() + header.value.size() <= ami::Decoder::line_bytes_max);
    FUZZ_EXPECT(message.has(header.key));
    out.append(header.name).append("=").append(header.value).append("\n");
  }
  out.append(to_string(message.event())).append(" => ").append(message.output()).append("\n");
}

struct Outcome {
  std::string messages;
  bool broken = false;
  bool operator==(const Outcome&) const = default;
};

void take(ami::Decoder& decoder, std::string_view bytes, Outcome& outcome) {
  decoder.feed(bytes);
  for (;;) {
    const auto message = decoder.next();
    outcome.broken = !message;
    if (!message || *message == nullptr) return;
    print(**message, outcome.messages);
  }
}

void same_for_every_cut(std::string_view bytes) {
  ami::Decoder whole;
  Outcome expected;
  take(whole, bytes, expected);
  ami::Decoder decoder;
  Outcome seen;
  for (Cuts cuts{bytes}; !bytes.empty() && !seen.broken;) {
    const auto piece = bytes.substr(0, cuts.next());
    take(decoder, piece, seen);
    bytes.remove_prefix(piece.size());
  }
  FUZZ_EXPECT(seen == expected);
  FUZZ_EXPECT(decoder.version() == whole.version());
  FUZZ_EXPECT(decoder.dropped_headers() == whole.dropped_headers());
  FUZZ_EXPECT(decoder.cut_lines() == whole.cut_lines());
}

}  // namespace
}  // namespace arigate::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes{arigate::test::text_of(data, size)};
  arigate::test::same_for_every_cut(bytes);
  arigate::test::same_for_every_cut("Asterisk Call Manager/5.0.4\r\n" + bytes);
  return 0;
}
