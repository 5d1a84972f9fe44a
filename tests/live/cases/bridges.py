"""Bridges of applications: every operation and what a member may meet in them, as native does it."""

import time

from harness.outcome import check, wait_until
from harness.registry import case
from harness.scenario import caller, compared, outside_call, settle
from harness.sides import ARIGATE, NATIVE, client, side


def _send(ari, requests):
    for method, path, parameters, *body in requests:
        ari.request(method, path, body[0] if body else None, None, **parameters)
        time.sleep(0.05)  # So that a request's events stand with it in the recording.


def _callers(pbx, ari, events, count):
    return [caller(pbx, events, answered_by=ari).split("/")[-1] for _ in range(count)]


def _made_and_destroyed(pbx, ari, events):
    _send(ari, [
        ("POST", "/bridges", {"type": "mixing", "bridgeId": "one", "name": "first"}),
        ("POST", "/bridges/two", {"type": "holding", "name": "waiting room"}),
        ("POST", "/bridges/three", {"type": "mixing,dtmf_events,proxy_media"}),
        ("POST", "/bridges/four", {"type": "video_sfu"}),
        ("POST", "/bridges/five", {"type": "mixing,video_single"}),
        ("POST", "/bridges/six", {}),
        ("POST", "/bridges/seven", {"type": ""}),
        ("POST", "/bridges/eight", {"type": "mixing,nonsense"}),
        ("POST", "/bridges/bad", {"type": "nonsense"}),
        ("POST", "/bridges/bad", {"type": "dtmf_events"}),
        ("POST", "/bridges/bad", {"type": "video_single"}),
        ("POST", "/bridges/bad", {"type": "holding,mixing"}),
        ("GET", "/bridges/one", {}),
        ("GET", "/bridges/nope", {}),
        ("GET", "/bridges", {}),
        ("POST", "/applications/oracle/subscription", {"eventSource": "bridge:one"}),
        ("POST", "/applications/oracle/subscription", {"eventSource": "bridge:nope"}),
        ("GET", "/applications/oracle", {}),
        ("DELETE", "/bridges/one", {}),
        ("DELETE", "/bridges/one", {}),
        ("DELETE", "/bridges/two", {}),
        ("GET", "/applications/oracle", {}),
        ("PUT", "/bridges", {}),
    ])


def _members_come_and_go(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing", "name": "first"}),
        ("POST", "/bridges/two", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {}),
        ("POST", "/bridges/one/addChannel", {"channel": ""}),
        ("POST", "/bridges/nope/addChannel", {}),
        ("POST", "/bridges/nope/addChannel", {"channel": a}),
        ("POST", "/bridges/one/addChannel", {"channel": "nope"}),
        ("POST", "/bridges/one/addChannel", {"channel": f"{a},nope"}),
        ("POST", "/bridges/one/addChannel", {"channel": a}),
        ("GET", "/bridges/one", {}),
        ("GET", f"/channels/{a}", {}),
        ("POST", "/bridges/one/addChannel", {"channel": a}),
        ("POST", "/bridges/one/addChannel", {"channel": b, "mute": "true", "absorbDTMF": "true"}),
        ("GET", "/bridges/one", {}),
        ("POST", "/bridges/two/addChannel", {"channel": f"{b},{a}"}),
        ("GET", "/bridges/one", {}),
        ("GET", "/bridges/two", {}),
        ("POST", "/bridges/one/removeChannel", {"channel": a}),
        ("POST", "/bridges/nope/removeChannel", {"channel": a}),
        ("POST", "/bridges/two/removeChannel", {"channel": "nope"}),
        ("POST", "/bridges/two/removeChannel", {}),
        ("POST", "/bridges/two/removeChannel", {"channel": a}),
        ("POST", "/bridges/two/removeChannel", {"channel": a}),
        ("POST", f"/channels/{a}/ring", {}),
        ("DELETE", "/bridges/two", {}),
        ("GET", "/channels", {}),
    ])


def _holding(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/hold", {"type": "holding"}),
        ("POST", "/bridges/hold/addChannel", {"channel": a, "role": "participant"}),
        ("POST", "/bridges/hold/addChannel", {"channel": b, "role": "announcer"}),
        ("GET", "/bridges/hold", {}),
        ("POST", "/bridges/hold/addChannel", {"channel": b, "role": "silly"}),
        ("POST", "/bridges/hold/removeChannel", {"channel": f"{b},{a}"}),
        ("GET", "/bridges/hold", {}),
        ("DELETE", "/bridges/hold", {}),
    ])


def _four_of_them(pbx, ari, events):
    a, b, c, d = _callers(pbx, ari, events, 4)
    _send(ari, [("POST", "/bridges/all", {"type": "mixing"})])
    for channel in (a, b, c, d):
        _send(ari, [("POST", "/bridges/all/addChannel", {"channel": channel}), ("GET", "/bridges/all", {})])
    for channel in (c, d, a, b):
        _send(ari, [("POST", "/bridges/all/removeChannel", {"channel": channel}), ("GET", "/bridges/all", {})])


