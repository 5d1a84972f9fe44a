#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agi/environment.hpp"
#include "model/change.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

class Legs;

/// How ARI shows the near half, as a channel that enters an application: its session is then that
/// channel's, and not the leg's owner's.
struct ShownLeg {
  ChannelId id;
  std::string name;
  Destination destination;
};

/// What a leg is made for.
struct LegOrder {
  std::string application;  ///< "ConfBridge", "ChanSpy", "Wait": what its far half runs.
  std::string data;         ///< The application's arguments, as in the dialplan.
  /// Set on the far half before the application starts; functions such as CONFBRIDGE(user,quiet)
  /// too.
  std::vector<std::pair<std::string, std::string>> variables;
  std::optional<ShownLeg> shown;
};

/// A Local channel of our own, `Local/<token>@<re-entry context>/n`. Its far half (";1") runs an
/// application of the PBX, its near half (";2") is an AGI session of ours: what is played into that
/// session the application hears, and the other way round. ARI shows neither.
///
///   opening --AGI session--> open --close()--> over (both halves are hung up)
///      |------------------------|--hangup, cut, application ends--> over (on_end is told)
///   open --renew()--> renewing --AGI session--> open;   renewing --it does not come--> over
class Leg {
 public:
  Leg(Legs& legs, std::string token, std::string application, bool shown);
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  const std::string& token() const { return token_; }
  /// The commands of the AGI session. After the end it refuses every job.
  Control& control() { return *control_; }
  bool over() const { return state_ == State::over; }

  /// Hangs up both halves. Whatever runs or waits is abandoned first. The second call does nothing.
  void close();
  /// Takes the near half out of the command that it runs, by way of the re-entry context: its job
  /// goes on with a new line. For a PBX that takes no digits.
  void renew();
  /// Called once when the leg ends by itself, but not for close(). One listener; "{}" takes it
  /// away.
  void on_end(std::function<void()> told) { told_ = std::move(told); }

 private:
  friend class Legs;
  enum class State { opening, open, renewing, over };
  struct Half {
    std::string name;
    Uniqueid uniqueid;
    bool alive = false;
  };

  Legs* legs_;
  std::string token_;
  std::string application_;
  bool shown_;
  State state_ = State::opening;
  std::shared_ptr<AgiLink> link_;
  std::shared_ptr<Control> control_;
  std::array<Half, 2> halves_;
  Eventual<bool> opened_;  ///< false: it ended before.
  std::function<void()> told_;
};

/// All legs of this process. A half that belongs to none of them is a leftover, of the time before
/// a restart or of a leg that came too late: it is hung up whenever it is seen.
class Legs : public AgiOwner, public model::ChangeSink {
 public:
  static constexpr std::size_t legs_max = 1'000;

  /// `entrance` takes the sessions of legs that are shown.
  Legs(World& world, Entrance& entrance);
  ~Legs() override;

  /// Makes a leg and waits until its AGI session is here; the far half is answered then, and runs
  /// its application within milliseconds. Errc::overloaded, bad_request (a value that cannot be
  /// sent), unavailable (no AMI link), refused_by_pbx, timeout.
  boost::asio::awaitable<Result<std::shared_ptr<Leg>>> open(LegOrder order, TimePoint deadline);

  enum class Taken { no, wholly, shown };
  /// Whether this AGI session is that of a leg; then it is taken, by its leg or to end it. `shown`:
  /// it is one, but the caller goes on with it as with any channel.
  Taken take(const std::shared_ptr<AgiLink>& link, const agi::Environment& environment);

  /// Takes the other half of a leg that is shown out of ChanSpy, which sees no hangup, while that
  /// can be done: a half that is hung up already takes no Redirect. `ends` runs when the PBX has
  /// said yes, before anything that it tells of the end.
  boost::asio::awaitable<void> stop_spying(Uniqueid near_half, std::function<void()> ends);

  /// The session of a leg that is shown is over, whatever ended it: so is the leg.
  void session_over(const Uniqueid& near_half);

  // AgiOwner, for the sessions that were taken.
  void connected(std::shared_ptr<AgiLink> link, agi::Environment environment) override;
  void received(AgiLink& link, const agi::Reply& reply) override;
  void hangup_seen(AgiLink& link) override;
  void closed(AgiLink& link) override;

  void on(const model::Change& change, WallTime when) override;

  /// Ends every leg, for the end of the process.
  void close_all();

  std::size_t size() const { return legs_.size(); }
  /// Halves that were told to hang up and have not ended yet.
  std::size_t leaving() const { return leaving_.size(); }

 private:
  friend class Leg;

  std::shared_ptr<Leg> find(const std::string& token) const;
  std::shared_ptr<Leg> find(const AgiLink& link) const;
  void seen(const model::LegSeen& seen);
  void gone(const model::LegGone& gone);
  void end(const std::shared_ptr<Leg>& leg, bool tell);
  boost::asio::awaitable<void> renew(std::shared_ptr<Leg> leg);
  void let_go_of_line(Leg& leg);
  struct Leaving {
    std::string name;
    bool may_spy;  ///< It may run ChanSpy.
  };
  void hang_up(const Leaving& half);

  Result<void> show(const std::string& token, const ShownLeg& shown);

  World& world_;
  Entrance& entrance_;
  std::unordered_map<std::string, std::shared_ptr<Leg>> legs_;  ///< By token.
  std::unordered_map<const AgiLink*, std::shared_ptr<Leg>> by_link_;
  std::map<Uniqueid, Leaving> leaving_;  ///< The halves that are to end.
  std::uint64_t next_token_;
};

}  // namespace arigate::ops
