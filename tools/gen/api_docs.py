"""protocol/ari -> src/generated/api_docs.hpp and .cpp: what /ari/api-docs serves."""

import json

import cpp
import protocol

# A text that no definition holds; the HTTP layer puts the address of this server in its place.
MARKER = "@arigate-base-path@"
DELIMITER = "json"

HEADER = """#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace arigate::ari {{

/// Which release's ARI is described.
enum class Level : std::uint8_t {{ asterisk_22 }};

/// Stands in every document where the absolute URL of /ari belongs.
inline constexpr std::string_view base_path_marker = {marker};
/// The member around it, comma included: erase it when the address is not known.
inline constexpr std::string_view base_path_member = {member};

/// A Swagger 1.1 document, "resources.json" or "channels.json"; "" when there is none. Both
/// constants above occur in it exactly once.
std::string_view api_doc(std::string_view file, Level level = Level::asterisk_22);

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

constexpr std::array<std::string_view, {count}> asterisk_22{{
{names}
}};

}}  // namespace

std::string_view api_doc(std::string_view file, Level level) {{
  const auto at = std::find(files.begin(), files.end(), file);
  if (at == files.end()) return {{}};
  const auto index = static_cast<std::size_t>(std::distance(files.begin(), at));
  switch (level) {{
    case Level::asterisk_22:
      return asterisk_22[index];
  }}
  return {{}};
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


def documents():
    """File name -> Swagger document as a dictionary."""
    index = protocol.index()
    declarations = protocol.declarations()
    models = protocol.models()
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


def files():
    texts = {name: _lines(document) for name, document in documents().items()}
    member = f'"basePath":"{MARKER}",'
    for name, text in texts.items():
        if f'){DELIMITER}"' in text or text.count(member) != 1 or text.count(MARKER) != 1:
            raise ValueError(f"{name} cannot be written as a raw string with one base path")
    identifiers = {name: protocol.snake(name.removesuffix(".json")) for name in texts}
    documents_text = "\n".join(
        f'constexpr std::string_view {identifiers[name]} = R"{DELIMITER}({text}){DELIMITER}";\n'
        for name, text in texts.items())
    return {
        "src/generated/api_docs.hpp": cpp.BANNER + HEADER.format(
            marker=cpp.string(MARKER), member=f'R"({member})"'),
        "src/generated/api_docs.cpp": cpp.BANNER + SOURCE.format(
            documents=documents_text, count=len(texts),
            files=cpp.wrapped([cpp.string(name) for name in texts], 4),
            names=cpp.wrapped(list(identifiers.values()), 4)),
    }
