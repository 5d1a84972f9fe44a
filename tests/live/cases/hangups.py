"""The caller's phone puts down, or a callee's does, while something is going on with its channel."""

from harness.hand_phone import HandPhone
from harness.outcome import wait_until
from harness.phones import Phone
from harness.scenario import caller, compared


def _of(channel, kind):
    return lambda e: e["type"] == kind and e["channel"]["id"] == channel


def _called(pbx, ari, events, alice):
    """Alice calls and is answered: her line, and her channel."""
    since = events.mark()
    line = alice.call("600")
    channel = events.wait("StasisStart", since=since)["channel"]["id"]
    ari.post(f"/channels/{channel}/answer")
    line.wait_answered()
    events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Up", since=since)
    ari.post("/applications/oracle/subscription", eventSource=f"channel:{channel}")  # Also of its end.
    return line, channel


def _hung_up(pbx, ari, events, line, channel, *ends):
    """She puts down; ends: what else ends with her call."""
    line.hang_up()
    for end in (_of(channel, "ChannelDestroyed"), *ends):
        events.wait(end, timeout=10)
    ari.get(f"/channels/{channel}")


def _during(start, *after):
    """A scenario: start(pbx, ari, events, channel) begins something and gives what tells its end."""

    def scenario(pbx, ari, events):
        with HandPhone(pbx, "alice") as alice:
            line, channel = _called(pbx, ari, events, alice)
            ends = start(pbx, ari, events, channel)
            _hung_up(pbx, ari, events, line, channel, *ends)
            for path in after:
                ari.get(path)

    return scenario


def _playback(pbx, ari, events, channel):
    for playback in ("now", "next"):
        ari.post(f"/channels/{channel}/play/{playback}", media="sound:tone-10s")
    events.wait("PlaybackStarted")
    return [lambda e: e["type"] == "PlaybackFinished" and e["playback"]["id"] == "now",
            lambda e: e["type"] == "PlaybackFinished" and e["playback"]["id"] == "next"]


def _recording(pbx, ari, events, channel):
    ari.post(f"/channels/{channel}/record", name="said", format="wav")
    events.wait("RecordingStarted")
    wait_until(pbx.file("spool/recording/said.wav").exists, 5, "something is recorded")
    return [lambda e: e["type"] in ("RecordingFinished", "RecordingFailed")]


def _snoop(pbx, ari, events, channel):
    ari.post(f"/channels/{channel}/snoop/ear", spy="both", whisper="out", app="oracle")
    events.wait(_of("ear", "StasisStart"))
    ari.post("/applications/oracle/subscription", eventSource="channel:ear")
    ari.post("/channels/ear/play/whispered", media="sound:tone-10s")
    events.wait("PlaybackStarted")
    return [_of("ear", "ChannelDestroyed"), lambda e: e["type"] == "PlaybackFinished"]


def _bridge(ari, events, *channels):
    ari.post("/bridges/one", type="mixing")
    for channel in channels:
        ari.post("/bridges/one/addChannel", channel=channel)
        events.wait(_of(channel, "ChannelEnteredBridge"))


def _external_media(pbx, ari, events, channel):
    ari.post("/channels/externalMedia", app="oracle", external_host="127.0.0.1:39999", format="ulaw",
             channelId="outside")
    events.wait(_of("outside", "StasisStart"))
    _bridge(ari, events, channel, "outside")
    return [_of(channel, "ChannelLeftBridge")]


def _mixing_bridge(pbx, ari, events, channel):
    other = caller(pbx, events, answered_by=ari).split("/")[-1]
    _bridge(ari, events, channel, other)
    events.wait(_of(channel, "ChannelConnectedLine"))
    return [_of(channel, "ChannelLeftBridge")]


def _holding_bridge(pbx, ari, events, channel):
    ari.post("/bridges/one", type="holding")
    ari.post("/bridges/one/addChannel", channel=channel)
    events.wait(_of(channel, "ChannelEnteredBridge"))
    return [_of(channel, "ChannelLeftBridge")]


