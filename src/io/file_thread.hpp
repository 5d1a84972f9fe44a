#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ops/eventual.hpp"

namespace arigate::io {

/// A thread for what may block on a disk or on a network file system. It gets values and gives
/// values back; it touches nothing of the core.
class FileThread {
 public:
  static constexpr std::size_t waiting_max = 1'000;

  /// How long the end waits for a disk; a thread that hangs longer is left to itself.
  static constexpr std::chrono::milliseconds last_wait{250};

  explicit FileThread(boost::asio::any_io_executor core) : core_{std::move(core)} {}
  ~FileThread() {
    stop();
    *abandoned_ = true;  // Before it is looked at: work may be about to begin.
    thread_->stop();
    const auto limit = std::chrono::steady_clock::now() + last_wait;
    while (*working_ && std::chrono::steady_clock::now() < limit) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    if (!*working_) return;
    // Reachable, so that nobody takes it for a leak.
    static auto& left = *new std::vector<std::unique_ptr<boost::asio::thread_pool>>;
    left.push_back(std::move(thread_));
  }
  FileThread(const FileThread&) = delete;
  FileThread& operator=(const FileThread&) = delete;

  /// Whoever waits goes on with Errc::unavailable, and nothing more is begun.
  void stop() {
    stopped_ = true;
    for (auto& end : *waits_) end();
  }

  /// Runs `work`, which gives a Result, on the thread. Errc::overloaded, timeout: it may go on
  /// then, for nobody.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work>> run(Work work, TimePoint deadline) {
    using Outcome = std::invoke_result_t<Work>;
    if (stopped_) co_return Error{Errc::unavailable, "arigate stops"};
    if (*waiting_ >= waiting_max) co_return Error{Errc::overloaded, "too many file operations"};
    ++*waiting_;
    // Held here alone: its timer may not end on the file thread, nor behind the core.
    const auto held = std::make_shared<ops::Eventual<Outcome>>();
    auto& outcome = *held;
    start(std::move(work), std::weak_ptr{held});
    std::function<void()> end = [&outcome] {
      outcome.set(Outcome{Error{Errc::unavailable, "arigate stops"}});
    };
    const Wait wait{waits_, std::move(end)};
    auto ended = co_await outcome.wait(deadline);
    if (!ended) co_return Error{Errc::timeout, "The folder did not answer"};
    co_return std::move(*ended);
  }

 private:
  using Ends = std::list<std::function<void()>>;

  /// Somebody who waits, as long as that lasts; the thread itself may be gone before.
  class Wait {
   public:
    Wait(std::shared_ptr<Ends> ends, std::function<void()> end)
        : ends_{std::move(ends)}, place_{ends_->emplace(ends_->end(), std::move(end))} {}
    ~Wait() { ends_->erase(place_); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    std::shared_ptr<Ends> ends_;
    Ends::iterator place_;
  };

  template <class Work, class Outcome>
  void start(Work work, std::weak_ptr<ops::Eventual<Outcome>> outcome) {
    boost::asio::post(
        *thread_, [work = std::move(work), outcome = std::move(outcome), core = core_,
                   waiting = waiting_, working = working_, abandoned = abandoned_]() mutable {
          *working = true;
          std::shared_ptr<Outcome> result;
          if (!*abandoned) result = std::make_shared<Outcome>(work());
          if (!*abandoned) {
            boost::asio::post(core, [outcome = std::move(outcome), result = std::move(result),
                                     waiting = std::move(waiting)]() mutable {
              --*waiting;
              if (const auto wanted = outcome.lock()) wanted->set(std::move(*result));
            });
          }
          *working = false;
        });
  }

  boost::asio::any_io_executor core_;
  std::shared_ptr<std::size_t> waiting_ = std::make_shared<std::size_t>(0);  ///< Of the core.
  std::shared_ptr<Ends> waits_ = std::make_shared<Ends>();
  bool stopped_ = false;
  std::shared_ptr<std::atomic<bool>> working_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<bool>> abandoned_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<boost::asio::thread_pool> thread_ = std::make_unique<boost::asio::thread_pool>(1);
};

}  // namespace arigate::io
