#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "model/channel.hpp"

namespace arigate::model {

/// The application that a channel goes to, with its arguments.
struct Destination {
  AppName application;
  std::vector<std::string> arguments;
};

// What a channel carries in variables of its own, to be known when it comes back after a restart of
// ours. ARIGATE_APP: where it was, "app,arg1,arg2". ARIGATE_HOME: where its dialplan goes on,
// "context,exten,priority".

/// In the place of an application: the channel is offered to all of them, as StasisBroadcast does.
inline constexpr std::string_view broadcast_script = "StasisBroadcast";

std::string text_of(const Destination& destination);
Destination destination_in(std::string_view text);

std::string text_of(const DialplanPlace& place);
/// nullopt: no such text.
std::optional<DialplanPlace> place_in(std::string_view text);

}  // namespace arigate::model
