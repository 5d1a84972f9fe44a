#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/bridge.hpp"

namespace arigate::model {

/// The conference that stands for a bridge of an application on the PBX. Its name holds the id, so
/// that a bridge with people in it is found again after a restart of ours.
std::string room_of(const Bridge& bridge);

struct Room {
  BridgeId bridge;
  bool holding;
  bool shortened =
      false;  ///< The id was too long: `bridge` is not it, see Reconciler::room_called().
};
/// nullopt: a conference that is not ours.
std::optional<Room> room_named(std::string_view name);

}  // namespace arigate::model
