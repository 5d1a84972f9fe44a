#include "io/run_context.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "support/quiet_log.hpp"

namespace arigate::test {
namespace {

TEST(RunContext, GoesOnBehindAHandlerThatThrows) {
  const QuietLog quiet;
  boost::asio::io_context context;
  int done = 0;
  boost::asio::post(context, [&] { ++done; });
  boost::asio::post(context, [] { throw std::runtime_error{"of a timer"}; });
  boost::asio::post(context, [] { throw 5; });
  boost::asio::post(context, [&] { ++done; });
  io::run_context(context);
  EXPECT_EQ(done, 2);
}

TEST(RunContext, EndsWhenItIsStopped) {
  boost::asio::io_context context;
  bool done = false;
  boost::asio::post(context, [&] { context.stop(); });
  boost::asio::post(context, [&] { done = true; });
  io::run_context(context);
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace arigate::test
