#pragma once

#include <vector>

#include "ari/event_log.hpp"
#include "arigate/config.hpp"
#include "core/ids.hpp"
#include "io/outbound_websockets.hpp"
#include "ops/admission.hpp"

namespace arigate::app {

// From the configuration to what its parts work with.

/// The section of that application, else `*`, else the defaults.
const ApplicationConfig& application_config(const Config& config, const AppName& name);

ops::AwayPolicy away_policy(const Config& config, const AppName& name);
ari::EventLog::Limits log_limits(const Config& config, const AppName& name);
std::vector<io::OutboundOptions> outbound_options(const Config& config);

}  // namespace arigate::app
