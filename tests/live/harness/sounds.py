"""Sounds of known length, so that both sides play the same and the tests know how long it takes."""

import math
import struct

SAMPLES_PER_SECOND = 8000

# name -> (seconds, hertz). The names are what media URIs use: sound:tone-2s.
TONES = {"tone-short": (0.3, 440), "tone-2s": (2.0, 440), "tone-10s": (10.0, 330)}


def write_all(directory):
    """Writes every tone as signed linear, 8 kHz, without header (.sln)."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, (seconds, hertz) in TONES.items():
        (directory / f"{name}.sln").write_bytes(_tone(seconds, hertz))


def _tone(seconds, hertz):
    step = 2 * math.pi * hertz / SAMPLES_PER_SECOND
    samples = [int(8000 * math.sin(step * i)) for i in range(int(seconds * SAMPLES_PER_SECOND))]
    return struct.pack(f"<{len(samples)}h", *samples)
