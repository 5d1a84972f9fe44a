#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sim/exchange.hpp"
#include "sim/legs.hpp"

namespace arigate::sim {

struct OriginateOrder {
  std::string action_id;
  std::string dial_string;
  std::string application;  ///< Empty: go to `place` instead.
  std::string data;
  Place place;
  std::vector<std::pair<std::string, std::string>> variables;
  Party caller;
  std::string accountcode;
  std::chrono::milliseconds timeout{30000};
  WantedIds wanted;
};

/// Calls, waits for the answer, publishes OriginateResponse when `tell`, and lets the answered
/// channel run on its own. The outcome has no channel when the call failed.
boost::asio::awaitable<OriginateOutcome> originate(ExchangePtr exchange, OriginateOrder order,
                                                   bool tell);

/// "a=1,b=two\,half" -> pairs; a backslash takes the next character as it is.
std::vector<std::pair<std::string, std::string>> parse_variables(std::string_view header);

}  // namespace arigate::sim
