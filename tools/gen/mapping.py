"""protocol/mapping -> src/generated/mapping.hpp and .cpp."""

import cpp
import protocol

HEADER = """#pragma once

#include <optional>
#include <string_view>

namespace arigate::mapping {

/// Text that the PBX sends with a hangup cause; "Unknown" for 0 and for numbers it has no text for.
std::string_view cause_text(int cause);

/// Cause number for a reason of DELETE /channels/{channelId} ("busy"); nullopt: no such reason.
std::optional<int> cause_of_reason(std::string_view reason);

/// ARI's name of an AMI ChannelState number; "Unknown" beyond the table.
std::string_view channel_state_name(int number);

/// The other way round, from ChannelStateDesc ("Ringing").
std::optional<int> channel_state_number(std::string_view name);

}  // namespace arigate::mapping
"""

SOURCE = """#include "generated/mapping.hpp"

#include <cstddef>
#include <iterator>

namespace arigate::mapping {{
namespace {{

struct Reason {{
  std::string_view name;
  int cause;
}};

constexpr Reason reasons[] = {{
{reasons}
}};

/// The index is the number.
constexpr std::string_view states[] = {{
{states}
}};

}}  // namespace

std::string_view cause_text(int cause) {{
  switch (cause) {{
{causes}
    default: return "Unknown";
  }}
}}

std::optional<int> cause_of_reason(std::string_view reason) {{
  for (const auto& [name, cause] : reasons) {{
    if (name == reason) return cause;
  }}
  return std::nullopt;
}}

std::string_view channel_state_name(int number) {{
  if (number < 0 || static_cast<std::size_t>(number) >= std::size(states)) return "Unknown";
  return states[number];
}}

std::optional<int> channel_state_number(std::string_view name) {{
  for (std::size_t number = 0; number < std::size(states); ++number) {{
    if (states[number] == name) return static_cast<int>(number);
  }}
  return std::nullopt;
}}

}}  // namespace arigate::mapping
"""


def files():
    causes = protocol.load("mapping/hangup_causes.json")["causes"]
    reasons = protocol.load("mapping/hangup_reasons.json")["reasons"]
    states = protocol.load("mapping/channel_states.json")["states"]
    if [state["number"] for state in states] != list(range(len(states))):
        raise ValueError("channel states must be numbered from 0 without a gap")
    known = {cause["number"] for cause in causes}
    unknown = [reason for reason in reasons if reason["cause"] not in known]
    if unknown:
        raise ValueError(f"reasons with a cause that has no text: {unknown}")
    promised = next(
        parameter["allowableValues"]["values"]
        for enumerator, _, _, operation in protocol.operations() if enumerator == "channels_hangup"
        for parameter in operation["parameters"] if parameter["name"] == "reason")
    if promised != [reason["reason"] for reason in reasons]:
        raise ValueError("hangup_reasons.json and the api-docs list different reasons")
    return {
        "src/generated/mapping.hpp": cpp.BANNER + HEADER,
        "src/generated/mapping.cpp": cpp.BANNER + SOURCE.format(
            reasons=cpp.lines(
                [f"{{{cpp.string(r['reason'])}, {r['cause']}}}" for r in reasons], 4),
            states=cpp.wrapped([cpp.string(state["name"]) for state in states], 4),
            causes="\n".join(f"    case {c['number']}: return {cpp.string(c['text'])};"
                             for c in causes)),
    }
