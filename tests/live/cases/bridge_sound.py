"""What the members of a bridge hear: the others, their keys, not themselves, and what is played to all."""

import contextlib
import time

from harness.hand_phone import HandPhone
from harness.outcome import Failed, Skip, check, wait_until
from harness.registry import case
from harness.sides import ARIGATE, NATIVE, client, side
from harness.sound_phone import SoundPhone

_PITCHES = {"alice": 550, "bob": 770, "carol": 990}
_ANNOUNCEMENT = 330  # sound:tone-10s, see harness/sounds.py.
_HEARD, _SILENT = 0.05, 0.01  # Of three that speak at once each has a share only.


def _check_hears(phones, listener, expected, when):
    for speaker, hertz in _PITCHES.items():
        level = phones[listener].level(hertz, 0.5)
        wanted = speaker in expected
        check(level > _HEARD if wanted else level < _SILENT,
              f"{when}: {listener} hears {speaker} with {level:.3f}")


def _all_call(pbx, ari, events, stack):
    """The phones, each with its own pitch, and the ids of their answered channels."""
    phones, channels = {}, {}
    for name, hertz in _PITCHES.items():
        since = events.mark()
        phones[name] = stack.enter_context(SoundPhone(pbx, name, dials="600", speaks=hertz))
        channels[name] = events.wait("StasisStart", since=since)["channel"]["id"]
        ari.post(f"/channels/{channels[name]}/answer")
        phones[name].wait_answered()
    return phones, channels


@case("sound-in-a-bridge")
def sound_in_a_bridge(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url), contextlib.ExitStack() as stack:
        ari = client(url)
        events = stack.enter_context(ari.events("oracle"))
        phones, channels = _all_call(pbx, ari, events, stack)
        check(ari.post("/bridges/room", type="mixing")[0] == 200, "create")
        for channel in channels.values():
            check(ari.post("/bridges/room/addChannel", channel=channel)[0] == 204, "add")
        time.sleep(0.5)
        for name in phones:
            _check_hears(phones, name, set(phones) - {name}, "all speak")
        check(ari.post("/bridges/room/addChannel", channel=channels["bob"], mute="true")[0] == 204, "mute")
        time.sleep(0.5)
        _check_hears(phones, "alice", {"carol"}, "bob is muted")
        _check_hears(phones, "bob", {"alice", "carol"}, "bob is muted")
        check(ari.post("/bridges/room/addChannel", channel=channels["carol"], mute="true")[0] == 204, "mute")
        time.sleep(0.5)
        _check_hears(phones, "alice", set(), "bob and carol are muted")
        status, playback = ari.post("/bridges/room/play", media="sound:tone-10s")
        check(status == 201, f"play: {status} {playback}")
        time.sleep(0.7)
        for name, phone in phones.items():
            level = phone.level(_ANNOUNCEMENT, 0.5)
            check(level > _HEARD, f"{name} hears the announcement with {level:.3f}")
        ari.delete(f"/playbacks/{playback['id']}")
        events.wait("PlaybackFinished")
        check(ari.post("/bridges/room/removeChannel", channel=channels["alice"])[0] == 204, "remove")
        time.sleep(0.3)
        _check_hears(phones, "alice", set(), "out of the bridge")
        for channel in channels.values():
            ari.delete("/channels/" + channel)
        ari.delete("/bridges/room")


@case("sound-in-a-holding-bridge")
def sound_in_a_holding_bridge(run):
    if run.version == "1.8":
        raise Skip("who waits in a holding bridge of 1.8 waits outside its conference")
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url), contextlib.ExitStack() as stack:
        ari = client(url)
        events = stack.enter_context(ari.events("oracle"))
        phones, channels = _all_call(pbx, ari, events, stack)
        check(ari.post("/bridges/queue", type="holding")[0] == 200, "create")
        for name in ("alice", "bob"):
            check(ari.post("/bridges/queue/addChannel", channel=channels[name])[0] == 204, f"add {name}")
        time.sleep(0.5)
        for name in ("alice", "bob"):
            _check_hears(phones, name, set(), "they wait")
        check(ari.post("/bridges/queue/addChannel", channel=channels["carol"], role="announcer")[0] == 204, "announce")
        time.sleep(0.7)
        for name in ("alice", "bob"):
            _check_hears(phones, name, {"carol"}, "carol announces")
        _check_hears(phones, "carol", set(), "carol announces")
        check(ari.post("/bridges/queue/removeChannel", channel=channels["carol"])[0] == 204, "remove")
        time.sleep(0.5)
        for name in ("alice", "bob"):
            _check_hears(phones, name, set(), "carol has gone")
        for channel in channels.values():
            ari.delete("/channels/" + channel)
        ari.delete("/bridges/queue")


_KEYS = {"bob": "5", "alice": "7", "carol": "8"}


@case("keys-in-a-bridge")
def keys_in_a_bridge(run):
    """A key reaches the phones of all others, on both sides alike, unless it is absorbed."""
    if run.version == "1.8":
        raise Skip("a conference of 1.8 passes no keys on")
    program = run.arigate_program()
    for name in (NATIVE, ARIGATE):
        with side(name, run.version, program) as (pbx, url), contextlib.ExitStack() as stack:
            ari = client(url)
            events = stack.enter_context(ari.events("oracle"))
            lines, channels = {}, {}
            for phone in _KEYS:
                since = events.mark()
                lines[phone] = stack.enter_context(HandPhone(pbx, phone)).call("600")
                channels[phone] = events.wait("StasisStart", since=since)["channel"]["id"]
                ari.post(f"/channels/{channels[phone]}/answer")
                lines[phone].wait_answered()
            ari.post("/bridges/room", type="mixing")
            heard = dict.fromkeys(_KEYS, "")
            for members, absorbing in (("bob alice carol", "bob"), ("bob alice carol", None), ("bob alice", "bob"),
                                       ("bob alice", None)):
                members = members.split()
                for phone in set(_KEYS) - set(members):
                    ari.post("/bridges/room/removeChannel", channel=channels[phone])
                for phone in members:
                    since = events.mark()
                    ari.post("/bridges/room/addChannel", channel=channels[phone], absorbDTMF=str(phone == absorbing).lower())
                    events.wait(_of(channels[phone], "ChannelEnteredBridge"), since=since)
                for phone in members:
                    time.sleep(0.1)  # A PBX before Asterisk 12 swallows what no finger could press.
                    since = events.mark()
                    lines[phone].press(_KEYS[phone])
                    events.wait(_of(channels[phone], "ChannelDtmfReceived"), since=since)
                    for other in set(members) - {phone} if phone != absorbing else ():
                        heard[other] += _KEYS[phone]
                    # A key that should not have come would stand before those that come later.
                    _check_heard(lines, heard, f"{name}: {members}, {absorbing} is absorbed, {phone} presses")


def _of(channel, kind):
    return lambda e: e["type"] == kind and e["channel"]["id"] == channel


def _check_heard(lines, heard, when):
    def is_so():
        return {phone: line.digits for phone, line in lines.items()} == heard

    with contextlib.suppress(Failed):
        wait_until(is_so, 3, when)
    check(is_so(), f"{when}: {[line.digits for line in lines.values()]} was heard, not {heard}")
