"""Sounds of known length, so that both sides play the same and the tests know how long it takes."""

import math
import struct

SAMPLES_PER_SECOND = 8000

# name -> (seconds, hertz). The names are what media URIs use: sound:tone-2s.
TONES = {"tone-short": (0.3, 440), "tone-2s": (2.0, 440), "tone-10s": (10.0, 330), "silence-10s": (10.0, 0),
         "beep": (0.2, 1000)}
# The same for digits and numbers.
SPOKEN = {"1": 500, "2": 600, "3": 700, "hundred": 800, "20": 900}


def write_all(directory):
    """Writes every tone as signed linear, 8 kHz, without header (.sln); one in a second language too."""
    english, french = directory / "en", directory / "fr"
    for language in (english, french):
        (language / "digits").mkdir(parents=True)
    for name, (seconds, hertz) in TONES.items():
        (english / f"{name}.sln").write_bytes(tone(seconds, hertz))
    for number, hertz in SPOKEN.items():
        (english / f"digits/{number}.sln").write_bytes(tone(0.2, hertz))
    (english / "tone-short.ulaw").write_bytes(bytes(range(256)) * 10)
    (english / "core-sounds-en.txt").write_text("; what is said\ntone-2s: Two seconds of a tone.\n")
    (french / "tone-2s.sln").write_bytes(tone(2.0, 660))
    (french / "core-sounds-fr.txt").write_text("tone-2s: Deux secondes.\n")


def tone(seconds, hertz):
    """Signed linear, 8 kHz."""
    step = 2 * math.pi * hertz / SAMPLES_PER_SECOND
    samples = [int(8000 * math.sin(step * i)) for i in range(int(seconds * SAMPLES_PER_SECOND))]
    return struct.pack(f"<{len(samples)}h", *samples)
