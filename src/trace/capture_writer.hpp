#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/result.hpp"
#include "trace/capture_line.hpp"
#include "trace/packed_file.hpp"

namespace arigate::trace {

/// One line of JSON with its line end. `data64` stands for `data` that is not valid UTF-8.
std::string to_json(const Header& header);
std::string to_json(const Line& line);

/// When a new file is begun; neither: never.
struct Rotation {
  std::optional<std::uint64_t> bytes_max{};            ///< Of a file before it is compressed.
  std::optional<std::chrono::microseconds> age_max{};  ///< By the times of its lines.
  std::size_t files_max = 0;                           ///< The oldest are removed; 0 keeps all.

  bool on() const { return bytes_max || age_max; }
};

/// Writes a capture, compressed when the file's name ends in ".gz" or ".zst". Only the owner of the
/// file may read it.
///
/// With a Rotation "call.jsonl.gz" stands for "call.1.jsonl.gz", "call.2.jsonl.gz", …: each has the
/// same header and times go on, so that parts can be joined by leaving later headers out. Numbers
/// go on behind those of files that are there.
class Writer {
 public:
  /// Errc::unavailable: the file cannot be written. Without a Rotation, a file of that name is
  /// overwritten.
  static Result<Writer> open(std::filesystem::path file, Header header, Rotation rotation = {});
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();

  /// Errc::unavailable: the disk is full, or the next file cannot be opened.
  Result<void> write(const Line& line);
  /// Hands everything to the operating system, so that a reader sees it, whatever becomes of us.
  Result<void> flush();
  /// For the header of this file, as long as nothing is in it, and of the next.
  void set_ami(std::string version) { header_.ami = std::move(version); }
  /// The file that is being written.
  const std::filesystem::path& current() const { return current_; }

 private:
  Writer(std::filesystem::path file, Header header, Rotation rotation);
  Result<void> begin_file();
  bool put_header();
  Result<void> put(const std::string& text);

  std::filesystem::path file_;
  Header header_;
  Rotation rotation_;
  std::unique_ptr<PackedWriter> out_;
  std::filesystem::path current_;
  bool header_due_ = false;  ///< It is written with the first line, or at the first flush.
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;  ///< In the current file.
  std::optional<std::int64_t> first_t_us_;
};

}  // namespace arigate::trace
