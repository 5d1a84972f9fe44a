#!/usr/bin/env python3
"""Checks that the layers of src/ know only what they may know.

Three rules, each with the reason that ARCHITECTURE.md gives:
  includes   A layer includes only the layers below it, and only the outside headers it needs.
  no clock   ami, agi, model and ari ask no clock and open no socket; ops asks an injected Clock.
  names      Header names of AMI stay in ami and generated, JSON names of ARI in ari and generated.

Prints "file:line: problem" for each finding and ends with the number of them; exit 1 if any.
"""

import argparse
import json
import pathlib
import re
import sys

# What each layer may include: layers of ours, then prefixes of outside headers beyond the C++
# standard library. Boost's result type, fmt and the log calls are core's, so everyone has them.
EVERYONE = ("boost/system/", "fmt/", "spdlog/")
# What a coroutine needs to be started and to wait for another; no timer, no socket.
COROUTINES = tuple(
    f"boost/asio/{name}.hpp"
    for name in ("any_io_executor", "awaitable", "co_spawn", "detached", "post", "redirect_error",
                 "this_coro", "use_awaitable")
)  # fmt: skip
ANYTHING = ("",)
LAYERS = {
    "core": ({"core"}, ("simdjson",)),
    "generated": ({"generated", "core", "ami"}, ()),
    "trace": ({"trace", "core"}, ("simdjson", "zlib.h", "zstd.h", "openssl/", "fcntl.h", "unistd.h", "sys/stat.h")),
    "ami": ({"ami", "core", "generated"}, ("openssl/", "emmintrin.h")),
    "agi": ({"agi", "core", "generated"}, ()),
    "model": ({"model", "core", "ami", "agi", "generated"}, ()),
    "ops": ({"ops", "core", "model", "ami", "agi", "generated"}, COROUTINES + ("boost/uuid/",)),
    "ari": (
        {"ari", "core", "model", "ops", "generated"},
        COROUTINES
        + ("boost/asio/thread_pool.hpp",)  # crypt(3) takes long; its result is posted back.
        + ("boost/url", "boost/json", "boost/container/", "boost/uuid/", "simdjson", "openssl/", "crypt.h", "regex.h"),
    ),
    "io": ({"io", "trace", "core", "ami", "agi", "model", "ops", "ari", "generated"}, ANYTHING),
    "sim": ({"sim", "trace", "core", "ami", "agi"}, ANYTHING),
    "replay": ({"replay", "core", "ami", "agi", "model", "ari", "trace", "generated"}, ("simdjson",)),
    "app": (
        {"app", "io", "sim", "replay", "trace", "core", "ami", "agi", "model", "ops", "ari", "generated"},
        ANYTHING,
    ),
}
# Plain data of the public headers that every layer may see; the rest of include/ is app's.
PUBLIC_DATA = {"arigate/config.hpp", "arigate/secret.hpp", "arigate/version.hpp"}

CLOCKLESS = {"core", "generated", "trace", "ami", "agi", "model", "ari", "ops"}
CLOCK_AND_SOCKET = re.compile(
    r"\b(?:(?:steady|system|high_resolution|utc)_clock::now|clock_gettime|gettimeofday"
    r"|std::time\s*\(|std::this_thread|steady_timer|system_timer|ip::tcp|::socket\s*\(|::connect\s*\(|::recv\s*\("
    r"|std::(?:j)?thread\b)"
)
# The one place where operations wait: the deadline they give it is a TimePoint.
WAITS = {"ops/eventual.hpp": {"boost/asio/steady_timer.hpp", "steady_timer"}}
CLOCK_HEADERS = {"thread", "sys/socket.h", "sys/time.h", "netinet/in.h", "arpa/inet.h"}
# One thread runs the core, so there is nothing to lock; the log sink brings its own.
LOCKS = re.compile(r"\bstd::(?:recursive_|shared_|timed_)?mutex\b|\bstd::(?:lock_guard|unique_lock|scoped_lock)\b")

# Header names that no other protocol of ours uses as a word.
AMI_NAMES = {
    "ActionID", "Uniqueid", "Linkedid", "UniqueID", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "ChannelState", "ChannelStateDesc", "AccountCode", "DestUniqueid",
    "DestUniqueID", "DestChannel", "BridgeUniqueid", "Uniqueid1", "Uniqueid2", "Cause-txt",
    "EventList", "ListItems", "AuthType", "EventMask", "OtherChannelId", "ChannelId", "SubEvent",
    "HangupRequest", "Newchannel", "Newstate", "NewCallerid", "NewExten", "NewConnectedLine",
    "CoreShowChannel", "CoreShowChannels", "CoreShowChannelsComplete", "OriginateResponse",
}  # fmt: skip
# ops writes the headers of the Actions it sends; sim speaks the PBX's side of AMI.
NAMES_OF_AMI_MAY_BE_IN = {"ami", "generated", "ops", "sim"}
# replay reads what native ARI has sent.
NAMES_OF_ARI_MAY_BE_IN = {"ari", "generated", "replay"}
# The same words are keys of ari.conf, which is read there.
ARI_NAMES_ALLOWED = {"app/config_keys.cpp": {"channelvars", "entity_id"}}

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^()\\\s]{0,16})\((?P<raw>.*?)\)(?P=delimiter)"'
    r'|"(?P<text>(?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\\n]|\\.)\'',
    re.DOTALL,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def blank(text):
    """As many line ends as `text`, so that line numbers stay true."""
    return "\n" * text.count("\n")


