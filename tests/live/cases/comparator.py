"""The comparator itself, on recordings: it must find what is there and nothing else."""

import copy
import pathlib

from harness import compare
from harness.outcome import check
from harness.registry import case

_RECORDED = pathlib.Path(__file__).resolve().parents[1] / "recorded"


def _recording(version, number):
    return compare.load(_RECORDED / f"native-{version}-{number}.jsonl")


@case("comparator-finds-native-equal-to-native", once=True)
def equal(_run):
    for version in ("16", "22"):
        found = compare.Comparison(_recording(version, 1), _recording(version, 2)).differences
        check(not found, f"two runs of native {version} differ: " + "; ".join(map(str, found)))


@case("comparator-finds-each-kind-of-difference", once=True)
def each_kind(_run):
    def change(edit):
        lines = copy.deepcopy(_recording("16", 1))
        edit(lines)
        return lines

    def event(lines, kind):
        return next(line for line in lines if line.get("event", {}).get("type") == kind)

    def swap(lines):
        first, second = event(lines, "ChannelHangupRequest"), event(lines, "StasisEnd")
        first["event"], second["event"] = second["event"], first["event"]

    def answer_of(lines, method):
        return next(line for line in lines if line.get("request", "").startswith(method))

    edits = {
        "field": lambda lines: event(lines, "StasisStart")["event"]["channel"]["caller"].update(number="101"),
        "missing": lambda lines: lines.remove(event(lines, "ChannelStateChange")),
        "extra": lambda lines: lines.append(copy.deepcopy(event(lines, "PlaybackStarted"))),
        "order": swap,
        "status": lambda lines: answer_of(lines, "DELETE").update(status=200),
        "answer": lambda lines: answer_of(lines, "GET")["answer"].update(state="Busy"),
        "request": lambda lines: answer_of(lines, "POST").update(request="POST /ari/channels/create"),
    }
    for kind, edit in edits.items():
        found = compare.Comparison(_recording("16", 1), change(edit)).differences
        check([d.kind for d in found] == [kind], f"a change of kind {kind} was seen as {found}")


@case("comparator-shows-a-time-of-wrong-form", once=True)
def wrong_time(_run):
    lines = copy.deepcopy(_recording("16", 1))
    for line in lines:
        if "event" in line:
            line["event"]["timestamp"] = line["event"]["timestamp"].replace("+0000", "Z")
    found = compare.Comparison(_recording("16", 1), lines).differences
    check(found and all(d.field == "timestamp" for d in found), f"found {found}")


@case("allowed-differences-have-reasons", once=True)
def reasons(_run):
    members = {"kind", "what", "about", "field", "native", "arigate", "version", "scenario", "reason",
               "sometimes"}
    for entry in compare.load_allowed(on_old_pbx=True):
        check(len(entry.get("reason", "")) > 20, f"no reason given: {entry}")
        check(entry.keys() <= members, f"unknown member: {entry}")
        check(entry.keys() & {"what", "field"}, f"would allow nearly everything: {entry}")