def _hearing_what_all_hear(pbx, ari, events):
    """The playback goes on for who is left."""
    with HandPhone(pbx, "alice") as alice:
        line, channel = _called(pbx, ari, events, alice)
        left = _mixing_bridge(pbx, ari, events, channel)
        ari.post("/bridges/one/play/all", media="sound:tone-10s")
        events.wait("PlaybackStarted")
        _hung_up(pbx, ari, events, line, channel, *left)
        ari.get("/bridges/one")
        ari.get("/playbacks/all")
        ari.delete("/playbacks/all")
        events.wait("PlaybackFinished")


compared("hangup-during-playbacks", _during(_playback, "/playbacks/now", "/playbacks/next"))
compared("hangup-during-a-recording", _during(_recording, "/recordings/live/said", "/recordings/stored"))
compared("hangup-during-a-snoop", _during(_snoop, "/channels/ear"))
compared("hangup-during-external-media", _during(_external_media, "/bridges/one", "/channels/outside"),
         not_on_old="the PBX has no channels of UnicastRTP", since=16)
compared("hangup-in-a-mixing-bridge", _during(_mixing_bridge, "/bridges/one"))
compared("hangup-in-a-holding-bridge", _during(_holding_bridge, "/bridges/one"))
compared("bridge-sounds-at-a-hangup", _hearing_what_all_hear)


# --- while a call that the application has placed rings ---------------------------------------------

_RINGING = ("ring", "await_cancel")
_CALLER_ID = {"callerId": '"The Shop" <900>'}


def _originated(pbx, ari, events, originator):
    ari.post("/channels/dialled", endpoint=pbx.phone("bob"), app="oracle", originator=originator, **_CALLER_ID)
    events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Ringing")


def _caller_gives_up(pbx, ari, events):
    """The caller for whom somebody is called puts down, and the application takes the other call back."""
    with HandPhone(pbx, "alice") as alice, Phone(pbx, "bob", _RINGING) as bob:
        line, channel = _called(pbx, ari, events, alice)
        _originated(pbx, ari, events, channel)
        _hung_up(pbx, ari, events, line, channel)
        ari.get("/channels/dialled")
        ari.delete("/channels/dialled")
        events.wait(_of("dialled", "ChannelDestroyed"))
        bob.wait(10)
        ari.get("/channels/dialled")


def _callee_declines(pbx, ari, events):
    """Who is called lets it ring and then declines."""
    with Phone(pbx, "bob", ["ring", ("pause", 500), ("refuse", 603, "Decline")]) as bob:
        ari.post("/channels/dialled", endpoint=pbx.phone("bob"), app="oracle", **_CALLER_ID)
        events.wait(_of("dialled", "ChannelDestroyed"))
        bob.wait(10)
        ari.get("/channels/dialled")


def _dialled_in_a_bridge(pbx, ari, events):
    """A created channel is a member of the caller's bridge and rings when the caller puts down."""
    with HandPhone(pbx, "alice") as alice, Phone(pbx, "bob", _RINGING) as bob:
        line, channel = _called(pbx, ari, events, alice)
        _bridge(ari, events, channel)
        ari.post("/channels/create", endpoint=pbx.phone("bob"), app="oracle", channelId="dialled")
        events.wait(_of("dialled", "StasisStart"))
        ari.post("/bridges/one/addChannel", channel="dialled")
        events.wait(_of("dialled", "ChannelEnteredBridge"))
        ari.post("/channels/dialled/dial")
        events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Ringing")
        _hung_up(pbx, ari, events, line, channel, _of(channel, "ChannelLeftBridge"))
        ari.get("/bridges/one")
        ari.delete("/channels/dialled")
        events.wait(_of("dialled", "StasisEnd"))
        bob.wait(10)


compared("caller-hangs-up-while-another-rings", _caller_gives_up)
compared("sip-phone-declines-when-it-has-rung", _callee_declines)
compared("create-dial-in-a-bridge-at-a-hangup", _dialled_in_a_bridge, since=14)
