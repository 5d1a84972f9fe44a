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


def _paused_recording(pbx, ari, events, channel):
    ends = _recording(pbx, ari, events, channel)
    ari.post("/recordings/live/said/mute")
    ari.post("/recordings/live/said/pause")
    ari.post(f"/channels/{channel}/record", name="next", format="wav")
    return ends


def _recording_with_conditions(pbx, ari, events, channel):
    ari.post(f"/channels/{channel}/record", name="said", format="ulaw", beep="true", terminateOn="#",
             maxSilenceSeconds="20", maxDurationSeconds="30")
    events.wait("RecordingStarted")
    wait_until(pbx.file("spool/recording/said.ulaw").exists, 5, "something is recorded")
    return [lambda e: e["type"] in ("RecordingFinished", "RecordingFailed")]


def _paused_playback(pbx, ari, events, channel):
    ari.post(f"/channels/{channel}/play/now", media="sound:tone-10s,sound:tone-short")
    events.wait("PlaybackStarted")
    ari.post("/playbacks/now/control", operation="pause")
    return [lambda e: e["type"] == "PlaybackFinished"]


def _spoken(media):
    def start(pbx, ari, events, channel):
        ari.post(f"/channels/{channel}/play/now", media=media)
        events.wait("PlaybackStarted")
        return [lambda e: e["type"] == "PlaybackFinished"]

    return start


def _digits(pbx, ari, events, channel):
    """Ten keys of half a second; variables overtake them, a playback waits."""
    ari.post(f"/channels/{channel}/dtmf", dtmf="1234567890", duration="500")
    ari.post(f"/channels/{channel}/play/next", media="sound:tone-short")
    return [lambda e: e["type"] == "PlaybackFinished"]


def _redirect(pbx, ari, events, channel):
    """The phone takes the REFER and never says what came of it."""
    ari.post(f"/channels/{channel}/redirect", endpoint=pbx.phone("bob"))
    return []


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
compared("hangup-during-a-paused-recording",
         _during(_paused_recording, "/recordings/live/said", "/recordings/live/next", "/recordings/stored"))
compared("hangup-during-a-recording-with-conditions", _during(_recording_with_conditions, "/recordings/live/said"))
compared("hangup-during-a-paused-playback", _during(_paused_playback, "/playbacks/now"), since=14)
compared("hangup-during-spoken-digits", _during(_spoken("digits:123456789"), "/playbacks/now"))
compared("hangup-during-a-tone", _during(_spoken("tone:ring"), "/playbacks/now"))
compared("hangup-during-keys", _during(_digits, "/playbacks/next"))
# On 22 native itself keeps a channel whose REFER was not settled.
compared("hangup-during-a-redirect", _during(_redirect), only_on="16")
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


# --- behind and before each operation ----------------------------------------------------------------

_OPERATIONS = [
    ("POST", "/mute", {"direction": "both"}), ("DELETE", "/mute", {"direction": "both"}),
    ("POST", "/hold", {}), ("DELETE", "/hold", {}), ("POST", "/moh", {}), ("DELETE", "/moh", {}),
    ("POST", "/silence", {}), ("DELETE", "/silence", {}), ("POST", "/ring", {}), ("DELETE", "/ring", {}),
    ("POST", "/answer", {}), ("POST", "/dtmf", {"dtmf": "1", "duration": "50"}),
    ("POST", "/variable", {"variable": "A", "value": "1"}), ("GET", "/variable", {"variable": "CHANNEL(state)"}),
    ("POST", "/move", {"app": "oracle", "appArgs": "again"}), ("GET", "", {}),
]
_ONLY_BEFORE = [
    ("POST", "/play", {"media": "sound:tone-short"}), ("POST", "/record", {"name": "said", "format": "wav"}),
    ("POST", "/snoop", {"spy": "both", "app": "oracle"}), ("POST", "/snoop/ear", {"spy": "both", "app": "oracle"}),
    ("POST", "/redirect", {"endpoint": "Local/absent@nowhere"}), ("POST", "/dial", {}), ("POST", "/continue", {}),
    ("GET", "/rtp_statistics", {}), ("DELETE", "", {}),
]


def _behind_each(operations):
    """The phone hangs up as soon as an operation is answered; then all of them come too late."""

    def scenario(pbx, ari, events):
        with HandPhone(pbx, "alice") as alice:
            for method, below, parameters in operations:
                line, channel = _called(pbx, ari, events, alice)
                ari.request(method, f"/channels/{channel}{below}", **parameters)
                line.hang_up()
                events.wait(_of(channel, "ChannelDestroyed"), timeout=10)
            for method, below, parameters in _OPERATIONS + _ONLY_BEFORE:
                ari.request(method, f"/channels/{channel}{below}", **parameters)

    return scenario


