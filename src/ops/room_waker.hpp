#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>

#include "core/busy.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Who leaves a conference of Asterisk 1.8 may hang there: bridge_multiplexed, which several
/// conferences share, waits for a frame of anybody in them (seen: a redirect and a hangup without
/// end while all were silent, as on hold). So the members are given an empty frame now and then:
/// setting TIMEOUT(absolute) to what it is does nothing else.
class RoomWaker {
 public:
  explicit RoomWaker(World& world) : world_{world} {}
  /// Goes on until nobody is in a room of ours; at once when it is at work already.
  boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<void> wake(std::string channel);

  World& world_;
  Busy running_;
  std::size_t next_ = 0;  ///< Whose turn it is.
};

}  // namespace arigate::ops
