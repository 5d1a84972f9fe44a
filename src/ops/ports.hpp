#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agi/decoder.hpp"
#include "ami/action.hpp"
#include "ami/dialect.hpp"
#include "ami/message.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace arigate::ops {

// What the operations need from the world. src/io has the real ones, tests/support the fakes.

/// The AMI link.
class AmiPort {
 public:
  virtual ~AmiPort() = default;
  /// Sends an action and waits for its response. An `Error` response becomes an Error:
  /// "No such channel" not_found, "Permission denied" forbidden, others refused_by_pbx with the
  /// PBX's text. Errc::unavailable at once while the link is down or when it drops, Errc::timeout
  /// at the deadline. `action_id` "" takes a fresh one.
  virtual boost::asio::awaitable<Result<ami::Message>> request(ami::Action action,
                                                               TimePoint deadline,
                                                               std::string action_id) = 0;
  /// The same, and `on_success` runs at the very place of the response in the stream of events.
  virtual boost::asio::awaitable<Result<ami::Message>> request_then(
      ami::Action action, TimePoint deadline, std::function<void()> on_success) {
    auto answer = co_await request(std::move(action), deadline, "");
    if (answer) on_success();
    co_return answer;
  }
  /// The same for an action that answers with a list: its items, without the end event.
  virtual boost::asio::awaitable<Result<std::vector<ami::Message>>> list(ami::Action action,
                                                                         TimePoint deadline) = 0;
  /// Sends an action whose answer only matters to the log. No deadline is given: it is sent at
  /// once or not at all, and its answer is awaited for as long as a connection may take to be made.
  virtual void post(ami::Action action) = 0;
  virtual const ami::Dialect& dialect() const = 0;
  virtual bool up() const = 0;
};

/// One FastAGI connection, seen from inside.
class AgiLink {
 public:
  virtual ~AgiLink() = default;
  /// Sends one command line (without LF).
  virtual void send(std::string line) = 0;
  /// Sends what is queued, then closes; AgiOwner::closed() is not called for it.
  virtual void close() = 0;
};

/// Who takes the FastAGI connections.
class AgiOwner {
 public:
  virtual ~AgiOwner() = default;
  virtual void connected(std::shared_ptr<AgiLink> link, agi::Environment environment) = 0;
  virtual void received(AgiLink& link, const agi::Reply& reply) = 0;
  virtual void hangup_seen(AgiLink& link) = 0;
  /// The PBX closed it or it broke.
  virtual void closed(AgiLink& link) = 0;
};

/// Which applications can take calls. ari::Applications implements it.
class ApplicationPort {
 public:
  virtual ~ApplicationPort() = default;
  virtual bool active(const AppName& application) const = 0;
  /// The application originates this channel: from its Dial on, its events are for the application.
  virtual void follow_when_dialled(const AppName& application, const ChannelId& channel) = 0;
  /// The application has made this channel: from now on its events are for the application.
  virtual void follow(const AppName& application, const ChannelId& channel) = 0;
  /// The originate is over; it need not have come to a Dial.
  virtual void forget(const ChannelId& channel) = 0;

  /// The application that a channel enters which asks for `application`: that one when it is there,
  /// or one that is called for this channel alone. Errc::not_found: nobody is there.
  virtual boost::asio::awaitable<Result<AppName>> summon(
      AppName application, [[maybe_unused]] std::string channel_name) {
    if (active(application)) co_return application;
    co_return Error{Errc::not_found, "application not active"};
  }
  /// Tells the applications whose names match `filter` that they may claim the channel; who has it.
  virtual void offer(const ChannelId&, const std::string& /*filter*/) {}
  virtual void offer_taken(const ChannelId&, const AppName& /*winner*/,
                           const std::string& /*filter*/) {}
  /// Tells an application once more of every channel that it has.
  virtual void announce(const AppName&) {}
};

/// How long operations wait. All have limits, none is endless.
struct Timeouts {
  std::chrono::milliseconds action{5'000};
  std::chrono::milliseconds originate{10'000};
  std::chrono::milliseconds command{30'000};   ///< An AGI command that should be short.
  std::chrono::milliseconds transfer{30'000};  ///< Until a phone has answered a REFER.
  std::chrono::milliseconds dial_begin{100};   ///< From Newchannel to DialBegin of an originate.
  std::chrono::milliseconds channel_known{1'000};  ///< AGI came before AMI's Newchannel.
  /// For the list that tells of it then, also where AMI stands still for a while.
  std::chrono::milliseconds channel_listed{10'000};
  std::chrono::milliseconds hangup_request{100};  ///< AGI's HANGUP came before AMI's event.
};

}  // namespace arigate::ops
