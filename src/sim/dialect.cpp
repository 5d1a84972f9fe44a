// What all generations of Asterisk word alike.
#include "sim/dialect.hpp"

namespace arigate::sim {

Fields fields_of(const OriginateOutcome& outcome, std::string_view no_channel) {
  Fields fields;
  if (!outcome.action_id.empty()) fields.add("ActionID", outcome.action_id);
  fields.add("Response", outcome.channel ? "Success" : "Failure")
      .add("Channel", outcome.channel ? outcome.channel->name : outcome.dial_string);
  if (!outcome.application.empty()) {
    fields.add("Application", outcome.application).add("Data", outcome.data);
  } else {
    fields.add("Context", outcome.context).add("Exten", outcome.exten);
  }
  return fields.add("Reason", outcome.reason)
      .add("Uniqueid", outcome.channel ? outcome.channel->uniqueid : no_channel)
      .add("CallerIDNum", or_unknown(outcome.caller.number))
      .add("CallerIDName", or_unknown(outcome.caller.name));
}

}  // namespace arigate::sim
