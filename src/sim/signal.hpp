#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "core/clock.hpp"

namespace arigate::sim {

/// "Something changed: look again." The condition variable of a channel: whoever waits checks its
/// conditions first, waits, and checks them again. One thread runs all of it, so nothing can
/// change between the check and the wait.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify() {
    for (auto* timer : waiting_) timer->cancel();
  }

  /// Ends what waits: this and every later wait() throws operation_aborted, which unwinds the
  /// coroutine. The PBX does this when it stops or restarts.
  void kill() {
    killed_ = true;
    notify();
  }
  bool killed() const { return killed_; }

 private:
  class Registration;
  friend boost::asio::awaitable<void> wait(Signal& first, Signal* second, TimePoint deadline);

  std::vector<boost::asio::steady_timer*> waiting_;
  bool killed_ = false;
};

/// Returns at the next notify() of either signal (`second` may be null), or at `deadline`.
boost::asio::awaitable<void> wait(Signal& first, Signal* second, TimePoint deadline);

inline boost::asio::awaitable<void> wait(Signal& signal, TimePoint deadline) {
  return wait(signal, nullptr, deadline);
}

}  // namespace arigate::sim
