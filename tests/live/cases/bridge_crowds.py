"""Many members, many bridges, and what is left on the PBX when they end in each way: nothing."""

import concurrent.futures
import time

from harness import chroots, ports
from harness.ari import Recorder
from harness.arigate import Arigate
from harness.outcome import check, wait_until
from harness.pbx import Pbx
from harness.registry import case
from harness.relay import Relay
from harness.scenario import caller
from harness.sides import ARIGATE, client, side

_CROWD, _PAIRS = 100, 200
_WAITING, _ANNOUNCEMENTS = 40, 6


def _place_calls(pbx, ari, events, count):
    """That many callers in the application, answered; their ids."""
    # Nothing here looks at what the PBX tells of them all, and behind that an answer would have to wait.
    pbx.observer().action({"Action": "Events", "EventMask": "off"})
    since = events.mark()
    for _ in range(count):
        pbx.call_locally("601")  # Answered by the dialplan.
    entered = lambda: [e["channel"]["id"] for e in events.events[since:] if e["type"] == "StasisStart"]
    wait_until(lambda: len(entered()) == count, 30, f"{count} callers are in the application", step=0.1)
    return entered()


def _post_all(ari, paths):
    """Four requests at a time; each has to be answered with 2xx."""
    def post(path):
        status, answer = ari.post(path)
        check(status in (200, 204), f"POST {path}: {status} {answer}")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(post, paths))


def _crowd_in(bridge, kind, pbx, ari, events, count):
    """A bridge with that many members; their ids."""
    channels = _place_calls(pbx, ari, events, count)
    ari.post(f"/bridges/{bridge}", type=kind)
    _post_all(ari, [f"/bridges/{bridge}/addChannel?channel={','.join(channels[n::4])}" for n in range(4)])
    return channels


def _nobody_is_left(pbx):
    """The hidden legs are channels of the PBX too."""
    wait_until(lambda: not pbx.channels(), 30, "no channel is left on the PBX", step=0.1)
    left = "\n".join(pbx.command("core show channels"))
    check("0 active channels" in left, left)
    rooms = "\n".join(pbx.command("confbridge list"))
    check("arigate" not in rooms, rooms)


def _hang_up_all(pbx):
    for channel in pbx.channels():
        if channel.endswith(";1"):
            pbx.observer().send({"Action": "Hangup", "Channel": channel})


def _alone(test):
    """Two crowds at a time are too many for a small machine."""
    def run_alone(run):
        with chroots.alone_with("crowd"):
            test(run)

    return run_alone


@case("bridge-of-a-hundred")
@_alone
def a_hundred(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url, Recorder())
        with ari.events("oracle") as events:
            channels = _crowd_in("all", "mixing", pbx, ari, events, _CROWD)
            members = ari.get("/bridges/all")[1]["channels"]
            check(sorted(members) == sorted(channels), f"{len(members)} are in the bridge")
            check(ari.post("/bridges/all/play/news", media="sound:tone-10s")[0] == 201, "play")
            check(ari.post("/bridges/all/record", name="all", format="wav")[0] == 201, "record")
            check(ari.post("/bridges/all/moh")[0] == 204, "moh")
            events.wait("PlaybackStarted")
            check(ari.delete("/bridges/all")[0] == 204, "destroy")
            events.wait(lambda e: e["type"] == "PlaybackFinished" and e["playback"]["id"] == "news")
            wait_until(lambda: len(pbx.channels()) == 2 * _CROWD, 10, "only the callers are left", step=0.1)
            for channel in channels[:3]:  # They are where they were before.
                check(ari.post(f"/channels/{channel}/ring")[0] == 204, "under control again")
            _hang_up_all(pbx)
            _nobody_is_left(pbx)


@case("announcements-to-a-waiting-crowd")
@_alone
def waiting_crowd(run):
    """Again and again; some hang up meanwhile. On 1.8 all go into a room and out of it for each."""
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url, Recorder())
        with ari.events("oracle") as events:
            channels = _crowd_in("queue", "holding", pbx, ari, events, _WAITING)
            for _ in range(_ANNOUNCEMENTS):
                since = events.mark()
                status, playback = ari.post("/bridges/queue/play", media="sound:tone-10s")
                check(status == 201, f"play: {status} {playback}")
                events.wait("PlaybackStarted", since=since)
                check(ari.delete("/channels/" + channels.pop())[0] == 204, "hang up one who hears it")
                check(ari.delete("/playbacks/" + playback["id"])[0] == 204, "stop")
                events.wait("PlaybackFinished", since=since)
                check(ari.delete("/channels/" + channels.pop())[0] == 204, "hang up one who goes back")
                members = ari.get("/bridges/queue")[1]["channels"]
                check(sorted(members) == sorted(channels), f"{len(members)} of {len(channels)} wait")
            wait_until(lambda: len(pbx.channels()) == 2 * len(channels), 15, "the legs are gone", step=0.1)
            check(not [e for e in events.events if e["type"] == "StasisEnd" and e["channel"]["id"] in channels],
                  "nobody else has left")
            _hang_up_all(pbx)
            _nobody_is_left(pbx)


@case("bridges-of-two-hundred-pairs")
@_alone
def two_hundred_pairs(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url, Recorder())
        with ari.events("oracle") as events:
            channels = _place_calls(pbx, ari, events, 2 * _PAIRS)
            _post_all(ari, [f"/bridges/pair{n}?type=mixing" for n in range(_PAIRS)])
            _post_all(ari, [f"/bridges/pair{n}/addChannel?channel={channels[2 * n]},{channels[2 * n + 1]}"
                            for n in range(_PAIRS)])
            bridges = ari.get("/bridges")[1]
            check(len(bridges) == _PAIRS and all(len(b["channels"]) == 2 for b in bridges), f"{len(bridges)} bridges")
            _hang_up_all(pbx)  # The last member of each is lost; the bridge stays, empty.
            _nobody_is_left(pbx)
            wait_until(lambda: not any(b["channels"] for b in ari.get("/bridges")[1]), 10, "all bridges are empty")


