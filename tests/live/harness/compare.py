"""Compares what native ARI and arigate sent for the same scenario, event by event and field by field."""

import collections
import dataclasses
import difflib
import fnmatch
import functools
import json
import pathlib

from . import chroots, normalise, operations

_FOLDER = pathlib.Path(__file__).resolve().parents[1]
ALLOWED_FILE = _FOLDER / "allowed_differences.json"
# What Asterisk 1.8 and 11 do not tell, or tell otherwise: only for them, whose measure is native 16.
ALLOWED_ON_OLD_FILE = _FOLDER / "allowed_on_old_pbxs.json"
_ABSENT = "(absent)"


@dataclasses.dataclass
class Difference:
    """kind: "field" (a value differs), "missing" (arigate lacks an event that native sent), "extra",
    "order" (both have it, at another place among the events of its object), "status" and "answer"
    (of REST), "request" (the scenario itself took another course)."""

    kind: str
    what: str  # the event type, or the REST request without its ids
    about: str  # the object, or which event of it: a variable's name, a dial status
    field: str = ""
    native: object = None
    arigate: object = None
    reason: str = ""  # from the file of allowed differences; empty: not allowed

    def __str__(self):
        values = "" if self.kind in ("missing", "extra", "order") else f": {self.native!r} is {self.arigate!r}"
        field = f" {self.field}" if self.field else ""
        return f"{self.kind:8} {self.what} [{self.about}]{field}{values}"


class Comparison:
    """differences: all of them, allowed or not. counts: per event type and request what the table shows."""

    def __init__(self, native_lines, arigate_lines, allowed=(), version="", scenario=""):
        self.differences = []
        self.verdicts = []  # (request without its ids, verdict) of each exchange
        self.counts = collections.defaultdict(collections.Counter)
        native, arigate = _Run(native_lines), _Run(arigate_lines)
        self._compare_events(native, arigate)
        self._compare_exchanges(native, arigate)
        for difference in self.differences:
            difference.reason = _reason(difference, allowed, version, scenario)

    @property
    def refused(self):
        return [d for d in self.differences if not d.reason]

    def table(self):
        columns = ("native", "equal", "differ", "missing", "extra", "order")
        rows = [f"{'':44}" + "".join(f"{c:>9}" for c in columns)]
        for what in sorted(self.counts):
            rows.append(f"{what[:44]:44}" + "".join(f"{self.counts[what][c] or '.':>9}" for c in columns))
        return "\n".join(rows)

    def _compare_events(self, native, arigate):
        for stream in sorted(native.streams.keys() | arigate.streams.keys()):
            left, right, name = native.streams[stream], arigate.streams[stream], stream[1]
            left_only, right_only = [], []
            matcher = difflib.SequenceMatcher(None, [_key(e) for e in left], [_key(e) for e in right], False)
            for tag, l1, l2, r1, r2 in matcher.get_opcodes():
                if tag == "equal":
                    for pair in zip(left[l1:l2], right[r1:r2]):
                        self._compare_pair(name, *pair)
                else:
                    left_only += left[l1:l2]
                    right_only += right[r1:r2]
            self._sort_out(name, left_only, right_only)

    def _sort_out(self, name, left_only, right_only):
        """What has no partner at its place: at another place (order), or not at all."""
        for event in left_only:
            partner = next((e for e in right_only if _key(e) == _key(event)), None)
            if partner is None:
                self._note("missing", event, name)
                self.counts[event["type"]]["native"] += 1
            else:
                right_only.remove(partner)
                self._note("order", event, name)
                self._compare_pair(name, event, partner)
        for event in right_only:
            self._note("extra", event, name)

    def _note(self, kind, event, name):
        self.counts[event["type"]][kind] += 1
        value = event.get("value")  # of a variable
        told = {"missing": {"native": value}, "extra": {"arigate": value}}.get(kind, {})
        self.differences.append(Difference(kind, event["type"], _about(event, name), **told))

    def _compare_pair(self, name, left, right):
        found = [Difference("field", left["type"], _about(left, name), *f) for f in _fields(left, right)]
        self.differences += found
        counts = self.counts[left["type"]]
        counts["native"] += 1
        counts["differ" if found else "equal"] += 1

    def _compare_exchanges(self, native, arigate):
        for left, right in zip(native.exchanges, arigate.exchanges):
            (what, parameters, status, answer), found = left, []
            if (what, parameters) != right[:2]:
                found.append(Difference("request", what, "", "", (what, parameters), right[:2]))
            elif status != right[2]:
                found.append(Difference("status", what, "", "", (status, answer), right[2:]))
            else:
                found += [Difference("answer", what, "", *f) for f in _fields(answer, right[3])]
            self.differences += found
            self.verdicts.append((what, operations.verdict_of(not found, right[2])))
            self.counts[what]["native"] += 1
            self.counts[what]["differ" if found else "equal"] += 1
        longer = max(native.exchanges, arigate.exchanges, key=len)
        kind = "missing" if longer is native.exchanges else "extra"
        for what, *_ in longer[min(len(native.exchanges), len(arigate.exchanges)):]:
            self.counts[what][kind] += 1
            self.differences.append(Difference(kind, what, "REST"))


