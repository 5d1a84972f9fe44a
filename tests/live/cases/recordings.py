"""Recordings and sounds: requests with good, missing, malformed and conflicting parameters, beside native ARI."""

import time
import urllib.parse

from harness import chroots
from harness.arigate import Arigate
from harness.outcome import Skip, check
from harness.pbx import Pbx
from harness.phones import Phone
from harness.registry import case
from harness.scenario import caller, compared

# Each is sent to a channel; none of them records.
_BAD_RECORDS = [
    {},
    {"name": "a"},
    {"name": "a", "format": ""},
    {"name": "a", "format": "nope"},
    {"name": "a", "format": "wav", "maxDurationSeconds": "-1"},
    {"name": "a", "format": "wav", "maxSilenceSeconds": "-1"},
    {"name": "a", "format": "wav", "ifExists": "maybe"},
    {"name": "a", "format": "wav", "terminateOn": "5"},
    {"name": "a", "format": "wav", "terminateOn": "##"},
    {"name": "a", "format": "nope", "terminateOn": "5", "ifExists": "maybe", "maxSilenceSeconds": "-1"},
    {"name": "a", "format": "nope", "terminateOn": "5", "ifExists": "maybe"},
    {"name": "a", "format": "nope", "ifExists": "maybe"},
]

# Natively these end in 500; arigate says 400.
_NAMELESS_RECORDS = [
    {"format": "wav"},
    {"name": "", "format": "wav"},
    {"name": "../a", "format": "wav"},
]

_ON_NO_RECORDING = [
    ("GET", "/live/nope"),
    ("DELETE", "/live/nope"),
    ("POST", "/live/nope/stop"),
    ("POST", "/live/nope/pause"),
    ("DELETE", "/live/nope/pause"),
    ("POST", "/live/nope/mute"),
    ("DELETE", "/live/nope/mute"),
    ("GET", "/live"),
    ("GET", ""),
    ("GET", "/stored"),
    ("GET", "/stored/nope"),
    ("DELETE", "/stored/nope"),
    ("GET", "/stored/nope/file"),
    ("POST", "/stored/nope/copy"),
    ("POST", "/stored/nope/copy?destinationRecordingName=x"),
    ("GET", "/stored/.."),
    ("GET", "/stored/..%2Fa"),
    ("GET", "/stored/..%2F..%2Fetc%2Fpasswd"),
    ("GET", "/stored/" + "x" * 300),
    ("PUT", "/stored/nope"),
    ("POST", "/stored/nope/file"),
]


def _record(ari, events, path, name, **parameters):
    """Starts a recording; gives the place in the events from where on its end is to be looked for."""
    since = events.mark()
    status, answer = ari.post(path + "/record", **({"name": name, "format": "wav"} | parameters))
    check(status == 201, f"record: {status} {answer}")
    _begins(events, name, since)
    return since


def _begins(events, name, since):
    events.wait(lambda e: e["type"] == "RecordingStarted" and e["recording"]["name"] == name, since=since)


def _ends(events, name, since):
    events.wait(lambda e: e["type"] in ("RecordingFinished", "RecordingFailed") and e["recording"]["name"] == name,
                timeout=10, since=since)
    time.sleep(0.1)  # Natively the name is free again a moment later.


