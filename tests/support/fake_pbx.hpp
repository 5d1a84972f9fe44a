#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "sim/pbx.hpp"

namespace arigate::test {

/// A simulated PBX on a thread of its own, so that a test can block on sockets. Everything that
/// touches the PBX goes through ask().
class FakePbx {
 public:
  explicit FakePbx(sim::Options options) {
    thread_ = std::thread{[this] { context_.run(); }};
    std::promise<void> made;
    boost::asio::post(context_, [&] {
      try {
        pbx_ = std::make_unique<sim::Pbx>(context_.get_executor(), std::move(options));
        port_ = pbx_->ami_port();
        made.set_value();
      } catch (...) {
        made.set_exception(std::current_exception());
      }
    });
    try {
      made.get_future().get();
    } catch (...) {
      stop();
      throw;
    }
  }
  ~FakePbx() { stop(); }
  FakePbx(const FakePbx&) = delete;
  FakePbx& operator=(const FakePbx&) = delete;

  std::uint16_t ami_port() const { return port_; }

  /// Runs `question(pbx)` on the PBX's thread; its result.
  template <class Question>
  auto ask(Question question) -> std::invoke_result_t<Question, sim::Pbx&> {
    std::promise<std::invoke_result_t<Question, sim::Pbx&>> promise;
    auto answer = promise.get_future();
    boost::asio::post(context_, [&] {
      try {
        if constexpr (std::is_void_v<std::invoke_result_t<Question, sim::Pbx&>>) {
          question(*pbx_);
          promise.set_value();
        } else {
          promise.set_value(question(*pbx_));
        }
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    });
    return answer.get();
  }

 private:
  void stop() {
    boost::asio::post(context_, [this] { pbx_.reset(); });
    guard_.reset();
    thread_.join();  // The context runs dry once the PBX has let go of everything.
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      context_.get_executor()};
  std::unique_ptr<sim::Pbx> pbx_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace arigate::test
