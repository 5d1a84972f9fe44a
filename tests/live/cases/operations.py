"""Each operation of /channels with good, missing, malformed and conflicting parameters, on a channel in each state."""

import time

from harness.phones import Phone
from harness.scenario import caller, compared, outside_call, settle

# (method, path below the channel, parameters, body). What ends the control of the channel comes last.
_MUTE = [
    ("POST", "/mute", {"direction": "in"}),
    ("POST", "/mute", {"direction": "out"}),
    ("POST", "/mute", {"direction": "both"}),
    ("POST", "/mute", {"direction": ""}),
    ("POST", "/mute", {"direction": "sideways"}),
    ("POST", "/mute", {}),
    ("DELETE", "/mute", {"direction": "in"}),
    ("DELETE", "/mute", {"direction": "out"}),
    ("DELETE", "/mute", {"direction": "both"}),
    ("DELETE", "/mute", {"direction": "BOTH"}),
    ("DELETE", "/mute", {}),
    ("GET", "/mute", {}),
]
_INDICATIONS = [
    ("POST", "/hold", {}),
    ("DELETE", "/hold", {}),
    ("DELETE", "/hold", {}),
    ("POST", "/silence", {}),
    ("POST", "/silence", {}),
    ("DELETE", "/silence", {}),
    ("DELETE", "/silence", {}),
    ("POST", "/ring", {}),
    ("DELETE", "/ring", {}),
    ("POST", "/moh", {"mohClass": "no-such-class"}),
    ("DELETE", "/moh", {}),
    ("PUT", "/hold", {}),
]
_DTMF = [
    ("POST", "/dtmf", {"dtmf": "1", "before": "abc", "after": "abc"}),
    ("POST", "/dtmf", {"dtmf": "1", "before": "20", "between": "20", "duration": "40", "after": "20"}),
    ("POST", "/dtmf", {"dtmf": "1wA#*"}),
    ("POST", "/dtmf", {"dtmf": "1", "between": "0", "duration": "0"}),
    ("POST", "/dtmf", {"before": "10"}),
]
_VARIABLES = [
    ("POST", "/variable", {"variable": "A", "value": 'a,b"c\\d $(x) äöü'}),
    ("GET", "/variable", {"variable": "A"}),
    ("POST", "/variable", {"variable": "A"}),
    ("GET", "/variable", {"variable": "A"}),
    ("POST", "/variable", {"variable": "CALLERID(name)", "value": "Bob, Jr"}),
    ("GET", "/variable", {"variable": "CALLERID(name)"}),
    ("GET", "/variable", {"variable": "CALLERID(all)"}),
    ("POST", "/variable", {"variable": "CHANNEL(language)", "value": "de"}),
    ("GET", "/variable", {"variable": "CHANNEL(language)"}),
    ("POST", "/variable", {"variable": "__INHERITED", "value": "1"}),
    ("GET", "/variable", {"variable": "INHERITED"}),
    ("POST", "/variable", {"variable": "B", "value": "1", "report_events": "true"}),
    ("GET", "/variable", {"variable": "B"}),
]
_PLURAL = [
    ("POST", "/variables", {}, {"variables": {"P": "1", "Q": "two, three"}}),
    ("GET", "/variables", {"variables": "P,Q"}),
    ("GET", "/variables", {"variables": "Q"}),
    ("GET", "/variables", {"variables": "P,NEVER_SET"}),
    ("GET", "/variables", {"variables": "NEVER_SET"}),
    ("GET", "/variables", {"variables": "CALLERID(num),P"}),
    ("GET", "/variables", {"variables": "P,,Q"}),
    ("GET", "/variables", {"variables": ""}),
    ("GET", "/variables", {}),
    ("POST", "/variables", {}, {"variables": {"R": {"value": "r", "report_events": True}}}),
    ("POST", "/variables", {}, {"variables": {"R": {"value": "r2", "report_events": "yes"}}}),
    ("POST", "/variables", {}, {"variables": {"R": {"report_events": True}}}),
    ("POST", "/variables", {}, {"variables": {"R": 5}}),
    ("POST", "/variables", {}, {"variables": {"R": None}}),
    ("POST", "/variables", {}, {"variables": {}}),
    ("POST", "/variables", {}, {"variables": []}),
    ("POST", "/variables", {}, {}),
    ("POST", "/variables", {}),
    ("GET", "/variables", {"variables": "R"}),
]
_REST = [
    ("GET", "/rtp_statistics", {}),
    ("POST", "/redirect", {}),
    ("POST", "/redirect", {"endpoint": ""}),
    ("POST", "/redirect", {"endpoint": "bob"}),
    ("POST", "/redirect", {"endpoint": "/bob"}),
    ("POST", "/redirect", {"endpoint": "NoSuchTech/bob"}),
    ("POST", "/redirect", {"endpoint": "Local/absent@nowhere/extra"}),
    ("POST", "/dial", {}),
    ("POST", "/dial", {"timeout": "-1"}),
    ("POST", "/dial", {"caller": "nope"}),
    ("GET", "/dial", {}),
]
_HANGUP = [
    ("DELETE", "", {"reason": "busy", "reason_code": "17"}),  # 16 takes the reason.
    ("DELETE", "", {"reason": "boredom"}),
    ("DELETE", "", {"reason": ""}),
]
_TRANSFER_PROGRESS = [
    ("POST", "/transfer_progress", {}),
    ("POST", "/transfer_progress", {"states": ""}),
    ("POST", "/transfer_progress", {"states": "nonsense"}),
    ("POST", "/transfer_progress", {"states": "channel_progress"}),
]
_PROGRESS = [("POST", "/progress", {})]


