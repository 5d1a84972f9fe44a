"""Requests that a careful client never sends, and some that it does: status, body and events as native's."""

import time

from harness.outcome import check
from harness.scenario import caller, compared, drain, outside_call, settle


# (method, path below the channel, parameters); each is sent to a channel in the state that the name says.
_ON_A_CHANNEL = [
    ("GET", "", {}),
    ("POST", "/ring", {}),
    ("DELETE", "/ring", {}),
    ("POST", "/dtmf", {"dtmf": "12"}),
    ("POST", "/dtmf", {}),
    ("POST", "/dtmf", {"dtmf": ""}),
    ("POST", "/moh", {}),
    ("POST", "/moh", {"mohClass": "default"}),
    ("DELETE", "/moh", {}),
    ("DELETE", "/moh", {}),
    ("GET", "/variable", {}),
    ("GET", "/variable", {"variable": ""}),
    ("GET", "/variable", {"variable": "NEVER_SET"}),
    ("GET", "/variable", {"variable": "NO_SUCH_FUNCTION(x)"}),
    ("GET", "/variable", {"variable": "CHANNEL(state)"}),
    ("POST", "/variable", {}),
    ("POST", "/variable", {"variable": ""}),
    ("POST", "/play", {"media": "sound:tone-short", "offsetms": "-1"}),
    ("POST", "/play", {"media": "sound:tone-short", "skipms": "-1"}),
    ("POST", "/continue", {"context": "elsewhere", "extension": "700", "label": "nowhere"}),
    ("DELETE", "", {"reason": "boredom"}),
    ("POST", "", {}),
    ("PUT", "", {}),
    ("GET", "/answer", {}),
    ("DELETE", "/answer", {}),
    ("GET", "/no-such-thing", {}),
]

_ON_A_CHANNEL_OF_SOMEBODY_ELSE = [
    ("GET", "", {}),
    ("POST", "/answer", {}),
    ("POST", "/ring", {}),
    ("DELETE", "/ring", {}),
    ("POST", "/dtmf", {"dtmf": "12"}),
    ("POST", "/dtmf", {}),
    ("POST", "/moh", {}),
    ("DELETE", "/moh", {}),
    ("POST", "/play", {"media": "sound:tone-short"}),
    ("POST", "/play", {}),
    ("POST", "/play/mine", {"media": "sound:tone-short"}),
    ("GET", "/variable", {"variable": "NEVER_SET"}),
    ("GET", "/variable", {}),
    ("POST", "/variable", {"variable": "A", "value": "1"}),
    ("POST", "/variable", {}),
    ("POST", "/continue", {}),
    ("POST", "/move", {"app": "oracle"}),
    ("DELETE", "", {"reason": "boredom"}),
    ("DELETE", "", {"reason": "busy"}),
]

_ON_NO_CHANNEL = [
    ("GET", "/playbacks/nope", {}),
    ("DELETE", "/playbacks/nope", {}),
    ("POST", "/playbacks/nope/control", {"operation": "pause"}),
    ("POST", "/playbacks/nope/control", {"operation": "dance"}),
    ("POST", "/playbacks/nope/control", {}),
    ("GET", "/playbacks", {}),
    ("GET", "/applications", {}),
    ("GET", "/applications/oracle", {}),
    ("GET", "/applications/nope", {}),
    ("POST", "/applications", {}),
    ("GET", "/asterisk/variable", {}),
    ("GET", "/asterisk/variable", {"variable": ""}),
    ("POST", "/asterisk/variable", {"variable": "COLOUR", "value": "blue"}),
    ("GET", "/asterisk/variable", {"variable": "COLOUR"}),
    ("GET", "/asterisk/variable", {"variable": "NEVER_SET"}),
    ("POST", "/asterisk/variable", {}),
    ("GET", "", {}),
    ("GET", "/", {}),
    ("GET", "/no-such-resource", {}),
    ("GET", "/channels/", {}),
    ("GET", "/CHANNELS", {}),
    ("PUT", "/channels", {}),
    ("PATCH", "/channels", {}),
    ("HEAD", "/channels", {}),
    ("GET", "/channels/nope", {}),
    ("GET", "/api-docs/nope.json", {}),
]

