#pragma once

#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Where POST /channels/{id}/continue sends the channel; "" keeps what the channel has. Without a
/// place at all the dialplan goes on at its next priority.
struct DialplanGoal {
  std::string context;
  std::string exten;
  std::string priority;  ///< A number or a label.
};

/// The AGI commands that name this place. Errc::bad_request: a value that cannot be sent.
Result<std::vector<std::string>> lines_to(const DialplanGoal& goal);

/// Queued behind what runs. Errc::not_found, not_in_application, bad_request, overloaded.
Result<void> continue_in_dialplan(World& world, Entrance& entrance, const ChannelId& channel,
                                  const DialplanGoal& goal);

/// POST /channels/{id}/move: the same session under another application. When that application is
/// not there, ApplicationMoveFailed is told and the channel stays, as in native ARI.
Result<void> move(World& world, const ChannelId& channel, const AppName& application,
                  std::vector<std::string> arguments);

}  // namespace arigate::ops
