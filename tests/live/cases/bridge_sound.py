"""What the members of a bridge hear: the others, their keys, not themselves, and what is played to all."""

import contextlib
import time

from harness import sounds
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


_MUSIC = {"default": 880, "jazz": 1210}  # The pitch of each class.


def _make_music(pbx):
    text = ""
    for name, hertz in _MUSIC.items():
        folder = pbx.file(f"data/{name}")
        folder.mkdir()
        (folder / "music.sln").write_bytes(sounds.tone(5.0, hertz))
        text += f"[{name}]\nmode = files\ndirectory = {pbx.inside(f'data/{name}')}\n"
    pbx.file("etc/musiconhold.conf").write_text(text)
    pbx.command("moh reload")


def _await_level(phone, hertz, loud, when):
    """Within some seconds: what a phone hears of it has changed."""
    def is_so():
        level = phone.level(hertz, 0.3)
        return level > _HEARD if loud else level < _SILENT

    wait_until(is_so, 5, when)


def _check_wait(phones, waiting, music, when):
    """Each hears the music, and nobody of those that speak."""
    for name in waiting:
        _await_level(phones[name], _MUSIC[music], True, f"{when}: {name} hears the music {music}")
        _check_hears(phones, name, set(), when)


def _calls_for_a_queue(run, stack):
    """Everybody has called, a PBX with music has a holding bridge `queue`, and nobody is in it yet."""
    pbx, url = stack.enter_context(side(ARIGATE, run.version, run.arigate_program()))
    _make_music(pbx)
    ari = client(url)
    events = stack.enter_context(ari.events("oracle"))
    phones, channels = _all_call(pbx, ari, events, stack)
    check(ari.post("/bridges/queue", type="holding")[0] == 200, "create")
    return pbx, ari, events, phones, channels


@case("sound-in-a-holding-bridge")
def sound_in_a_holding_bridge(run):
    with contextlib.ExitStack() as stack:
        _, ari, _, phones, channels = _calls_for_a_queue(run, stack)
        waiting = ("alice", "bob")
        for name in waiting:
            check(ari.post("/bridges/queue/addChannel", channel=channels[name])[0] == 204, f"add {name}")
        _check_wait(phones, waiting, "default", "they wait")
        for again in ("carol announces", "carol announces once more"):
            check(ari.post("/bridges/queue/addChannel", channel=channels["carol"], role="announcer")[0] == 204, again)
            for name in waiting:
                _await_level(phones[name], _PITCHES["carol"], True, f"{name} hears carol")
                _check_hears(phones, name, {"carol"}, again)
                _await_level(phones[name], _MUSIC["default"], False, f"{name} hears no music then")
            _check_hears(phones, "carol", set(), again)
            check(ari.post("/bridges/queue/removeChannel", channel=channels["carol"])[0] == 204, "remove")
            _check_wait(phones, waiting, "default", "carol has gone")
        for channel in channels.values():
            ari.delete("/channels/" + channel)
        ari.delete("/bridges/queue")


@case("announcement-to-a-holding-bridge")
def announcement_to_a_holding_bridge(run):
    """What is played to those who wait, and the music of their bridge, is heard by each of them, also when it is again."""
    with contextlib.ExitStack() as stack:
        pbx, ari, events, phones, channels = _calls_for_a_queue(run, stack)
        for waiting in (("alice",), ("alice", "bob", "carol")):
            count = len(waiting)
            added = ari.post("/bridges/queue/addChannel", channel=",".join(channels[name] for name in waiting[-2:]))
            check(added[0] == 204, f"add {waiting[-2:]}: {added}")
            _check_wait(phones, waiting, "default", f"{count} wait")
            since = events.mark()
            status, playback = ari.post("/bridges/queue/play", media="sound:tone-10s")
            check(status == 201, f"play: {status} {playback}")
            events.wait("PlaybackStarted", since=since)
            for name in waiting:
                _await_level(phones[name], _ANNOUNCEMENT, True, f"{name} of {count} hears the announcement")
                _check_hears(phones, name, set(), "an announcement")
            check(ari.delete(f"/playbacks/{playback['id']}")[0] == 204, "stop")
            events.wait("PlaybackFinished", since=since)
            _check_wait(phones, waiting, "default", "the announcement is over")
            check(ari.post("/bridges/queue/moh", mohClass="jazz")[0] == 204, "moh")
            _check_wait(phones, waiting, "jazz", "music of the bridge")
            check(ari.delete("/bridges/queue/moh")[0] == 204, "no moh")
            _check_wait(phones, waiting, "default", "the music of the bridge is over")
        ari.post("/bridges/queue/play", media="sound:tone-10s")
        _await_level(phones["carol"], _ANNOUNCEMENT, True, "carol hears it")
        check(ari.post("/bridges/queue/removeChannel", channel=channels["carol"])[0] == 204, "remove")
        _await_level(phones["carol"], _ANNOUNCEMENT, False, "carol is out")
        check(ari.delete("/channels/" + channels["bob"])[0] == 204, "hang up")
        check(ari.delete("/bridges/queue")[0] == 204, "destroy")
        for name in ("alice", "carol"):  # Under control again, and in silence.
            check(ari.post(f"/channels/{channels[name]}/play", media="sound:tone-10s")[0] == 201, "play")
            _await_level(phones[name], _ANNOUNCEMENT, True, f"{name} hears what is for it alone")
            ari.delete("/channels/" + channels[name])
        wait_until(lambda: not pbx.channels(), 10, "no channel is left on the PBX", step=0.1)


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
