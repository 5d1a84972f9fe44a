#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "model/change.hpp"
#include "ops/bridges.hpp"
#include "ops/leg.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Silent legs that keep a crowded room of Asterisk 1.8 from shrinking.
///
/// A conference of 1.8 has one technology for two members and another for more. When it changes
/// back from the second to the first and somebody else leaves within the same 20 ms, as phones do
/// at the end of a conference, the PBX locks up with the channels in it, or crashes (seen: 1.8, in
/// pthread_join under bridging.c's smart_bridge_operation). So from its third member on a room gets
/// two keepers; they leave, one after the other, when nobody else has been in it for a while. After
/// a restart of ours a crowd gets new ones, and nobody is led out of its room before they are
/// there.
///
///   (none) --third member, leg of ours--> kept --last member leaves, bridge ends--> (none)
/// Who waits in a holding bridge is in its room only while somebody speaks there: so are they.
/// Later versions need none: there this does nothing.
class RoomKeepers : public model::ChangeSink {
 public:
  static constexpr std::size_t crowd = 3;    ///< Members from which on the technology is another.
  static constexpr std::size_t keepers = 2;  ///< With the last member that leaves: a crowd.

  RoomKeepers(boost::asio::any_io_executor executor, World& world, Legs& legs, Bridges& bridges)
      : executor_{std::move(executor)}, world_{world}, legs_{legs}, bridges_{bridges} {
    bridges_.use([this](const BridgeId& bridge) { return is_steady(bridge); });
  }

  /// A leg of ours goes into the room: with two that talk it is a crowd.
  void leg_goes_in(const BridgeId& bridge);
  /// It has ended, or is about to.
  void leg_went_out(const BridgeId& bridge) { let_go_if_silent(bridge); }

  void on(const model::Change& change, WallTime when) override;

 private:
  using Kept = std::vector<std::shared_ptr<Leg>>;

  void keep(const BridgeId& bridge);
  void keep_crowds();
  void send_in(const BridgeId& bridge);
  bool is_steady(const BridgeId& bridge) const;
  void let_go(const BridgeId& bridge);
  void let_go_if_silent(const BridgeId& bridge, const model::Channel* gone = nullptr);
  boost::asio::awaitable<void> open(BridgeId bridge, std::shared_ptr<Kept> legs);
  boost::asio::awaitable<void> close(BridgeId bridge, std::shared_ptr<Kept> legs);
  bool has_members(const BridgeId& bridge, const model::Channel* gone = nullptr) const;
  boost::asio::awaitable<void> pause();

  boost::asio::any_io_executor executor_;
  World& world_;
  Legs& legs_;
  Bridges& bridges_;
  std::unordered_map<BridgeId, std::shared_ptr<Kept>> kept_;
};

}  // namespace arigate::ops
