#include "sim/signal.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace arigate::sim {

/// Keeps a timer in the list of a signal for as long as somebody waits on it.
class Signal::Registration {
 public:
  Registration(Signal* signal, boost::asio::steady_timer& timer) : signal_{signal}, timer_{&timer} {
    if (signal_ != nullptr) signal_->waiting_.push_back(timer_);
  }
  ~Registration() {
    if (signal_ != nullptr) std::erase(signal_->waiting_, timer_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  Signal* signal_;
  boost::asio::steady_timer* timer_;
};

boost::asio::awaitable<void> wait(Signal& first, Signal* second, TimePoint deadline) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  timer.expires_at(deadline);
  const Signal::Registration in_first{&first, timer};
  const Signal::Registration in_second{second, timer};
  const auto killed = [&] { return first.killed() || (second != nullptr && second->killed()); };
  boost::system::error_code ignored;  // Cancelled is the usual end: it means notified.
  if (!killed()) {
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  if (killed()) throw boost::system::system_error{boost::asio::error::operation_aborted};
}

}  // namespace arigate::sim