class _Run:
    """One recording without its ids and times: exchanges in their order, and streams of events.

    Within one application and object the order counts. Between two applications it cannot: they have
    sockets of their own.
    """

    def __init__(self, lines):
        names = normalise.Names(lines)
        self.exchanges = [normalise.exchange(line, names) for line in lines if "request" in line]
        self.streams = collections.defaultdict(list)
        for event in (line["event"] for line in lines if "event" in line):
            stream = event.get("application", ""), _object(event, names)
            self.streams[stream].append(normalise.event(event, names))


def save(lines, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def load(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def load_allowed(on_old_pbx=False):
    """The reviewed differences. Comparisons count in them what they met, for unused_entries()."""
    allowed = _load(ALLOWED_FILE)
    return allowed + _load(ALLOWED_ON_OLD_FILE) if on_old_pbx else allowed


@functools.cache
def _load(path):
    """Once: all comparisons count in the same entries."""
    with open(path) as file:
        return json.load(file)["allowed"]


def unused_entries():
    return [entry for entry in load_allowed() if not entry.get("seen") and not entry.get("sometimes")]


def _object(event, names):
    for member in ("playback", "channel", "peer", "bridge"):
        if isinstance(event.get(member), dict):
            if "id" in event[member]:
                return names[event[member]["id"]]
    if isinstance(event.get("recording"), dict):
        return f"<recording {event['recording']['name']}>"
    return "<application>"


def _key(event):
    """Two events with the same key are the same step of the story."""
    return event["type"], _detail(event)


def _detail(event):
    for member in ("variable", "dialstatus", "digit", "dialplan_app", "eventname"):
        if member in event:
            return str(event[member])
    if event["type"] == "ChannelStateChange":
        return event["channel"]["state"]
    return ""


def _about(event, name):
    return f"{name} {_detail(event)}".strip()


def _fields(left, right, path=""):
    """(path, left value, right value) of every leaf that differs."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            below = f"{path}.{key}" if path else key
            yield from _fields(left.get(key, _ABSENT), right.get(key, _ABSENT), below)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right)):
            yield from _fields(one, other, f"{path}[{index}]")
    elif left != right or type(left) is not type(right):
        yield path, left, right


def _wanted(pattern, version):
    """What 22 does with its SIP driver, others do with theirs."""
    return str(pattern).replace("PJSIP/", "SIP/") if version in chroots.BROUGHT else str(pattern)


def _reason(difference, allowed, version, scenario):
    for entry in allowed:
        # What is odd about native 16 is so where 16 stands in, and either that of 16 or that of 22 in
        # the versions before and between.
        is_of_measure = version in chroots.BROUGHT and (
            entry.get("version") == chroots.OLDEST_WITH_ARI or version not in chroots.WITHOUT_ARI)
        matches = all(
            fnmatch.fnmatchcase(str(value), _wanted(entry[name], version)) or
            (name == "version" and is_of_measure)
            for name, value in (("kind", difference.kind), ("what", difference.what),
                                ("about", difference.about), ("field", difference.field),
                                ("native", difference.native), ("arigate", difference.arigate),
                                ("version", version), ("scenario", scenario))
            if name in entry)
        if matches:
            entry["seen"] = entry.get("seen", 0) + 1
            return entry["reason"]
    return ""
