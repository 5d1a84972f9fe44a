#include "ops/connected_line.hpp"

namespace arigate::ops {

/// `"Name" <number>` in one value, so that the PBX tells of one change and not of two.
ami::Action connected_line_action(const std::string& channel_name, const model::Party& party) {
  std::string value;
  if (!party.name.empty()) {
    value += '"';
    for (const char c : party.name) {
      if (c == '"' || c == '\\') value += '\\';
      value += c;
    }
    value += "\" ";
  }
  if (!party.number.empty()) value.append("<").append(party.number).append(">");
  return ami::Action{"Setvar"}
      .add("Channel", channel_name)
      .add("Variable", "CONNECTEDLINE(all)")
      .add("Value", value);
}

}  // namespace arigate::ops
