#pragma once

#include <boost/asio/io_context.hpp>

namespace arigate::io {

/// context.run() that goes on behind a handler that throws: it is logged, and costs what it was to
/// do and not the process.
void run_context(boost::asio::io_context& context);

}  // namespace arigate::io
