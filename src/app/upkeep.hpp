#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ami/message.hpp"
#include "ari/applications.hpp"
#include "core/busy.hpp"
#include "core/result.hpp"
#include "ops/waiters.hpp"
#include "ops/world.hpp"

namespace arigate::app {

/// Keeps the model like the PBX and the PBX as we need it: after each login, whenever an event
/// leaves a doubt, and every so often because events can be lost.
///
///   link down --login--> settling (folders, restarted? list, facts, re-entry context) -->
///   synchronised
///   synchronised --doubt--> a new list, at once or, after many, later;   any --link lost--> down
/// On the core thread; everything that waits is over soon after stop().
class Upkeep {
 public:
  struct Duties {
    std::function<boost::asio::awaitable<void>()>
        learn_folders;                                        ///< Before anybody asks for files.
    std::function<boost::asio::awaitable<void>()> learn_pbx;  ///< What it is and what it can do.
    std::function<std::string()> advertised;  ///< "host:port" at which the PBX reaches FastAGI.
    bool add_reentry = true;                  ///< The re-entry context, where it is missing.
    /// Between two lists that repair what a lost event may have left behind.
    std::chrono::milliseconds repair_interval = std::chrono::minutes{1};
  };

  Upkeep(boost::asio::any_io_executor executor, ops::World& world, ari::Applications& applications,
         Duties duties);

  void start();
  void stop();

  void link_up();
  void link_down();
  /// After the model has taken it.
  void applied(const ami::Message& event);
  /// All that has been read was taken.
  void batch_end() { decide_soon(); }

  /// A new list of channels: at once, or a little later when there were many.
  void resync_soon();
  /// Until the re-entry context has been looked after on this link; at once when it has, or when
  /// the link is down. What leads there before would end the call. A PBX that does not answer is
  /// asked again.
  boost::asio::awaitable<void> wait_for_reentry();

  /// The first lists of this process are being read: nobody knows yet what the PBX has.
  bool learns() const { return !lists_asked_ && world_.ami.up(); }
  /// They have been asked for, and have come or could not be read.
  bool has_asked() const { return lists_asked_; }
  /// Until they have been read, could not be, or the link is down.
  boost::asio::awaitable<void> wait_for_lists();

  /// The model is that of the PBX.
  bool synchronised() const { return synchronised_; }

 private:
  boost::asio::awaitable<void> settle();
  boost::asio::awaitable<void> ensure_reentry();
  boost::asio::awaitable<bool> look_after_reentry();
  void reentry_seen(bool seen);
  boost::asio::awaitable<void> end_if_restarted();
  boost::asio::awaitable<void> resync_now();
  boost::asio::awaitable<Result<void>> read_lists();
  void resync_later();
  void decide_soon();
  boost::asio::awaitable<void> repair_loop();
  boost::asio::awaitable<void> device_loop();
  boost::asio::awaitable<void> poll_devices();
  boost::asio::awaitable<void> reentry_loop();
  /// False: it is time to end.
  boost::asio::awaitable<bool> pause(boost::asio::steady_timer& timer,
                                     std::chrono::milliseconds time);

  ops::World& world_;
  ari::Applications& applications_;
  Duties duties_;
  boost::asio::steady_timer decide_timer_;
  boost::asio::steady_timer resync_timer_;
  boost::asio::steady_timer repair_timer_;
  boost::asio::steady_timer reentry_timer_;
  boost::asio::steady_timer reentry_again_timer_;
  boost::asio::steady_timer device_timer_;
  std::optional<TimePoint> shutdown_told_;  ///< The PBX has said that it goes.
  std::string pbx_started_;                 ///< When, in its own words.
  std::uint64_t before_link_ = 0;           ///< Last event before this link came up.
  std::uint64_t links_ = 0;                 ///< How many there have been.
  std::chrono::milliseconds resync_pause_;
  Busy resyncing_;
  bool resync_armed_ = false;
  bool resync_again_ = false;
  bool decide_armed_ = false;
  bool reentry_in_memory_ = false;  ///< It is there because we have added it.
  bool reentry_seen_ = false;       ///< It was looked after on this link.
  Busy reentry_work_;
  ops::Waiters awaiting_reentry_;
  ops::Waiters awaiting_lists_;
  bool lists_asked_ = false;  ///< The first lists have come, or have not.
  bool synchronised_ = false;
  bool stopping_ = false;
};

}  // namespace arigate::app
