#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "core/clock.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"

namespace arigate::replay {

/// The bridges of applications in a recording of an arigate. On the PBX they are conferences, of
/// which only the arigate knew what they stood for: its own events tell it.
class ToldBridges {
 public:
  static constexpr std::size_t remembered_max = 10'000;

  ToldBridges(const model::Store& store, model::Reconciler& reconciler)
      : store_{store}, reconciler_{reconciler} {}

  /// An event, as JSON, that an arigate told while it was recorded; each of its sockets may have.
  void told(const std::string& event, WallTime now);

 private:
  void enters(const ChannelId& channel, const BridgeId& bridge, WallTime now);
  void leaves(const ChannelId& channel, const BridgeId& bridge, WallTime now);
  bool told_before(const std::string& object, std::string_view timestamp);

  const model::Store& store_;
  model::Reconciler& reconciler_;
  std::map<std::string, std::string, std::less<>> last_;  ///< Timestamps, by channel or bridge.
};

}  // namespace arigate::replay
