#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "core/clock.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "ops/control.hpp"
#include "ops/pbx_media.hpp"
#include "ops/ports.hpp"
#include "ops/watches.hpp"

namespace arigate::ops {

class CreatedChannels;

/// What every operation works with. app::Gateway owns the parts; they outlive all operations.
struct World {
  const Clock& clock;
  const model::Store& store;
  model::Reconciler& reconciler;
  AmiPort& ami;
  Watches& watches;
  Controls& controls;
  ApplicationPort& applications;
  std::function<void()> ask_resync;  ///< Starts a new channel list, unless one is under way.
  /// Until the PBX was looked at for the re-entry context, on this link: a new one may have lost
  /// it, and a channel that is led nowhere is hung up. It comes before every action that leads a
  /// channel there; it does not wait where the link is down, nor longer than an action may take.
  std::function<boost::asio::awaitable<void>()> ensure_reentry;
  Timeouts timeouts;
  std::string dialplan_context = "arigate";
  std::size_t commands_queued_max = Control::queue_max;  ///< Waiting on one channel.
  bool live_dangerously = false;  ///< Let ARI use functions that run or read things on the host.
  PbxMedia media{};
  /// PlayDTMF puts a digit into a channel as if its phone had sent it (13.30, 16.7, 17.1 and
  /// later); earlier ones send it to the phone, whatever they are asked for.
  bool receives_digits = true;
  /// Variables set one after the other without an event of it: an AMI user who may not read the
  /// class "dialplan" hears of none. A new link begins anew.
  int untold_variables = 0;
  /// Starts what goes on by itself, on the core thread; its end is nobody's concern.
  std::function<void(boost::asio::awaitable<void>)> spawn{};
  CreatedChannels* created = nullptr;  ///< Those that the PBX does not have yet.

  TimePoint in(std::chrono::milliseconds wait) const { return clock.now() + wait; }
};

/// The errors that native ARI has for every operation on a channel.
inline Error channel_not_found() {
  return {Errc::not_found, "Channel not found"};
}
inline Error channel_not_in_stasis() {
  return {Errc::not_in_application, "Channel not in Stasis application"};
}

inline Error channel_in_invalid_state() {
  return {Errc::wrong_state, "Channel in invalid state"};
}

inline Error link_is_down() {
  return {Errc::unavailable, "The link to the PBX is down"};
}

/// Nobody hears anything yet on such a channel, unless the PBX says that media come.
inline bool is_unanswered(const World& world, const ChannelId& channel) {
  const auto* known = world.store.find(channel);
  return known != nullptr && known->state != model::ChannelState::up;
}

/// The control of a channel: Errc::not_found or Errc::not_in_application.
inline Result<Control*> control_of(const World& world, const ChannelId& channel) {
  const auto* known = world.store.find(channel);
  if (known == nullptr) return channel_not_found();
  Control* control = world.controls.find(channel);
  if (control == nullptr || !known->application) return channel_not_in_stasis();
  return control;
}

/// The same for what native ARI refuses on a channel that has not been dialled: Errc::wrong_state.
inline Result<Control*> usable_control_of(const World& world, const ChannelId& channel) {
  auto control = control_of(world, channel);
  if (!control) return control;
  const auto state = world.store.find(channel)->state;
  if (state == model::ChannelState::down || state == model::ChannelState::reserved) {
    return channel_in_invalid_state();
  }
  return control;
}

}  // namespace arigate::ops
