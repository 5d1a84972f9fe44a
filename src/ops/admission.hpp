#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "model/change.hpp"
#include "ops/control.hpp"
#include "ops/entrance.hpp"
#include "ops/eventual.hpp"
#include "ops/leave.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// What becomes of the calls of an application that is not there.
struct AwayPolicy {
  enum class NewCall : std::uint8_t {
    refuse,  ///< Back to the dialplan at once, as natively.
    park,    ///< Waits until the application comes, or time is up.
  };
  enum class LostCall : std::uint8_t {
    keep,   ///< Stays in the application, as natively.
    leave,  ///< Goes on in the dialplan.
    park,   ///< Waits, with music, until the application comes back or time is up.
    hang_up,
  };
  NewCall new_call = NewCall::refuse;
  LostCall lost_call = LostCall::keep;
  std::chrono::milliseconds grace{5'000};  ///< Before anything is done with a lost call.
  bool answer = true;                      ///< A new call that waits is answered; else it rings.
  std::string music_class;                 ///< "": the PBX's default.
  std::chrono::milliseconds patience{60'000};  ///< How long a call waits.
  DialplanGoal fallback;                       ///< Where it goes then; nowhere: the next priority.
};

/// What wakes a channel that waits.
enum class Wake : std::uint8_t { hung_up, application_came, claimed };

/// A channel that has come and is in no application yet.
struct Visitor {
  ChannelId channel;
  std::shared_ptr<Control> control;  ///< Its command line; idle.
  Eventual<Wake> wake;               ///< Its session sets hung_up.
  bool came_back = false;            ///< It was in the application, or waited, before a restart.
};

/// Decides what becomes of a channel that wants into an application: it enters, it waits for the
/// application, it is offered to several (the script StasisBroadcast), or it goes back to the
/// dialplan. And what becomes of those that are in one whose last client has gone.
class Admission : public model::ChangeSink {
 public:
  static constexpr std::size_t waiting_max = 2'000;  ///< Channels that wait at a time.
  /// How often a lost call is hung up again that could not be; each time the link came back, or
  /// after this time.
  static constexpr int hangups_max = 10;
  static constexpr std::chrono::minutes hang_up_again_after{1};

  using Policies = std::function<AwayPolicy(const AppName&)>;

  struct Decision {
    bool enter = false;
    AppName application;
    std::vector<std::string> arguments;
    std::vector<std::string> lines;  ///< AGI commands before it goes back.
    std::string status = "FAILED";   ///< STASISSTATUS when it goes back.
    bool waited = false;             ///< In vain: it does not ask again.
  };

  Admission(boost::asio::any_io_executor executor, World& world, Entrance& entrance,
            Policies policies);
  ~Admission() override;

  boost::asio::awaitable<Decision> admit(Visitor visitor, AppName application,
                                         std::vector<std::string> arguments);

  /// Errc::not_found: the channel is not offered; conflict: another application was faster, also
  /// while the channel is with that one.
  Result<void> claim(const ChannelId& channel, const AppName& application);

  /// The application has its first client; has lost its last.
  void came(const AppName& application);
  void lost(const AppName& application);
  /// An application that was called for one channel cannot be reached any more.
  void failed(const AppName& application);
  // model::ChangeSink: a channel that has left is not claimed any more.
  void on(const model::Change& change, WallTime when) override;
  /// Ends every wait, for the end of the process.
  void cancel_all();

 private:
  struct Offer {
    Eventual<Wake> wake;
    AppName winner;
    std::string filter;
    bool notify = false;
    bool claimed = false;
  };

  boost::asio::awaitable<Decision> broadcast(Visitor visitor, std::vector<std::string> arguments);
  boost::asio::awaitable<bool> wait_for(Visitor visitor, AppName application, AwayPolicy policy);
  boost::asio::awaitable<bool> say(Visitor visitor, std::string line);
  boost::asio::awaitable<void> look_after_lost(AppName application, AwayPolicy policy);
  boost::asio::awaitable<void> hang_up_lost(ChannelId channel, AppName application);
  boost::asio::awaitable<void> park_lost(AppName application, AwayPolicy policy,
                                         Eventual<Wake> wake);
  std::vector<ChannelId> channels_of(const AppName& application) const;
  void let_all_go(const AppName& application, const WayOut& way);
  void spawn(boost::asio::awaitable<void> work);

  boost::asio::any_io_executor executor_;
  World& world_;
  Entrance& entrance_;
  Policies policies_;
  std::unordered_map<ChannelId, std::shared_ptr<Offer>> offers_;  ///< And those that were claimed.
  std::size_t offered_ = 0;
  /// Who waits for which application.
  std::multimap<std::string, Eventual<Wake>> waiters_;  // Each keeps its place in it as it waits.
  std::size_t waiting_ = 0;
};

}  // namespace arigate::ops
