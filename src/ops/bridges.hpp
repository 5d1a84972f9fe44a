#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/busy.hpp"
#include "model/bridge.hpp"
#include "model/change.hpp"
#include "ops/room.hpp"
#include "ops/room_waker.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// The errors that native ARI has for every operation on a bridge.
inline Error bridge_not_found() {
  return {Errc::not_found, "Bridge not found"};
}

/// The bridges of applications and who is in them. A member rests in the room of its bridge: it is
/// there whenever its queue of jobs is empty, and out of it for as long as a job takes.
///
///   (none) --add--> joining --the PBX has it in the room--> member --remove, hangup--> (none)
///   joining --the PBX cannot--> (none), and add() says why;   member --put out by others--> (none)
/// A caller that nobody has answered is a member in name: a conference would answer it.
class Bridges : public model::ChangeSink {
 public:
  Bridges(boost::asio::any_io_executor executor, World& world)
      : executor_{std::move(executor)}, world_{world}, waker_{world} {}

  /// How a channel is taken out of what it does on a PBX whose conferences have no actions.
  /// `wanted`: whether it still does that, when it comes to taking it out.
  using Reentry =
      std::function<boost::asio::awaitable<Result<void>>(ChannelId, std::function<bool()> wanted)>;
  /// Where the dialplan of a channel goes on after its application, as text; "": nowhere known.
  using Home = std::function<std::string(const ChannelId&)>;
  void use(Reentry reentry, Home home = {}) {
    reentry_ = std::move(reentry);
    home_ = std::move(home);
  }
  /// Whether a channel is being recorded, or waits to be: natively it may not go into a bridge.
  using IsRecorded = std::function<bool(const ChannelId&)>;
  void use(IsRecorded is_recorded) { is_recorded_ = std::move(is_recorded); }

  /// Whether many members at once may leave the room of a bridge: see RoomKeepers.
  using IsSteady = std::function<bool(const BridgeId&)>;
  void use(IsSteady is_steady) { is_steady_ = std::move(is_steady); }
  /// What those who wait in a bridge hear where they do so out of its room: see waits_outside().
  struct WaitingSound {
    std::function<bool(const BridgeId&)> speaks;        ///< A leg of ours, in the room.
    std::function<std::string(const BridgeId&)> music;  ///< The class for all; "": each its own.
  };
  void use(WaitingSound sound) { sound_ = std::move(sound); }
  /// Somebody speaks to those who wait in the bridge.
  bool is_announced(const BridgeId& bridge) const;
  /// What WaitingSound tells of the bridge has changed: who waits goes into the room or out of it.
  void settle(const BridgeId& bridge);
  /// Returns when all who wait are where they hear what is spoken in the room; who is busy with
  /// something else comes later.
  boost::asio::awaitable<void> gather(BridgeId bridge);

  struct Plan {
    BridgeId id{};  ///< "" makes one.
    std::string name{};
    bool holding = false;
    std::string video_mode = "talker";
    std::vector<model::BridgeVariable> variables{};
  };
  /// Errc::conflict: the id is taken. Errc::overloaded.
  Result<BridgeId> create(Plan plan);

  static constexpr std::size_t variables_max = 1'000;  ///< Of one bridge.
  /// Errc::overloaded: it has too many.
  Result<void> set_variable(const BridgeId& bridge, model::BridgeVariable variable);

  /// Puts the channels into the bridge, one after the other; done when the PBX has said so of the
  /// last one. Errc::not_found, bad_request (no such channel), conflict (not an application's
  /// bridge), unprocessable (not in an application), timeout, what the PBX refuses.
  boost::asio::awaitable<Result<void>> add(BridgeId bridge, std::vector<ChannelId> channels,
                                           MemberOptions options);
  /// The same errors; unprocessable also when it is not in this bridge.
  boost::asio::awaitable<Result<void>> remove(BridgeId bridge, std::vector<ChannelId> channels);
  /// Shows everyone the video of this member. The same errors, and what the PBX says.
  boost::asio::awaitable<Result<void>> set_video_source(BridgeId bridge, ChannelId channel);
  /// Everybody leaves, then it is gone.
  boost::asio::awaitable<Result<void>> destroy(BridgeId bridge);

  /// The bridge, if it is one of an application. Errc::not_found, conflict.
  Result<const model::Bridge*> own(const BridgeId& bridge) const;

  // model::ChangeSink
  void on(const model::Change& change, WallTime when) override;

  std::size_t member_count() const { return members_.size(); }

  /// Ends every wait for a channel to enter, for the end of the process.
  void cancel_all() {
    for (auto& [channel, member] : members_) {
      member->entered.set(Error{Errc::unavailable, "arigate stops"});
    }
  }

 private:
  struct Member {
    ChannelId channel;  ///< May become another one: a transfer puts that in its place.
    BridgeId bridge;
    MemberOptions options;
    bool in_name_only = false;           ///< How it rests now.
    std::optional<std::string> music{};  ///< The class that it hears, when it waits outside.
    Eventual<Result<void>> entered;
  };
  using MemberPtr = std::shared_ptr<Member>;

  Result<void> check(const std::vector<ChannelId>& channels, bool goes_in) const;
  boost::asio::awaitable<Result<void>> add_one(BridgeId bridge, ChannelId channel,
                                               MemberOptions options);
  boost::asio::awaitable<void> left(ChannelId channel, BridgeId bridge, TimePoint deadline);
  void let_out(const ChannelId& channel);
  void rest(const ChannelId& channel, const MemberPtr& member);
  std::unique_ptr<RestingJob> make_rest(const ChannelId& channel, const MemberPtr& member);
  /// The class of music that each who waits hears from his own line; nullopt: all are in the room.
  std::optional<std::string> music_outside(const model::Bridge& bridge) const;
  bool is_on_its_way_in(const BridgeId& bridge) const;
  boost::asio::awaitable<void> adopt_all();
  boost::asio::awaitable<void> adopt(ChannelId channel);
  boost::asio::awaitable<void> send_home(std::string name);
  std::vector<ChannelId> orphans() const;
  boost::asio::awaitable<void> pull_out(ChannelId channel, std::string room,
                                        std::shared_ptr<bool> is_out);
  boost::asio::awaitable<void> confirm_out(ChannelId channel);
  void introduce(const model::Bridge& bridge);
  void introduce(const ChannelId& channel, const ChannelId& peer);
  boost::asio::awaitable<void> fell_out(MemberPtr member);
  void is_out(const ChannelId& channel);
  bool is_member(const ChannelId& channel, const MemberPtr& member) const;
  bool is_in(const ChannelId& channel, const BridgeId& bridge) const;
  std::vector<ChannelId> members_of(const model::Bridge& bridge) const;
  void spawn(boost::asio::awaitable<void> work);

  boost::asio::any_io_executor executor_;
  World& world_;
  Reentry reentry_;
  Home home_;
  WaitingSound sound_;
  IsSteady is_steady_ = [](const BridgeId&) { return true; };
  RoomWaker waker_;
  IsRecorded is_recorded_ = [](const ChannelId&) { return false; };
  std::unordered_map<ChannelId, MemberPtr> members_;
  Busy adopting_;
  std::unordered_map<ChannelId, AppName> adopted_by_;  ///< Whose the members without a control are.
  std::uint64_t next_extension_ = 10;
};

}  // namespace arigate::ops
