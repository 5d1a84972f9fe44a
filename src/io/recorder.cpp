#include "io/recorder.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/log.hpp"
#include "trace/masker.hpp"

namespace arigate::io {
namespace {

namespace asio = boost::asio;

/// What a line costs beside its bytes.
constexpr std::size_t line_overhead_bytes = 400;
/// Lines that wait for the AMI banner, so that the header can tell the version.
constexpr std::size_t held_lines_max = 64;
/// For the thread of a recorder that goes away.
constexpr std::chrono::milliseconds last_wait{500};
constexpr std::string_view banner_start = "Asterisk Call Manager/";

std::size_t cost(const trace::Line& line) {
  return line.data.size() + (line.path ? line.path->size() : 0) + line_overhead_bytes;
}

std::string iso_time(WallTime when) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch());
  const std::time_t seconds = us.count() / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:06}+00:00", text.data(), us.count() % 1'000'000);
}

std::optional<std::string> number_key(bool wanted) {
  if (!wanted) return std::nullopt;
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error{"no random numbers for masking"};
  }
  return key;
}

}  // namespace

/// What belongs to the thread of the disk, one batch at a time.
class Recorder::Sink {
 public:
  Sink(trace::Writer writer, const RecorderOptions& options)
      : writer_{std::move(writer)},
        masker_{number_key(options.mask_numbers)},
        flush_interval_{options.flush_interval} {}

  /// "" or what failed; then nothing is written any more.
  std::string write(Batch batch, bool flush) {
    for (auto& line : batch) {
      if (line.what == trace::Line::What::note) masker_.forget();
      const bool banner = find_banner(line);
      for (auto& masked : masker_.apply(std::move(line))) held_.push_back(std::move(masked));
      if (holding_ && !banner && held_.size() < held_lines_max) continue;
      holding_ = false;
      if (auto failure = write_held(); !failure.empty()) return failure;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!flush && now - flushed_ < flush_interval_) return {};
    flushed_ = now;
    holding_ = false;
    if (auto failure = write_held(); !failure.empty()) return failure;
    if (!std::exchange(dirty_, false)) return {};
    const auto done = writer_->flush();
    return done ? std::string{} : done.error().detail;
  }
  void end() { writer_.reset(); }

 private:
  bool find_banner(const trace::Line& line) {
    if (!holding_ || line.link != "ami" || !line.data.starts_with(banner_start)) return false;
    const auto version = std::string_view{line.data}.substr(banner_start.size());
    writer_->set_ami(std::string{version.substr(0, version.find_first_of("\r\n"))});
    return true;
  }
  std::string write_held() {
    for (const auto& line : held_) {
      dirty_ = true;
      if (const auto written = writer_->write(line); !written) return written.error().detail;
    }
    held_.clear();
    return {};
  }

  std::optional<trace::Writer> writer_;
  trace::Masker masker_;
  std::chrono::milliseconds flush_interval_;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
  Batch held_;
  bool holding_ = true;
  bool dirty_ = true;  ///< Not flushed; the header is not at first.
};

Recorder::Recorder(asio::any_io_executor executor, const Clock& clock, RecorderOptions options)
    : executor_{std::move(executor)},
      clock_{clock},
      options_{std::move(options)},
      started_{clock.now()},
      flush_timer_{executor_},
      idle_{executor_},
      self_{std::make_shared<Recorder*>(this)} {
  options_.header.started = iso_time(clock.wall());
}

Recorder::~Recorder() {
  *self_ = nullptr;
  // A thread that waits in the kernel for a disk cannot be ended, and nobody shall wait for it.
  const bool hangs = written_.valid() && written_.wait_for(last_wait) != std::future_status::ready;
  if (hangs) {
    *abandoned_ = true;
    (void)pool_.release();
  } else {
    pool_->join();
  }
}

Result<void> Recorder::open() {
  auto writer = trace::Writer::open(options_.file, options_.header, options_.rotation);
  if (!writer) return writer.error();
  unflushed_ = true;
  log::info("capture begins file={} numbers={}", writer->current().string(),
            options_.mask_numbers ? "masked" : "kept");
  sink_ = std::make_shared<Sink>(*std::move(writer), options_);
  flush_later();
  return {};
}

