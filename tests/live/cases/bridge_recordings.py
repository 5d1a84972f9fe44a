"""Recordings of all that is said in a bridge: each parameter, each control, each end, beside native ARI."""

import time

from harness.outcome import check
from harness.scenario import caller, compared

_BAD = [
    {"name": "a", "format": "nope"},
    {"name": "a", "format": "wav", "maxDurationSeconds": "-1"},
    {"name": "a", "format": "wav", "maxSilenceSeconds": "-1"},
    {"name": "a", "format": "wav", "ifExists": "maybe"},
    {"name": "a", "format": "wav", "terminateOn": "5"},
    {"name": "a", "format": "nope", "ifExists": "maybe", "terminateOn": "5", "maxSilenceSeconds": "-1"},
    {"name": "a", "format": "nope", "terminateOn": "5"},
    {"format": "wav"},
    {"name": "", "format": "wav"},
    {"name": "../a", "format": "wav"},
]
# Native 22 crashes on these, and native 16 does not know the other parameter and records.
_BAD_UP_TO_16 = [{}, {"name": "a"}, {"name": "a", "format": ""}]
_BAD_FROM_22_ON = [{"name": "a", "format": "wav", "recorder_format": "nope"}]


def _ends(events, name, since):
    events.wait(lambda e: e["type"] in ("RecordingFinished", "RecordingFailed") and e["recording"]["name"] == name,
                timeout=10, since=since)
    time.sleep(0.2)  # Natively the name is free again a moment later.


def _record(ari, events, name, bridge="one", **parameters):
    since = events.mark()
    status, answer = ari.post(f"/bridges/{bridge}/record", **({"name": name, "format": "wav"} | parameters))
    check(status == 201, f"record: {status} {answer}")
    events.wait(lambda e: e["type"] == "RecordingStarted" and e["recording"]["name"] == name, since=since)
    return since


def _with_a_member(scenario, far_end="speak"):
    def whole(pbx, ari, events):
        path = caller(pbx, events, answered_by=ari, far_end=far_end)
        ari.post("/bridges/one", type="mixing")
        ari.post("/bridges/one/addChannel", channel=path.split("/")[-1])
        time.sleep(0.2)
        scenario(pbx, ari, events)

    return whole


def _bad_requests(pbx, ari, events):
    ari.post("/bridges/one", type="mixing")
    for parameters in _BAD + (_BAD_FROM_22_ON if pbx.version == "22" else _BAD_UP_TO_16):
        ari.post("/bridges/one/record", **parameters)
    ari.post("/bridges/nope/record", name="a", format="wav")
    ari.post("/bridges/nope/record")
    time.sleep(0.3)
    ari.delete("/bridges/one")


def _controls(pbx, ari, events):
    since = _record(ari, events, "first")
    ari.get("/recordings/live/first")
    ari.get("/bridges/one")
    ari.post("/bridges/one/record", name="first", format="wav")
    for method, below in (("POST", "mute"), ("POST", "mute"), ("DELETE", "mute"), ("POST", "pause"), ("POST", "pause"),
                          ("DELETE", "pause"), ("DELETE", "pause")):
        ari.request(method, "/recordings/live/first/" + below)
        time.sleep(0.1)
        ari.get("/recordings/live/first")
    time.sleep(1)
    ari.post("/recordings/live/first/stop")
    _ends(events, "first", since)
    ari.get("/recordings/stored/first")
    ari.post("/bridges/one/record", name="first", format="wav")
    since = _record(ari, events, "first", ifExists="overwrite", beep="true")
    time.sleep(0.4)
    ari.delete("/recordings/live/first")
    _ends(events, "first", since)
    ari.get("/recordings/stored/first")
    ari.get("/bridges/one")


def _by_itself(pbx, ari, events):
    since = _record(ari, events, "by-time", maxDurationSeconds="1", beep="true")
    _ends(events, "by-time", since)
    since = _record(ari, events, "by-time", maxDurationSeconds="1", ifExists="append")
    _ends(events, "by-time", since)
    since = _record(ari, events, "by-silence", maxSilenceSeconds="1", terminateOn="any")
    _ends(events, "by-silence", since)
    ari.get("/recordings/stored")


def _two_at_once(pbx, ari, events):
    """Two recorders of one bridge; one ends with its bridge."""
    first = _record(ari, events, "first")
    _record(ari, events, "some/folder/second", format="ulaw")
    time.sleep(1.2)
    ari.post("/recordings/live/first/stop")
    _ends(events, "first", first)
    ari.delete("/bridges/one")
    time.sleep(0.5)  # Native 22 tells nobody of its end.
    ari.get("/recordings/stored")


def _last_member_goes(pbx, ari, events):
    since = _record(ari, events, "goes-on")
    member = ari.get("/bridges/one")[1]["channels"][0]
    ari.delete("/channels/" + member)
    events.wait("StasisEnd")
    time.sleep(0.3)
    ari.get("/bridges/one")
    ari.get("/recordings/live/goes-on")
    ari.post("/recordings/live/goes-on/stop")
    _ends(events, "goes-on", since)


compared("bridge-sounds-recorded-bad", _bad_requests)
compared("bridge-sounds-recorded", _with_a_member(_controls))
compared("bridge-sounds-recorded-to-the-end", _with_a_member(_by_itself, "speak-then-silence"))
compared("bridge-sounds-recorded-twice", _with_a_member(_two_at_once))
compared("bridge-sounds-recorded-without-members", _with_a_member(_last_member_goes))
