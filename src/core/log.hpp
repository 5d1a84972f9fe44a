#pragma once

// One log line is one event: "what happened key=value key=value", with ids. Levels: error = act;
// warn = worked around; info = life cycle; debug = messages. The sink is set up in app/main.
#include <spdlog/spdlog.h>

namespace arigate::log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;
}  // namespace arigate::log
