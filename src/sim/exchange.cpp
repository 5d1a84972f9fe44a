#include "sim/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include "core/log.hpp"
#include "sim/agi_link.hpp"

namespace arigate::sim {
namespace {

Dialplan parsed(const std::string& text) {
  auto plan = Dialplan::parse(text);
  if (!plan) throw std::invalid_argument{plan.error().detail};  // Start-up: tell the caller.
  return std::move(*plan);
}

}  // namespace

Exchange::Exchange(boost::asio::any_io_executor executor, Options options)
    : executor_{std::move(executor)},
      options_{std::move(options)},
      time_{options_.speed, options_.wall_clock},
      dialect_{make_dialect(options_)},
      sounds_{options_.sounds} {
  start_over();
}

long Exchange::uptime_seconds() const {
  return static_cast<long>(
      std::chrono::duration_cast<std::chrono::seconds>(time_.wall() - started_).count());
}

void Exchange::spawn(std::string_view what, boost::asio::awaitable<void> work) {
  boost::asio::co_spawn(
      executor_, std::move(work),
      [self = shared_from_this(), what = std::string{what}](const std::exception_ptr& thrown) {
        if (!thrown) return;
        try {
          std::rethrow_exception(thrown);
        } catch (const boost::system::system_error& error) {
          if (error.code() == boost::asio::error::operation_aborted) return;  // Killed.
          log::warn("simulated pbx coroutine failed what={} error={}", what, error.what());
        } catch (const std::exception& error) {
          log::error("simulated pbx coroutine failed what={} error={}", what, error.what());
        }
      });
}

void Exchange::drop_everything() {
  conferences_.clear();
  auto doomed = std::move(channels_);
  channels_.clear();
  for (auto& [id, channel] : doomed) {
    channel->gone = true;
    channel->signal.kill();
  }
}

void Exchange::start_over() {
  dialplan_ = parsed(options_.dialplan);
  globals_ = {};
  for (const auto& [name, value] : dialplan_.globals()) globals_.set(name, value);
  unregistered_.clear();
  for (const auto& endpoint : options_.endpoints) {
    if (endpoint.reaction == Reaction::unregistered) unregistered_.push_back(endpoint.name);
  }
  name_counters_.clear();
  id_counter_ = 0;
  started_ = time_.wall();
}

void Exchange::publish(const Events& events) {
  for (const auto& event : events) hub_.publish(event.privilege, dialect_->event(event));
}

std::string Exchange::next_name(std::string_view technology, std::string_view peer) {
  auto& counter = name_counters_[std::string{technology}];
  return fmt::format("{}/{}-{:08x}", technology, peer, counter++);
}

std::string Exchange::next_bridge_id() {
  return fmt::format("6f1a2c00-0000-4000-8000-{:012x}", ++bridge_counter_);
}

ChannelPtr Exchange::create(std::string_view technology, std::string_view peer,
                            std::string_view name, std::optional<std::string> wanted_id) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time_.wall().time_since_epoch()).count();
  auto channel = std::make_shared<Channel>();
  channel->name = name;
  channel->technology = technology;
  channel->peer = peer;
  const auto prefix = options_.system_name.empty() ? "" : options_.system_name + "-";
  const auto number = id_counter_++;
  channel->uniqueid = wanted_id ? *wanted_id : fmt::format("{}{}.{}", prefix, seconds, number);
  channel->linkedid = channel->uniqueid;
  channel->created = time_.now();
  if (technology == "SIP") {
    channel->call_id = fmt::format("{:016x}{:08x}", seconds * 2654435761LL, number);
  }
  channels_[channel->uniqueid] = channel;
  return channel;
}

ChannelPtr Exchange::find(std::string_view name_or_uniqueid) const {
  const auto found = channels_.find(name_or_uniqueid);
  if (found != channels_.end()) return found->second;
  for (const auto& [id, channel] : channels_) {
    if (channel->name == name_or_uniqueid) return channel;
  }
  return nullptr;
}

std::vector<ChannelPtr> Exchange::channels() const {
  std::vector<ChannelPtr> all;
  all.reserve(channels_.size());
  for (const auto& [id, channel] : channels_) all.push_back(channel);
  return all;
}

long Exchange::age_seconds(const Channel& channel) const {
  return static_cast<long>(
      std::chrono::duration_cast<std::chrono::seconds>(time_.since(channel.created)).count());
}

void Exchange::set_state(Channel& channel, ChannelState state) {
  if (channel.state == state) return;
  channel.state = state;
  publish(dialect_->newstate(channel));
  if (state == ChannelState::up && channel.on_answer) channel.on_answer();
}

void Exchange::set_caller(Channel& channel, Party caller) {
  channel.caller = std::move(caller);
  publish(dialect_->new_callerid(channel));
}

void Exchange::set_connected(Channel& channel, Party connected) {
  channel.connected = std::move(connected);
  publish(dialect_->new_connected_line(channel));
}

void Exchange::set_accountcode(Channel& channel, std::string_view code) {
  const auto old = channel.accountcode;
  channel.accountcode = code;
  publish(dialect_->new_accountcode(channel, old));
}

void Exchange::set_progress(Channel& leg, LegProgress progress) {
  if (leg.progress == LegProgress::answered) return;
  leg.progress = progress;
  if (progress == LegProgress::ringing) set_state(leg, ChannelState::ringing);
  if (progress == LegProgress::answered) {
    if (leg.technology == "SIP") publish(dialect_->sip_channel_update(leg, SipMoment::answered));
    set_state(leg, ChannelState::up);
  }
  leg.signal.notify();
}

