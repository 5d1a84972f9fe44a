#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/captures.hpp"
#include "support/fixtures.hpp"

namespace arigate::test {

/// Compares `seen` with the line of `capture` in digest.txt beside it. UPDATE_GOLDEN=1 writes it.
inline void expect_digest(const Capture& capture, const std::string& seen) {
  const auto file = capture.path.parent_path() / "digest.txt";
  auto lines = lines_beside(file);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    lines[capture.name] = seen;
    std::ofstream out{file};
    for (const auto& [name, line] : lines) out << name << ": " << line << '\n';
  }
  EXPECT_EQ(lines[capture.name], seen) << capture.path;
}

/// Captures whose messages lie readable in <name>.txt beside them: the ones with odd bytes.
inline std::vector<Capture> printed_captures(const std::string& protocol) {
  auto found = captures(protocol);
  std::erase_if(found, [](const Capture& capture) {
    return !std::filesystem::exists(std::filesystem::path{capture.path}.replace_extension(".txt"));
  });
  return found;
}

/// Bytes that do not print, and the backslash, as C escapes.
inline std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte >= 0x7F) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    } else {
      out += c;
    }
  }
  return out;
}

/// FNV-1a of 64 bits: a short name for "exactly these fields in this order".
class Hash {
 public:
  void add(std::string_view field) {
    for (const char c : field) step(static_cast<unsigned char>(c));
    step(0x100);  // No byte: so "a","b" differs from "ab","".
  }
  std::uint64_t value() const { return value_; }

 private:
  void step(std::uint64_t unit) { value_ = (value_ ^ unit) * 0x100000001B3U; }
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

inline std::string capture_name(const testing::TestParamInfo<Capture>& info) {
  auto name = info.param.version + "_" + info.param.name;
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

}  // namespace arigate::test
