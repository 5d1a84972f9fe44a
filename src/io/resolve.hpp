#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "core/clock.hpp"
#include "core/result.hpp"

namespace arigate::io {

/// The addresses of a host by name or as text. A lookup of the system cannot be stopped: one that
/// is not done by `deadline` goes on beside its caller, and nobody hears what comes of it.
/// Errc::unavailable: there is no such name, or nobody said in time.
boost::asio::awaitable<Result<boost::asio::ip::tcp::resolver::results_type>> resolve(
    std::string host, std::string port, TimePoint deadline);

}  // namespace arigate::io
