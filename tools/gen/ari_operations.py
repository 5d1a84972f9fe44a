"""protocol/ari/resources -> src/generated/ari_operations.hpp and .cpp."""

import cpp
import protocol

HEADER = """#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace arigate::ari {{

/// Every operation of ARI: its resource and its nickname.
enum class Operation : std::uint8_t {{
{enumerators}
}};

inline constexpr std::size_t operation_count = {count};

struct ParameterInfo {{
  enum class In : std::uint8_t {{ path, query, body }};
  std::string_view name;
  In in;
  std::string_view data_type;
  bool required;
  bool allow_multiple;
  std::string_view default_value;              ///< As text; "" when there is none.
  std::span<const std::string_view> allowed;   ///< Empty: any text.
  std::optional<long> min;
  std::optional<long> max;
}};

struct OperationInfo {{
  Operation operation;
  std::string_view method;                     ///< "GET", "POST", "PUT" or "DELETE".
  std::string_view path;                       ///< "/channels/{{channelId}}/answer", below /ari.
  std::string_view resource;                   ///< "channels"
  std::string_view nickname;                   ///< "answer"
  std::string_view response_class;             ///< "void": 204. Else a model or "List[…]".
  std::span<const ParameterInfo> parameters;
  std::span<const std::uint16_t> error_codes;  ///< Status codes that the api-docs promise.
  bool websocket;                              ///< Is answered by an upgrade.
}};

/// All operations; the index is the value of Operation.
std::span<const OperationInfo> operations();
const OperationInfo& info(Operation operation);
/// "channels_answer"
std::string_view name(Operation operation);

}}  // namespace arigate::ari
"""

SOURCE = """#include "generated/ari_operations.hpp"

namespace arigate::ari {{
namespace {{

using std::string_view_literals::operator""sv;
using In = ParameterInfo::In;

constexpr std::nullopt_t open = std::nullopt;
constexpr std::span<const std::string_view> any_text{{}};

{arrays}
constexpr OperationInfo table[operation_count] = {{
{rows}}};

constexpr std::string_view names[operation_count] = {{
{names}
}};

}}  // namespace

std::span<const OperationInfo> operations() {{ return table; }}

const OperationInfo& info(Operation operation) {{
  return table[static_cast<std::size_t>(operation)];
}}

std::string_view name(Operation operation) {{ return names[static_cast<std::size_t>(operation)]; }}

}}  // namespace arigate::ari
"""


def _text(value):
    """A default value as it would stand in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parameter(parameter, allowed_name):
    allowed = parameter.get("allowableValues", {})
    limits = [str(allowed[key]) if key in allowed else "open" for key in ("min", "max")]
    return ", ".join([
        cpp.string(parameter["name"]) + "sv",
        "In::" + parameter["paramType"],
        cpp.string(parameter["dataType"]) + "sv",
        _text(parameter.get("required", False)),
        _text(parameter.get("allowMultiple", False)),
        cpp.string(_text(parameter["defaultValue"]) if "defaultValue" in parameter else "") + "sv",
        allowed_name,
        *limits,
    ])


def files():
    arrays, rows, names = [], [], []
    for enumerator, resource, path, operation in protocol.operations():
        lines = []
        for parameter in operation.get("parameters", []):
            values = parameter.get("allowableValues", {}).get("values")
            allowed_name = "any_text"
            if values:
                allowed_name = f"{enumerator}_{protocol.snake(parameter['name'])}"
                words = cpp.wrapped([cpp.string(value) + "sv" for value in values], 4)
                arrays.append(f"constexpr std::string_view {allowed_name}[] = {{\n{words}\n}};\n")
            lines.append(f"    {{{_parameter(parameter, allowed_name)}}},\n")
        parameters, errors = "{}", "{}"
        if lines:
            parameters = f"{enumerator}_parameters"
            arrays.append(f"constexpr ParameterInfo {parameters}[] = {{\n{''.join(lines)}}};\n")
        if operation.get("errorResponses"):
            errors = f"{enumerator}_errors"
            codes = ", ".join(str(error["code"]) for error in operation["errorResponses"])
            arrays.append(f"constexpr std::uint16_t {errors}[] = {{{codes}}};\n")
        names.append(enumerator)
        texts = [operation["httpMethod"], path, resource, operation["nickname"],
                 operation["responseClass"]]
        rows.append(f"    {{Operation::{enumerator}, "
                    + ", ".join(cpp.string(text) + "sv" for text in texts)
                    + f",\n     {parameters}, {errors}, {_text('upgrade' in operation)}}},\n")
    if len(names) > 256:
        raise ValueError("Operation no longer fits in eight bits")
    return {
        "src/generated/ari_operations.hpp": cpp.BANNER + HEADER.format(
            enumerators=cpp.lines(names, 2), count=len(names)),
        "src/generated/ari_operations.cpp": cpp.BANNER + SOURCE.format(
            arrays="".join(arrays), rows="".join(rows),
            names=cpp.wrapped([cpp.string(name) + "sv" for name in names], 4)),
    }
