#pragma once

#include <string_view>

#include "ami/message.hpp"

namespace arigate::ami {

/// Which of the channels that one event tells about; it is the prefix of the header names.
enum class Role { own, dest };

/// The headers that describe one channel, as they came. Old dialects fill only some.
struct Snapshot {
  std::string_view channel, uniqueid, linkedid;
  std::string_view state;  ///< Decimal number.
  std::string_view caller_number, caller_name, connected_number, connected_name;
  std::string_view language, accountcode, tenantid;
  std::string_view context, exten, priority;
};

Snapshot snapshot_of(const Message& event, Role role = Role::own);

}  // namespace arigate::ami
