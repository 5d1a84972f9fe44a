#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "trace/capture_line.hpp"
#include "trace/packed_file.hpp"

namespace arigate::trace {

/// Reads a capture line by line, whether it is compressed (gzip, zstd) or not.
///
/// A damaged or truncated file gives what is whole of it first, and then, for ever, an Error that
/// names file and line. Errc::not_found: cannot be opened; Errc::protocol: not a capture, a line
/// that is damaged, cut off, or longer than line_bytes_max.
class Reader {
 public:
  static constexpr std::size_t line_bytes_max = std::size_t{32} * 1024 * 1024;

  static Result<Reader> open(const std::filesystem::path& file);
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  const Header& header() const { return header_; }
  /// The next line, nullopt at the end of the file.
  Result<std::optional<Line>> next();

 private:
  struct Parser;

  Reader(std::filesystem::path name, std::unique_ptr<PackedReader> file);
  Result<void> read_header();
  /// Without its line end; nullopt at the end of the file. Lives until the next call.
  Result<std::optional<std::string_view>> next_text();
  Result<bool> fill();
  Error failure(std::string_view what);

  std::filesystem::path name_;
  std::unique_ptr<PackedReader> file_;
  std::unique_ptr<Parser> parser_;
  Header header_;
  std::string buffer_;
  std::size_t line_at_ = 0;  ///< Start of the line that is being read.
  std::size_t scanned_ = 0;  ///< No line end before this place.
  std::uint64_t number_ = 0;
  std::optional<Error> failed_;
};

}  // namespace arigate::trace