def _heard_by_everyone(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": a}),
        ("POST", "/bridges/one/addChannel", {"channel": b}),
        ("POST", "/bridges/one/removeChannel", {"channel": a}),
        ("DELETE", "/bridges/one", {}),
    ])


def _unanswered(pbx, ari, events):
    ringing = caller(pbx, events).split("/")[-1]
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": ringing}),
        ("GET", f"/channels/{ringing}", {}),
        ("POST", f"/channels/{ringing}/answer", {}),
        ("GET", f"/channels/{ringing}", {}),
        ("GET", "/bridges/one", {}),
        ("DELETE", f"/channels/{ringing}", {}),
        ("GET", "/bridges/one", {}),
    ])


def _member_hung_up(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": f"{a},{b}"}),
        ("DELETE", f"/channels/{a}", {}),
        ("GET", "/bridges/one", {}),
        ("POST", f"/channels/{b}/continue", {"context": "elsewhere", "extension": "700", "priority": "1"}),
        ("GET", "/bridges/one", {}),
    ])


def _jobs_of_a_member(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": f"{a},{b}"}),
        ("POST", f"/channels/{a}/play/first", {"media": "sound:tone-short"}),
    ])
    events.wait("PlaybackFinished")
    _send(ari, [
        ("POST", f"/channels/{a}/ring", {}),
        ("POST", f"/channels/{a}/variable", {"variable": "A", "value": "1"}),
        ("GET", f"/channels/{a}/variable", {"variable": "A"}),
        ("POST", f"/channels/{a}/moh", {}),
        ("DELETE", f"/channels/{a}/moh", {}),
        ("POST", f"/channels/{a}/answer", {}),
        ("GET", "/bridges/one", {}),
        ("POST", f"/channels/{a}/play/second", {"media": "sound:tone-10s"}),
    ])
    time.sleep(0.3)
    _send(ari, [
        ("POST", "/bridges/one/removeChannel", {"channel": b}),
        ("DELETE", "/playbacks/second", {}),
        ("DELETE", "/bridges/one", {}),
    ])


def _moved_to_another_application(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    with ari.events("second"):
        _send(ari, [
            ("POST", "/bridges/one", {"type": "mixing"}),
            ("POST", "/bridges/one/addChannel", {"channel": f"{a},{b}"}),
            ("POST", f"/channels/{a}/move", {"app": "second"}),
            ("GET", "/bridges/one", {}),
        ])
        time.sleep(0.3)
        _send(ari, [("POST", "/bridges/one/removeChannel", {"channel": a})])


def _somebody_elses(pbx, ari, events):
    channel = outside_call(pbx).rsplit("/", 1)[1]
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": channel}),
        ("POST", "/bridges/one/removeChannel", {"channel": channel}),
        ("DELETE", "/bridges/one", {}),
    ])


def _sounds(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": f"{a},{b}"}),
        ("POST", "/bridges/one/moh", {}),
        ("POST", "/bridges/one/moh", {"mohClass": "default"}),
        ("DELETE", "/bridges/one/moh", {}),
        ("DELETE", "/bridges/one/moh", {}),
        ("POST", "/bridges/one/play", {}),
        ("POST", "/bridges/one/play", {"media": "sound:tone-short", "skipms": "-1"}),
        ("POST", "/bridges/one/play/first", {"media": "sound:tone-short,sound:tone-short"}),
    ])
    events.wait("PlaybackFinished")
    _send(ari, [
        ("POST", "/bridges/one/play/second", {"media": "sound:tone-10s"}),
        ("POST", "/bridges/one/play/third", {"media": "sound:tone-short"}),
    ])
    time.sleep(0.5)
    for operation in ("pause", "unpause", "restart"):
        _send(ari, [("POST", "/playbacks/second/control", {"operation": operation}), ("GET", "/playbacks/second", {})])
    since = events.mark()
    _send(ari, [("POST", "/bridges/one/removeChannel", {"channel": a}), ("DELETE", "/playbacks/second", {})])
    events.wait(lambda e: e["type"] == "PlaybackFinished" and e["playback"]["id"] == "third", since=since)
    _send(ari, [
        ("GET", "/bridges/one", {}),
        ("POST", "/bridges/one/play/last", {"media": "sound:tone-10s"}),
    ])
    time.sleep(0.5)
    _send(ari, [("DELETE", "/bridges/one", {}), ("GET", "/playbacks/last", {})])


def _video(pbx, ari, events):
    a, b = _callers(pbx, ari, events, 2)
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("POST", "/bridges/one/addChannel", {"channel": a}),
        ("POST", f"/bridges/one/videoSource/{b}", {}),
        ("POST", "/bridges/one/videoSource/nope", {}),
        ("POST", f"/bridges/nope/videoSource/{a}", {}),
        ("DELETE", "/bridges/nope/videoSource", {}),
        ("DELETE", "/bridges/one/videoSource", {}),
        ("POST", f"/bridges/one/videoSource/{a}", {}),
        ("GET", "/bridges/one", {}),
        ("DELETE", "/bridges/one/videoSource", {}),
        ("GET", "/bridges/one", {}),
        ("DELETE", "/bridges/one", {}),
    ])


