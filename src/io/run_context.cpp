#include "io/run_context.hpp"

#include <exception>

#include "core/thrown.hpp"

namespace arigate::io {

void run_context(boost::asio::io_context& context) {
  for (;;) {
    try {
      context.run();
      return;
    } catch (...) {
      log_thrown("handler")(std::current_exception());
    }
  }
}

}  // namespace arigate::io
