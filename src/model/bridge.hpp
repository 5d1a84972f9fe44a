#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"

namespace arigate::model {

/// A variable that an application has given to a bridge of its own.
struct BridgeVariable {
  std::string name;
  std::string value;
  bool shown = false;  ///< With every event about the bridge.
};

/// Channels that hear each other, as the PBX last told. Only model::Reconciler writes it.
struct Bridge {
  BridgeId id;
  std::string technology;    ///< "simple_bridge", "softmix", "native_rtp", "holding_bridge".
  std::string bridge_class;  ///< "basic" for a call of two, "base", "parking", "stasis".
  std::string creator;
  std::string name;
  std::string video_mode;  ///< "none", "talker", "single", "sfu".
  std::string video_source;
  bool video_cleared = false;       ///< Its source is none any more, which nothing has told yet.
  std::vector<ChannelId> channels;  ///< In the order in which they entered.
  bool made_up = false;  ///< A conference or parking lot of an old PBX; ends with its last member.
  bool own = false;      ///< Made by an application: the PBX has a conference in its place.
  bool holding = false;  ///< Of its own: the members wait and do not hear each other.
  std::vector<BridgeVariable> variables;
  bool linked = false;  ///< A call of two that an old PBX told with Link; it ends with its members.
  WallTime created{};
  std::uint64_t touched = 0;   ///< Serial number of the last event about it, for resync.
  std::uint64_t revision = 0;  ///< Grows with each change of a field that ARI shows.
};

}  // namespace arigate::model
