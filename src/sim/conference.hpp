#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "sim/exchange.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {

/// The application ConfBridge(name,…): answers, and stays until it is kicked, redirected or hung
/// up.
boost::asio::awaitable<AppResult> conference(ExchangePtr exchange, ChannelPtr channel,
                                             std::string data);

}  // namespace arigate::sim
