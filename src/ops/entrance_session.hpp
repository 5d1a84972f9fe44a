#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agi/command.hpp"
#include "ops/admission.hpp"
#include "ops/entrance.hpp"

namespace arigate::ops {

/// One AGI connection, from its environment to its end.
///
///   arriving --enters an application--> held --let go, hangup--> ending --goodbye said--> over
///      |                                 |  ^--back on a new line--|
///      |--refused--> over                |--reenter()--> returning-|--not back in time--> over
///                                        |-----a late redirect-----^
struct Entrance::Session {
  enum class State { arriving, held, returning, ending, over };
  State state = State::arriving;
  std::shared_ptr<AgiLink> link;
  std::shared_ptr<Control> control;
  std::shared_ptr<Control> old_control;  ///< The one of the time before `ending`.
  Uniqueid uniqueid;
  ChannelId channel;  ///< Set when held.
  bool in_own_context = false;
  bool of_leg = false;  ///< The near half of a leg of ours.
  /// Where the dialplan goes on if the channel was once redirected into our context.
  std::optional<model::DialplanPlace> home;
  std::vector<Eventual<bool>> awaiting_return;
  std::string late_token;                ///< Of a Redirect that the PBX did not answer in time.
  bool fresh = false;                    ///< Originated by us, here for the first time.
  bool hung_up = false;                  ///< HANGUP was seen on the AGI side.
  bool hangup_asked = false;             ///< By us; the PBX has not answered yet.
  bool came_back = false;                ///< After a restart of ours.
  bool handed_back = false;              ///< This process ends; HANGUP tells of our own Redirect.
  Eventual<Wake> wake;                   ///< Of a channel that waits for its application.
  std::optional<Destination> waits_for;  ///< That application.
  std::optional<WayOut> leaves_by;       ///< Where it goes when it comes back from `returning`.
  std::unique_ptr<Watches::Watch> hangup_request;
};

/// The line, or NOOP for what cannot be sent.
inline std::string set_variable_line(std::string_view name, std::string_view value) {
  const auto line = agi::command("SET VARIABLE", {name, value});
  return line ? *line : "NOOP";
}

}  // namespace arigate::ops
