// Any bytes, cut anywhere: what is kept of them is the same, and no secret that stands on a line of
// its own is in it.
// Sources: src/trace/secret_mask.cpp src/trace/number_mask.cpp src/core/text.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "trace/number_mask.hpp"
#include "trace/secret_mask.hpp"

namespace {

using namespace arigate::trace;

const NumberMask numbers{"key"};
constexpr std::string_view secret =
    "\nSecret: hunter2\nPassword: hunter2\nValue-x: hunter2\n\nVar-0: secret\nValue-0: hunter2\n";
constexpr std::string_view no_secret =
    "\nSecret: ***\nPassword: ***\nValue-x: ***\n\nVar-0: secret\nValue-0: ***\n";

std::string masked(std::string_view text, std::size_t cut) {
  SecretScanner secrets{true};
  NumberScanner scanner{numbers, Escapes::backslash};
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += cut) {
    std::string part;
    secrets.feed(text.substr(at, cut), part);
    scanner.feed(part, out);
  }
  scanner.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string text{reinterpret_cast<const char*>(data), size};
  const std::size_t cut = data[0] % 32U + 1U;
  text += secret;
  const auto whole = masked(text, text.size());
  ARIGATE_ASSERT(masked(text, cut) == whole);
  ARIGATE_ASSERT(whole.ends_with(no_secret));
  for (const auto escapes : {Escapes::backslash, Escapes::json, Escapes::percent}) {
    NumberScanner scanner{numbers, escapes};
    std::string out;
    scanner.feed(text, out);
    scanner.finish(out);
    ARIGATE_ASSERT(out.size() == text.size());
  }
  const auto json = without_passwords(text);
  ARIGATE_ASSERT(json == without_passwords(json));  // Whatever is damaged in it.
  (void)without_api_key(text);
  return 0;
}
