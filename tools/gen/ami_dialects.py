"""protocol/ami/dialects.json -> src/generated/ami_dialects.hpp and .cpp."""

import cpp
import protocol

HEADER = """#pragma once

#include <span>

#include "ami/dialect.hpp"

namespace arigate::ami {

/// The dialect of this AMI version and of those up to the next row.
struct DialectRow {
  int since_major;
  int since_minor;
  Dialect dialect;
};

/// Sorted by version; the first one is that of all older versions too.
std::span<const DialectRow> dialect_rows();

}  // namespace arigate::ami
"""

SOURCE = """#include "generated/ami_dialects.hpp"

namespace arigate::ami {{
namespace {{

constexpr DialectRow rows[] = {{
{rows}
}};

}}  // namespace

std::span<const DialectRow> dialect_rows() {{ return rows; }}

}}  // namespace arigate::ami
"""


def row(dialect, traits):
    major, minor = map(int, dialect["since"].split("."))
    members = [f".name = {cpp.string(dialect['name'])}", f".major = {major}"]
    members += [f".{trait} = true" for trait in traits if trait in dialect["traits"]]
    return (f"    {{\n        .since_major = {major},\n        .since_minor = {minor},\n"
            "        .dialect =\n            {\n" + cpp.lines(members, 16)
            + "\n            },\n    },")


def files():
    definition = protocol.load("ami/dialects.json")
    dialects, traits = definition["dialects"], definition["traits"]
    versions = [tuple(map(int, dialect["since"].split("."))) for dialect in dialects]
    if versions != sorted(set(versions)):
        raise ValueError("dialects.json must be sorted by version")
    unknown = {trait for dialect in dialects for trait in dialect["traits"]} - set(traits)
    if unknown:
        raise ValueError(f"dialects.json has no trait {sorted(unknown)}")
    return {
        "src/generated/ami_dialects.hpp": cpp.BANNER + HEADER,
        "src/generated/ami_dialects.cpp": cpp.BANNER + SOURCE.format(
            rows="\n".join(row(dialect, traits) for dialect in dialects)),
    }
