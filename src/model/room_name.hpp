#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/bridge.hpp"

namespace arigate::model {

/// The conference that stands for a bridge of an application on the PBX. Its name holds the id, so
/// that a bridge with people in it is found again after a restart of ours, and the context that is
/// ours alone: to another gateway on the same PBX it is a conference like any other.
std::string room_of(const Bridge& bridge, std::string_view context);

struct Room {
  BridgeId bridge;
  bool holding;
  bool shortened =
      false;  ///< The id was too long: `bridge` is not it, see Reconciler::room_called().
};
/// nullopt: a conference that is not ours.
std::optional<Room> room_named(std::string_view name, std::string_view context);

}  // namespace arigate::model
