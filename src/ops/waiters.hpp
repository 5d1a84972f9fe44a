#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <utility>

#include "core/clock.hpp"
#include "ops/eventual.hpp"

namespace arigate::ops {

/// Any number of coroutines that wait for the same thing. Who has waited for long enough is
/// forgotten, so there are never more of these than of those that wait.
class Waiters {
 public:
  /// Until wake(), or the deadline.
  boost::asio::awaitable<void> wait(TimePoint deadline) {
    const auto ticket = next_++;
    Eventual<bool> woken;
    waiting_.emplace(ticket, woken);
    co_await woken.wait(deadline);
    waiting_.erase(ticket);
  }
  void wake() {
    for (auto& [ticket, waiting] : std::exchange(waiting_, {})) waiting.set(true);
  }

 private:
  std::map<std::uint64_t, Eventual<bool>> waiting_;
  std::uint64_t next_ = 0;
};

}  // namespace arigate::ops
