#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace arigate::test {

/// What a PBX says first on a FastAGI connection for the dialplan line in,600,1.
inline std::string agi_environment(std::string_view channel, std::string_view id,
                                   std::string_view application = "demo",
                                   std::string_view caller = "100") {
  return fmt::format(
      "agi_network: yes\nagi_network_script: {3}\nagi_request: agi://127.0.0.1/{3}\n"
      "agi_channel: {0}\nagi_language: en\nagi_type: SIP\nagi_uniqueid: {1}\nagi_version: 11.0\n"
      "agi_callerid: {2}\nagi_calleridname: x\nagi_context: in\nagi_extension: 600\n"
      "agi_priority: 1\nagi_enhanced: 0.0\nagi_accountcode: \nagi_threadid: 1\n\n",
      channel, id, caller, application);
}

}  // namespace arigate::test
