#include "ami/dialect.hpp"

#include <charconv>

namespace arigate::ami {

Dialect dialect_of(std::string_view ami_version) {
  int major = 0;
  int minor = 0;
  const char* const end = ami_version.data() + ami_version.size();
  const auto [at, error] = std::from_chars(ami_version.data(), end, major);
  if (error == std::errc{} && at != end && *at == '.') std::from_chars(at + 1, end, minor);
  Dialect dialect;
  dialect.major = major;
  if (major <= 1) {
    const bool is_11 = major == 1 && minor >= 3;
    dialect.name = is_11 ? "11" : "1.8";
    dialect.filter = minor >= 2;
    dialect.runtime_context = is_11;
    dialect.hangup_request = is_11;
    return dialect;
  }
  dialect.snapshots = dialect.escapes_values = dialect.takes_channel_id = true;
  dialect.control_playback = dialect.dial_events = dialect.filter = true;
  dialect.runtime_context = dialect.hangup_request = true;
  dialect.soft_hangup_shows_base = major < 11;
  dialect.name = major <= 2 ? "13" : major < 11 ? "16" : "22";
  return dialect;
}

}  // namespace arigate::ami
