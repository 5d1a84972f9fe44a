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

  /// Returns at the next notify(), or at `deadline`. The signal must outlive the wait.
  boost::asio::awaitable<void> wait(TimePoint deadline) { return wait_any({this}, deadline); }

  /// Returns when the first of several is notified.
  static boost::asio::awaitable<void> wait_any(std::vector<Signal*> signals, TimePoint deadline);

  /// Ends what waits: this and every later wait() throws operation_aborted, which unwinds the
  /// coroutine. The PBX does this when it stops or restarts.
  void kill() {
    killed_ = true;
    notify();
  }
  bool killed() const { return killed_; }

 private:
  class Registration;

  std::vector<boost::asio::steady_timer*> waiting_;
  bool killed_ = false;
};

}  // namespace arigate::sim
