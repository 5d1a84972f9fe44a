#pragma once

#include <deque>
#include <string>

#include "core/result.hpp"

// The AGI commands of the verbs that need no machine: they are sent one after the other, and
// nothing but their replies is waited for. run_commands() or a SequenceJob takes them.
namespace arigate::ops {

using Lines = std::deque<std::string>;

Lines ring_lines();
/// In-band ringing stops; a 180 that a phone has got cannot be taken back, natively either.
Lines ring_stop_lines();
Lines progress_lines();
Lines start_silence_lines();
Lines stop_silence_lines();
Lines stop_moh_lines();
/// Neither AMI nor AGI has an indication of hold: what the drivers do for it, music, is done.
Lines hold_lines();
Lines unhold_lines();
/// Errc::bad_request: a class that cannot be sent. "" is the PBX's default.
Result<Lines> start_moh_lines(const std::string& music_class);

struct DtmfOrder {
  std::string digits;  ///< 0-9 * # A-D, w for a pause; anything else is passed over, as natively.
  long before_ms = 0;
  long between_ms = 100;
  long duration_ms = 100;
  long after_ms = 0;
};

/// What can be sent as a digit, or waits for one.
bool is_digit(char c);

/// Errc::bad_request: nothing to send. A time below 0, which natively blocks the channel for good,
/// counts as 0.
Result<Lines> dtmf_lines(const DtmfOrder& order);

}  // namespace arigate::ops