std::int64_t Recorder::now_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - started_).count();
}

void Recorder::record(trace::Line line) {
  if (closed_ || !sink_ || !failure_.empty()) return;
  // Lines are left out until half the queue is free, so that one note tells of many.
  const auto limit = left_out_lines_ > 0 ? options_.queue_bytes_max / 2 : options_.queue_bytes_max;
  if (queued_bytes_ + cost(line) > limit) {
    ++left_out_lines_;
    ++left_out_lines_total_;
    left_out_bytes_ += line.data.size();
    return;
  }
  note_left_out();
  line.t_us = now_us();
  enqueue(std::move(line));
}

void Recorder::enqueue(trace::Line line) {
  queued_bytes_ += cost(line);
  queue_.push_back(std::move(line));
  write_soon();
}

void Recorder::note_left_out() {
  if (left_out_lines_ == 0) return;
  log::warn("capture left lines out lines={} bytes={} why=\"the disk is too slow\"",
            left_out_lines_, left_out_bytes_);
  trace::Line note;
  note.t_us = now_us();
  note.link = "note";
  note.what = trace::Line::What::note;
  note.data = fmt::format("left out: {} lines with {} bytes, the disk was too slow",
                          std::exchange(left_out_lines_, 0), std::exchange(left_out_bytes_, 0));
  enqueue(std::move(note));
}

/// Once a turn of the event loop: many lines make one batch.
void Recorder::write_soon() {
  if (writing_ || std::exchange(soon_, true)) return;
  asio::post(executor_, [alive = self_] {
    auto* const self = *alive;
    if (self == nullptr) return;
    self->soon_ = false;
    if (!self->writing_) self->start_batch();
  });
}

void Recorder::start_batch() {
  writing_ = true;
  const bool flush = queue_.empty();
  unflushed_ = !flush;
  batch_bytes_ = queued_bytes_;
  give_to_thread(std::exchange(queue_, {}), flush, false);
}

/// `end` ends the file.
void Recorder::give_to_thread(Batch batch, bool flush, bool end) {
  auto promise = std::make_shared<std::promise<void>>();
  written_ = promise->get_future();
  asio::post(*pool_, [sink = sink_, batch = std::move(batch), flush, end, alive = self_,
                      abandoned = abandoned_, executor = executor_, promise]() mutable {
    auto failure = sink->write(std::move(batch), flush);
    if (end) sink->end();
    if (*abandoned) return;
    asio::post(executor, [alive = std::move(alive), failure = std::move(failure)] {
      if (*alive != nullptr) (*alive)->batch_done(failure);
    });
    promise->set_value();
  });
}

void Recorder::batch_done(const std::string& failure) {
  writing_ = false;
  queued_bytes_ -= batch_bytes_;
  batch_bytes_ = 0;
  if (!failure.empty()) {
    failure_ = failure;
    queue_.clear();
    queued_bytes_ = 0;
    log::error("capture ended why=\"{}\"", failure);
  } else if (!queue_.empty()) {
    start_batch();
  } else {
    flush_later();
  }
  idle_.cancel();
}

void Recorder::flush_later() {
  if (closed_ || !unflushed_ || std::exchange(flush_armed_, true)) return;
  flush_timer_.expires_after(options_.flush_interval);
  flush_timer_.async_wait([alive = self_](const boost::system::error_code& error) {
    if (error || *alive == nullptr) return;
    auto* const self = *alive;
    self->flush_armed_ = false;
    if (!self->writing_ && self->failure_.empty()) self->start_batch();
  });
}

asio::awaitable<void> Recorder::close(TimePoint deadline) {
  if (!sink_ || closed_) co_return;
  note_left_out();
  closed_ = true;
  flush_timer_.cancel();
  while (failure_.empty() && (writing_ || !queue_.empty()) && clock_.now() < deadline) {
    idle_.expires_at(deadline);
    boost::system::error_code ignored;
    co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (writing_) {
    log::error("capture not finished why=\"the disk is too slow\"");
    co_return;
  }
  // The end of the file is a write as well.
  writing_ = true;
  give_to_thread({}, true, true);
  while (writing_ && clock_.now() < deadline) {
    idle_.expires_at(deadline);
    boost::system::error_code ignored;
    co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace arigate::io
