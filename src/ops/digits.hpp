#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <unordered_map>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/lines.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// POST /channels/{id}/dtmf. A channel whose command line is free, or will be, sends its digits by
/// EXEC SendDTMF when its turn comes. One that rests in a bridge stays there: each digit is a
/// PlayDTMF of its own, at its time. Nobody waits for either, as natively.
class DigitSender {
 public:
  static constexpr std::size_t orders_max = 100;  ///< That wait on one channel in a bridge.

  explicit DigitSender(World& world) : world_{world} {}

  /// Errc::not_found, not_in_application, wrong_state, bad_request, overloaded.
  Result<void> send(const ChannelId& channel, const DtmfOrder& order);
  std::size_t channel_count() const { return orders_.size(); }

 private:
  boost::asio::awaitable<void> play_all(ChannelId channel);
  boost::asio::awaitable<bool> play(ChannelId channel, DtmfOrder order, Watches::Watch& end);

  World& world_;
  std::unordered_map<ChannelId, std::deque<DtmfOrder>> orders_;  ///< The first one is played.
};

}  // namespace arigate::ops
