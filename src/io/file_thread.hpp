#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ops/eventual.hpp"

namespace arigate::io {

/// A thread for what may block on a disk or on a network file system. It gets values and gives
/// values back; it touches nothing of the core.
class FileThread {
 public:
  static constexpr std::size_t waiting_max = 1'000;

  explicit FileThread(boost::asio::any_io_executor core) : core_{std::move(core)} {}

  /// Runs `work`, which gives a Result, on the thread. Errc::overloaded, timeout: it may go on
  /// then, for nobody.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work>> run(Work work, TimePoint deadline) {
    using Outcome = std::invoke_result_t<Work>;
    if (*waiting_ >= waiting_max) co_return Error{Errc::overloaded, "too many file operations"};
    ++*waiting_;
    ops::Eventual<Outcome> outcome;
    start(std::move(work), outcome);
    auto ended = co_await outcome.wait(deadline);
    if (!ended) co_return Error{Errc::timeout, "The recordings folder did not answer"};
    co_return std::move(*ended);
  }

 private:
  template <class Work, class Outcome>
  void start(Work work, ops::Eventual<Outcome> outcome) {
    boost::asio::post(thread_, [work = std::move(work), outcome = std::move(outcome), core = core_,
                                waiting = waiting_]() mutable {
      auto result = std::make_shared<Outcome>(work());
      boost::asio::post(core, [outcome = std::move(outcome), result = std::move(result),
                               waiting = std::move(waiting)]() mutable {
        --*waiting;
        outcome.set(std::move(*result));
      });
    });
  }

  boost::asio::any_io_executor core_;
  std::shared_ptr<std::size_t> waiting_ = std::make_shared<std::size_t>(0);  ///< Of the core.
  boost::asio::thread_pool thread_{1};
};

}  // namespace arigate::io
