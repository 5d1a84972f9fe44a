#pragma once

#include <string>
#include <string_view>

#include "sim/options.hpp"

namespace arigate::sim {

/// Dialplan of a small office, in the syntax of extensions.conf. `fastagi` is "host:port" of the
/// FastAGI server. 600 enters the application "demo"; the context [arigate] is not there, so that
/// whoever needs it has to add it.
std::string default_dialplan(std::string_view fastagi);

/// The context that a bridge wants on a PBX: the retry loop around AGI.
std::string arigate_context();

/// A PBX with phones of every temper, its dialplan pointing at `fastagi` ("127.0.0.1:4573").
Options demo_options(std::string_view fastagi);

}  // namespace arigate::sim
