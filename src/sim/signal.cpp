#include "sim/signal.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace arigate::sim {

/// Keeps a timer in the lists of some signals for as long as somebody waits on them.
class Signal::Registration {
 public:
  Registration(const std::vector<Signal*>& signals, boost::asio::steady_timer& timer)
      : signals_{&signals}, timer_{&timer} {
    for (auto* signal : *signals_) signal->waiting_.push_back(timer_);
  }
  ~Registration() {
    for (auto* signal : *signals_) std::erase(signal->waiting_, timer_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  const std::vector<Signal*>* signals_;
  boost::asio::steady_timer* timer_;
};

boost::asio::awaitable<void> Signal::wait_any(std::vector<Signal*> signals, TimePoint deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer{executor};
  timer.expires_at(deadline);
  const Registration registration{signals, timer};
  const auto killed = [&] {
    return std::any_of(signals.begin(), signals.end(),
                       [](auto* signal) { return signal->killed(); });
  };
  boost::system::error_code ignored;  // Cancelled is the usual end: it means notified.
  if (!killed()) {
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  if (killed()) throw boost::system::system_error{boost::asio::error::operation_aborted};
}

}  // namespace arigate::sim
