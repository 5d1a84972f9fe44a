#include "ops/recording_files.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace arigate::ops {
namespace {

constexpr std::size_t name_bytes_max = 1024;
constexpr std::size_t name_part_bytes_max = 240;  ///< File systems take 255, with the extension.

}  // namespace

bool is_recording_name(std::string_view name) {
  if (name.empty() || name.size() > name_bytes_max) return false;
  const bool printable = std::all_of(name.begin(), name.end(),
                                     [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  if (!printable || name.front() == '/' || name.back() == '/') return false;
  const auto parts = split(name, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == ".." || part.size() > name_part_bytes_max;
  });
}

bool is_application_argument(std::string_view name) {
  return name.find_first_of("$,|;&<>`'\"\\()[]{}") == std::string_view::npos;
}

std::vector<StoredRecording> listed(std::vector<StoredRecording> found) {
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<StoredRecording> recordings;
  for (auto& recording : found) {
    if (!recordings.empty() && recordings.back().name == recording.name) recordings.pop_back();
    recordings.push_back(std::move(recording));
  }
  return recordings;
}

}  // namespace arigate::ops