def _bad_requests(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    for parameters in _BAD_RECORDS + _NAMELESS_RECORDS:
        ari.post(path + "/record", **parameters)
    ari.post("/channels/nope/record", name="a", format="wav")
    ari.post("/channels/nope/record", name="a", format="wav", maxDurationSeconds="-1")
    ari.post("/channels/nope/record")
    for method, below in _ON_NO_RECORDING:
        ari.request(method, "/recordings" + below)


def _controls(pbx, ari, events):
    """A recording through all its states, another one that waits behind it."""
    path = caller(pbx, events, answered_by=ari, far_end="speak")
    since = _record(ari, events, path, "first")
    ari.get("/recordings/live/first")
    ari.post(path + "/record", name="first", format="wav")
    ari.post(path + "/record", name="waits", format="wav", maxDurationSeconds="1")
    for method, below in (("POST", "pause"), ("DELETE", "pause"), ("POST", "mute"), ("DELETE", "mute")):
        ari.request(method, "/recordings/live/waits/" + below)
    ari.get("/recordings/live/waits")
    for method, below in (("POST", "mute"), ("POST", "mute"), ("DELETE", "mute"), ("DELETE", "mute"), ("POST", "pause"),
                          ("POST", "pause"), ("POST", "mute"), ("DELETE", "mute"), ("DELETE", "pause"),
                          ("DELETE", "pause")):
        ari.request(method, "/recordings/live/first/" + below)
        time.sleep(0.1)
        ari.get("/recordings/live/first")
    time.sleep(0.5)
    ari.post("/recordings/live/first/stop")
    _ends(events, "first", since)
    ari.post("/recordings/live/first/stop")
    _ends(events, "waits", since)
    ari.get("/recordings/live/first")
    ari.get("/recordings/stored/first")


def _ends_of_a_recording(pbx, ari, events):
    """Each way in which a recording ends."""
    path = caller(pbx, events, answered_by=ari, far_end="speak")
    since = _record(ari, events, path, "stopped")
    time.sleep(1.4)
    ari.post("/recordings/live/stopped/stop")
    _ends(events, "stopped", since)
    since = _record(ari, events, path, "canceled")
    time.sleep(0.5)
    ari.delete("/recordings/live/canceled")
    _ends(events, "canceled", since)
    time.sleep(0.2)
    ari.get("/recordings/stored/canceled")
    ari.post(path + "/record", name="stopped", format="ulaw")
    since = _record(ari, events, path, "stopped", ifExists="overwrite")
    ari.post("/recordings/live/stopped/pause")
    time.sleep(0.3)
    ari.post("/recordings/live/stopped/stop")
    _ends(events, "stopped", since)
    since = _record(ari, events, path, "stopped", ifExists="append")
    time.sleep(1.4)
    ari.post("/recordings/live/stopped/stop")
    _ends(events, "stopped", since)
    since = _record(ari, events, path, "some/folder/name")
    time.sleep(0.3)
    ari.delete(path)
    _ends(events, "some/folder/name", since)
    events.wait("StasisEnd")
    ari.get("/recordings/stored")


def _ends_by_itself(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari, far_end="speak-digit")
    since = _record(ari, events, path, "by-digit", terminateOn="#")
    _ends(events, "by-digit", since)
    ari.delete(path)
    events.wait("StasisEnd")
    path = caller(pbx, events, answered_by=ari, far_end="speak-then-silence")
    since = _record(ari, events, path, "by-silence", maxSilenceSeconds="1")
    _ends(events, "by-silence", since)
    ari.delete(path)
    events.wait("StasisEnd", since=since)
    path = caller(pbx, events, far_end="speak")
    since = _record(ari, events, path, "answers-first")
    time.sleep(0.3)
    ari.get(path)
    ari.post("/recordings/live/answers-first/stop")
    _ends(events, "answers-first", since)


def _of_a_dead_line(pbx, ari, events):
    """The phone answers and sends no audio at all: natively its recording ends after two times two seconds."""
    with Phone(pbx, "alice", ["answered", ("pause", 13000), "bye"], dials="600") as alice:
        path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
        ari.post(path + "/answer")
        events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Up")
        for name, parameters in (("unlimited", {}), ("by-silence", {"maxSilenceSeconds": "1"})):
            since = _record(ari, events, path, name, **parameters)
            _ends(events, name, since)
            ari.get("/recordings/stored/" + name)
        alice.wait(20)


def _stored(pbx, ari, events):
    folder = pbx.file("spool/recording")
    (folder / "sub").mkdir()
    for name, size in (("a.wav", 2044), ("a.gsm", 33), ("sub/d.wav", 300_000), ("two.dots.wav", 3), ("empty.ulaw", 0),
                       ("sp ace.wav", 5), ("c.txt", 1), ("noext", 1)):
        (folder / name).write_bytes(b"x" * size)
    ari.get("/recordings/stored")
    for name in ("a", "b", "sub/d", "two.dots", "two", "empty", "sp ace", "c", "noext", "sub", "a.wav", "A", "*"):
        path = "/recordings/stored/" + urllib.parse.quote(name, safe="")
        ari.get(path)
        ari.get(path + "/file")
    for source, target in (("two.dots", "n1"), ("two.dots", "n1"), ("two.dots", "new/folder/n2"), ("two.dots", "n3.wav"),
                           ("two.dots", "../out"), ("sub/d", "n 4")):
        ari.post("/recordings/stored/" + urllib.parse.quote(source, safe="") + "/copy",
                 destinationRecordingName=target)
    ari.post("/recordings/stored/two.dots/copy")
    ari.get("/recordings/stored")
    for name in ("two.dots", "two.dots", "sub/d", "sub", "a", "a", "a", ".."):
        ari.delete("/recordings/stored/" + urllib.parse.quote(name, safe=""))
    ari.get("/recordings/stored")


def _sounds(pbx, ari, events):
    for parameters in ({}, {"lang": "en"}, {"lang": "fr"}, {"lang": "de"}, {"format": "slin"}, {"format": "ulaw"},
                       {"format": "sln"}, {"lang": "fr", "format": "slin"}, {"lang": "fr", "format": "ulaw"},
                       {"lang": "", "format": ""}):
        ari.get("/sounds", **parameters)
    for name in ("tone-2s", "tone-short", "digits%2F1", "nope", "..", "en%2Ftone-2s"):
        ari.get("/sounds/" + name)
    ari.post("/sounds")


compared("bad-recordings", _bad_requests)
compared("recording-controls", _controls)
compared("recording-ends", _ends_of_a_recording)
compared("recording-ends-by-itself", _ends_by_itself)
compared("recording-of-a-dead-line", _of_a_dead_line)
compared("recordings-stored", _stored)
compared("sounds", _sounds)


@case("files-through-the-pbx")
def files_through_the_pbx(run):
    """Without its folders mounted the PBX itself is asked: the answers are the same."""
    program = run.arigate_program()
    tools = chroots.chroot(run.version) / "usr/bin"
    missing = [tool for tool in ("head", "tail", "tr", "readlink") if not (tools / tool).exists()]
    if missing:
        raise Skip(f"{tools} has no {', '.join(missing)}")
    with Pbx(run.version, side="arigate") as pbx:
        folder = pbx.file("spool/recording")
        (folder / "sub").mkdir()
        content = bytes(range(256)) * 40
        for name in ("a b.wav", "it's.ulaw", "sub/d.wav", "$(x).wav"):
            (folder / name).write_bytes(content)
        (folder / "out.wav").symlink_to("/etc/passwd")
        with Arigate(program, pbx) as mounted:
            wanted = _what_is_there(mounted.ari())
        with Arigate(program, pbx, through_pbx=True) as gate:
            ari = gate.ari()
            got = _what_is_there(ari)
            for one, other in zip(got, wanted):
                check(one == other, f"{str(one)[:300]} is not {str(other)[:300]}")
            check(ari.get("/recordings/stored/out/file")[0] == 404, "a link that leads out is not followed")
            for target, status in (("new/copy", 200), ("new/copy", 409), ("../x", 403)):
                answer = ari.post("/recordings/stored/a%20b/copy", destinationRecordingName=target)
                check(answer[0] == status, f"copy to {target}: {answer}")
            check((folder / "new/copy.wav").read_bytes() == content, "the copy is not the same")
            for name, status in (("new%2Fcopy", 204), ("new%2Fcopy", 404), ("nope", 404), ("..%2Fx", 404)):
                answer = ari.delete("/recordings/stored/" + name)
                check(answer[0] == status, f"delete {name}: {answer}")


def _what_is_there(ari):
    names = ("a%20b", "it%27s", "sub%2Fd", "%24(x)", "nope")
    seen = [ari.get("/recordings/stored"), ari.get("/sounds"), ari.get("/sounds/tone-2s")]
    seen += [ari.get("/recordings/stored/" + name) for name in names]
    return seen + [ari.get(f"/recordings/stored/{name}/file") for name in names]
