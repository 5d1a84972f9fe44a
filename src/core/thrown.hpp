#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "core/log.hpp"

namespace arigate {

/// What was thrown, for people.
inline std::string what_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown";
  }
}

/// The completion handler of a coroutine that ends by itself: logs what it threw. `task` says in
/// the log what it was; give a literal.
inline auto log_thrown(std::string_view task) {
  return [task](const std::exception_ptr& thrown) {
    if (thrown) log::error("{} failed what=\"{}\"", task, what_of(thrown));
  };
}

}  // namespace arigate