void Exchange::answer(Channel& channel) {
  set_state(channel, ChannelState::up);
  const auto caller_half = channel.other_half.lock();
  if (caller_half && !channel.first_half && !caller_half->gone) {
    set_progress(*caller_half, LegProgress::answered);
  }
}

void Exchange::indicate_ringing(Channel& channel) {
  const auto caller_half = channel.other_half.lock();
  if (caller_half && !channel.first_half && caller_half->progress == LegProgress::calling) {
    set_progress(*caller_half, LegProgress::ringing);
  }
}

void Exchange::null_frame() {
  ++null_frames_;
  for (const auto& [name, members] : conferences()) {
    for (const auto& member : members) member->signal.notify();
  }
}

void Exchange::play_music(Channel& channel, bool on) {
  if (channel.music_playing == on) return;
  channel.music_playing = on;
  publish(dialect_->music_on_hold(channel, on));
}

void Exchange::far_hangup(Channel& channel, int cause) {
  if (channel.gone || channel.hangup_requested) return;
  if (cause != 0) channel.cause = cause;
  publish(dialect_->hangup_request(channel));
  channel.hangup_requested = channel.far_end_gone = true;
  channel.signal.notify();
}

void Exchange::ask_hangup(Channel& channel, int cause) {
  if (channel.gone) return;
  if (cause != 0) channel.cause = cause;
  channel.hangup_requested = true;
  channel.signal.notify();
}

void Exchange::redirect(Channel& channel, Place place) {
  channel.place = std::move(place);
  channel.redirected = true;
  channel.signal.notify();
}

void Exchange::destroy(Channel& channel) {
  if (channel.gone) return;
  const auto keep = find(channel.uniqueid);  // The table may hold the last reference.
  const auto other = channel.other_half.lock();
  channel.gone = true;
  if (other && !other->gone && channel.first_half) far_hangup(*other, 0);
  if (channel.music_playing) play_music(channel, false);
  publish(dialect_->hangup(channel));
  channels_.erase(channel.uniqueid);
  channel.signal.notify();
  if (other && !other->gone && !channel.first_half) {
    // The half that ran the dialplan ends: the caller's half gets its cause, without an event.
    ask_hangup(*other, channel.cause);
  }
  if (channel.on_end) channel.on_end(channel.cause);
}

void Exchange::digit_down(Channel& channel, char digit) {
  publish(dialect_->dtmf_begin(channel, digit, true));
}

void Exchange::digit_up(Channel& channel, char digit, long ms) {
  publish(dialect_->dtmf_end(channel, digit, true, ms));
  static constexpr std::size_t digits_max = 128;
  if (channel.digits.size() < digits_max) channel.digits.push_back(digit);
  channel.signal.notify();
}

void Exchange::send_digit(Channel& channel, char digit) {
  if (const auto other = channel.other_half.lock(); other && !other->gone) {
    digit_down(*other, digit);
    digit_up(*other, digit, 100);
  }
  if (channel.on_digit) channel.on_digit(digit);
}

void Exchange::keep(std::shared_ptr<AgiLink> link) {
  std::erase_if(agi_links_, [](const auto& old) { return old.expired(); });
  agi_links_.push_back(std::move(link));
}

void Exchange::close_agi(bool reset) {
  for (const auto& weak : agi_links_) {
    if (const auto link = weak.lock()) link->close(reset);
  }
}

const Endpoint* Exchange::endpoint(std::string_view name) const {
  for (const auto& endpoint : options_.endpoints) {
    if (endpoint.name == name) return &endpoint;
  }
  return nullptr;
}

void Exchange::set_endpoint(const Endpoint& endpoint) {
  for (auto& known : options_.endpoints) {
    if (known.name != endpoint.name) continue;
    known = endpoint;
    return;
  }
  options_.endpoints.push_back(endpoint);
}

bool Exchange::registered(std::string_view name) const {
  return endpoint(name) != nullptr &&
         std::find(unregistered_.begin(), unregistered_.end(), name) == unregistered_.end();
}

void Exchange::set_registered(std::string_view name, bool registered) {
  const std::string before = device_state(name);
  std::erase(unregistered_, name);
  if (!registered) unregistered_.emplace_back(name);
  if (device_state(name) != before) tell_device_state(name);
}

void Exchange::tell_device_state(std::string_view device) {
  if (dialect_->control_playback()) {  // From Asterisk 12 on.
    publish({Event{"DeviceStateChange", privilege::call,
                   Fields{}.add("Device", device).add("State", device_state(device))}});
  }
  for (const auto& hint : dialplan_.hints()) {
    if (hint.device != device) continue;
    publish({Event{"ExtensionStatus", privilege::call,
                   Fields{}
                       .add("Exten", hint.exten)
                       .add("Context", hint.context)
                       .add("Hint", hint.device)
                       .add("Status", extension_status(device_state(device)))}});
  }
}

long extension_status(std::string_view device_state) {
  if (device_state == "NOT_INUSE") return 0;
  if (device_state == "INUSE") return 1;
  if (device_state == "BUSY") return 2;
  if (device_state == "UNAVAILABLE" || device_state == "INVALID") return 4;
  if (device_state == "RINGING") return 8;
  if (device_state == "RINGINUSE") return 9;
  if (device_state == "ONHOLD") return 16;
  return 0;
}

}  // namespace arigate::sim
