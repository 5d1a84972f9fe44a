"""Members of bridges: each parameter of addChannel, who is shown to whom, who leaves in which way, with phones too."""

import time

from harness.phones import Phone
from harness.scenario import caller, compared


def _callers(pbx, ari, events, count):
    """Each has a name and a number of its own."""
    return [caller(pbx, events, answered_by=ari, caller_id=f'"Caller {n}" <30{n}>').split("/")[-1]
            for n in range(1, count + 1)]


def _add(ari, bridge, channel, **parameters):
    ari.post(f"/bridges/{bridge}/addChannel", channel=channel, **parameters)
    time.sleep(0.2)


def _remove(ari, bridge, channel):
    ari.post(f"/bridges/{bridge}/removeChannel", channel=channel)
    time.sleep(0.2)


def _introduced(pbx, ari, events):
    """Two alone with each other are told who the other one is; three are not."""
    a, b, c = _callers(pbx, ari, events, 3)
    for bridge in ("one", "two"):
        ari.post("/bridges/" + bridge, type="mixing")
    _add(ari, "one", a)
    _add(ari, "one", b)
    _add(ari, "one", c)
    _remove(ari, "one", a)
    _add(ari, "two", f"{a},{b}")
    for channel in (a, b, c):
        ari.get("/channels/" + channel)
    ari.delete("/bridges/two")
    time.sleep(0.2)
    if pbx.version == "22":  # 16 does not know it yet.
        _add(ari, "two", a, inhibitConnectedLineUpdates="true")
        _add(ari, "two", c)
        _remove(ari, "two", a)
        _add(ari, "two", a, inhibitConnectedLineUpdates="false")
        ari.get("/channels/" + a)


def _parameters(pbx, ari, events):
    """absorbDTMF, mute, role and values that are none, in a bridge of each kind."""
    a, b = _callers(pbx, ari, events, 2)
    ari.post("/bridges/mixing", type="mixing")
    ari.post("/bridges/holding", type="holding")
    for bridge in ("mixing", "holding"):
        for parameters in ({"absorbDTMF": "true"}, {"mute": "true"}, {"absorbDTMF": "nonsense", "mute": "nonsense"},
                           {"role": "announcer"}, {"role": "participant"}, {"role": ""}, {"role": "nonsense"}):
            _add(ari, bridge, a, **parameters)
        _add(ari, bridge, f"{a},{b}")
        ari.get("/bridges/" + bridge)
        _add(ari, bridge, f"{a},{a}")
        _add(ari, bridge, f"{a},,{b}")
        _add(ari, bridge, "")
        ari.get("/bridges/" + bridge)


def _busy_with(job, below, parameters):
    """What a channel does when it is added: a playback ends natively, music goes on, a recording refuses."""

    def scenario(pbx, ari, events):
        a, = _callers(pbx, ari, events, 1)
        ari.post("/bridges/one", type="mixing")
        ari.post(f"/channels/{a}{below}", **parameters)
        time.sleep(0.3)
        _add(ari, "one", a)
        ari.get("/bridges/one")
        if job == "recording":
            ari.post("/recordings/live/mine/stop")
            time.sleep(0.3)
        if job == "playback":
            ari.get("/playbacks/mine")
        _add(ari, "one", a)
        ari.get("/bridges/one")

    return scenario


def _digits(pbx, ari, events):
    """Digits of a member, absorbed and not, and digits sent to it."""
    a, b = _callers(pbx, ari, events, 2)
    ari.post("/bridges/one", type="mixing")
    _add(ari, "one", a)
    _add(ari, "one", b, absorbDTMF="true")
    far = {}
    for channel in (a, b):
        name = ari.get("/channels/" + channel)[1]["name"].replace(";2", ";1")
        far[channel] = name
    for channel in (a, b):
        pbx.observer().action({"Action": "PlayDTMF", "Channel": far[channel], "Digit": "5"})
        time.sleep(0.4)
    ari.post(f"/channels/{a}/dtmf", dtmf="12")
    time.sleep(0.7)


def _operations(pbx, ari, events):
    """Everything else that may be asked of a member, which stays one."""
    a, b = _callers(pbx, ari, events, 2)
    ari.post("/bridges/one", type="mixing")
    _add(ari, "one", f"{a},{b}")
    for method, below, parameters in (
            ("POST", "/mute", {"direction": "in"}), ("DELETE", "/mute", {"direction": "in"}), ("POST", "/mute", {}),
            ("DELETE", "/mute", {}), ("POST", "/hold", {}), ("DELETE", "/hold", {}), ("POST", "/silence", {}),
            ("DELETE", "/silence", {}), ("POST", "/ring", {}), ("DELETE", "/ring", {}), ("POST", "/moh", {}),
            ("DELETE", "/moh", {}), ("POST", "/record", {"name": "mine", "format": "wav"}),
            ("POST", "/dtmf", {"dtmf": "1", "duration": "100"}), ("POST", "/redirect", {"endpoint": "PJSIPX/nobody"}),
            ("POST", "/dial", {}), ("POST", "/variable", {"variable": "CALLERID(name)", "value": "New"}),
            ("GET", "/variable", {"variable": "CHANNEL(name)"})):
        ari.request(method, f"/channels/{a}{below}", **parameters)
        time.sleep(0.2)
        ari.get("/bridges/one")
    ari.get("/channels/" + a)


