#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace arigate::agi {

/// What the PBX says of a channel when it opens a FastAGI connection. First value wins: a line end
/// in a caller name can forge later ones. "unknown" of the caller fields becomes "".
struct Environment {
  std::string request;         ///< agi_request: the whole URL.
  std::string network_script;  ///< agi_network_script: path after the first slash, with ?query.
  std::string channel;         ///< agi_channel: the channel's name.
  std::string uniqueid;
  std::string language;
  std::string type;
  std::string version;
  std::string caller_number;  ///< agi_callerid
  std::string caller_name;    ///< agi_calleridname
  std::string dnid;
  std::string rdnis;
  std::string context;
  std::string extension;
  int priority = 1;
  std::string accountcode;
  std::vector<std::string> arguments;  ///< agi_arg_1 … agi_arg_n
};

/// Application and arguments that the dialplan asks for:
///   AGI(agi://host/app,a,b)      -> "app", {"a","b"}
///   AGI(agi://host/app?a&b=c,d)  -> "app", {"a","b=c","d"}   (query parts percent-decoded)
/// Errc::not_found when the URL names no application.
struct Target {
  std::string application;
  std::vector<std::string> arguments;
};
Result<Target> target_of(const Environment& environment);

}  // namespace arigate::agi