_NO_BRIDGE = [
    ("POST", "/moh", {}), ("DELETE", "/moh", {}), ("POST", "/play", {"media": "sound:tone-short"}),
    ("POST", "/play/mine", {"media": "sound:tone-short"}), ("POST", "/record", {"name": "x", "format": "wav"}),
]


def _of_22(pbx, ari, events):
    """Variables of bridges came with 22; before, their paths are unknown."""
    _send(ari, [(method, "/bridges/nope" + below, parameters) for method, below, parameters in _NO_BRIDGE])
    if pbx.version != "22":
        return
    _send(ari, [
        ("POST", "/bridges/one", {"type": "mixing"}),
        ("GET", "/bridges/one/variable", {"variable": "A"}),
        ("GET", "/bridges/one/variable", {}),
        ("POST", "/bridges/one/variable", {"variable": "A", "value": "7"}),
        ("GET", "/bridges/one/variable", {"variable": "A"}),
        ("POST", "/bridges/one/variable", {"variable": "B", "value": "8", "report_events": "true"}),
        ("GET", "/bridges/one/variables", {}),
        ("GET", "/bridges/one/variables", {"variables": "A,B"}),
        ("GET", "/bridges/one/variables", {"variables": "A,NOPE"}),
        ("POST", "/bridges/one/variables", {},
         {"variables": {"C": "3", "D": {"value": "4", "report_events": True}}}),
        ("POST", "/bridges/one/variables", {}, {"variables": {"C": 3}}),
        ("GET", "/bridges/one/variables", {"variables": "C,D"}),
        ("GET", "/bridges/one", {}),
        ("GET", "/bridges/nope/variable", {"variable": "A"}),
        ("POST", "/bridges/nope/variable", {"variable": "A"}),
        ("GET", "/bridges/nope/variables", {"variables": "A"}),
        ("POST", "/bridges/two", {"type": "mixing"},
         {"variables": {"room": {"value": "4", "report_events": True}, "x": "1"}}),
        ("GET", "/bridges/two/variable", {"variable": "x"}),
        ("POST", "/bridges/one", {"type": "mixing"}),
    ])


@case("bridges-of-the-dialplan")
def of_the_dialplan(run):
    """They are listed, and belong to nobody's application."""
    program = run.arigate_program()
    stories = {}
    for name in (NATIVE, ARIGATE):
        with side(name, run.version, program) as (pbx, url):
            stories[name] = _story_of_the_dialplan(pbx, client(url))
            settle(pbx)
    check(stories[ARIGATE] == stories[NATIVE], f"native:  {stories[NATIVE]}\narigate: {stories[ARIGATE]}")


def _story_of_the_dialplan(pbx, ari):
    story = []
    for calls, extension in ((1, "609"), (2, "610")):
        for _ in range(calls):
            pbx.call_locally(extension)
        bridge = wait_until(lambda: next((b for b in ari.get("/bridges")[1] if len(b["channels"]) == 2), None), 5,
                            f"two are in the bridge of {extension}")
        path, member = "/bridges/" + bridge["id"], bridge["channels"][0]
        check(ari.get(path) == (200, bridge), "it is shown by itself too")
        story.append([bridge[key] for key in ("technology", "bridge_type", "bridge_class", "creator", "name")])
        story += [ari.delete(path), ari.post(path + "/addChannel", channel=member),
                  ari.post(path + "/removeChannel", channel=member), ari.post(path + "/play", media="sound:tone-short"),
                  ari.post(path + "/record", name="x", format="wav"), ari.post(path + "/moh")]
        for channel in pbx.channels():
            if channel.startswith(f"Local/{extension}@") and channel.endswith(";1"):
                pbx.observer().action({"Action": "Hangup", "Channel": channel})
        wait_until(lambda: ari.get(path)[0] == 404, 5, "it is gone")
    return story


compared("bridges-made-and-destroyed", _made_and_destroyed)
compared("bridge-members-come-and-go", _members_come_and_go)
compared("bridge-holding", _holding)
compared("bridge-of-four", _four_of_them)
compared("bridge-heard-by-everyone", _heard_by_everyone, subscribeAll="true")
compared("bridge-with-an-unanswered-caller", _unanswered)
compared("bridge-member-hung-up", _member_hung_up)
compared("bridge-member-at-work", _jobs_of_a_member)
compared("bridge-member-moved", _moved_to_another_application)
compared("bridge-somebody-elses-channel", _somebody_elses)
compared("bridge-sounds", _sounds)
compared("bridge-video-source", _video)
compared("bridge-variables", _of_22)
