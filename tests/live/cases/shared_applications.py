"""Several sockets that have one application: each is told everything, or each call has one of them."""

import collections
import contextlib

from harness.ari import Recorder
from harness.hand_phone import HandPhone
from harness.outcome import Failed, check, wait_until
from harness.registry import case
from harness.scenario import settle
from harness.sides import ARIGATE, client, side

_ALL, _ONE = {"share": "true", "mode": "all"}, {"share": "true", "mode": "one"}


@contextlib.contextmanager
def _bench(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        yield pbx, client(url, Recorder())
        settle(pbx)


def _about(event):
    """The id of the channel that an event is about, or none."""
    media = event.get("playback") or event.get("recording")
    if media:
        return media["target_uri"].removeprefix("channel:")
    return (event.get("channel") or event.get("peer") or {}).get("id")


def _told(socket, since=0):
    """(channel, type) of all that a socket was told of channels."""
    return [(_about(e), e["type"]) for e in socket.events[since:] if _about(e)]


def _catch_up(ari, sockets, name):
    """Until whatever was told before now has come to all: what is about no channel goes to everyone."""
    check(ari.post(f"/events/user/{name}", application="oracle")[0] == 204, "user event")
    for socket in sockets:
        socket.wait(lambda e: e.get("eventname") == name)


def _somebody_calls(pbx, sockets):
    """A local caller; its channel and the socket that is told of it first."""
    marks = [socket.mark() for socket in sockets]
    pbx.call_locally("600", "digits")
    return _started(sockets, marks)


def _started(sockets, marks, is_it=lambda e: True):
    def found():
        return next(((e["channel"]["id"], socket) for socket, since in zip(sockets, marks)
                     for e in socket.events[since:] if e["type"] == "StasisStart" and is_it(e)), None)

    return wait_until(found, 5, "a call is told to a socket")


def _talks(ari, channel, socket):
    """The call is answered, hears a sound and presses digits; its socket hears of it all."""
    since = socket.mark()
    check(ari.post(f"/channels/{channel}/answer")[0] == 204, "answer")
    check(ari.post(f"/channels/{channel}/play", media="sound:tone-short")[0] == 201, "play")
    for kind in ("ChannelStateChange", "PlaybackStarted", "PlaybackFinished", "ChannelDtmfReceived"):
        socket.wait(lambda e: e["type"] == kind and _about(e) == channel, since=since)


def _ends(ari, channel, socket):
    check(ari.delete(f"/channels/{channel}")[0] == 204, "hangup")
    socket.wait(lambda e: e["type"] == "StasisEnd" and _about(e) == channel)


def _is_refused(ari, **query):
    try:
        ari.events("oracle", **query).close()
    except Failed as refusal:
        check(" 409 " in str(refusal), str(refusal))
    else:
        raise Failed("a client with the other mode got in")


@case("application-shared-by-all")
def everyone_is_told(run):
    """Both sockets get the same events in the same order, and one that stays goes on alone."""
    with _bench(run) as (pbx, ari), ari.events("oracle", **_ALL) as first:
        second = ari.events("oracle", **_ALL)
        calls = [_somebody_calls(pbx, [first])[0] for _ in range(3)]
        for channel in calls:
            _talks(ari, channel, first)
        _ends(ari, calls[0], first)
        _catch_up(ari, [first, second], "so-far")
        check(first.events == second.events, f"told the one:   {_told(first)}\ntold the other: {_told(second)}")
        check({channel for channel, _ in _told(first)} >= set(calls), f"told: {_told(first)}")
        second.close()
        since = first.mark()
        for channel in calls[1:]:
            _ends(ari, channel, first)
        check("StasisStart" not in {kind for _, kind in _told(first, since)}, f"told anew: {_told(first, since)}")


@case("application-shared-call-by-call")
def each_call_has_one(run):
    """The events of a call go to one socket, whoever asks for what; when that closes, to the other."""
    with _bench(run) as (pbx, ari), HandPhone(pbx, "alice") as alice, ari.events("oracle", **_ONE) as stays:
        goes = ari.events("oracle", **_ONE)
        sockets = [stays, goes]
        owners = dict(_somebody_calls(pbx, sockets) for _ in range(3))
        marks = [socket.mark() for socket in sockets]
        line = alice.call("600")
        by_phone, socket = _started(sockets, marks)
        owners[by_phone] = socket
        check(collections.Counter(owners.values()) == {stays: 2, goes: 2}, "each has two of four calls")
        for channel, socket in owners.items():
            if channel != by_phone:
                _talks(ari, channel, socket)
        ari.post(f"/channels/{by_phone}/answer")
        line.wait_answered()
        # What is made for a call goes where that goes.
        for channel, socket in list(owners.items())[:2]:
            made = f"for-{channel}"
            check(ari.post("/channels/" + made, endpoint="Local/answer@far-end/n", app="oracle",
                           originator=channel)[0] == 200, "originate")
            socket.wait(lambda e: e["type"] == "StasisStart" and _about(e) == made)
            owners[made] = socket
        _catch_up(ari, sockets, "before")
        for socket in sockets:
            for channel, kind in _told(socket):
                check(owners.get(channel, socket) is socket, f"{kind} of {channel} was told to the other")
        check(len(_told(stays)) > 10 and len(_told(goes)) > 10, "both were told something")

        since = stays.mark()
        goes.close(politely=False)
        moved = {channel for channel, socket in owners.items() if socket is goes}
        for channel in moved:
            stays.wait(lambda e: e["type"] == "StasisStart" and _about(e) == channel, since=since)
        for channel in owners:
            if channel == by_phone:
                line.hang_up()
                stays.wait(lambda e: e["type"] == "StasisEnd" and _about(e) == channel, since=since)
            else:
                _ends(ari, channel, stays)
        starts = [channel for channel, kind in _told(stays, since) if kind == "StasisStart"]
        check(sorted(starts) == sorted(moved), f"told anew: {starts}, of {sorted(moved)}")
        _is_refused(ari, **_ALL)
