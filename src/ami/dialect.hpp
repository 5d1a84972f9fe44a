#pragma once

#include <string_view>

namespace arigate::ami {

/// What the AMI version of the banner tells about a PBX. Filled from protocol/ami/dialects.json.
struct Dialect {
  std::string_view name;           ///< "1.8", "11", "13", "16", "22": the nearest measured one.
  int major = 0;                   ///< Major number of the AMI version; 1 = before Asterisk 12.
  bool snapshots = false;          ///< Events carry whole channel snapshots (Asterisk 12 and up).
  bool escapes_values = false;     ///< C escapes in caller names and variable values.
  bool takes_channel_id = false;   ///< Originate honours ChannelId and OtherChannelId.
  bool control_playback = false;   ///< Action ControlPlayback exists.
  bool dial_events = false;        ///< DialBegin, DialState, DialEnd; else Dial with SubEvent.
  bool device_events = false;      ///< DeviceStateChange is sent.
  bool filter = false;             ///< Action Filter exists.
  bool runtime_context = false;    ///< "dialplan add extension" creates a missing context.
  bool hangup_request = false;     ///< HangupRequest and SoftHangupRequest are sent.
  bool conference_events = false;  ///< ConfbridgeJoin and ConfbridgeLeave are sent.
  bool soft_hangup_shows_base = false;  ///< The last one shows the dialplan as ended already.
};

/// The dialect for a banner version such as "5.0.4". An unknown newer one gets the newest dialect,
/// an unknown older one (or nonsense) the oldest.
Dialect dialect_of(std::string_view ami_version);

}  // namespace arigate::ami