# --- before anybody has answered ------------------------------------------------------------------------

def _unanswered(method, below, *ends, **parameters):
    def scenario(pbx, ari, events):
        with HandPhone(pbx, "alice") as alice:
            line = alice.call("600")
            channel = events.wait("StasisStart")["channel"]["id"]
            ari.post("/applications/oracle/subscription", eventSource=f"channel:{channel}")
            ari.request(method, f"/channels/{channel}{below}", **parameters)
            if "PlaybackFinished" in ends:
                events.wait("PlaybackStarted")
            line.wait_early_media().give_up()
            for end in ("ChannelDestroyed", *ends):
                events.wait(end, timeout=10)
            ari.get(f"/channels/{channel}")

    return scenario


# chan_sip keeps the ports of a call for half a minute, and has but so many.
_CALLS_MAX = 9
for _first in range(0, len(_OPERATIONS), _CALLS_MAX):
    compared(f"hangup-behind-operations-from-{_first}", _behind_each(_OPERATIONS[_first:_first + _CALLS_MAX]))
compared("caller-gives-up-during-a-playback",
         _unanswered("POST", "/play/now", "PlaybackFinished", media="sound:tone-10s"))
compared("caller-gives-up-with-music", _unanswered("POST", "/moh"))
compared("caller-gives-up-in-silence", _unanswered("POST", "/silence"))
compared("caller-gives-up-during-keys", _unanswered("POST", "/dtmf", dtmf="1234567890", duration="500"))


# --- by who was called, or by the application ----------------------------------------------------------------

def _callee_hangs_up(pbx, ari, events):
    """It answers, hears a sound and puts down."""
    with Phone(pbx, "bob", ["ring", ("pause", 200), "answer", ("pause", 700), "bye"]) as bob:
        ari.post("/channels/dialled", endpoint=pbx.phone("bob"), app="oracle", **_CALLER_ID)
        events.wait(_of("dialled", "StasisStart"))
        ari.post("/channels/dialled/play/now", media="sound:tone-10s")
        events.wait("PlaybackFinished")
        events.wait(_of("dialled", "ChannelDestroyed"))
        bob.wait(10)
        ari.get("/channels/dialled")


def _dialled_callee_hangs_up(pbx, ari, events):
    with Phone(pbx, "bob", ["ring", ("pause", 200), "answer", ("pause", 700), "bye"]) as bob:
        ari.post("/channels/create", endpoint=pbx.phone("bob"), app="oracle", channelId="dialled")
        events.wait(_of("dialled", "StasisStart"))
        ari.post("/channels/dialled/dial")
        events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Up")
        ari.post("/channels/dialled/play/now", media="sound:tone-10s")
        events.wait("PlaybackFinished")
        events.wait(_of("dialled", "StasisEnd"))
        bob.wait(10)
        wait_until(lambda: not pbx.channels(), 5, "the channel is gone")
        ari.get("/channels/dialled")


def _by_the_application(start, *after):
    """The application hangs up what is busy."""

    def scenario(pbx, ari, events):
        with HandPhone(pbx, "alice") as alice:
            _, channel = _called(pbx, ari, events, alice)
            ends = start(pbx, ari, events, channel)
            ari.delete(f"/channels/{channel}", reason="normal")
            for end in (_of(channel, "ChannelDestroyed"), *ends):
                events.wait(end, timeout=10)
            for path in (f"/channels/{channel}", *after):
                ari.get(path)

    return scenario


compared("callee-hangs-up-during-a-playback", _callee_hangs_up)
compared("create-dial-and-the-callee-hangs-up", _dialled_callee_hangs_up, since=14)
compared("application-hangs-up-during-playbacks", _by_the_application(_playback, "/playbacks/now", "/playbacks/next"))
compared("application-hangs-up-during-a-recording",
         _by_the_application(_recording, "/recordings/live/said", "/recordings/stored"))
compared("application-hangs-up-during-a-paused-recording",
         _by_the_application(_paused_recording, "/recordings/live/said", "/recordings/live/next"))
compared("application-hangs-up-during-keys", _by_the_application(_digits, "/playbacks/next"))
compared("application-hangs-up-during-a-redirect", _by_the_application(_redirect), only_on="16")
