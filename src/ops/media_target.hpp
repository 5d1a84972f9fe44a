#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/control.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Where something is played or recorded: the command line that does it, and the object that ARI
/// names. For a channel both are the same; for a bridge the line is that of a hidden leg in it,
/// which need not be among World::controls, but whose channel the model must know (hidden or not).
struct MediaTarget {
  std::shared_ptr<Control> control;
  ChannelId channel;  ///< "" for a bridge.
  BridgeId bridge;    ///< "" for a channel.
  /// Ends whatever runs on the line, where that is not done by taking a channel of an application
  /// out of its command: for a leg of our own.
  std::function<void()> take_out{};

  std::string uri() const {
    return bridge.value.empty() ? "channel:" + channel.value : "bridge:" + bridge.value;
  }
};

/// A channel in an application. Errc::not_found or Errc::not_in_application.
inline Result<MediaTarget> target_of(const World& world, const ChannelId& channel) {
  const auto control = control_of(world, channel);
  if (!control) return control.error();
  return MediaTarget{(*control)->shared_from_this(), channel, {}, {}};
}

/// A bridge, by way of a leg in it. `take_out` ends what the leg runs, if need be the leg itself.
inline MediaTarget target_of(const BridgeId& bridge, std::shared_ptr<Control> leg,
                             std::function<void()> take_out = {}) {
  return MediaTarget{std::move(leg), {}, bridge, std::move(take_out)};
}

}  // namespace arigate::ops