_ANSWER = "Local/answer@far-end/n"
_BAD_ORIGINATES = [
    ({"app": "oracle"}, None),
    ({"endpoint": "", "app": "oracle"}, None),
    ({"endpoint": "bob", "app": "oracle"}, None),
    ({"endpoint": "/x", "app": "oracle"}, None),
    ({"endpoint": _ANSWER}, None),
    ({"endpoint": _ANSWER, "context": "elsewhere"}, None),
    ({"endpoint": _ANSWER, "context": "elsewhere", "extension": "700", "label": "nowhere"}, None),
    ({"endpoint": _ANSWER, "app": "oracle", "originator": "nope"}, None),
    ({"endpoint": _ANSWER, "app": "oracle", "formats": "ulaw,nope"}, None),
    ({"endpoint": _ANSWER, "app": "oracle", "originator": "nope", "formats": "ulaw"}, None),
    ({"endpoint": _ANSWER, "app": "oracle", "channelId": "one", "otherChannelId": "one"}, None),
    ({"endpoint": _ANSWER, "app": "oracle"}, b"{"),
    ({"endpoint": _ANSWER, "app": "oracle"}, b"null"),
    ({"endpoint": _ANSWER, "app": "oracle"}, {"variables": {"A": 1}}),
    ({"endpoint": _ANSWER, "app": "oracle"}, {"variables": {"A": None}}),
    ({}, {"endpoint": 5, "app": "oracle"}),
]


def _requests_on(path, ari, requests):
    for method, below, parameters in requests:
        ari.request(method, path + below, None, None, **parameters)
        time.sleep(0.05)  # So that a request's events stand with it in the recording.


compared("requests-on-no-channel", lambda pbx, ari, events: _requests_on("", ari, _ON_NO_CHANNEL))
compared("requests-on-an-unknown-channel", lambda pbx, ari, events: _requests_on(
    "/channels/nope", ari, _ON_A_CHANNEL_OF_SOMEBODY_ELSE))
compared("requests-on-a-ringing-channel", lambda pbx, ari, events: _requests_on(
    caller(pbx, events), ari, _ON_A_CHANNEL))
compared("requests-on-an-answered-channel", lambda pbx, ari, events: _requests_on(
    caller(pbx, events, answered_by=ari), ari, _ON_A_CHANNEL))


def _somebody_elses(pbx, ari, events):
    path = outside_call(pbx)
    time.sleep(0.2)  # Until the far leg waits in its dialplan: GET shows where it is.
    _requests_on(path, ari, _ON_A_CHANNEL_OF_SOMEBODY_ELSE)


def _bad_originates(pbx, ari, events):
    for parameters, body in _BAD_ORIGINATES:
        headers = {"Content-Type": "application/json"} if body else None
        ari.request("POST", "/channels", body, headers, **parameters)


def _unanswered_originates(pbx, ari, events):
    for endpoint, timeout in (("busy", "10"), ("noanswer", "1")):
        status, channel = ari.post("/channels", endpoint=f"Local/{endpoint}@far-end/n", app="oracle",
                                   timeout=timeout)
        check(status == 200, f"originate: {status} {channel}")
        drain(pbx, 15)  # Both legs: which of them goes first differs from run to run.
        ari.get("/channels/" + channel["id"])


