#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/ids.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Tells ChannelToneDetected. AMI has no event for it (seen: 22), but the function TONE_DETECT
/// counts what it has heard: it is asked every 200 ms from the moment that a client has set it
/// until the channel ends or the detection is taken off.
class ToneWatch {
 public:
  static constexpr std::size_t channels_max = 1'000;

  explicit ToneWatch(World& world) : world_{world} {}

  /// After `variable` of the channel was set; does nothing for another variable.
  void on_set(const ChannelId& channel, std::string_view variable);
  std::size_t size() const { return watched_.size(); }

 private:
  boost::asio::awaitable<void> watch(ChannelId channel);

  World& world_;
  std::unordered_set<ChannelId> watched_;
};

}  // namespace arigate::ops
