"""protocol/ami/keys.json, events.json -> src/generated/ami_names.hpp and .cpp."""

import re

import cpp
import protocol

# Words that cannot be an enumerator; they get a trailing underscore.
RESERVED = set("""
alignas alignof and asm auto bool break case catch char class compl concept const constexpr continue
decltype default delete do double else enum explicit export extern false float for friend goto if
inline int long mutable namespace new noexcept not nullptr operator or private protected public
register requires return short signed sizeof static struct switch template this throw true try
typedef typename union unsigned using virtual void volatile while xor
none unknown linux unix errno stdin stdout stderr
""".split())

# Names may hold only bytes for which the folding compare of src/ami/name_hash.hpp is exact.
NAME = re.compile(r"[A-Za-z0-9 .-]+")


def enumerator(name):
    word = re.sub(r"[^a-z0-9]", "_", name.lower())
    if word in RESERVED:
        word += "_"
    return "n" + word if word[0].isdigit() else word


def key_names():
    names = [item["name"] for item in protocol.load("ami/keys.json")["keys"]]
    snapshot = protocol.load("ami/keys.json")["snapshot"]
    for prefix in snapshot["prefixes"]:
        names += [prefix + field for field in snapshot["fields"]]
    return checked(names)


def event_names():
    return checked([item["name"] for item in protocol.load("ami/events.json")["events"]])


def checked(names):
    by_enumerator = {}
    for name in names:
        if not NAME.fullmatch(name):
            raise ValueError(f"bad name in protocol/ami: {name!r}")
        other = by_enumerator.setdefault(enumerator(name), name)
        if other is not name and other != name:
            raise ValueError(f"{name!r} and {other!r} would have the same enumerator")
    return sorted(by_enumerator.values(), key=lambda name: (enumerator(name), name))


# --- The hash of src/ami/name_hash.hpp, the same bit for bit -------------------------------------

MASK64 = (1 << 64) - 1
MULTIPLIER = 0x9E3779B97F4A7C15
FOLD = 0x2020202020202020


def mix(state, word):
    state = ((state ^ word) * MULTIPLIER) & MASK64
    return state ^ (state >> 32)


def name_hash(name):
    data = name.encode("ascii")
    size = len(data)
    state = size
    if size >= 8:
        for start in [*range(0, size - 8, 8), size - 8]:
            state = mix(state, int.from_bytes(data[start:start + 8], "little") | FOLD)
        return state
    if size >= 4:
        word = int.from_bytes(data[:4], "little") | int.from_bytes(data[-4:], "little") << 32
    else:
        word = data[0] | data[size // 2] << 8 | data[-1] << 16
    return mix(state, word | FOLD)


def perfect_hash(names, first_index):
    """Displacements by bucket, and index+1 by slot: see find_name() for the slot."""
    slots = 1
    while slots < 2 * len(names):
        slots *= 2
    buckets = slots // 4
    members = [[] for _ in range(buckets)]
    for index, name in enumerate(names, first_index):
        value = name_hash(name)
        members[(value >> 52) % buckets].append((value >> 32, value >> 42 | 1, index))
    displacements = [0] * buckets
    table = [0] * slots
    for bucket in sorted(range(buckets), key=lambda b: -len(members[b])):
        for displacement in range(slots):
            places = [(start + displacement * step) % slots
                      for start, step, _ in members[bucket]]
            if len(set(places)) == len(places) and all(table[place] == 0 for place in places):
                break
        else:
            raise ValueError("no perfect hash: change MULTIPLIER here and in name_hash.hpp")
        displacements[bucket] = displacement
        for place, (_, _, index) in zip(places, members[bucket]):
            table[place] = index
    return displacements, table


# --- C++ ------------------------------------------------------------------------------------------

def enum_class(type_name, doc, special, names):
    return (f"/// {doc}\nenum class {type_name} : std::uint16_t {{\n"
            + cpp.wrapped(special + [enumerator(name) for name in names], 2) + "\n};\n")


def names_hpp(keys, events):
    return f"""{cpp.BANNER}// clang-format off
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arigate::ami {{

{enum_class("Key", "Header names, spelled in lower case; key_of() does not mind the case.",
            ["unknown"], keys)}
inline constexpr std::size_t key_count = {len(keys) + 1};

{enum_class("EventName", "Values of the Event header; none = there is no such header.",
            ["none", "unknown"], events)}
inline constexpr std::size_t event_name_count = {len(events) + 2};

/// Key::unknown for a name that protocol/ami does not list. "ChanVariable(SIP/a-01)" is
/// Key::chanvariable.
Key key_of(std::string_view name);

/// EventName::unknown for a name that protocol/ami does not list, "" included.
EventName event_of(std::string_view name);

/// As protocol/ami spells it; "" for the special values.
std::string_view to_string(Key key);
std::string_view to_string(EventName event);

}}  // namespace arigate::ami
"""


def table(prefix, names, first_index):
    displacements, slots = perfect_hash(names, first_index)
    quoted = ['""'] * first_index + [cpp.string(name) for name in names]
    return f"""constexpr std::array<std::string_view, {len(quoted)}> {prefix}_names{{
{cpp.wrapped(quoted, 4)}
}};
constexpr std::array<std::uint16_t, {len(displacements)}> {prefix}_displacements{{
{cpp.wrapped([str(d) for d in displacements], 4)}
}};
constexpr std::array<std::uint16_t, {len(slots)}> {prefix}_slots{{
{cpp.wrapped([str(s) for s in slots], 4)}
}};
"""


def names_cpp(keys, events):
    return f"""{cpp.BANNER}// clang-format off
#include "generated/ami_names.hpp"

#include <array>

#include "ami/name_hash.hpp"

namespace arigate::ami {{
namespace {{

{table("key", keys, 1)}
{table("event", events, 2)}
// "ChanVariable(channel)": the name of the channel stands in the header name before AMI 2.
constexpr std::string_view chanvariable_start = "ChanVariable(";

}}  // namespace

Key key_of(std::string_view name) {{
  const auto index = find_name(name, key_names, key_displacements, key_slots);
  if (index == 0 && name.size() > chanvariable_start.size() &&
      same_name(name.substr(0, chanvariable_start.size()), chanvariable_start)) {{
    return Key::chanvariable;
  }}
  return static_cast<Key>(index);
}}

EventName event_of(std::string_view name) {{
  const auto index = find_name(name, event_names, event_displacements, event_slots);
  return index == 0 ? EventName::unknown : static_cast<EventName>(index);
}}

std::string_view to_string(Key key) {{ return key_names.at(static_cast<std::size_t>(key)); }}

std::string_view to_string(EventName event) {{
  return event_names.at(static_cast<std::size_t>(event));
}}

}}  // namespace arigate::ami
"""


def files():
    keys, events = key_names(), event_names()
    return {
        "src/generated/ami_names.hpp": names_hpp(keys, events),
        "src/generated/ami_names.cpp": names_cpp(keys, events),
    }
