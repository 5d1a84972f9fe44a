#pragma once

#include "core/log.hpp"

namespace arigate::test {

/// Nothing is logged as long as it lives: for what a test does thousands of times.
class QuietLog {
 public:
  QuietLog() { spdlog::set_level(spdlog::level::off); }
  ~QuietLog() { spdlog::set_level(before_); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  spdlog::level::level_enum before_ = spdlog::get_level();
};

}  // namespace arigate::test
