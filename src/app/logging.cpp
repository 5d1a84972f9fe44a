#include "app/logging.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dup_filter_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace arigate::app {
namespace {

/// Lines that wait for a slow disk; beyond it the oldest are lost, and calls go on.
constexpr std::size_t queue_lines = 8'192;
/// What says the same again sooner than this is counted, not written.
constexpr std::chrono::seconds repeat_min{5};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

class LineFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string_view text{message.payload.data(), message.payload.size()};
    if (std::none_of(text.begin(), text.end(), is_control)) return pattern_.format(message, line);
    const auto escaped = one_line(text);
    auto copy = message;
    copy.payload = escaped;
    pattern_.format(copy, line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>();
  }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%e%z %l %v"};
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;  // Not reached: the cases are all there are.
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (is_control(c)) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  return line;
}

std::unique_ptr<spdlog::formatter> log_formatter() {
  return std::make_unique<LineFormatter>();
}

Result<void> set_up_logging(const GeneralConfig& general) {
  std::shared_ptr<spdlog::logger> logger;
  try {
    spdlog::sink_ptr sink;
    if (general.log_file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(general.log_file);
    }
    if (general.log_level != LogLevel::debug) {
      auto filter = std::make_shared<spdlog::sinks::dup_filter_sink_mt>(repeat_min);
      filter->add_sink(std::move(sink));
      sink = std::move(filter);
    }
    if (spdlog::thread_pool() == nullptr) spdlog::init_thread_pool(queue_lines, 1);
    logger =
        std::make_shared<spdlog::async_logger>("arigate", std::move(sink), spdlog::thread_pool(),
                                               spdlog::async_overflow_policy::overrun_oldest);
  } catch (const spdlog::spdlog_ex& failure) {
    return Error{Errc::unavailable, failure.what()};
  }
  logger->set_formatter(log_formatter());
  logger->set_level(spdlog_level(general.log_level));
  logger->flush_on(spdlog::level::info);
  // A full disk or a closed pipe is no reason to stop: calls go on, lines are lost.
  logger->set_error_handler([](const std::string&) {});
  spdlog::set_default_logger(std::move(logger));
  return {};
}

}  // namespace arigate::app