def _playbacks(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    for media in ("sound:tone-short", "sound:tone-short,sound:tone-short", "sound:no-such-sound"):
        since = events.mark()
        ari.post(path + "/play", media=media)
        events.wait("PlaybackFinished", since=since)
    ari.post(path + "/play/first", media="sound:tone-10s")
    events.wait(lambda e: e["type"] == "PlaybackStarted" and e["playback"]["id"] == "first")
    ari.post("/playbacks/first/control", operation="dance")
    ari.post("/playbacks/first/control")
    for operation in ("unpause", "forward", "restart", "pause", "pause", "reverse", "unpause"):
        ari.post("/playbacks/first/control", operation=operation)
        time.sleep(0.3)
        ari.get("/playbacks/first")
    ari.delete("/playbacks/first")
    events.wait(lambda e: e["type"] == "PlaybackFinished" and e["playback"]["id"] == "first")
    ari.delete("/playbacks/first")
    ari.post(path + "/play/last", media="sound:tone-10s")
    events.wait(lambda e: e["type"] == "PlaybackStarted" and e["playback"]["id"] == "last")
    ari.delete(path)
    events.wait("StasisEnd")


def _continue_in_dialplan(pbx, ari, events):
    for parameters in ({}, {"context": "elsewhere", "extension": "700", "priority": "1"},
                       {"context": "elsewhere", "extension": "700", "label": "later"}):
        since = events.mark()
        path = caller(pbx, events, answered_by=ari)
        ari.post(path + "/continue", **parameters)
        events.wait("StasisEnd", since=since)
        time.sleep(0.2)
        if parameters:
            ari.post(path + "/continue")
        settle(pbx)


def _move(pbx, ari, events):
    path = caller(pbx, events)
    with ari.events("second"):
        for parameters in ({"app": "second", "appArgs": "x,y"}, {"app": "nobody-home"}, {"app": "oracle"}):
            ari.post(path + "/move", **parameters)
            time.sleep(0.5)
            ari.get(path)
        settle(pbx)


compared("requests-on-somebody-elses-channel", _somebody_elses)
compared("bad-originates", _bad_originates)
compared("unanswered-originates", _unanswered_originates)
compared("playbacks", _playbacks)
compared("continue", _continue_in_dialplan)
compared("move", _move)


def _moves_to_odd_names(pbx, ari, events):
    """What no application is called; line ends in it reach nobody."""
    path = caller(pbx, events)
    for app in ("a\r\nb", "oracle\r\nAction: Hangup", "oracle,x", "\n"):
        ari.post(path + "/move", app=app, appArgs="c\r\nd,e")
        time.sleep(0.3)
        ari.get(path)


def _taken_ids(pbx, ari, events):
    """Each way to make something, twice by the same name."""
    path = caller(pbx, events, answered_by=ari)
    taken = path.split("/")[-1]
    ari.post(path + "/play/prompt", media="sound:tone-10s")
    events.wait("PlaybackStarted")
    ari.post(path + "/play/prompt", media="sound:tone-short")
    ari.post(path + "/play", media="sound:tone-short", playbackId="prompt")
    ari.delete("/playbacks/prompt")
    events.wait("PlaybackFinished")
    ari.post(path + "/record", name="said", format="wav")
    events.wait("RecordingStarted")
    for how in ("fail", "overwrite", "append"):
        ari.post(path + "/record", name="said", format="wav", ifExists=how)
    ari.post("/recordings/live/said/stop")
    events.wait("RecordingFinished")
    ari.post(path + "/record", name="said", format="wav")
    ari.post(path + "/snoop/ear", spy="both", app="oracle")
    events.wait(lambda e: e["type"] == "StasisStart" and e["channel"]["id"] == "ear")
    for snoop in ("ear", taken):
        ari.post(f"{path}/snoop/{snoop}", spy="both", app="oracle")
        ari.post(path + "/snoop", spy="both", app="oracle", snoopId=snoop)
        ari.post("/channels/create", endpoint=_ANSWER, app="oracle", channelId=snoop)
        ari.post(f"/channels/{snoop}", endpoint=_ANSWER, app="oracle")
        ari.post("/channels", endpoint=_ANSWER, app="oracle", channelId=snoop)
        ari.post("/channels", endpoint=_ANSWER, app="oracle", channelId="new", otherChannelId=snoop)


compared("moves-to-odd-names", _moves_to_odd_names)
compared("creates-with-a-taken-id", _taken_ids)


def _taken_bridge(pbx, ari, events):
    ari.post("/bridges/talk", type="mixing")
    ari.post("/bridges/talk", type="mixing", name="renamed")
    ari.post("/bridges", type="mixing", bridgeId="talk")
    ari.post("/bridges/talk", type="holding")
    ari.get("/bridges")


# Before its last releases native changes a bridge that is there, or takes no notice.
compared("bridges-with-a-taken-id", _taken_bridge, only_on="22")
