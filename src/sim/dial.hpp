#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "sim/exchange.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {

/// Dial(SIP/a&SIP/b,timeout): rings all, connects the first that answers, ends with DIALSTATUS set.
boost::asio::awaitable<AppResult> dial(ExchangePtr exchange, ChannelPtr caller, std::string data);

}  // namespace arigate::sim