def _requests(pbx):
    """On 16 an operation that it has not is 404 natively; what is asked last takes the longest to be done."""
    newer = _PLURAL + _TRANSFER_PROGRESS + _PROGRESS
    return _MUTE + _INDICATIONS + _VARIABLES + (newer if pbx.version == "22" else []) + _REST + _DTMF


def _hangups_of(pbx):
    return _HANGUP if pbx.version == "22" else _HANGUP[1:]


def send(ari, path, requests, pause=0.03):
    for method, below, parameters, *body in requests:
        ari.request(method, path + below, *body, **parameters)
        time.sleep(pause)  # So that a request's events stand with it in the recording.


def _on(requests_of, answered=False):
    def scenario(pbx, ari, events):
        path = caller(pbx, events, answered_by=ari if answered else None)
        send(ari, path, requests_of(pbx))
        time.sleep(2.5)  # The last keys are out.
        send(ari, path, _hangups_of(pbx))

    return scenario


def _elses(pbx, ari, events):
    path = outside_call(pbx)
    time.sleep(0.2)
    send(ari, path, _requests(pbx) + _hangups_of(pbx))


def _gone(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    ari.delete(path)
    events.wait("StasisEnd")
    settle(pbx)
    send(ari, path, _requests(pbx) + _hangups_of(pbx), pause=0)


compared("operations-ringing", _on(_requests))
compared("operations-up", _on(_requests, answered=True))
compared("operations-on-somebody-elses", _elses)
compared("operations-gone", _gone)


# --- created, dialled -----------------------------------------------------------------------------

_CREATES = [
    ({}, None),
    ({"app": "oracle"}, None),
    ({"endpoint": "", "app": "oracle"}, None),
    ({"endpoint": "bob", "app": "oracle"}, None),
    ({"endpoint": "NoSuchTech/bob", "app": "oracle"}, None),
    ({"endpoint": "Local/answer@far-end/n", "app": "oracle", "originator": "nope"}, None),
    ({"endpoint": "Local/answer@far-end/n", "app": "oracle", "formats": "ulaw,nope"}, None),
    ({"endpoint": "Local/answer@far-end/n", "app": "oracle", "originator": "nope", "formats": "ulaw"}, None),
    ({"endpoint": "Local/answer@far-end/n", "app": "oracle", "channelId": "x", "otherChannelId": "x"}, None),
    ({"endpoint": "Local/answer@far-end/n", "app": "oracle"}, {"variables": {"A": 5}}),
]


def _bad_creates(pbx, ari, events):
    for parameters, body in _CREATES:
        status, channel = ari.request("POST", "/channels/create", body, **parameters)
        if status == 200:
            time.sleep(0.1)
            ari.delete("/channels/" + channel["id"])


def _created(pbx, ari, events):
    ari.post("/channels/create", {"variables": {"COLOUR": "blue, green"}}, endpoint=pbx.phone("bob"), app="oracle",
             appArgs="a,b", channelId="made")
    time.sleep(0.3)
    ari.post("/channels/create", endpoint=pbx.phone("bob"), app="oracle", channelId="made")
    ari.get("/channels/made")
    send(ari, "/channels/made", [
        ("GET", "/variable", {"variable": "COLOUR"}),
        ("GET", "/variable", {"variable": "NEVER_SET"}),
        ("POST", "/variable", {"variable": "SHAPE", "value": "round"}),
        ("GET", "/variable", {"variable": "SHAPE"}),
        ("POST", "/continue", {"context": "elsewhere", "extension": "700", "label": "nowhere"}),
        ("DELETE", "", {"reason": "boredom"}),
    ])


def _created_and_hung_up(pbx, ari, events):
    _created(pbx, ari, events)
    ari.delete("/channels/made")
    time.sleep(0.5)
    ari.get("/channels/made")


def _operations_on_a_created(pbx, ari, events):
    ari.post("/channels/create", endpoint=pbx.phone("bob"), app="oracle", channelId="made")
    time.sleep(0.3)
    send(ari, "/channels/made", [
        ("POST", "/answer", {}), ("POST", "/ring", {}), ("DELETE", "/ring", {}), ("POST", "/play", {"media": "sound:x"}),
        ("POST", "/play", {}), ("POST", "/dtmf", {"dtmf": "1"}), ("POST", "/dtmf", {}), ("POST", "/moh", {}),
        ("DELETE", "/moh", {}), ("POST", "/silence", {}), ("DELETE", "/silence", {}), ("POST", "/continue", {}),
        ("POST", "/move", {"app": "nobody"}), ("GET", "/rtp_statistics", {}),
        ("POST", "/redirect", {"endpoint": "bob"}), ("POST", "/redirect", {}),
        ("POST", "/hold", {}), ("DELETE", "/hold", {}), ("POST", "/mute", {"direction": "in"}), ("POST", "/mute", {}),
    ])
    if pbx.version == "22":
        send(ari, "/channels/made", _TRANSFER_PROGRESS + _PROGRESS + _PLURAL[:4])
    ari.delete("/channels/made", reason="busy")
    time.sleep(0.3)


def _created_and_dialled(steps, until, **parameters):
    def scenario(pbx, ari, events):
        with Phone(pbx, "bob", steps) as bob:
            _created(pbx, ari, events)
            ari.post("/channels/made/dial", **parameters)
            events.wait(until, timeout=10)
            if until != "ChannelDestroyed":
                time.sleep(0.5)
                ari.get("/channels/made")
                ari.get("/channels/made/variable", variable="SHAPE")
                ari.post("/channels/made/dial")
                ari.delete("/channels/made")
            bob.wait(10)
            time.sleep(0.5)

    return scenario


def _is_up(event):
    return event["type"] == "ChannelStateChange" and event["channel"]["state"] == "Up"


def _created_local(pbx, ari, events):
    ari.post("/channels/create", endpoint="Local/ring-answer@far-end/n", app="oracle", channelId="made",
             otherChannelId="made-too")
    time.sleep(0.3)
    ari.get("/channels/made")
    ari.post("/channels/made/dial", timeout="5")
    events.wait(_is_up)
    time.sleep(0.3)
    ari.get("/channels/made")
    ari.delete("/channels/made")
    time.sleep(0.5)


_ANSWERS = ["ring", ("pause", 300), "answer", "await_bye"]
compared("create-bad", _bad_creates, since=14)
compared("create-operations", _operations_on_a_created, since=14)
compared("create-hangup", _created_and_hung_up, since=14)
compared("create-dial-answered", _created_and_dialled(_ANSWERS, _is_up), since=14)


def _created_and_busy(pbx, ari, events):
    if pbx.version == "22":  # 16 leaves a channel that was refused.
        _created_and_dialled([("refuse", 486, "Busy Here")], "ChannelDestroyed")(pbx, ari, events)


compared("create-dial-busy", _created_and_busy, since=14)
compared("create-dial-timeout", _created_and_dialled(["ring", "await_cancel"], "ChannelDestroyed", timeout="1"),
         since=14)
compared("create-dial-local", _created_local, since=14)


# --- queueing, leaving ----------------------------------------------------------------------------

def _behind_a_playback(below, method="POST", **parameters):
    """What is asked for while a sound of 2 s plays: at once, or when it is over?"""

    def scenario(pbx, ari, events):
        path = caller(pbx, events, answered_by=ari)
        ari.post(path + "/play/first", media="sound:tone-2s")
        events.wait("PlaybackStarted")
        ari.request(method, path + below, **parameters)
        ari.post(path + "/play/second", media="sound:tone-short")
        time.sleep(1)
        if "PlaybackFinished" not in [e["type"] for e in events.events]:
            events.wait("PlaybackFinished", timeout=10)
        time.sleep(1)  # Where the second sound begins at all, it has: behind keys it waits for these.

    return scenario


_BEHIND = [("continue", "/continue", "POST", {}), ("variable", "/variable", "POST", {"variable": "A", "value": "1"}),
           ("dtmf", "/dtmf", "POST", {"dtmf": "12"}), ("mute", "/mute", "POST", {"direction": "in"}),
           ("ring", "/ring", "POST", {})]
for _name, _below, _method, _parameters in _BEHIND:
    compared(f"behind-a-playback-{_name}", _behind_a_playback(_below, _method, **_parameters))


_CODES = ["17", "0", "128", "abc", " 17.5", ""]


def _hangups(pbx, ari, events):
    for code in _CODES:
        path = caller(pbx, events, answered_by=ari)
        ari.delete(path, reason_code=code)
        time.sleep(0.2)
        ari.get(path)
        settle(pbx)


compared("hangup-codes", _hangups, subscribeAll="true")


_PLACES = [
    {"extension": "700"}, {"priority": "1"}, {"label": "later"},
    {"context": "elsewhere", "extension": "700", "priority": "-3"},
    {"context": "elsewhere", "extension": "700", "priority": "77"},
    {"context": "elsewhere", "extension": "700", "label": "2"},
    {"context": "elsewhere", "extension": "nobody"},
]


def _places(pbx, ari, events):
    for parameters in _PLACES:
        path = caller(pbx, events, answered_by=ari)
        since = events.mark()
        if ari.post(path + "/continue", **parameters)[0] == 204:
            events.wait("StasisEnd", since=since)
            time.sleep(0.3)
        ari.get(path)
        settle(pbx)


compared("continue-places", _places)


# --- with a SIP phone ------------------------------------------------------------------------------

def _statistics(pbx, ari, events):
    with Phone(pbx, "alice", ["answered", ("pause", 1200), "bye"], dials="600") as alice:
        path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
        ari.get(path + "/rtp_statistics")
        ari.post(path + "/answer")
        time.sleep(0.3)
        ari.get(path + "/rtp_statistics")
        ari.post(path + "/hold")
        ari.delete(path + "/hold")
        events.wait("StasisEnd")
        alice.wait(10)


compared("rtp-statistics", _statistics)


def _held_by_the_phone(pbx, ari, events):
    steps = ["answered", ("pause", 300), "hold", ("pause", 500), "unhold", ("pause", 300), "bye"]
    with Phone(pbx, "alice", steps, dials="600") as alice:
        path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
        ari.post(path + "/answer")
        events.wait("ChannelUnhold", timeout=8)
        events.wait("StasisEnd", timeout=8)
        alice.wait(10)


compared("held-by-the-phone", _held_by_the_phone)


def _listening(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari, far_end="speaks")
    ari.post(path + "/variable", variable="TALK_DETECT(set)", value="500,128")
    if pbx.version == "22":
        ari.post(path + "/variable", variable="TONE_DETECT(440,200)", value="")
    events.wait("ChannelTalkingFinished", timeout=8)
    time.sleep(0.3)


compared("listening", _listening, not_on_old="the PBX has no function TALK_DETECT")
