#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace arigate::trace {

/// How a file is compressed. Writers go by the end of its name, readers by its first bytes.
enum class Packing : std::uint8_t { none, gzip, zstd };

/// ".gz" and ".zst"; everything else is not compressed.
Packing packing_of(const std::filesystem::path& file);

/// Bytes into a file that only its owner can read, compressed or not.
class PackedWriter {
 public:
  /// Errc::unavailable: cannot be written. What was in the file is lost.
  static Result<std::unique_ptr<PackedWriter>> open(const std::filesystem::path& file);
  virtual ~PackedWriter() = default;

  virtual bool write(std::string_view bytes) = 0;
  /// All so far is in the file, and can be read even if the end never comes.
  virtual bool flush() = 0;
};

/// The bytes of such a file. A file that is damaged or cut off gives what is whole, then a failure.
class PackedReader {
 public:
  enum class End : std::uint8_t { none, of_file, cut_off, damaged };

  /// Errc::not_found: cannot be opened.
  static Result<std::unique_ptr<PackedReader>> open(const std::filesystem::path& file);
  virtual ~PackedReader() = default;

  /// Appends some bytes; when it appends none, `end` says why.
  virtual std::size_t read(std::string& to, End& end) = 0;
};

}  // namespace arigate::trace
