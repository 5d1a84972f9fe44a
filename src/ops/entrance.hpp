#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agi/environment.hpp"
#include "model/change.hpp"
#include "model/destination.hpp"
#include "ops/eventual.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

class Admission;
class Legs;

using model::Destination;

/// How a channel goes back to the dialplan.
struct WayOut {
  std::vector<std::string> lines{};  ///< AGI commands before: SET CONTEXT …
  std::string status = "SUCCESS";    ///< STASISSTATUS
};

/// Takes the FastAGI sessions of the PBX: finds out which channel and which application each one is
/// for, hands the channel to the application, and ends the session when either side is through.
///
/// One session:
///   arriving --channel known to AMI, application active--> held --hangup, continue, cut--> over
///      |--- application unknown or away, channel unknown --> refused (back to the dialplan) -->
///      over
/// A held channel can be taken out of whatever its AGI command does: reenter() redirects it into
/// the re-entry context, and the session that comes from there goes on where the old one was:
///   held --reenter--> returning --new session--> held;   returning --hangup, time--> over
/// A PBX that does not answer in time may redirect it later:
///   returning --no answer--> held --HANGUP, cut--> returning;   held --new session--> held
/// The application sees nothing of it.
/// A channel arrives at most 1 s before AMI tells of it; StasisStart waits for that. A session that
/// ends by HANGUP waits a moment for AMI's HangupRequest, so that StasisEnd comes after it.
class Entrance : public AgiOwner, public model::ChangeSink {
 public:
  /// Applications that an originate names but whose channel has not come yet.
  static constexpr std::size_t destinations_max = 10'000;
  /// Redirects that the PBX did not answer in time, and for how long it may still carry one out.
  static constexpr std::size_t late_returns_max = 1'000;
  static constexpr std::chrono::minutes late_return_within{1};

  Entrance(boost::asio::any_io_executor executor, World& world);
  ~Entrance() override;

  /// Sessions of legs of our own go there.
  void use(Legs& legs) { legs_ = &legs; }
  /// Who decides about those that come; without one, only an application that is there gets them.
  void use(Admission& admission) { admission_ = &admission; }

  // AgiOwner, called by the FastAGI server.
  void connected(std::shared_ptr<AgiLink> link, agi::Environment environment) override;
  void received(AgiLink& link, const agi::Reply& reply) override;
  void hangup_seen(AgiLink& link) override;
  void closed(AgiLink& link) override;

  // model::ChangeSink: a channel that is gone needs no session any more.
  void on(const model::Change& change, WallTime when) override;

  /// An extension (digits) for a channel that is being originated into an application; good until
  /// the channel comes here or ends.
  Result<std::string> expect(const ChannelId& channel, Destination destination) {
    return expect(channel, std::move(destination), std::to_string(next_token_++));
  }
  /// The same with an extension that the caller has made.
  Result<std::string> expect(const ChannelId& channel, Destination destination, std::string token);
  /// Commands to carry out when it comes, before its application has it.
  void prepare(const std::string& token, std::vector<std::string> lines);
  void forget(const std::string& token);
  /// A channel that is in its application before it has a session: its queue waits for one.
  void await_session(const ChannelId& channel);
  std::size_t awaited_count() const { return awaited_.size(); }

  /// We have asked the PBX to hang up, or it has refused: AGI's HANGUP, which may come before the
  /// answer, is not the caller's then. What waits in its queue does not begin meanwhile.
  void hangup_asked(const ChannelId& channel, bool asked);
  /// Before that: a snoop is taken out of what would not see its hangup; `ends` runs at its end.
  boost::asio::awaitable<void> prepare_hangup(Uniqueid channel, std::function<void()> ends);
  /// The PBX hangs up the channel at our request: StasisEnd, then its AGI session is closed. One
  /// that comes for it later, because the call was answered a moment before, is closed as well.
  void let_go(const ChannelId& channel);
  /// Back to the dialplan: StasisEnd, then the lines, then close. The channel must be idle, or its
  /// lines wait for the end of what runs.
  void give_back(const ChannelId& channel, WayOut way);
  /// The same out of whatever it does, a bridge too. What waits in its queue is abandoned.
  boost::asio::awaitable<void> take_out(ChannelId channel, WayOut way);

  /// Takes the channel out of the command that runs, whatever it is, on every PBX: done when it has
  /// a new command line. What waits in its queue stays; the job that ran is told by on_new_line().
  /// `wanted` is asked right before it goes: what it was to be taken out of may have ended by then,
  /// and then it stays. Errc::not_in_application, refused_by_pbx, timeout.
  boost::asio::awaitable<Result<void>> reenter(ChannelId channel, std::function<bool()> wanted);
  boost::asio::awaitable<Result<void>> reenter(ChannelId channel) {
    return reenter(std::move(channel), {});
  }
  /// Waits while the channel is on its way back: a hangup sent meanwhile would be lost on the PBX.
  boost::asio::awaitable<void> settled(ChannelId channel);

