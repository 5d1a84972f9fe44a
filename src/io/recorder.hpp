#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "trace/capture_line.hpp"
#include "trace/capture_writer.hpp"
#include "trace/tap.hpp"

namespace arigate::io {

struct RecorderOptions {
  std::filesystem::path file;  ///< Its ending chooses the compression.
  trace::Rotation rotation{};
  bool mask_numbers = false;
  /// Waiting for the disk; past it lines are left out, and a note in the capture says how many.
  std::size_t queue_bytes_max = std::size_t{16} * 1024 * 1024;
  std::chrono::milliseconds flush_interval{1'000};  ///< What a crash may cost.
  trace::Header header{};                           ///< `started` is filled in.
};

/// Writes what it is told into a capture. Masking, compressing and the disk have a thread of their
/// own: the core thread copies a line into a queue and goes on, however slow the disk is.
///
///   record() --> queue --one batch at a time--> the thread: Masker, Writer --done--> next batch
class Recorder final : public trace::Tap {
 public:
  Recorder(boost::asio::any_io_executor executor, const Clock& clock, RecorderOptions options);
  /// Waits a moment for the batch that is being written; a disk that hangs keeps its thread.
  ~Recorder() override;

  /// Ports that the header names, known only when all listeners are there. Before open().
  void set_ports(std::vector<std::pair<std::string, std::uint16_t>> ports) {
    options_.header.ports = std::move(ports);
  }
  /// Errc::unavailable: the file cannot be written.
  Result<void> open();
  void record(trace::Line line) override;
  /// Writes what is queued, until `deadline`, and ends the file.
  boost::asio::awaitable<void> close(TimePoint deadline);

  /// What became of the file after open(); an error ends the recording, and nothing else.
  const std::string& failure() const { return failure_; }
  std::uint64_t lines_left_out() const { return left_out_lines_total_; }

 private:
  class Sink;
  using Batch = std::vector<trace::Line>;

  std::int64_t now_us() const;
  void enqueue(trace::Line line);
  void note_left_out();
  void write_soon();
  void start_batch();
  void give_to_thread(Batch batch, bool flush, bool end);
  void batch_done(const std::string& failure);
  void flush_later();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  RecorderOptions options_;
  TimePoint started_;
  std::unique_ptr<boost::asio::thread_pool> pool_ = std::make_unique<boost::asio::thread_pool>(1);
  std::future<void> written_;  ///< The batch that is with the thread.
  std::shared_ptr<std::atomic<bool>> abandoned_ = std::make_shared<std::atomic<bool>>(false);
  boost::asio::steady_timer flush_timer_;
  boost::asio::steady_timer idle_;  ///< Cancelled when a batch is done.
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<Recorder*> self_;  ///< Emptied by the destructor: results may come after it.
  Batch queue_;
  std::size_t queued_bytes_ = 0;  ///< In queue_ and in the batch that is being written.
  std::size_t batch_bytes_ = 0;
  bool writing_ = false;
  bool soon_ = false;
  bool flush_armed_ = false;
  bool unflushed_ = false;
  bool closed_ = false;
  std::uint64_t left_out_lines_ = 0;  ///< Since the last note.
  std::uint64_t left_out_bytes_ = 0;
  std::uint64_t left_out_lines_total_ = 0;
  std::string failure_;
};

}  // namespace arigate::io
