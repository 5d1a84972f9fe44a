"""Lost connections and crashes. What counts is what the caller notices, so that is asserted first."""

import contextlib
import dataclasses
import time
import urllib.parse

from harness import chroots, ports, sides
from harness.arigate import Arigate
from harness.outcome import check, wait_until
from harness.pbx import Pbx
from harness.phones import Phone
from harness.registry import case
from harness.relay import Relay

# Extensions of the dialplan: without and with the loop that leads back to the application.
_PLAIN, _LOOPING = "600", "603"
_HANGS_ON = ["answered", "await_bye"]


@dataclasses.dataclass
class Bench:
    """arigate and its PBX with relays on both links between them, which can be cut."""

    pbx: Pbx
    gate: Arigate
    ami: Relay
    agi: Relay

    @contextlib.contextmanager
    def call(self, events, extension, steps=None):
        """A SIP caller, answered by the application; gives (phone, channel id)."""
        since = events.mark()
        with Phone(self.pbx, "alice", steps or _HANGS_ON, dials=extension) as alice:
            channel = events.wait("StasisStart", since=since)["channel"]["id"]
            status, body = self.gate.ari().post(f"/channels/{channel}/answer")
            check(status == 204, f"answer: {status} {body}")
            events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Up", since=since)
            yield alice, channel

    def application_hangs_up(self, channel, phone):
        """The end of a call that went well: the phone gets a BYE and has met nothing unexpected."""
        status, body = self.gate.ari().delete("/channels/" + channel)
        check(status == 204, f"hangup: {status} {body}")
        phone.wait(10)

    def is_listed(self, channel):
        with contextlib.suppress(OSError):
            status, channels = self.gate.ari().get("/channels")
            return status == 200 and [c["id"] for c in channels].count(channel) == 1
        return False


@contextlib.contextmanager
def _bench(run):
    program = run.arigate_program()
    agi_port = ports.free_tcp()
    with contextlib.ExitStack() as stack:
        agi = stack.enter_context(Relay(agi_port))
        pbx = stack.enter_context(Pbx(run.version, side="arigate", agi_port=agi.port))
        ami = stack.enter_context(Relay(pbx.ami_port))
        gate = stack.enter_context(Arigate(program, pbx, ami_port=ami.port, agi_port=agi_port))
        yield Bench(pbx, gate, ami, agi)


def _types(events, since=0, channel=None):
    return [e["type"] for e in events.events[since:]
            if channel is None or e.get("channel", {}).get("id") == channel]


def _check_once(events, kind, channel, since=0):
    count = _types(events, since, channel).count(kind)
    check(count == 1, f"{count} times {kind}: {_types(events, since, channel)}")


@case("websocket-closed-and-opened-again")
def websocket_reconnect(run):
    """On both sides: what native does is what is asserted."""
    program = run.arigate_program()
    for name in (sides.NATIVE, sides.ARIGATE):
        with sides.side(name, run.version, program) as (pbx, url):
            ari = sides.client(url)
            with ari.events("oracle") as first, Phone(pbx, "alice", _HANGS_ON, dials=_PLAIN) as alice:
                path = "/channels/" + first.wait("StasisStart")["channel"]["id"]
                ari.post(path + "/answer")
                first.close(politely=False)
                status, app = ari.get("/applications/oracle")
                check(status == 200 and app["channel_ids"] == [path[10:]], f"{name}: {status} {app}")
                check(ari.post(path + "/play", media="sound:tone-2s")[0] == 201, f"{name}: play while away")
                with ari.events("oracle") as second:
                    second.wait("PlaybackFinished")
                    check("StasisStart" not in _types(second), f"{name}: told again: {_types(second)}")
                    check(ari.delete(path)[0] == 204, f"{name}: hangup")
                    second.wait("StasisEnd")
                alice.wait(10)


@case("call-for-an-application-that-is-not-there-goes-on-in-the-dialplan")
def refused(run):
    program = run.arigate_program()
    for name in (sides.NATIVE, sides.ARIGATE):
        with sides.side(name, run.version, program) as (pbx, _):
            pbx.call_locally("602")
            told = pbx.observer().wait_event(lambda e: e.get("UserEvent") == "Refused")
            check(told["Status"] == "FAILED", f"{name}: STASISSTATUS is {told['Status']!r}")


