#include "trace/packed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace arigate::trace {
namespace {

/// What a decompressor has unpacked of a block before it finds it damaged is lost, so blocks are
/// small.
constexpr std::size_t block_bytes = std::size_t{16} * 1024;
/// Half as well compressed as at the best level, at a tenth of its time.
constexpr const char* gzip_mode = "wb1";
constexpr const char* plain_mode = "wbT";  // "T": as it is.
constexpr int zstd_level = 3;
/// A frame must not make a reader take more memory than this (2^27 bytes, zstd's own limit).
constexpr int zstd_window_log_max = 27;

/// zlib's file, for plain files too.
class ZlibWriter final : public PackedWriter {
 public:
  ZlibWriter(int descriptor, const char* mode) : file_{gzdopen(descriptor, mode)} {}
  ~ZlibWriter() override {
    if (file_ != nullptr) gzclose(file_);
  }
  ZlibWriter(const ZlibWriter&) = delete;
  ZlibWriter& operator=(const ZlibWriter&) = delete;

  bool write(std::string_view bytes) override {
    const auto size = static_cast<unsigned>(bytes.size());
    return file_ != nullptr && gzwrite(file_, bytes.data(), size) == static_cast<int>(size);
  }
  bool flush() override { return file_ != nullptr && gzflush(file_, Z_SYNC_FLUSH) == Z_OK; }

 private:
  gzFile file_;
};

class ZstdWriter final : public PackedWriter {
 public:
  explicit ZstdWriter(int descriptor) : descriptor_{descriptor}, context_{ZSTD_createCCtx()} {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, zstd_level);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdWriter() override {
    compress({}, ZSTD_e_end);
    ZSTD_freeCCtx(context_);
    ::close(descriptor_);
  }
  ZstdWriter(const ZstdWriter&) = delete;
  ZstdWriter& operator=(const ZstdWriter&) = delete;

  bool write(std::string_view bytes) override { return compress(bytes, ZSTD_e_continue); }
  bool flush() override { return compress({}, ZSTD_e_flush); }

 private:
  bool compress(std::string_view bytes, ZSTD_EndDirective until) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{block_.data(), block_.size(), 0};
      const auto left = ZSTD_compressStream2(context_, &out, &in, until);
      if (ZSTD_isError(left) != 0 || !put(out.pos)) return false;
      if (until == ZSTD_e_continue ? in.pos == in.size : left == 0) return true;
    }
  }
  bool put(std::size_t size) {
    for (std::size_t at = 0; at < size;) {
      const auto written = ::write(descriptor_, block_.data() + at, size - at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      at += static_cast<std::size_t>(written);
    }
    return true;
  }

  int descriptor_;
  ZSTD_CCtx* context_;
  std::array<char, block_bytes> block_{};
};

/// gzip, and files that are not compressed.
class ZlibReader final : public PackedReader {
 public:
  explicit ZlibReader(int descriptor) : file_{gzdopen(descriptor, "rb")} {}
  ~ZlibReader() override { gzclose(file_); }
  ZlibReader(const ZlibReader&) = delete;
  ZlibReader& operator=(const ZlibReader&) = delete;

  std::size_t read(std::string& to, End& end) override {
    const auto size = to.size();
    to.resize(size + block_bytes);
    const int count = gzread(file_, to.data() + size, static_cast<unsigned>(block_bytes));
    const auto taken = static_cast<std::size_t>(count > 0 ? count : 0);
    to.resize(size + taken);
    if (taken > 0) return taken;
    int code = Z_OK;
    gzerror(file_, &code);
    end = code == Z_BUF_ERROR ? End::cut_off : count < 0 ? End::damaged : End::of_file;
    return 0;
  }

 private:
  gzFile file_;
};

class ZstdReader final : public PackedReader {
 public:
  explicit ZstdReader(int descriptor) : descriptor_{descriptor}, context_{ZSTD_createDCtx()} {
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, zstd_window_log_max);
  }
  ~ZstdReader() override {
    ZSTD_freeDCtx(context_);
    ::close(descriptor_);
  }
  ZstdReader(const ZstdReader&) = delete;
  ZstdReader& operator=(const ZstdReader&) = delete;

  std::size_t read(std::string& to, End& end) override {
    const auto size = to.size();
    for (;;) {
      if (in_.pos == in_.size && !drained_ && !fill(end)) return 0;
      to.resize(size + block_bytes);
      ZSTD_outBuffer out{to.data() + size, block_bytes, 0};
      const auto left = ZSTD_decompressStream(context_, &out, &in_);
      const bool failed = ZSTD_isError(left) != 0;
      to.resize(size + (failed ? 0 : out.pos));
      if (failed) {
        end = End::damaged;
        return 0;
      }
      in_frame_ = left != 0;
      drained_ = out.pos == out.size;  // There is more in it, perhaps without further input.
      if (out.pos > 0) return out.pos;
    }
  }

 private:
  bool fill(End& end) {
    const auto count = ::read(descriptor_, block_.data(), block_.size());
    in_ = {block_.data(), static_cast<std::size_t>(count > 0 ? count : 0), 0};
    if (count > 0) return true;
    end = count < 0 ? End::damaged : in_frame_ ? End::cut_off : End::of_file;
    return false;
  }

  int descriptor_;
  ZSTD_DCtx* context_;
  std::array<char, block_bytes> block_{};
  ZSTD_inBuffer in_{};
  bool in_frame_ = false;
  bool drained_ = false;
};

bool is_zstd(int descriptor) {
  constexpr std::array<unsigned char, 4> magic{0x28, 0xB5, 0x2F, 0xFD};
  std::array<unsigned char, 4> first{};
  return ::pread(descriptor, first.data(), first.size(), 0) == ssize_t{4} && first == magic;
}

}  // namespace

Packing packing_of(const std::filesystem::path& file) {
  if (file.extension() == ".gz") return Packing::gzip;
  return file.extension() == ".zst" ? Packing::zstd : Packing::none;
}

Result<std::unique_ptr<PackedWriter>> PackedWriter::open(const std::filesystem::path& file) {
  constexpr mode_t owner_only = 0600;
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only);
  if (descriptor < 0) return Error{Errc::unavailable, file.string() + ": cannot be written"};
  // A file that was there keeps its mode: what is written now is not for those who could read it.
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    (void)::fchmod(descriptor, owner_only);
  }
  std::unique_ptr<PackedWriter> writer;
  const auto packing = packing_of(file);
  if (packing == Packing::zstd) {
    writer = std::make_unique<ZstdWriter>(descriptor);
  } else {
    const auto* mode = packing == Packing::gzip ? gzip_mode : plain_mode;
    writer = std::make_unique<ZlibWriter>(descriptor, mode);
  }
  return writer;
}

Result<std::unique_ptr<PackedReader>> PackedReader::open(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error{Errc::not_found, file.string() + ": cannot be opened"};
  std::unique_ptr<PackedReader> reader;
  if (is_zstd(descriptor)) {
    reader = std::make_unique<ZstdReader>(descriptor);
  } else {
    reader = std::make_unique<ZlibReader>(descriptor);
  }
  return reader;
}

}  // namespace arigate::trace
