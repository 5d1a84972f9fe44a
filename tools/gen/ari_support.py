"""protocol/ari/support.json -> src/generated/ari_support.hpp and .cpp."""

import cpp
import protocol

HEADER = """#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "generated/ari_operations.hpp"

namespace arigate::ari {{

/// A line of Asterisk releases; other releases count as the nearest of these.
enum class PbxLine : std::uint8_t {{ {lines} }};

/// The line with this name ("1.8", "11"…), as ami::Dialect has it.
std::optional<PbxLine> pbx_line(std::string_view name);
std::string_view name(PbxLine line);

enum class Support : std::uint8_t {{
  exact,     ///< As native ARI does it.
  emulated,  ///< Same interface; `why` tells what differs.
  refused,   ///< 501 with `why` and `enable`.
}};

struct SupportInfo {{
  std::array<Support, {count}> on;  ///< By PbxLine.
  std::string_view why;      ///< "" when there is nothing to explain.
  std::string_view enable;   ///< What the operator can do about it; "" when nothing.
  std::string_view modules;  ///< Without these it is refused: "app_a app_b".
  std::string_view write;    ///< Without these write classes of the AMI user too: "originate".
}};

const SupportInfo& support(Operation operation);
inline Support support(Operation operation, PbxLine line) {{
  return support(operation).on[static_cast<std::size_t>(line)];
}}

}}  // namespace arigate::ari
"""

SOURCE = """#include "generated/ari_support.hpp"

#include <iterator>

namespace arigate::ari {{
namespace {{

using enum Support;

constexpr std::string_view lines[] = {{
{lines}
}};

constexpr SupportInfo table[operation_count] = {{
{rows}}};

}}  // namespace

std::optional<PbxLine> pbx_line(std::string_view name) {{
  for (std::size_t line = 0; line < std::size(lines); ++line) {{
    if (lines[line] == name) return static_cast<PbxLine>(line);
  }}
  return std::nullopt;
}}

std::string_view name(PbxLine line) {{ return lines[static_cast<std::size_t>(line)]; }}

const SupportInfo& support(Operation operation) {{
  return table[static_cast<std::size_t>(operation)];
}}

}}  // namespace arigate::ari
"""


def files():
    definition = protocol.load("ari/support.json")
    lines = definition["lines"]
    entries = definition["operations"]
    rows = []
    for enumerator, *_ in protocol.operations():
        if enumerator not in entries:
            raise ValueError(f"support.json lacks {enumerator}")
        entry = entries[enumerator]
        support = entry["support"]
        levels = [support.get(line, support["default"]) for line in lines]
        if set(support) - {"default", *lines}:
            raise ValueError(f"support.json: unknown line for {enumerator}")
        if levels.count("exact") < len(levels) and "why" not in entry:
            raise ValueError(f"support.json: {enumerator} needs a why")
        if "refused" in levels and "enable" not in entry:
            raise ValueError(f"support.json: {enumerator} needs an enable")
        needs = entry.get("needs", {})
        rows.append(f"    // {enumerator}\n    {{{{{', '.join(levels)}}},\n"
                    f"     {cpp.string(entry.get('why', ''))},\n"
                    f"     {cpp.string(entry.get('enable', ''))},\n"
                    f"     {cpp.string(' '.join(needs.get('modules', [])))},\n"
                    f"     {cpp.string(' '.join(needs.get('write', [])))}}},\n")
    if len(rows) != len(entries):
        raise ValueError("support.json names operations that do not exist")
    return {
        "src/generated/ari_support.hpp": cpp.BANNER + HEADER.format(
            lines=", ".join("asterisk_" + line.replace(".", "_") for line in lines),
            count=len(lines)),
        "src/generated/ari_support.cpp": cpp.BANNER + SOURCE.format(
            lines=cpp.wrapped([cpp.string(line) for line in lines], 4), rows="".join(rows)),
    }