@case("ami-cut-in-the-middle-of-a-playback")
def ami_cut(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        steps = ["answered", ("pause", 4500), ("info", "7"), "await_bye"]
        with bench.call(events, _PLAIN, steps) as (alice, channel):
            sessions = bench.agi.connections
            bench.gate.ari().post(f"/channels/{channel}/play/prompt", media="sound:tone-2s")
            events.wait("PlaybackStarted")
            since = events.mark()
            bench.ami.cut(reset=True)
            wait_until(lambda: bench.ami.connections == 2, 2, "arigate has connected to AMI again")
            wait_until(lambda: bench.is_listed(channel), 3, "the channel is in the list")
            finished = events.wait("PlaybackFinished", since=since)
            check(finished["playback"]["state"] == "done", f"the playback ended {finished['playback']}")
            events.wait(lambda e: e["type"] == "ChannelDtmfReceived" and e["digit"] == "7", timeout=8, since=since)
            check(alice.is_up(), "the caller is still there")
            check(bench.agi.connections == sessions, "the call stayed in its AGI session")
            told = _types(events, since, channel)
            wrong = {"StasisStart", "StasisEnd", "ChannelCreated", "ChannelDestroyed"} & set(told)
            check(not wrong, f"the application was told {wrong}")
            bench.application_hangs_up(channel, alice)
            events.wait("StasisEnd", since=since)


@case("fastagi-is-faster-than-ami")
def ami_late(run):
    """The two come on two sockets: the channel may ask for its application before AMI has told of it."""
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        bench.ami.delay_in = 0.15
        with Phone(bench.pbx, "alice", _HANGS_ON, dials=_PLAIN) as alice:
            began = time.monotonic()
            channel = events.wait("StasisStart")["channel"]
            took = time.monotonic() - began
            check(channel["state"] == "Ring" and channel["dialplan"]["exten"] == _PLAIN, f"it shows {channel}")
            check(took < 0.8, f"it took {took:.2f} s; AMI was late by 0.15 s")
            bench.gate.ari().post(f"/channels/{channel['id']}/answer")
            bench.application_hangs_up(channel["id"], alice)
            events.wait("StasisEnd")
            _check_once(events, "StasisStart", channel["id"])


@case("caller-hangs-up-while-ami-is-away")
def hangup_while_away(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        with bench.call(events, _PLAIN, ["answered", ("pause", 1500), "bye"]) as (alice, channel):
            bench.ami.refuse()
            bench.ami.cut()
            alice.wait(10)
            events.wait("StasisEnd")
            wait_until(lambda: not bench.pbx.channels(), 5, "the PBX has let the channel go")
            bench.ami.allow()
            wait_until(lambda: bench.gate.ari().get("/channels") == (200, []), 8, "the list is right again")
            _check_once(events, "StasisEnd", channel)


@case("fastagi-cut-and-the-dialplan-leads-back")
def agi_cut_looping(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        with bench.call(events, _LOOPING) as (alice, channel):
            since = events.mark()
            bench.agi.cut(reset=True)
            events.wait("StasisEnd", since=since)
            again = events.wait("StasisStart", timeout=8, since=since)
            check(again["channel"]["id"] == channel, "the same channel comes back")
            check(again["args"] == ["survivor"], f"with args {again['args']}")
            check(again["channel"]["state"] == "Up", "and it is still answered")
            check(alice.is_up(), "the caller has noticed nothing")
            _check_once(events, "StasisEnd", channel)
            bench.application_hangs_up(channel, alice)


@case("fastagi-cut-and-the-dialplan-goes-on")
def agi_cut_plain(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        with bench.call(events, _PLAIN) as (alice, channel):
            # The PBX plays on to the end of the sound before it looks at the socket again.
            bench.gate.ari().post(f"/channels/{channel}/play/prompt", media="sound:tone-2s")
            events.wait("PlaybackStarted")
            since = events.mark()
            bench.agi.cut(reset=True)
            finished = events.wait("PlaybackFinished", since=since)
            check(finished["playback"]["state"] == "failed", f"the playback ended {finished['playback']}")
            events.wait("StasisEnd", since=since)
            alice.wait(10)  # The next line of the extension is Hangup().
            status, _ = bench.gate.ari().get("/channels/" + channel)
            check(status == 404, f"the channel is gone: {status}")
            _check_once(events, "StasisEnd", channel)


@case("killed-with-a-call-up-and-started-again")
def killed(run):
    with _bench(run) as bench:
        with bench.gate.ari().events("oracle") as events, bench.call(events, _LOOPING) as (alice, channel):
            bench.gate.kill()
            events.wait_closed()
            bench.gate.start()
            with bench.gate.ari().events("oracle") as later:
                again = later.wait("StasisStart", timeout=15)
                check(again["channel"]["id"] == channel, "the same call comes back to the application")
                check(alice.is_up(), "the caller has noticed nothing")
                check(bench.is_listed(channel), "the channel is in the list once")
                bench.application_hangs_up(channel, alice)
                later.wait("StasisEnd")


@case("killed-with-an-originated-call-up-and-started-again")
def killed_originated(run):
    steps = ["ring", "answer", "await_bye"]
    with _bench(run) as bench, Phone(bench.pbx, "bob", steps) as bob:
        with bench.gate.ari().events("oracle") as events:
            status, body = bench.gate.ari().post("/channels/called", endpoint=bench.pbx.phone("bob"), app="oracle")
            check(status == 200, f"originate: {status} {body}")
            events.wait("StasisStart")
            bench.gate.kill()
        bench.gate.start()
        wait_until(lambda: bench.is_listed("called"), 5, "the channel is known again")
        check(bob.is_up(), "the callee has noticed nothing")
        wait_until(lambda: bench.agi.connections >= 2, 5, "the channel has come back from [arigate]")
        bench.application_hangs_up("called", bob)


def _legs(bench):
    """The channels of arigate's own that the PBX has."""
    return [name for name in bench.pbx.channels() if name.startswith("Local/00") and "@arigate-" in name]


def _snooping(bench, events):
    """A call with a snoop on it, which has a leg on the PBX."""
    bench.pbx.call_locally(_LOOPING)
    target = events.wait("StasisStart")["channel"]["id"]
    status, body = bench.gate.ari().post(f"/channels/{target}/snoop/ear", spy="in", app="oracle")
    check(status == 200, f"snoop: {status} {body}")
    wait_until(lambda: len(_legs(bench)) == 2, 5, "both halves of the leg are there")
    return target


@case("killed-with-a-leg-up-and-started-again")
def killed_with_a_leg(run):
    with _bench(run) as bench:
        with bench.gate.ari().events("oracle") as events:
            target = _snooping(bench, events)
            bench.gate.kill()
        bench.gate.start()
        wait_until(lambda: not _legs(bench), 5, "the leg is hung up")
        listed = bench.gate.ari().get("/channels")[1]
        check(not any("arigate-" in channel["name"] for channel in listed), f"it is not shown: {listed}")
        check(any(target == channel["id"] for channel in listed), "the call itself goes on")


@case("leg-whose-links-are-cut")
def leg_cut(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        _snooping(bench, events)
        bench.agi.cut()
        wait_until(lambda: not _legs(bench), 5, "the leg is hung up")


@case("terminated-with-a-call-up")
def terminated(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        with bench.call(events, _LOOPING) as (alice, channel):
            status = bench.gate.terminate()
            check(status == 0, f"exit code {status}")
            events.wait_closed()
            check(events.close_code == 1001, f"the WebSocket was closed with {events.close_code}")
            # The loop asks for arigate once a second; through two rounds the caller has to stay.
            tries = bench.agi.attempts
            wait_until(lambda: bench.agi.attempts >= tries + 2, 5, "the dialplan asks for arigate")
            check(alice.is_up(), "the caller is still there")
            check(any("alice" in name for name in bench.pbx.channels()), "and the PBX says so too")


@contextlib.contextmanager
def _two_in_a_bridge(bench, events):
    """Alice and bob talk in the bridge `talk`; gives their phones and channels."""
    ari = bench.gate.ari()
    check(ari.post("/bridges/talk", type="mixing", name="the shop")[0] == 200, "create")
    check(ari.post("/bridges/talk/variable", variable="COLOUR", value="blue, green")[0] == 204, "variable")
    with contextlib.ExitStack() as stack:
        phones, channels = [], []
        for name in ("alice", "bob"):
            since = events.mark()
            phones.append(stack.enter_context(Phone(bench.pbx, name, _HANGS_ON, dials=_LOOPING)))
            channels.append(events.wait("StasisStart", since=since)["channel"]["id"])
            ari.post(f"/channels/{channels[-1]}/answer")
            status, body = ari.post("/bridges/talk/addChannel", channel=channels[-1])
            check(status == 204, f"add: {status} {body}")
            events.wait("ChannelEnteredBridge", since=since)
        yield phones, channels


def _members(bench):
    with contextlib.suppress(OSError):
        status, bridge = bench.gate.ari().get("/bridges/talk")
        return set(bridge["channels"]) if status == 200 else status


@case("killed-with-a-bridge-up-and-started-again")
def killed_with_bridge(run):
    with _bench(run) as bench:
        with bench.gate.ari().events("oracle") as events, _two_in_a_bridge(bench, events) as (phones, channels):
            bench.gate.kill()
            events.wait_closed()
            bench.gate.start()
            wait_until(lambda: _members(bench) == set(channels), 5, "the bridge is known again, with its members")
            check(all(phone.is_up() for phone in phones), "nobody has noticed anything")
            found = bench.gate.ari().get("/bridges/talk")[1], bench.gate.ari().get(
                "/bridges/talk/variable", variable="COLOUR")
            check(found[0]["name"] == "the shop" and found[1] == (200, {"value": "blue, green"}), f"found {found}")
            with bench.gate.ari().events("oracle") as later:
                for _ in channels:
                    later.wait("StasisStart", timeout=8)
                wait_until(lambda: len(_types(later)) and _types(later).count("StasisStart") == 2, 8,
                           "both are under control again")
                wait_until(lambda: _members(bench) == set(channels), 5, "and still in the bridge")
                check(all(phone.is_up() for phone in phones), "nobody has noticed anything")
                status, body = bench.gate.ari().post("/bridges/talk/removeChannel", channel=channels[0])
                check(status == 204, f"remove: {status} {body}")
                for channel, phone in zip(channels, phones):
                    bench.application_hangs_up(channel, phone)
                check(bench.gate.ari().delete("/bridges/talk")[0] == 204, "destroy")


@case("terminated-with-a-bridge-up-and-started-again")
def terminated_with_bridge(run):
    with _bench(run) as bench:
        with bench.gate.ari().events("oracle") as events, _two_in_a_bridge(bench, events) as (phones, channels):
            check(bench.gate.terminate() == 0, "exit code")
            bench.gate.start()
            wait_until(lambda: _members(bench) == set(channels), 5, "the bridge is known again, with its members")
            with bench.gate.ari().events("oracle") as later:
                for channel, phone in zip(channels, phones):
                    later.wait(lambda e, channel=channel: e["type"] == "StasisStart" and e["channel"]["id"] == channel,
                               timeout=8)
                    check(phone.is_up(), "nobody has noticed anything")
                    bench.application_hangs_up(channel, phone)


@case("ami-cut-with-a-bridge-up")
def ami_cut_with_bridge(run):
    with _bench(run) as bench:
        with bench.gate.ari().events("oracle") as events, _two_in_a_bridge(bench, events) as (phones, channels):
            since = events.mark()
            bench.ami.cut(reset=True)
            wait_until(lambda: bench.ami.connections == 2, 2, "arigate has connected to AMI again")
            wait_until(lambda: bench.is_listed(channels[0]), 3, "the channels are in the list")
            check(_members(bench) == set(channels), "both are members still")
            # Two that meet are introduced to each other, which may still be under way at the cut.
            told = [event for event in _types(events, since) if event not in ("ChannelConnectedLine", "ChannelVarset")]
            check(not told, f"nothing was told: {told}")
            status, body = bench.gate.ari().post("/bridges/talk/removeChannel", channel=channels[0])
            check(status == 204, f"remove: {status} {body}")
            for channel, phone in zip(channels, phones):
                bench.application_hangs_up(channel, phone)


def _forged_by_old(channel, uniqueid):
    """What a caller of Asterisk 1.8 or 11 who knows all ids would have said of another call."""
    yield "Newstate", {"Channel": channel, "ChannelState": "7", "ChannelStateDesc": "Busy", "CallerIDNum": "911",
                       "CallerIDName": "x", "ConnectedLineNum": "", "ConnectedLineName": "", "Uniqueid": uniqueid}
    yield "NewCallerid", {"Channel": channel, "CallerIDNum": "911", "CallerIDName": "x", "Uniqueid": uniqueid,
                          "CID-CallingPres": "0 (Presentation Allowed)"}
    yield "Newexten", {"Channel": channel, "Context": "out", "Extension": "911", "Priority": "1",
                       "Application": "Dial", "AppData": "x", "Uniqueid": uniqueid}
    yield "Hangup", {"Channel": channel, "Uniqueid": uniqueid, "CallerIDNum": "911", "CallerIDName": "x",
                     "Cause": "16", "Cause-txt": "x"}
    yield "Rename", {"Channel": channel, "Newname": "SIP/other-911", "Uniqueid": uniqueid}
    yield "ParkedCall", {"Exten": "911", "Channel": channel, "Parkinglot": "default", "From": "x", "Timeout": "45",
                         "CallerIDNum": "", "CallerIDName": "", "ConnectedLineNum": "", "ConnectedLineName": "",
                         "Uniqueid": uniqueid}
    yield "NewAccountCode", {"Channel": channel, "Uniqueid": uniqueid, "AccountCode": "911", "OldAccountCode": ""}


def _forged_by_new(snapshot):
    """The same on Asterisk 12 and later. snapshot: the headers of the other call's channel."""

    def changed(name, value):
        return {**snapshot, name: value}

    yield "Newstate", {**snapshot, "ChannelState": "7", "ChannelStateDesc": "Busy"}
    yield "NewConnectedLine", changed("ConnectedLineNum", "911")
    yield "NewCallerid", {**changed("CallerIDNum", "911"), "CID-CallingPres": "0 (Presentation Allowed)"}
    yield "Newexten", {**changed("Exten", "911"), "Extension": "911", "Application": "Dial", "AppData": "x"}
    yield "MusicOnHoldStart", {**changed("AccountCode", "911"), "Class": "x"}
    yield "Rename", {"Channel": snapshot["Channel"], "Newname": "SIP/other-911", "Uniqueid": snapshot["Uniqueid"]}
    yield "BridgeEnter", {"BridgeUniqueid": "bridge-911", "BridgeType": "basic", "BridgeTechnology": "simple_bridge",
                          "BridgeCreator": "<unknown>", "BridgeName": "<unknown>", "BridgeNumChannels": "1", **snapshot}
    dialled = {"Dest" + name: value for name, value in changed("CallerIDNum", "911").items()}
    yield "DialBegin", {**dialled, "DialString": "x"}
    yield "Hangup", {**snapshot, "Cause": "16", "Cause-txt": "x"}


@case("events-in-the-text-of-a-caller-change-no-other-call")
def forged(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle", subscribeAll="true") as events:
        with bench.call(events, _PLAIN) as (alice, channel):
            pbx = bench.pbx
            row, = [row for row in pbx.observer().list({"Action": "CoreShowChannels"})]
            if run.version in chroots.WITHOUT_ARI:
                forgeries = _forged_by_old(row["Channel"], channel)
            else:
                told = ("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
                        "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid")
                forgeries = _forged_by_new({name: row.get(name, "") for name in told})
            before, bridges = bench.gate.ari().get(f"/channels/{channel}"), bench.gate.ari().get("/bridges")
            since = events.mark()
            for name, headers in forgeries:
                lines = ["", "", f"Event: {name}", "Privilege: call,all", *(f"{n}: {v}" for n, v in headers.items())]
                mark = events.mark()
                pbx.observer().send({
                    "Action": "Originate", "Channel": "Local/answer@far-end/n", "Context": "far-end", "Exten": "note",
                    "Priority": "1", "Async": "true", "Variable": "NOTE=" + urllib.parse.quote("\r\n".join(lines), "")})
                noted = events.wait(lambda e: e["type"] == "ChannelUserevent" and e["eventname"] == "Noted", since=mark)
                caller = noted["channel"]["id"]
                events.wait(lambda e: e["type"] == "ChannelDestroyed" and e["channel"]["id"] == caller, since=mark)
                after = bench.gate.ari().get(f"/channels/{channel}")
                check(after == before, f"{name}: {before} became {after}")
                check(bench.gate.ari().get("/bridges") == bridges, f"{name}: another bridge")
            check(not _types(events, since, channel), f"told: {_types(events, since, channel)}")
            bench.application_hangs_up(channel, alice)


@case("pbx-restarted-under-arigate")
def pbx_restarted(run):
    with _bench(run) as bench, bench.gate.ari().events("oracle") as events:
        bench.pbx.call_locally(_PLAIN)
        channel = events.wait("StasisStart")["channel"]["id"]
        bench.pbx.restart()
        events.wait(lambda e: e["type"] == "StasisEnd" and e["channel"]["id"] == channel)
        wait_until(lambda: bench.gate.ari().get("/channels") == (200, []), 10, "the old channels are gone")
        since = events.mark()
        with bench.call(events, _PLAIN) as (alice, new_channel):
            bench.application_hangs_up(new_channel, alice)
        _check_once(events, "StasisEnd", channel)
        events.wait("StasisEnd", since=since)
