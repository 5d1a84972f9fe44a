#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/busy.hpp"
#include "model/change.hpp"
#include "ops/bridges.hpp"
#include "ops/leg.hpp"
#include "ops/media_target.hpp"
#include "ops/room_keepers.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Sound into a bridge of an application and out of it, by hidden legs in its room: one that plays,
/// one with music, one for each recording. A leg goes when it has nothing left to do, with its
/// bridge, and when the last member or another leg goes out of a bridge that is empty then.
class BridgeMedia : public model::ChangeSink {
 public:
  BridgeMedia(boost::asio::any_io_executor executor, World& world, Legs& legs, Bridges& bridges,
              RoomKeepers& keepers)
      : executor_{std::move(executor)},
        world_{world},
        legs_{legs},
        bridges_{bridges},
        keepers_{keepers} {
    bridges_.use({[this](const BridgeId& bridge) { return speaks(bridge); },
                  [this](const BridgeId& bridge) { return music_outside(bridge); }});
  }

  /// Where to queue what everybody shall hear: one after the other, as natively. Call release()
  /// when it is queued. Errc::not_found, conflict (not an application's bridge), what Legs::open()
  /// has.
  boost::asio::awaitable<Result<MediaTarget>> announcer(BridgeId bridge);
  /// Where to record everybody. The same.
  boost::asio::awaitable<Result<MediaTarget>> recorder(BridgeId bridge);
  /// The leg may go when its queue is empty.
  void release(const MediaTarget& target);

  boost::asio::awaitable<Result<void>> start_music(BridgeId bridge, std::string music_class);
  /// Errc::conflict: there is none.
  Result<void> stop_music(const BridgeId& bridge);

  /// Ends all of it: the bridge is about to go.
  void end(const BridgeId& bridge);

  void on(const model::Change& change, WallTime when) override;

 private:
  struct Sounds {
    std::shared_ptr<Leg> announcer, music;
    std::optional<std::string> music_outside;  ///< The class that each who waits plays by itself.
    std::set<std::shared_ptr<Leg>> recorders;
    Busy opening;  ///< The announcer is on its way.
    std::vector<Eventual<bool>> awaiting;
  };

  boost::asio::awaitable<Result<std::shared_ptr<Leg>>> open(BridgeId bridge, MemberOptions options);
  boost::asio::awaitable<void> close_if_idle(BridgeId bridge, std::weak_ptr<Control> control);
  boost::asio::awaitable<Result<std::shared_ptr<Leg>>> open_announcer(BridgeId id);
  bool speaks(const BridgeId& bridge) const;
  std::string music_outside(const BridgeId& bridge) const;
  void forget(const BridgeId& bridge, const Leg* leg);
  void forget_if_unused(const BridgeId& bridge);
  void end_if_empty(const BridgeId& bridge);
  boost::asio::awaitable<void> end_if_still_empty(BridgeId bridge);

  boost::asio::any_io_executor executor_;
  World& world_;
  Legs& legs_;
  Bridges& bridges_;
  RoomKeepers& keepers_;
  std::unordered_map<BridgeId, Sounds> sounds_;
};

}  // namespace arigate::ops
