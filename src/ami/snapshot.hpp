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

/// The header that tells the PBX's variables of that channel: ChanVariable, DestChanVariable, ...
Key variable_key(Role role);

/// Calls take(name, value as it came) for each of them; `channel`: the name of the channel.
template <typename Take>
void each_variable(const Message& event, Role role, std::string_view channel, Take take) {
  const Key key = variable_key(role);
  if (!event.has(key)) return;
  for (const auto& header : event.headers()) {
    if (header.key != key) continue;
    // Before Asterisk 12 all channels of an event share the key: "ChanVariable(SIP/a-01)".
    if (const auto open = header.name.find('('); open != std::string_view::npos) {
      auto of = header.name.substr(open + 1);
      if (of.ends_with(')')) of.remove_suffix(1);
      if (of != channel) continue;
    }
    const auto equals = header.value.find('=');
    if (equals == std::string_view::npos) continue;
    take(header.value.substr(0, equals), header.value.substr(equals + 1));
  }
}

/// The same for bridges.
enum class BridgeRole : std::uint8_t { own, to, from, orig, second };

struct BridgeSnapshot {
  std::string_view uniqueid, type, technology, creator, name;
  std::string_view video_mode, video_source;
};

BridgeSnapshot bridge_snapshot_of(const Message& event, BridgeRole role = BridgeRole::own);

}  // namespace arigate::ami
