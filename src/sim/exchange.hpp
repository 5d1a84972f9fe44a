#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/channel.hpp"
#include "sim/dialect.hpp"
#include "sim/dialplan.hpp"
#include "sim/event_hub.hpp"
#include "sim/options.hpp"
#include "sim/sounds.hpp"
#include "sim/timeline.hpp"

namespace arigate::sim {

class AgiLink;

/// The state of the simulated PBX and the only place that changes a channel: every change goes out
/// as the events of the dialect. One thread runs all of it. Its coroutines hold it by shared_ptr,
/// so it lives until the last of them has ended.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  static constexpr std::size_t channels_max = 4096;

  Exchange(boost::asio::any_io_executor executor, Options options);

  const Options& options() const { return options_; }
  const Timeline& time() const { return time_; }
  const Dialect& dialect() const { return *dialect_; }
  SoundTable& sounds() { return sounds_; }
  Dialplan& dialplan() { return dialplan_; }
  EventHub& hub() { return hub_; }
  const boost::asio::any_io_executor& executor() const { return executor_; }
  std::chrono::system_clock::time_point started() const { return started_; }
  long uptime_seconds() const;

  /// Runs `work` until it ends; what it throws is logged, cancelled coroutines end silently.
  void spawn(std::string_view what, boost::asio::awaitable<void> work);

  /// All channels die without a word, as in a crash; what they ran is unwound.
  void drop_everything();
  /// A fresh start: globals and the dialplan as at the beginning.
  void start_over();

  void publish(const Events& events);

  // Channels
  /// "SIP/alice-00000003" or "Local/x@y-00000004;1": counters as the PBX has them.
  ChannelPtr create(std::string_view technology, std::string_view peer, std::string_view name,
                    std::optional<std::string> wanted_id = std::nullopt);
  std::string next_name(std::string_view technology, std::string_view peer);
  ChannelPtr find(std::string_view name_or_uniqueid) const;
  std::vector<ChannelPtr> channels() const;
  bool full() const { return channels_.size() >= channels_max; }
  long age_seconds(const Channel& channel) const;

  void announce(const Channel& channel) { publish(dialect_->newchannel(channel)); }
  void set_state(Channel& channel, ChannelState state);
  void set_caller(Channel& channel, Party caller);
  void set_connected(Channel& channel, Party connected);
  void set_accountcode(Channel& channel, std::string_view code);
  /// The far side or a control reports how a called leg is doing.
  void set_progress(Channel& leg, LegProgress progress);
  /// Answers an incoming call: the state, and the other half of a Local pair.
  void answer(Channel& channel);
  /// "Ringing" towards whoever calls this channel.
  void indicate_ringing(Channel& channel);
  void play_music(Channel& channel, bool on);

  /// The far side hung up: HangupRequest, and the channel's coroutine ends it.
  void far_hangup(Channel& channel, int cause);
  /// Asked for on this side (AMI Hangup, Dial, the end of an originated call): no event yet.
  void ask_hangup(Channel& channel, int cause);
  void redirect(Channel& channel, Place place);
  /// The end: Hangup event, out of the table. Only the coroutine that owns the channel calls it.
  void destroy(Channel& channel);

  /// A digit from the far side, in two steps; digit_up() makes it readable for the application.
  void digit_down(Channel& channel, char digit);
  void digit_up(Channel& channel, char digit, long ms);
  /// A digit towards the far side: the other half of a Local pair hears it, a phone may listen.
  void send_digit(Channel& channel, char digit);

  // Variables
  /// `channel` is null for a global one. Functions such as CALLERID(num) can be written too.
  bool set_variable(Channel* channel, std::string_view name, std::string_view value);
  /// nullopt: not set, or no such function.
  std::optional<std::string> variable(Channel* channel, std::string_view name);
  /// Replaces ${…} and $[…].
  std::string substitute(Channel* channel, std::string_view text);
  std::string device_state(std::string_view device) const;
  /// ExtensionStatus of the hints for that device.
  void tell_device_state(std::string_view device);

  const Endpoint* endpoint(std::string_view name) const;
  bool registered(std::string_view name) const;
  void set_registered(std::string_view name, bool registered);
  /// Replaces the endpoint of that name, or adds it.
  void set_endpoint(const Endpoint& endpoint);

  /// Remembers a FastAGI connection, for close_agi().
  void keep(std::shared_ptr<AgiLink> link);
  /// Cuts every FastAGI connection, as a broken network does.
  void close_agi(bool reset);

  std::map<std::string, std::string>& database() { return database_; }
  /// Log channels made while it runs: name and levels.
  std::map<std::string, std::string>& log_channels() { return log_channels_; }
  /// Modules unloaded while it runs.
  std::set<std::string, std::less<>>& unloaded_modules() { return unloaded_modules_; }
  /// Members of each conference, in the order in which they came.
  std::map<std::string, std::vector<ChannelPtr>>& conferences() { return conferences_; }
  long next_command_id() { return ++command_ids_; }

  /// A frame without content, given to a channel: wakes who hangs in a conference.
  void null_frame();
  long null_frames() const { return null_frames_; }
  std::string next_bridge_id();

 private:
  void plain_variable(Channel* channel, std::string_view name, std::string_view value);
  std::optional<std::string> builtin(Channel& channel, std::string_view name) const;
  bool write_function(Channel* channel, std::string_view name, std::string_view argument,
                      std::string_view value);
  std::optional<std::string> read_function(Channel* channel, std::string_view name,
                                           std::string_view argument);
  std::string expand(Channel* channel, std::string_view text, int depth);

  boost::asio::any_io_executor executor_;
  Options options_;
  Timeline time_;
  std::unique_ptr<Dialect> dialect_;
  SoundTable sounds_;
  Dialplan dialplan_;
  EventHub hub_;
  std::chrono::system_clock::time_point started_;

  std::map<std::string, ChannelPtr, std::less<>> channels_;  ///< By unique id.
  std::map<std::string, unsigned, std::less<>> name_counters_;
  unsigned id_counter_ = 0;
  unsigned bridge_counter_ = 0;
  long command_ids_ = 100000;
  Variables globals_;
  std::map<std::string, std::string> custom_device_states_;
  std::map<std::string, std::string> database_;
  std::map<std::string, std::vector<ChannelPtr>> conferences_;
  std::map<std::string, std::string> log_channels_;
  std::set<std::string, std::less<>> unloaded_modules_;
  std::vector<std::string> unregistered_;
  std::vector<std::weak_ptr<AgiLink>> agi_links_;
  long null_frames_ = 0;
};

/// Number of an extension state, as AMI shows it.
long extension_status(std::string_view device_state);

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace arigate::sim