def _snooped(pbx, ari, events):
    """A member is listened to while it talks, and leaves meanwhile."""
    a, b = _callers(pbx, ari, events, 2)
    ari.post("/bridges/one", type="mixing")
    _add(ari, "one", f"{a},{b}")
    ari.post(f"/channels/{a}/snoop/ear", app="oracle", spy="both")
    events.wait(lambda e: e["type"] == "StasisStart" and e["channel"]["id"] == "ear")
    time.sleep(0.2)
    ari.get("/bridges/one")
    _remove(ari, "one", a)
    ari.get("/bridges/one")
    ari.delete("/channels/ear")
    events.wait(lambda e: e["type"] == "StasisEnd" and e["channel"]["id"] == "ear")
    time.sleep(0.2)


def _ways_out(pbx, ari, events):
    """continue, move, redirect to nowhere, hangup: out of a bridge of four."""
    a, b, c, d = _callers(pbx, ari, events, 4)
    ari.post("/bridges/one", type="mixing")
    _add(ari, "one", f"{a},{b},{c},{d}")
    with ari.events("second") as second:
        since = second.mark()
        ari.post(f"/channels/{a}/move", app="second", appArgs="x,y")
        second.wait("StasisStart", since=since)
        time.sleep(0.2)
        ari.get("/bridges/one")
        ari.post(f"/channels/{b}/continue", context="elsewhere", extension="700", priority="1")
        time.sleep(0.3)
        ari.get("/bridges/one")
        ari.delete(f"/channels/{c}")
        time.sleep(0.3)
        ari.get("/bridges/one")
        ari.post(f"/channels/{d}/redirect", endpoint="Local/absent@nowhere/extra")
        time.sleep(0.3)
        ari.get("/bridges/one")
        ari.delete("/bridges/one")


def _created(pbx, ari, events):
    """A channel that is in its bridge before it is dialled, and one that never is."""
    a, = _callers(pbx, ari, events, 1)
    ari.post("/bridges/one", type="mixing")
    _add(ari, "one", a)
    for channel in ("made", "never"):
        ari.post("/channels/create", endpoint="Local/ring-answer@far-end/n", app="oracle", channelId=channel)
        time.sleep(0.2)
        _add(ari, "one", channel)
    ari.get("/bridges/one")
    ari.delete("/channels/never")
    time.sleep(0.3)
    ari.get("/bridges/one")
    ari.post("/channels/made/dial")
    events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["id"] == "made"
                and e["channel"]["state"] == "Up")
    time.sleep(0.3)
    ari.get("/bridges/one")
    ari.get("/channels/made")
    _remove(ari, "one", "made")
    ari.get("/bridges/one")
    ari.delete("/channels/made")


def _two_phones(pbx, ari, events):
    """Two phones talk, one puts down; who is left is put into another bridge."""
    with Phone(pbx, "alice", ["answered", "await_bye"], dials="600") as alice:
        first = events.wait("StasisStart")["channel"]["id"]
        since = events.mark()
        with Phone(pbx, "bob", ["answered", ("pause", 1200), "bye"], dials="600") as bob:
            second = events.wait("StasisStart", since=since)["channel"]["id"]
            ari.post(f"/channels/{first}/answer")
            ari.post(f"/channels/{second}/answer")
            ari.post("/bridges/one", type="mixing")
            ari.post("/bridges/two", type="mixing")
            time.sleep(0.3)
            ari.post("/bridges/one/addChannel", channel=f"{first},{second}")
            events.wait(lambda e: e["type"] == "StasisEnd" and e["channel"]["id"] == second)
            bob.wait(10)
        time.sleep(0.3)
        ari.get("/bridges/one")
        _add(ari, "two", first)
        ari.get("/bridges/two")
        ari.delete(f"/channels/{first}")
        alice.wait(10)


def _transferred_by_phone(pbx, ari, events):
    """The phone of a member transfers its peer blindly."""
    steps = ["answered", ("pause", 1000), ("refer", "605"), ("pause", 700), "bye"]
    with Phone(pbx, "alice", steps, dials="600") as alice:
        first = events.wait("StasisStart")["channel"]["id"]
        ari.post(f"/channels/{first}/answer")
        second, = _callers(pbx, ari, events, 1)
        ari.post("/bridges/one", type="mixing")
        ari.post("/bridges/one/addChannel", channel=f"{first},{second}")
        alice.wait(10)
        time.sleep(0.5)
        ari.get("/bridges/one")
        ari.get("/channels")


compared("bridge-members-introduced", _introduced)
compared("bridge-add-parameters", _parameters)
for _job, _below, _given in (("playback", "/play/mine", {"media": "sound:tone-2s"}),
                             ("recording", "/record", {"name": "mine", "format": "wav"}),
                             ("music", "/moh", {}), ("ringing", "/ring", {})):
    compared(f"bridge-add-during-{_job}", _busy_with(_job, _below, _given))
compared("bridge-digits", _digits)
compared("bridge-of-a-created-channel", _created, since=14)
compared("bridge-member-operations", _operations)
compared("bridge-member-snooped", _snooped)
compared("bridge-ways-out", _ways_out)
compared("bridge-of-two-phones", _two_phones)
compared("bridge-transfer-by-phone", _transferred_by_phone,
         not_on_old="before Asterisk 12 chan_sip itself refuses to transfer out of a conference")
