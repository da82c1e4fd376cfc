"""What there is to hear in received audio: phones' tones, keys pressed in-band, other sound."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from operator import mul

from ccgateway.rig.audio import RATE
from ccgateway.rig.phone.rtp import SAMPLES
from ccgateway.rig.phone.tones import AMPLITUDE, COLUMNS, ROWS

LEAST, MOST = 0.5, 1.5  # of the amplitude that phones send: beyond it is no phone's tone
SILENCE = 20.0  # root mean square (of 32767): music on hold fades in, over a second
NOISE = 0.005  # of the power: µ-law's own noise, after being mixed and coded again, is below
OTHER_SHARE = 0.3  # of the packets: a tone begins or ends in one or two of ten
_KEYPAD = ("123A", "456B", "789C", "*0#D")
_KEY_SHARE = 0.7  # of all energy is in the two tones of a key: music and speech spread theirs
_KEY_TWIST = 4.0  # how much louder than the other one of the two may be
_KEY_LEAST = 400.0  # amplitude of each; Asterisk and phones send 2000 and more
_KEY_WINDOW = 2  # packets: 40 ms; a key lasts at least 65 ms


def _linear(byte: int) -> int:
    """One µ-law byte as a 16-bit sample (ITU-T G.711)."""
    byte = ~byte & 0xFF
    magnitude = ((((byte & 0x0F) << 3) + 0x84) << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


LINEAR = tuple(_linear(byte) for byte in range(256))


def tones(packets: Sequence[bytes], known: Collection[int]) -> tuple[frozenset[int], bool]:
    """Which of the known tones (Hz, multiples of 50) last through all of the packets (µ-law, 20 ms
    each), and whether there is other sound beside them."""
    whole = [[float(LINEAR[byte]) for byte in one] for one in packets if len(one) == SAMPLES]
    if not whole:
        return frozenset(), False
    half = max(1, len(whole) // 2)
    parts = [_folded(whole[:half]), _folded(whole[half:] or whole[:half])]
    low, high = LEAST * AMPLITUDE, MOST * AMPLITUDE
    heard = frozenset(
        hertz for hertz in known if all(low < _amplitude(part, hertz) < high for part in parts)
    )
    # a packet in which a tone begins or ends is not explained by tones: there are few of them
    return heard, sum(_has_other(one, known) for one in whole) > OTHER_SHARE * len(whole)


def _has_other(samples: Sequence[float], known: Iterable[int]) -> bool:
    """Whether there is more in a packet than the known tones."""
    power = sum(map(mul, samples, samples)) / len(samples)
    if power < SILENCE**2:
        return False
    rest = power - sum(_amplitude(samples, hertz) ** 2 / 2 for hertz in known)
    return bool(rest > max(SILENCE**2, NOISE * power))


def _folded(packets: Sequence[Sequence[float]]) -> list[float]:
    """The mean packet: what is no multiple of 50 Hz fades out."""
    return [sum(column) / len(packets) for column in zip(*packets, strict=True)]


def _amplitude(samples: Sequence[float], hertz: float) -> float:
    cosine, sine, weight = _waves(hertz, len(samples), windowed=False)
    real, imaginary = sum(map(mul, samples, cosine)), sum(map(mul, samples, sine))
    return 2 * math.hypot(real, imaginary) / weight


@cache
def _waves(hertz: float, count: int, *, windowed: bool) -> tuple[list[float], list[float], float]:
    """A cosine and a sine to correlate with, and the sum of their weights."""
    step = 2 * math.pi * hertz / RATE
    weights = [math.sin(math.pi * n / count) ** 2 if windowed else 1.0 for n in range(count)]
    cosine = [weight * math.cos(step * n) for n, weight in enumerate(weights)]
    sine = [weight * math.sin(step * n) for n, weight in enumerate(weights)]
    return cosine, sine, sum(weights)


def key(packets: Sequence[bytes], besides: Iterable[int] = ()) -> str:
    """The key whose two tones (DTMF) these packets are full of, '' for none; ``besides``: phones'
    tones (Hz) that may sound at the same time."""
    samples = [float(LINEAR[byte]) for packet in packets for byte in packet]
    if not samples:
        return ""
    rows = [_windowed(samples, hertz) for hertz in ROWS]
    columns = [_windowed(samples, hertz) for hertz in COLUMNS]
    row, column = max(rows), max(columns)
    if min(row, column) < _KEY_LEAST or max(row, column) > _KEY_TWIST * min(row, column):
        return ""
    others = [_windowed(samples, hertz) for hertz in besides]
    tones = sum(level**2 for level in others if level > LEAST * AMPLITUDE)
    energy = 2 * sum(map(mul, samples, samples)) / len(samples) - tones
    if row**2 + column**2 < _KEY_SHARE * energy:
        return ""
    return _KEYPAD[rows.index(row)][columns.index(column)]


def _windowed(samples: Sequence[float], hertz: float) -> float:
    cosine, sine, weight = _waves(hertz, len(samples), windowed=True)
    real, imaginary = sum(map(mul, samples, cosine)), sum(map(mul, samples, sine))
    return 2 * math.hypot(real, imaginary) / weight


def keys(packets: Sequence[bytes], besides: Collection[int] = ()) -> list[tuple[int, str]]:
    """The keys pressed in-band in a recording: number of the packet each begins at, and the key.
    One that lasts is told once; it has to fill two windows of 40 ms that overlap by half."""
    found: list[tuple[int, str]] = []
    before, current = "", ""
    for at in range(len(packets) - _KEY_WINDOW + 1):
        now = key(packets[at : at + _KEY_WINDOW], besides)
        if now != current and now == before:
            current = now
            if now:
                found.append((at - 1, now))
        before = now
    return found