def code_and_literals(source):
    """The code without comments and literals, and each literal with the line it starts on."""
    literals = []

    def take(match):
        whole = match.group(0)
        for group in ("text", "raw"):
            if match.group(group) is not None:
                line = source.count("\n", 0, match.start()) + 1
                literals.append((line, match.group(group)))
                return '""' + blank(whole)
        return blank(whole) or " "

    return TOKEN.sub(take, source), literals


def ari_names(root):
    """JSON names of ARI that are no ordinary words: those with an underscore, and a few more."""
    names = {"channelvars", "creationtime", "StasisStart", "StasisEnd"}

    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if re.fullmatch(r"[a-z]+(_[a-z]+)+", key):
                    names.add(key)
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for folder in ("models", "events"):
        for path in (root / "protocol/ari" / folder).glob("*.json"):
            walk(json.loads(path.read_text()))
    return names


class Checker:
    def __init__(self, root):
        self.root = root
        self.ari_names = ari_names(root)
        self.problems = []
        self.files = 0

    def report(self, path, line, text):
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {text}")

    def name(self, path):
        return str(path.relative_to(self.root / "src"))

    def check(self):
        for path in sorted((self.root / "src").rglob("*")):
            if path.suffix in (".hpp", ".cpp") and path.name not in ("pch.hpp",):
                self.check_file(path)
        for path in sorted((self.root / "include").rglob("*.hpp")):
            self.check_public(path)

    def check_public(self, path):
        self.files += 1
        for line, quote, header in self.includes(path.read_text()):
            if quote == '"' and not header.startswith("arigate/"):
                self.report(path, line, f"a public header must not include {header}")

    @staticmethod
    def includes(source):
        for match in INCLUDE.finditer(source):
            yield source.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)

    def check_file(self, path):
        self.files += 1
        layer = path.relative_to(self.root / "src").parts[0]
        if layer not in LAYERS:
            self.report(path, 1, f"{layer} is no layer; known are {', '.join(sorted(LAYERS))}")
            return
        source = path.read_text()
        for line, quote, header in self.includes(source):
            self.check_include(path, layer, line, quote, header)
        code, literals = code_and_literals(source)
        waits = WAITS.get(self.name(path), set())
        if layer in CLOCKLESS:
            for match in CLOCK_AND_SOCKET.finditer(code):
                if match.group(0) in waits:
                    continue
                line = code.count("\n", 0, match.start()) + 1
                self.report(path, line, f"{layer} must not use {match.group(0).strip(' (')}")
        for match in LOCKS.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            self.report(path, line, f"{match.group(0)}: one thread runs the core, nothing is locked")
        self.check_names(path, layer, literals)

    def check_include(self, path, layer, line, quote, header):
        ours, outside = LAYERS[layer]
        if quote == '"':
            first = header.split("/")[0]
            if first == "arigate":
                if header not in PUBLIC_DATA and layer != "app":
                    self.report(path, line, f"{layer} must not include {header}")
            elif "/" not in header or header.startswith("."):
                self.report(path, line, f"{header}: includes of ours start at src/")
            elif first not in ours:
                self.report(path, line, f"{layer} must not include {first}: {header}")
            return
        if layer in CLOCKLESS and header in CLOCK_HEADERS:
            self.report(path, line, f"{layer} must not include <{header}>: it has no clock and no socket")
        is_standard = re.fullmatch(r"[a-z_0-9]+", header)
        if header in WAITS.get(self.name(path), set()):
            return
        if not is_standard and not header.startswith(EVERYONE + outside):
            self.report(path, line, f"{layer} must not include <{header}>")

    def check_names(self, path, layer, literals):
        allowed = ARI_NAMES_ALLOWED.get(self.name(path), set())
        for line, text in literals:
            if text in AMI_NAMES and layer not in NAMES_OF_AMI_MAY_BE_IN:
                self.report(path, line, f"\"{text}\" is a name of AMI; it belongs in src/ami")
            if layer in NAMES_OF_ARI_MAY_BE_IN or text in allowed:
                continue
            if text in self.ari_names:
                self.report(path, line, f"\"{text}\" is a name of ARI; it belongs in src/ari")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    checker = Checker(parser.parse_args().root.resolve())
    checker.check()
    for problem in checker.problems:
        print(problem)
    print(f"check_layers: {checker.files} files, {len(checker.problems)} problems")
    return 1 if checker.problems or checker.files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
