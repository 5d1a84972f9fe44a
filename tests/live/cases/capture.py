"""A recorder between an application and its PBX: nobody notices it, and what it keeps can be replayed."""

import collections
import contextlib
import re

from harness import ports
from harness.ami import Ami
from harness.arigate import Arigate
from harness.capture import Capture
from harness.outcome import check, wait_until
from harness.pbx import AMI_SECRET, Pbx
from harness.phones import Phone
from harness.registry import case
from harness.relay import Relay
from harness.sides import NATIVE, client

class _Bytes:
    """What went through a relay, joined for each connection and direction."""

    def __init__(self):
        self.streams = collections.defaultdict(bytes)
        self.ended = set()  # directions of the first connection

    def __call__(self, connection, direction, chunk):
        self.streams[connection, direction] += chunk
        if not chunk and connection == 1:
            self.ended.add(direction)


def _answered_call(pbx, ari, events):
    """Somebody calls the application, which answers and hangs up; the phone has met nothing unexpected."""
    with Phone(pbx, "alice", ["answered", "await_bye"], dials="600") as alice:
        channel = events.wait("StasisStart")["channel"]["id"]
        status, body = ari.post(f"/channels/{channel}/answer")
        check(status == 204, f"answer: {status} {body}")
        events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Up")
        status, body = ari.delete(f"/channels/{channel}")
        check(status == 204, f"hangup: {status} {body}")
        alice.wait(10)
    events.wait(lambda e: e["type"] == "ChannelDestroyed" and e["channel"]["id"] == channel)
    return channel


@case("capture-of-native-replays-as-native")
def native(run):
    run.skip_on_old("the PBX has no ARI of its own")
    program = run.arigate_program()
    with contextlib.ExitStack() as stack:
        pbx = stack.enter_context(Pbx(run.version, side=NATIVE))
        capture = stack.enter_context(Capture(program, ami=pbx.ami_port, ari=pbx.http_port))
        watcher = Ami(capture.ami_port, "observer", AMI_SECRET)
        stack.callback(watcher.close)
        ari = client(f"http://127.0.0.1:{capture.ari_port}")
        with ari.events("oracle", subscribeAll="true") as events:
            channel = _answered_call(pbx, ari, events)
            watcher.wait_event(lambda e: e.get("Event") == "Hangup" and e.get("Uniqueid") == channel)
            seen = len(events.events)
        capture.stop()
        code, printed = capture.replay("--diff")
        check(code == 0, f"replay --diff: {code}\n{printed}")
        compared = int(re.search(r"of (\d+) events equal", printed)[1])
        check(compared > seen / 2, f"{seen} events were seen:\n{printed}")
        check(AMI_SECRET not in capture.replay("--print")[1], "no secret in the events")


@case("capture-changes-no-byte")
def arigate(run):
    program = run.arigate_program()
    near_pbx, near_gate = _Bytes(), _Bytes()
    agi_of_gate, agi_of_capture = ports.free_tcp(), ports.free_tcp()
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        pbx = enter(Pbx(run.version, side="arigate", agi_port=agi_of_capture))
        ami = enter(Relay(pbx.ami_port, near_pbx))
        capture = enter(Capture(program, ami=ami.port, agi=agi_of_gate, agi_port=agi_of_capture))
        gate_ami = enter(Relay(capture.ami_port, near_gate))
        gate = enter(Arigate(program, pbx, gate_ami.port, agi_of_gate))
        ari = gate.ari()
        with ari.events("oracle", subscribeAll="true") as events:
            channel = _answered_call(pbx, ari, events)
            told = [e["type"] for e in events.events if e.get("channel", {}).get("id") == channel]
        check(gate.terminate() == 0, "arigate ended as asked")
        capture.stop()
        wait_until(lambda: near_pbx.ended == near_gate.ended == {"in", "out"}, 5, "the links are closed")
        for way in ("in", "out"):
            check(near_pbx.streams[1, way] == near_gate.streams[1, way], f"AMI bytes going {way} differ")
        check(len(near_pbx.streams[1, "in"]) > 1000, "the bytes were seen")
        replayed = [e["type"] for e in capture.events() if e.get("channel", {}).get("id") == channel]
        for kind in ("ChannelCreated", "StasisStart", "StasisEnd", "ChannelDestroyed"):
            check(replayed.count(kind) == told.count(kind) == 1, f"{kind}: told {told}, replayed {replayed}")
