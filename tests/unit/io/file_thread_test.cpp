// Work on a disk that hangs ends neither the program nor what outlives its owner.
#include "io/file_thread.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace arigate::io {
namespace {

class FileThreadTest : public testing::Test {
 protected:
  /// Work that waits for the disk.
  auto blocked_work() {
    return [disk = disk_] {
      disk.wait();
      return Result<int>{7};
    };
  }
  using Outcome = std::shared_ptr<std::optional<Result<int>>>;

  Outcome start() {
    auto outcome = std::make_shared<std::optional<Result<int>>>();
    auto work = thread_->run(blocked_work(), TimePoint::max());
    boost::asio::co_spawn(context_, std::move(work),
                          [outcome](const std::exception_ptr&, Result<int> result) {
                            outcome->emplace(std::move(result));
                          });
    settle();
    return outcome;
  }
  void settle() {
    context_.restart();
    context_.poll();
  }
  /// What the disk has answered comes back.
  bool ends(const Outcome& outcome) {
    context_.restart();
    while (!outcome->has_value()) {
      if (context_.run_one_for(std::chrono::seconds{10}) == 0) return false;
    }
    return true;
  }

  std::promise<void> answer_;
  std::shared_future<void> disk_ = answer_.get_future().share();
  boost::asio::io_context context_{1};
  std::optional<FileThread> thread_{context_.get_executor()};
};

TEST_F(FileThreadTest, GivesTheResult) {
  const auto outcome = start();
  EXPECT_FALSE(outcome->has_value());
  answer_.set_value();
  ASSERT_TRUE(ends(outcome));
  EXPECT_EQ(***outcome, 7);
}

TEST_F(FileThreadTest, StopLetsWhoWaitsGoOn) {
  const auto first = start();
  const auto second = start();
  thread_->stop();
  settle();
  for (const auto& outcome : {first, second}) {
    ASSERT_TRUE(outcome->has_value());
    EXPECT_EQ((*outcome)->error().code, Errc::unavailable);
  }
  const auto later = start();
  ASSERT_TRUE(later->has_value());
  EXPECT_EQ((*later)->error().code, Errc::unavailable);
  answer_.set_value();
  settle();
}

TEST_F(FileThreadTest, EndsBeforeItsWorkAndWhoWaitsGoesOnBehindIt) {
  const auto outcome = start();
  thread_.reset();  // Does not wait for the disk.
  settle();
  ASSERT_TRUE(outcome->has_value());
  EXPECT_EQ((*outcome)->error().code, Errc::unavailable);
  answer_.set_value();
}

TEST_F(FileThreadTest, AContextThatEndsTakesAlongWhoWaits) {
  const auto held = std::make_shared<int>();  // By who waits, as long as he does.
  bool gone_on = false;
  {
    boost::asio::io_context context{1};
    FileThread thread{context.get_executor()};
    auto work = thread.run(blocked_work(), TimePoint::max());
    boost::asio::co_spawn(
        context, std::move(work),
        [held, &gone_on](const std::exception_ptr&, Result<int>) { gone_on = true; });
    context.poll();
    EXPECT_GT(held.use_count(), 1);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(gone_on);
  answer_.set_value();
}

TEST_F(FileThreadTest, LetsOnlySoManyWait) {
  Outcome last;
  for (std::size_t i = 0; i < FileThread::waiting_max; ++i) {
    last = start();
    ASSERT_FALSE(last->has_value());
  }
  const auto refused = start();
  ASSERT_TRUE(refused->has_value());
  EXPECT_EQ((*refused)->error().code, Errc::overloaded);
  answer_.set_value();
  ASSERT_TRUE(ends(last));
  const auto later = start();
  ASSERT_TRUE(ends(later));
  EXPECT_EQ(***later, 7);
}

}  // namespace
}  // namespace arigate::io
