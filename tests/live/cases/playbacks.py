"""Playbacks: every kind of media, lists, languages, positions, and every control in every state, beside native ARI."""

import time

from harness.scenario import caller, compared

_OPERATIONS = ("pause", "unpause", "restart", "reverse", "forward")


def _finished(events, playback, timeout=10):
    events.wait(lambda e: e["type"] == "PlaybackFinished" and e["playback"]["id"] == playback, timeout=timeout)


def _started(events, playback):
    events.wait(lambda e: e["type"] == "PlaybackStarted" and e["playback"]["id"] == playback)


_KINDS = ["digits:12", "digits:*#", "number:121", "number:0", "characters:12", "sound:no-such-sound"]
_LISTS = ["sound:tone-short,sound:no-such-sound", "sound:no-such-sound,sound:tone-short",
          "digits:12,number:2,sound:tone-short"]


def _kinds_of_media(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    for number, media in enumerate(_KINDS + ([] if pbx.version == "13" else _LISTS)):  # ARI has lists since 14.
        ari.post(f"{path}/play/p{number}", media=media)
        _finished(events, f"p{number}")


def _tones(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    for number, media in enumerate(("tone:ring", "tone:440/1000,0/1000", "tone:busy;tonezone=us")):
        playback = f"t{number}"
        ari.post(f"{path}/play/{playback}", body={"media": [media]})
        _started(events, playback)
        time.sleep(0.1)
        for operation in _OPERATIONS + ("pause", "restart"):
            ari.post(f"/playbacks/{playback}/control", operation=operation)
        ari.get(f"/playbacks/{playback}")
        ari.delete(f"/playbacks/{playback}")
        _finished(events, playback)


def _languages_and_positions(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    for number, parameters in enumerate(({"lang": "xx", "offsetms": "1500"}, {"offsetms": "1700"}, {"offsetms": "5000"},
                                         {"skipms": "100", "lang": "fr", "offsetms": "1500"})):
        playback = f"l{number}"
        ari.post(f"{path}/play", media="sound:tone-2s", playbackId=playback, **parameters)
        _finished(events, playback)
    ari.get(path)


def _queued(pbx, ari, events):
    """Three behind one another: each state of each, one stopped in the queue, a hangup during the last."""
    path = caller(pbx, events, answered_by=ari)
    for playback in ("first", "second", "third"):
        ari.post(f"{path}/play/{playback}", media="sound:tone-10s")
    _started(events, "first")
    time.sleep(0.1)
    for operation in _OPERATIONS:
        ari.post("/playbacks/second/control", operation=operation)
    ari.get("/playbacks/second")
    ari.delete("/playbacks/second")
    time.sleep(0.1)
    ari.get("/playbacks/second")
    ari.delete("/playbacks/second")
    ari.delete("/playbacks/first")
    _finished(events, "second")
    _started(events, "third")
    ari.delete(path)
    _finished(events, "third")
    events.wait("StasisEnd")
    ari.delete("/playbacks/third")


def _each_control(pbx, ari, events):
    """Every operation while it plays and while it is paused."""
    path = caller(pbx, events, answered_by=ari)
    for state in ("playing", "paused"):
        for operation in _OPERATIONS + ("stop", ""):
            playback = f"{state}-{operation}"
            ari.post(f"{path}/play/{playback}", media="sound:tone-10s", skipms="500")
            _started(events, playback)
            time.sleep(0.1)
            if state == "paused":
                ari.post(f"/playbacks/{playback}/control", operation="pause")
                time.sleep(0.05)
            ari.post(f"/playbacks/{playback}/control", operation=operation)
            time.sleep(0.1)
            ari.get(f"/playbacks/{playback}")
            ari.delete(f"/playbacks/{playback}")
            _finished(events, playback)


compared("kinds-of-media", _kinds_of_media)
compared("tones", _tones)
compared("languages-and-positions", _languages_and_positions)
compared("queued-playbacks", _queued)
compared("playback-controls", _each_control)
