#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/exchange.hpp"

namespace arigate::sim {

/// Ids that the originator wishes for its channels; only newer dialects grant them.
struct WantedIds {
  std::optional<std::string> channel;
  std::optional<std::string> other;
};

/// Makes the channel for a dial string ("SIP/bob", "Local/600@from-trunk/n") and says so; nothing
/// rings yet. null: no such technology, peer or registration, and no event at all.
ChannelPtr make_leg(Exchange& exchange, std::string_view dial_string, const WantedIds& wanted = {});

/// Lets it ring: the phone reacts, or the other half of the Local pair enters the dialplan.
/// False: the extension does not exist, and the other half is gone already.
bool start_leg(ExchangePtr exchange, ChannelPtr leg);

/// What the person at the phone does once the call is up: presses digits, hangs up.
boost::asio::awaitable<void> talk_script(ExchangePtr exchange, ChannelPtr channel,
                                         Endpoint endpoint);

/// Presses digits as a finger does: 100 ms each, 100 ms between.
boost::asio::awaitable<void> press(ExchangePtr exchange, ChannelPtr channel, std::string digits);

}  // namespace arigate::sim
