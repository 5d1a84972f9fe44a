#include "sim/ami_action.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace arigate::sim {

void ActionCall::respond(std::string_view response, const Fields& fields) const {
  Fields all;
  all.add("Response", response);
  if (request.has("ActionID")) all.add("ActionID", action_id());
  all.append(fields);
  out->send(all.text() + "\r\n");
}

void ActionCall::begin_list(std::string_view message, bool announced) const {
  Fields fields;
  if (announced) fields.add("EventList", "start");
  respond("Success", fields.add("Message", message));
}

void ActionCall::item(std::string_view event, const Fields& fields) const {
  Fields all;
  all.add("Event", event);
  if (request.has("ActionID")) all.add("ActionID", action_id());
  all.append(fields);
  out->send(all.text() + "\r\n");
}

void ActionCall::end_list(std::string_view event, const Fields& fields) const {
  out->send(Fields{}.add("Event", event).append(fields).text() + "\r\n");
}

const ActionRow* find_action(const Dialect& dialect, std::string_view name) {
  const bool since_10 = name.starts_with("Confbridge") || iequals(name, "MessageSend");
  if (since_10 && !dialect.conferences_told()) return nullptr;
  for (const auto group :
       {call_actions(), state_actions(), conference_actions(), system_actions()}) {
    for (const auto& row : group) {
      if (!iequals(row.name, name)) continue;
      const bool newer = iequals(name, "ControlPlayback");
      return newer && !dialect.control_playback() ? nullptr : &row;
    }
  }
  return nullptr;
}

}  // namespace arigate::sim
