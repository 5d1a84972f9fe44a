#include "trace/parts_reader.hpp"

#include <cstdint>
#include <string>

namespace arigate::trace {

Result<PartsReader> PartsReader::open(std::vector<std::filesystem::path> files) {
  auto reader = Reader::open(files.front());
  if (!reader) return reader.error();
  return PartsReader{std::move(files), *std::move(reader)};
}

Result<std::optional<Line>> PartsReader::next() {
  for (;;) {
    auto line = reader_.next();
    if (!line || *line || at_ + 1 == files_.size()) return line;
    auto reader = Reader::open(files_[at_ + 1]);
    if (!reader) return reader.error();
    reader_ = *std::move(reader);
    ++at_;
  }
}

std::vector<std::vector<std::filesystem::path>> recordings_of(
    const std::vector<std::filesystem::path>& files) {
  std::vector<std::vector<std::filesystem::path>> recordings;
  std::string last_started;
  std::int64_t last_begins_us = 0;
  for (const auto& file : files) {
    std::string started;
    std::int64_t begins_us = 0;
    if (auto reader = Reader::open(file)) {
      started = reader->header().started;
      if (const auto line = reader->next(); line && *line) begins_us = (*line)->t_us;
    }
    const bool goes_on = !recordings.empty() && !started.empty() && started == last_started &&
                         begins_us > last_begins_us;
    if (!goes_on) recordings.emplace_back();
    recordings.back().push_back(file);
    last_started = started;
    last_begins_us = begins_us;
  }
  return recordings;
}

}  // namespace arigate::trace
