#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "trace/capture_line.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::trace {

/// Reads the files of one recording one after the other, as if they were one. The numbers of lines
/// are those in their file.
class PartsReader {
 public:
  /// Errors as of Reader; of later files when they are reached.
  static Result<PartsReader> open(std::vector<std::filesystem::path> files);

  const Header& header() const { return reader_.header(); }  ///< Of the present file.
  const std::filesystem::path& file() const { return files_[at_]; }
  /// The next line, nullopt at the end of the last file.
  Result<std::optional<Line>> next();

 private:
  PartsReader(std::vector<std::filesystem::path> files, Reader reader)
      : files_{std::move(files)}, reader_{std::move(reader)} {}

  std::vector<std::filesystem::path> files_;
  Reader reader_;
  std::size_t at_ = 0;
};

/// Puts files of the same recording together: those that follow each other and were started at the
/// same time. Files that cannot be read stand alone.
std::vector<std::vector<std::filesystem::path>> recordings_of(
    const std::vector<std::filesystem::path>& files);

}  // namespace arigate::trace
