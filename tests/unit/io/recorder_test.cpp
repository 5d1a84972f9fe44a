#include "io/recorder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "io/system_clock.hpp"
#include "support/temp_folder.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::io {
namespace {

using namespace std::chrono_literals;
using trace::Direction;
using trace::Line;

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() { std::signal(SIGPIPE, SIG_IGN); }

  Recorder& start(RecorderOptions options) {
    recorder_.emplace(context_.get_executor(), clock_, std::move(options));
    return *recorder_;
  }
  void record(std::string link, Direction dir, std::string data) {
    Line line;
    line.link = std::move(link);
    line.dir = dir;
    line.data = std::move(data);
    recorder_->record(std::move(line));
  }
  void close(std::chrono::milliseconds limit = 10s) {
    boost::asio::co_spawn(context_, recorder_->close(clock_.now() + limit), boost::asio::detached);
    context_.restart();
    context_.run();
  }
  static std::vector<Line> lines_of(const std::filesystem::path& file) {
    std::vector<Line> lines;
    auto reader = trace::Reader::open(file);
    EXPECT_TRUE(reader) << reader.error().detail;
    if (!reader) return lines;
    for (;;) {
      auto line = reader->next();
      EXPECT_TRUE(line) << line.error().detail;
      if (!line || !*line) return lines;
      lines.push_back(**line);
    }
  }

  boost::asio::io_context context_{1};
  SystemClock clock_;
  test::TempFolder folder_;
  std::optional<Recorder> recorder_;
};

TEST_F(RecorderTest, WritesWhatItIsTold) {
  const auto file = folder_.path() / "call.jsonl.zst";
  ASSERT_TRUE(start({.file = file}).open());
  record("ami", Direction::to_pbx, "Action: Login\r\nSecret: hunter2\r\n\r\n");
  record("ami", Direction::from_pbx, "Asterisk Call Manager/5.0.4\r\n");
  record("agi:1", Direction::from_pbx, "agi_network: yes\n");
  close();
  const auto lines = lines_of(file);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].data, "\r\nSecret: ***\r\n\r\n")
      << "no connect was seen, so it may begin within a secret";
  EXPECT_EQ(lines[2].link, "agi:1");
  EXPECT_LE(lines[0].t_us, lines[2].t_us);
  const auto header = trace::Reader::open(file)->header();
  EXPECT_EQ(header.ami, "5.0.4") << "known before the first line is written";
  EXPECT_EQ(header.started.size(), std::string{"2026-11-23T16:27:57.651285+00:00"}.size());
}

/// A FIFO that nobody reads stands for a disk that hangs.
TEST_F(RecorderTest, ASlowDiskHoldsNobodyUpAndLeavesANote) {
  const auto fifo = folder_.path() / "call.jsonl";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(start({.file = fifo, .queue_bytes_max = 1024 * 1024}).open());
  const auto before = clock_.now();
  for (int i = 0; i < 5'000; ++i) {
    record("agi:1", Direction::from_pbx, std::string(1'000, 'x'));
    context_.restart();
    context_.poll();
  }
  EXPECT_LT(clock_.now() - before, 5s) << "5 MB went by while the disk stood still";
  EXPECT_GT(recorder_->lines_left_out(), 3'000U);

  // Now it goes on.
  ::fcntl(reader, F_SETFL, 0);
  std::string written;
  std::thread disk{[&] {
    std::string block(64 * 1024, '\0');
    for (ssize_t size = 0; (size = ::read(reader, block.data(), block.size())) > 0;) {
      written.append(block, 0, static_cast<std::size_t>(size));
    }
  }};
  close();
  recorder_.reset();
  disk.join();
  ::close(reader);
  const auto lines = lines_of(folder_.write("copy.jsonl", written));
  ASSERT_FALSE(lines.empty());
  const auto left_out = 5'001 - lines.size();
  EXPECT_EQ(lines.back().what, Line::What::note);
  EXPECT_EQ(lines.back().data, "left out: " + std::to_string(left_out) + " lines with " +
                                   std::to_string(left_out * 1'000) +
                                   " bytes, the disk was too slow");
}

TEST_F(RecorderTest, ADiskThatHangsForEverDoesNotHoldAStopUp) {
  const auto fifo = folder_.path() / "call.jsonl";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_TRUE(start({.file = fifo}).open());
  for (int i = 0; i < 1'000; ++i) record("agi:1", Direction::from_pbx, std::string(1'000, 'x'));
  const auto before = clock_.now();
  close(50ms);
  EXPECT_LT(clock_.now() - before, 5s);
  ::close(reader);  // The write fails, so that the test can end.
}

TEST_F(RecorderTest, AFullDiskEndsTheRecordingAndNothingElse) {
  ASSERT_TRUE(start({.file = "/dev/full"}).open());
  for (int i = 0; i < 100; ++i) record("agi:1", Direction::from_pbx, std::string(10'000, 'x'));
  close();
  EXPECT_EQ(recorder_->failure(), "/dev/full: cannot be written");
  record("agi:1", Direction::from_pbx, "more");
}

TEST_F(RecorderTest, WhatIsOldIsInTheFileBeforeTheEnd) {
  const auto file = folder_.path() / "call.jsonl.gz";
  ASSERT_TRUE(start({.file = file, .flush_interval = 10ms}).open());
  record("agi:1", Direction::from_pbx, "agi_network: yes\n");
  const auto limit = clock_.now() + 10s;
  std::size_t seen = 0;
  while (seen == 0 && clock_.now() < limit) {
    context_.restart();
    context_.run_for(10ms);
    auto reader = trace::Reader::open(file);
    while (reader) {  // The compressed data has no end yet: an error, after what is whole.
      const auto line = reader->next();
      if (!line || !*line) break;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 1U);
  close();
}

TEST_F(RecorderTest, TellsThatAFileCannotBeWritten) {
  const auto opened = start({.file = "/nowhere/call.jsonl"}).open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().detail, "/nowhere/call.jsonl: cannot be written");
  record("ami", Direction::from_pbx, "x");  // Nothing happens.
}

}  // namespace
}  // namespace arigate::io