  /// Where the dialplan goes on when the application is done, "context,extension,priority"; ""
  /// where no line of the dialplan has brought the channel.
  std::string home_of(const ChannelId& channel) const;

  /// Sends every held channel, and each that waits for its application, into the re-entry context,
  /// where it asks for us again each second; for a wanted end of this process. Many at a time: what
  /// is not sent by the deadline is cut off. Returns when all are gone from here or at the
  /// deadline.
  boost::asio::awaitable<void> hand_back_all(TimePoint deadline);
  /// Redirects without an answer yet: no more than the queue of the AMI link takes, nor so many
  /// that the PBX cannot answer anything else.
  static constexpr std::size_t handed_back_at_once_max = 100;

  /// Closes every session that is left and lets go of what waits for it.
  void drop_all();

  std::size_t session_count() const { return sessions_.size(); }

 private:
  struct Session;
  struct Awaited {
    ChannelId channel;
    Destination destination;
    std::vector<std::string> lines;
  };
  boost::asio::awaitable<void> arrive(std::shared_ptr<Session> session,
                                      agi::Environment environment);
  boost::asio::awaitable<std::optional<Destination>> destination_of(
      std::shared_ptr<Session> session, agi::Environment environment);
  boost::asio::awaitable<bool> channel_ready(std::shared_ptr<Session> session,
                                             agi::Environment environment);
  boost::asio::awaitable<bool> admitted(std::shared_ptr<Session> session, Destination& destination,
                                        WayOut& otherwise, bool& waited);
  boost::asio::awaitable<void> refuse(std::shared_ptr<Session> session, bool tell_status,
                                      WayOut way);
  /// The same without a word.
  boost::asio::awaitable<void> refuse(std::shared_ptr<Session> session) {
    return refuse(std::move(session), false, WayOut{});
  }
  boost::asio::awaitable<void> receive(std::shared_ptr<Session> session,
                                       agi::Environment environment);
  struct Departure;
  boost::asio::awaitable<void> await_reentry(Eventual<bool> looked);
  boost::asio::awaitable<void> hand_back_some(std::shared_ptr<Departure> departure,
                                              TimePoint deadline);
  boost::asio::awaitable<void> hand_back(std::shared_ptr<Session> session, TimePoint deadline);
  boost::asio::awaitable<void> end_after_hangup(std::shared_ptr<Session> session);
  static std::vector<std::string> lines_out(const Session& session, std::vector<std::string> lines);
  void end(const std::shared_ptr<Session>& session, WayOut way = {});
  boost::asio::awaitable<void> say_goodbye(std::shared_ptr<Session> session,
                                           std::vector<std::string> lines);
  std::shared_ptr<Session> session_of(const ChannelId& channel) const;
  bool is_gone(const Session& session) const;
  bool take_awaited(const std::shared_ptr<Session>& session, const agi::Environment& environment);
  void hold(const std::shared_ptr<Session>& session, const ChannelId& channel);
  void stay(const std::shared_ptr<Session>& session);
  void remember_home(const Session& session, const std::string& name);
  void leave_line(const std::shared_ptr<Session>& session);
  boost::asio::awaitable<bool> has_returned(std::shared_ptr<Session> session, Eventual<bool> back);
  boost::asio::awaitable<void> await_late(std::shared_ptr<Session> session, Eventual<bool> back);
  void expect_late(Session& session, std::string token);
  bool return_late(const std::shared_ptr<Session>& session);
  void forget_late();
  static void settle(Session& session, bool came);
  bool come_back(const std::shared_ptr<Session>& fresh, const agi::Environment& environment);
  void go_on_as(const ChannelId& before, const ChannelId& channel);
  void over(Session& session, const Error& why);
  void spawn(boost::asio::awaitable<void> work);

  boost::asio::any_io_executor executor_;
  World& world_;
  Legs* legs_ = nullptr;
  Admission* admission_ = nullptr;
  std::unordered_map<AgiLink*, std::shared_ptr<Session>> sessions_;
  std::unordered_map<ChannelId, std::shared_ptr<Session>> held_;  ///< Those that are in controls.
  std::unordered_map<std::string, ChannelId> returning_;          ///< By extension.
  std::deque<std::pair<TimePoint, std::string>> late_;  ///< Extensions of these, and until when.
  std::unordered_map<ChannelId, std::shared_ptr<Control>> sessionless_;
  std::unordered_set<ChannelId> hung_up_;  ///< At our request, before they had a session.
  std::unordered_map<std::string, Awaited> awaited_;   ///< By extension.
  std::unordered_map<ChannelId, std::string> tokens_;  ///< The extension of each of these.
  std::uint64_t next_token_;
};

}  // namespace arigate::ops
