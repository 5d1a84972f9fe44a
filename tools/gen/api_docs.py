"""protocol/ari -> src/generated/api_docs.hpp and .cpp: what /ari/api-docs serves."""

import json

import cpp
import protocol

# A text that no definition holds; the HTTP layer puts the address of this server in its place.
MARKER = "@arigate-base-path@"
DELIMITER = "json"

HEADER = """#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace arigate::ari {{

/// Which release's ARI is spoken, oldest first.
enum class Level : std::uint8_t {{ {levels} }};
inline constexpr Level newest_level = Level::{newest};
/// "22" is Level::asterisk_22; nullopt for what is none.
std::optional<Level> level_of(std::string_view name);

/// Stands in every document where the absolute URL of /ari belongs.
inline constexpr std::string_view base_path_marker = {marker};
/// The member around it, comma included: erase it when the address is not known.
inline constexpr std::string_view base_path_member = {member};

/// A Swagger 1.1 document of the newest level, "resources.json" or "channels.json"; "" when there
/// is none. Both constants above occur in it exactly once.
std::string_view api_doc(std::string_view file);

/// The same for what arigate has beside ARI.
std::string_view own_api_doc(std::string_view file);

/// JSON: what each older level lacks or has otherwise, as protocol/ari/levels.json says it.
std::string_view level_changes();

/// The names api_doc() knows; resources.json comes first.
std::span<const std::string_view> api_doc_files();

}}  // namespace arigate::ari
"""

SOURCE = """#include "generated/api_docs.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace arigate::ari {{
namespace {{

{documents}
constexpr std::array<std::string_view, {count}> files{{
{files}
}};

constexpr std::array<std::string_view, {count}> texts{{
{names}
}};

constexpr std::array<std::string_view, {own_count}> own_files{{
{own_files}
}};

constexpr std::array<std::string_view, {own_count}> own_texts{{
{own_names}
}};

constexpr std::string_view changes = {changes};

constexpr std::array<std::string_view, {level_count}> levels{{
{level_names}
}};

template <std::size_t count>
std::string_view text_of(std::string_view file, const std::array<std::string_view, count>& names,
                         const std::array<std::string_view, count>& documents) {{
  const auto at = std::find(names.begin(), names.end(), file);
  return at == names.end()
             ? std::string_view{{}}
             : documents[static_cast<std::size_t>(std::distance(names.begin(), at))];
}}

}}  // namespace

std::string_view api_doc(std::string_view file) {{ return text_of(file, files, texts); }}

std::string_view own_api_doc(std::string_view file) {{
  return text_of(file, own_files, own_texts);
}}

std::string_view level_changes() {{ return changes; }}

std::optional<Level> level_of(std::string_view name) {{
  const auto at = std::find(levels.begin(), levels.end(), name);
  if (at == levels.end()) return std::nullopt;
  return static_cast<Level>(std::distance(levels.begin(), at));
}}

std::span<const std::string_view> api_doc_files() {{ return files; }}

}}  // namespace arigate::ari
"""


def _compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines(document):
    """JSON with a line for each API and each model, so that a change shows as a small diff."""
    members = []
    for key, value in document.items():
        if key == "apis":
            body = ",\n".join(_compact(api) for api in value)
            members.append(f'"apis":[\n{body}\n]')
        elif key == "models":
            body = ",\n".join(f"{_compact(name)}:{_compact(model)}" for name, model in value.items())
            members.append(f'"models":{{\n{body}\n}}')
        else:
            members.append(f"{_compact(key)}:{_compact(value)}")
    return "{" + ",".join(members) + "}\n"


def _with_base_path(definition, rest):
    """basePath is never the last member, so base_path_member may end in a comma."""
    document = {key: definition[key] for key in ("apiVersion", "swaggerVersion")}
    document["basePath"] = MARKER
    document.update({key: definition[key] for key in ("resourcePath", "since", "requiresModules")
                     if key in definition})
    document.update(rest)
    return document


def documents(index, declarations, models):
    """File name -> Swagger document as a dictionary."""
    served = {"resources.json": _with_base_path(index, {"apis": [
        {"path": f"/api-docs/{name}.{{format}}",
         **({"description": declarations[name]["description"]}
            if "description" in declarations[name] else {})}
        for name in index["resources"]]})}
    unused = set(models)
    for name in index["resources"]:
        declaration = declarations[name]
        described = {model: {"id": model, **models[model]} for model in declaration["models"]}
        unused -= set(described)
        served[f"{name}.json"] = _with_base_path(
            declaration, {"apis": declaration["apis"], "models": described})
    if unused:
        raise ValueError(f"models that no declaration lists: {sorted(unused)}")
    return served


def _own_documents():
    index = protocol.load("arigate/resources.json")
    declarations = {name: protocol.load(f"arigate/resources/{name}.json") for name in index["resources"]}
    models = {}
    for name in index["resources"]:
        models |= protocol.load(f"arigate/models/{name}.json")
    return documents(index, declarations, models)


def files():
    texts = {name: _lines(document) for name, document in documents(
        protocol.index(), protocol.declarations(), protocol.models()).items()}
    own = {name: _lines(document) for name, document in _own_documents().items()}
    levels = protocol.load("ari/levels.json")
    level_names = sorted([*levels["levels"], levels["newest"]], key=int)
    changes = _compact({name: levels["levels"][name] for name in reversed(level_names) if name in levels["levels"]})
    member = f'"basePath":"{MARKER}",'
    for name, text in [*texts.items(), *own.items()]:
        if f'){DELIMITER}"' in text or text.count(member) != 1 or text.count(MARKER) != 1:
            raise ValueError(f"{name} cannot be written as a raw string with one base path")
    identifiers = {name: protocol.snake(name.removesuffix(".json")) for name in texts}
    own_identifiers = {name: "own_" + protocol.snake(name.removesuffix(".json")) for name in own}
    documents_text = "\n".join(
        f'constexpr std::string_view {identifier} = R"{DELIMITER}({text}){DELIMITER}";\n'
        for identifier, text in [*zip(identifiers.values(), texts.values()),
                                 *zip(own_identifiers.values(), own.values())])
    return {
        "src/generated/api_docs.hpp": cpp.BANNER + HEADER.format(
            marker=cpp.string(MARKER), member=f'R"({member})"',
            levels=", ".join("asterisk_" + name for name in level_names),
            newest="asterisk_" + levels["newest"]),
        "src/generated/api_docs.cpp": cpp.BANNER + SOURCE.format(
            documents=documents_text, count=len(texts),
            files=cpp.wrapped([cpp.string(name) for name in texts], 4),
            names=cpp.wrapped(list(identifiers.values()), 4),
            own_count=len(own), own_files=cpp.wrapped([cpp.string(name) for name in own], 4),
            own_names=cpp.wrapped(list(own_identifiers.values()), 4),
            changes=f'R"{DELIMITER}({changes}){DELIMITER}"', level_count=len(level_names),
            level_names=cpp.wrapped([cpp.string(name) for name in level_names], 4)),
    }
