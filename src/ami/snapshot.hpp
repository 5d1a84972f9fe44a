#pragma once

#include <cstdint>
#include <string_view>

#include "ami/message.hpp"

namespace arigate::ami {

/// Which of the channels that one event tells about; it is the prefix of the header names.
enum class Role : std::uint8_t {
  own,
  dest,
  transferer,
  transferee,
  orig_transferer,
  second_transferer,
  transfer_target,
  forwarded,
  parkee,
  local_one,
  local_two,
};

/// The headers that describe one channel, as they came. Old dialects fill only some.
struct Snapshot {
  std::string_view channel, uniqueid, linkedid;
  std::string_view state;  ///< Decimal number.
  std::string_view caller_number, caller_name, connected_number, connected_name;
  std::string_view language, accountcode, tenantid;
  std::string_view context, exten, priority;
};

Snapshot snapshot_of(const Message& event, Role role = Role::own);

/// The header that tells the PBX's list of variables of that channel: ChanVariable, DestChanVariable…
Key variable_key(Role role);

/// The same for bridges.
enum class BridgeRole : std::uint8_t { own, to, from, orig, second };

struct BridgeSnapshot {
  std::string_view uniqueid, type, technology, creator, name;
  std::string_view video_mode, video_source;
};

BridgeSnapshot bridge_snapshot_of(const Message& event, BridgeRole role = BridgeRole::own);

}  // namespace arigate::ami