@case("bridge-without-its-last-member")
def last_member_lost(run):
    """He hangs up while all kinds of sound go in and out: no leg is left behind, and the bridge can be used again."""
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url, Recorder())
        with ari.events("oracle") as events:
            check(ari.post("/bridges/one", type="mixing")[0] == 200, "create")
            for _ in range(2):
                member = caller(pbx, events, answered_by=ari).split("/")[-1]
                check(ari.post("/bridges/one/addChannel", channel=member)[0] == 204, "add")
                since = events.mark()
                check(ari.post("/bridges/one/play", media="sound:tone-10s")[0] == 201, "play")
                check(ari.post("/bridges/one/record", name=f"of-{member}", format="wav")[0] == 201, "record")
                check(ari.post("/bridges/one/moh")[0] == 204, "moh")
                events.wait("RecordingStarted", since=since)
                check(ari.delete("/channels/" + member)[0] == 204, "hangup")
                for kind in ("PlaybackFinished", "RecordingFinished"):
                    events.wait(kind, since=since)
                _nobody_is_left(pbx)
                check(ari.get("/bridges/one")[1]["channels"] == [], "the bridge is empty")


@case("bridge-without-the-pbx-link")
def link_lost(run):
    """AMI is lost while a bridge is destroyed, and comes back: no leg is left behind."""
    program = run.arigate_program()
    with Pbx(run.version, side=ARIGATE, agi_port=ports.free_tcp()) as pbx, Relay(pbx.ami_port) as ami:
        with Arigate(program, pbx, ami_port=ami.port) as gate:
            ari = gate.ari(Recorder())
            with ari.events("oracle") as events:
                members = [caller(pbx, events, answered_by=ari).split("/")[-1] for _ in range(3)]
                ari.post("/bridges/one", type="mixing")
                check(ari.post("/bridges/one/addChannel", channel=",".join(members))[0] == 204, "add")
                ari.post("/bridges/one/play", media="sound:tone-10s")
                ari.post("/bridges/one/record", name="r", format="wav")
                ari.post("/bridges/one/moh")
                events.wait("RecordingStarted")
                legs = 5 if run.version == "1.8" else 3  # 1.8 needs two more that keep the room.
                wait_until(lambda: len(pbx.channels()) == 6 + 2 * legs, 3, f"three callers and {legs} legs")
                ami.cut()
                ami.refuse()
                ari.delete("/bridges/one")
                time.sleep(0.3)
                ami.allow()
                wait_until(lambda: len(pbx.channels()) == 6, 15, "the legs are gone, the callers are not")
                wait_until(lambda: ari.get("/bridges/one")[0] == 404, 5, "the bridge is gone")
                _hang_up_all(pbx)
                _nobody_is_left(pbx)


@case("bridge-without-arigate")
def arigate_lost(run):
    """arigate dies with members and legs in a bridge: the legs go by themselves, or when it is back."""
    with Pbx(run.version, side=ARIGATE, agi_port=ports.free_tcp()) as pbx:
        with Arigate(run.arigate_program(), pbx) as gate:
            ari = gate.ari(Recorder())
            with ari.events("oracle") as events:
                members = [caller(pbx, events, answered_by=ari).split("/")[-1] for _ in range(2)]
                ari.post("/bridges/one", type="mixing")
                ari.post("/bridges/one/addChannel", channel=",".join(members))
                ari.post("/bridges/one/play", media="sound:tone-10s")
                ari.post("/bridges/one/moh")
                events.wait("PlaybackStarted")
            gate.kill()
            gate.start()
            # Two callers of two halves each; nobody's application is there.
            wait_until(lambda: len(pbx.channels()) <= 4, 15, f"the legs are gone: {pbx.channels()}")
            _hang_up_all(pbx)
            _nobody_is_left(pbx)


@case("bridges-that-arigate-comes-back-to")
def arigate_back(run):
    """arigate dies while three talk and three hear an announcement: all of them are under control again. On 1.8 the PBX
    would lock up were they led out of their rooms before these are kept."""
    with Pbx(run.version, side=ARIGATE, agi_port=ports.free_tcp()) as pbx:
        with Arigate(run.arigate_program(), pbx) as gate:
            ari = gate.ari(Recorder())
            members = {}
            with ari.events("oracle") as events:
                for bridge, kind in (("talk", "mixing"), ("wait", "holding")):
                    ari.post("/bridges/" + bridge, type=kind)
                    members[bridge] = {caller(pbx, events, answered_by=ari).split("/")[-1] for _ in range(3)}
                    check(ari.post(f"/bridges/{bridge}/addChannel", channel=",".join(members[bridge]))[0] == 204, "add")
                ari.post("/bridges/wait/play", media="sound:tone-10s")
                events.wait("PlaybackStarted")
            gate.kill()
            gate.start()
            ari = gate.ari(Recorder())
            with ari.events("oracle") as events:
                everybody = set.union(*members.values())
                back = lambda: {e["channel"]["id"] for e in events.events if e["type"] == "StasisStart"}
                wait_until(lambda: back() == everybody, 15, "all have come back")
                for bridge, there in members.items():
                    check(set(ari.get("/bridges/" + bridge)[1]["channels"]) == there, f"members of {bridge}")
                for channel in everybody:
                    check(ari.delete("/channels/" + channel)[0] == 204, "hangup")
                _nobody_is_left(pbx)
