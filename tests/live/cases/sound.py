"""What is really heard: a phone that listens to what is played, and recordings of what it says."""

import time

from harness.outcome import check
from harness.registry import case
from harness.sides import ARIGATE, client, side
from harness.sound_phone import RATE, SoundPhone, pitch, wav_samples

_SPOKEN = 1000  # The phone's own pitch; the tones that are played have others, see harness/sounds.py.
_LONG_TONE = 330


def _answered_call(ari, events, phone):
    path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
    check(ari.post(path + "/answer")[0] == 204, "answer")
    phone.wait_answered()
    return path


def _is(level, wanted, what):
    check(level > 0.5 if wanted else level < 0.05, f"{what}: the level is {level:.3f}")


@case("sound-of-a-playback")
def sound_of_a_playback(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with ari.events("oracle") as events, SoundPhone(pbx, "alice", dials="600", speaks=_SPOKEN) as phone:
            path = _answered_call(ari, events, phone)
            _is(phone.level(_LONG_TONE, 0.3), False, "before anything is played")
            ari.post(path + "/play/heard", media="sound:tone-10s")
            events.wait("PlaybackStarted")
            time.sleep(0.2)
            _is(phone.level(_LONG_TONE, 0.5), True, "while it plays")
            ari.post("/playbacks/heard/control", operation="pause")
            time.sleep(0.2)
            _is(phone.level(_LONG_TONE, 0.5), False, "while it is paused")
            ari.post("/playbacks/heard/control", operation="unpause")
            time.sleep(0.2)
            _is(phone.level(_LONG_TONE, 0.5), True, "when it goes on")
            ari.delete("/playbacks/heard")
            events.wait("PlaybackFinished")
            time.sleep(0.2)
            _is(phone.level(_LONG_TONE, 0.5), False, "after it was stopped")
            ari.post(path + "/play/tone", media="tone:1400/1000")
            time.sleep(0.3)
            _is(phone.level(1400, 0.4), True, "a tone without a file")
            ari.delete("/playbacks/tone")
            time.sleep(0.2)
            _is(phone.level(1400, 0.4), False, "the tone after its stop")


@case("sound-before-an-answer")
def sound_before_an_answer(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with ari.events("oracle") as events, SoundPhone(pbx, "alice", dials="600", speaks=_SPOKEN) as phone:
            path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
            check(ari.post(path + "/play/early", media="sound:tone-10s")[0] == 201, "play")
            phone.wait_early_media()
            time.sleep(0.3)
            _is(phone.level(_LONG_TONE, 0.5), True, "before the answer")
            ari.delete("/playbacks/early")
            events.wait("PlaybackFinished")
            check(ari.post(path + "/answer")[0] == 204, "answer")
            phone.wait_answered()
            ari.post(path + "/play/late", media="sound:tone-10s")
            time.sleep(0.3)
            _is(phone.level(_LONG_TONE, 0.5), True, "after the answer")


@case("sound-of-a-recording")
def sound_of_a_recording(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with ari.events("oracle") as events, SoundPhone(pbx, "alice", dials="600", speaks=_SPOKEN) as phone:
            path = _answered_call(ari, events, phone)
            time.sleep(0.3)
            begin = time.monotonic()
            check(ari.post(path + "/record", name="said", format="wav")[0] == 201, "record")
            events.wait("RecordingStarted")
            time.sleep(1.0)
            ari.post("/recordings/live/said/mute")
            time.sleep(0.5)
            ari.delete("/recordings/live/said/mute")
            time.sleep(0.5)
            paused_at = time.monotonic()
            ari.post("/recordings/live/said/pause")
            time.sleep(1.0)
            ari.delete("/recordings/live/said/pause")
            resumed_at = time.monotonic()
            time.sleep(0.5)
            ari.post("/recordings/live/said/stop")
            stopped_at = time.monotonic()
            finished = events.wait("RecordingFinished")["recording"]
            wanted = paused_at - begin + stopped_at - resumed_at
            samples = wav_samples(pbx.file("spool/recording/said.wav").read_bytes())
            length = len(samples) / RATE
            check(abs(length - wanted) < 0.25, f"{length:.2f} s were recorded of {wanted:.2f} s")
            check(finished["duration"] == int(length), f"{finished} of {length:.2f} s")
            part = lambda start, end: samples[int(start * RATE):int(end * RATE)]
            _is(pitch(part(0.2, 0.8), _SPOKEN), True, "at first")
            _is(pitch(part(1.15, 1.4), _SPOKEN), False, "while muted")
            _is(pitch(part(1.65, length - 0.1), _SPOKEN), True, "after that, over the pause")
            ari.post(path + "/play/back", media="recording:said")
            time.sleep(0.3)
            _is(phone.level(_SPOKEN, 0.4), True, "the recording played back")
