#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "core/clock.hpp"

namespace arigate::ops {

/// A value that comes later, waited for by at most one coroutine. Copies share the value: keep one,
/// hand the other to who will set it. Setting it twice, or after the wait is over, does nothing.
/// It is the one way in which operations wait; the timer inside gives every wait its deadline.
template <class T>
class Eventual {
 public:
  void set(T value) {
    if (shared_->value) return;
    shared_->value.emplace(std::move(value));
    if (shared_->timer) shared_->timer->cancel();
  }
  /// Ends the wait as if the deadline had come.
  void cancel() {
    if (shared_->timer) shared_->timer->cancel();
  }
  bool is_set() const { return shared_->value.has_value(); }

  /// nullopt: the deadline came first.
  boost::asio::awaitable<std::optional<T>> wait(TimePoint deadline) {
    const auto shared = shared_;  // The Eventual itself may be gone before the wait is over.
    if (!shared->value) {
      shared->timer.emplace(co_await boost::asio::this_coro::executor, deadline);
      boost::system::error_code ignored;
      co_await shared->timer->async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
      shared->timer.reset();
    }
    co_return std::exchange(shared->value, std::nullopt);
  }

 private:
  struct Shared {
    std::optional<T> value;
    std::optional<boost::asio::steady_timer> timer;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace arigate::ops
