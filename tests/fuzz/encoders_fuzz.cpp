// Sources: src/ami/action.cpp src/ami/value.cpp src/agi/command.cpp src/core/text.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agi/command.hpp"
#include "ami/action.hpp"
#include "ami/value.hpp"
#include "support/fuzz.hpp"

// No value that a client sends becomes syntax of AMI or AGI: what is encoded has the lines that we
// meant, or is refused.

namespace arigate::test {
namespace {

void encode(std::string_view key, std::string_view value) {
  ami::Action action{"Setvar"};
  action.add("Variable", key).add(key, value);
  const auto text = ami::encode(action, value);
  if (text) {
    FUZZ_EXPECT(std::count(text->begin(), text->end(), '\n') == 5);
    FUZZ_EXPECT(std::count(text->begin(), text->end(), '\r') == 5);
    FUZZ_EXPECT(text->find("\r\n\r\n") == text->size() - 4);
    FUZZ_EXPECT(text->find('\0') == std::string::npos);
  }

  if (const auto line = ami::originate_variable(key, value)) {
    FUZZ_EXPECT(line->find('=') == key.size());
    for (std::size_t at = key.size() + 1; at < line->size(); ++at) {
      FUZZ_EXPECT((*line)[at] != ',' && (*line)[at] != '"');  // Only behind a backslash.
      if ((*line)[at] == '\\') ++at;
    }
  }

  if (const auto line = agi::command("EXEC Set", {key, value})) {
    FUZZ_EXPECT(line->size() <= agi::command_bytes_max);
    FUZZ_EXPECT(line->find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos);
    std::size_t quotes = 0;
    for (std::size_t at = 0; at < line->size(); ++at) {
      if ((*line)[at] == '"') ++quotes;
      if ((*line)[at] == '\\') ++at;
    }
    FUZZ_EXPECT(quotes == 4);
  }

  std::string scratch;
  FUZZ_EXPECT(ami::unescape(value, scratch).size() <= value.size());
}

}  // namespace
}  // namespace arigate::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = arigate::test::text_of(data, size);
  const auto middle = std::min(text.find('|'), text.size());
  arigate::test::encode(text.substr(0, middle), text.substr(std::min(middle + 1, text.size())));
  return 0;
}
