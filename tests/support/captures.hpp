#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/paths.hpp"

namespace arigate::test {

/// What one PBX sent on one connection, as it was read. fixtures/<protocol>/<version>/ holds the
/// bytes in <name>.<protocol>, long ones in <name>.<protocol>.gz, and the sizes of the chunks in
/// chunks.txt ("name: 12 3x40" is 12 bytes, then three times 40).
struct Capture {
  std::string version;
  std::string name;
  std::filesystem::path path;
};

inline std::vector<Capture> captures(const std::string& protocol) {
  std::vector<Capture> found;
  const auto root = fixtures_folder() / protocol;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    const auto file = entry.path().filename().string();
    const auto end = file.rfind("." + protocol);
    if (end == std::string::npos) continue;
    found.push_back({entry.path().parent_path().filename().string(), file.substr(0, end), entry});
  }
  std::sort(found.begin(), found.end(),
            [](const Capture& a, const Capture& b) { return a.path < b.path; });
  return found;
}

inline std::string bytes_of(const Capture& capture) {
  // gzread gives files that are not compressed as they are.
  const auto file = gzopen(capture.path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error{"cannot read " + capture.path.string()};
  std::string bytes;
  std::array<char, 65536> block{};
  for (int size = 0; (size = gzread(file, block.data(), block.size())) > 0;) {
    bytes.append(block.data(), static_cast<std::size_t>(size));
  }
  gzclose(file);
  return bytes;
}

/// Lines "name: rest" of a text file beside the captures; empty when there is no such file.
inline std::map<std::string, std::string> lines_beside(const std::filesystem::path& file) {
  std::map<std::string, std::string> lines;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(": ");
    if (colon != std::string::npos) lines.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  return lines;
}

inline std::vector<std::size_t> chunks_of(const Capture& capture) {
  const auto all = lines_beside(capture.path.parent_path() / "chunks.txt");
  std::istringstream in{all.at(capture.name)};
  std::vector<std::size_t> sizes;
  for (std::string word; in >> word;) {
    const auto times = word.find('x');
    const bool repeated = times != std::string::npos;
    const auto count = repeated ? std::stoul(word.substr(0, times)) : 1;
    const auto size = std::stoul(repeated ? word.substr(times + 1) : word);
    sizes.insert(sizes.end(), count, size);
  }
  return sizes;
}

}  // namespace arigate::test
