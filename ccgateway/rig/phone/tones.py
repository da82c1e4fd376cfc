"""The tones that phones speak with: one for each, told apart by ear from all else on the line.

A tone is a multiple of 50 Hz: a packet of 20 ms holds whole periods, so it is always the same 160
bytes, and shifts and losses of whole packets leave the wave unbroken.
"""

from __future__ import annotations

import math

from ccgateway.rig.audio import RATE, mulaw
from ccgateway.rig.errors import RigError
from ccgateway.rig.phone.rtp import SAMPLES

AMPLITUDE = 5000  # of 32767: five tones mixed in a conference do not clip
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # Hz, ITU-T Q.23
PROGRESS = (440, 480, 620)  # Hz: ringing, busy and congestion as Asterisk's indications.conf has
FROM_KEYS, FROM_PROGRESS = 60, 30  # Hz to keep away: the ear's windows are 40 ms and 100 ms wide
STEP, LOWEST, HIGHEST = 50, 300, 3350  # Hz


def _is_clear(hertz: int) -> bool:
    far = all(abs(hertz - key) >= FROM_KEYS for key in (*ROWS, *COLUMNS))
    return far and all(abs(hertz - tone) >= FROM_PROGRESS for tone in PROGRESS)


CHOICE = tuple(hertz for hertz in range(LOWEST, HIGHEST + 1, STEP) if _is_clear(hertz))
_taken: dict[int, str] = {}


def take(name: str) -> int:
    """A tone (Hz) that no other phone of this process has. Raises RigError when all are taken."""
    for hertz in CHOICE:
        if hertz not in _taken:
            _taken[hertz] = name
            return hertz
    raise RigError(f"all {len(CHOICE)} tones are taken by other phones")


def release(hertz: int) -> None:
    """Give a tone back."""
    _taken.pop(hertz, None)


def taken() -> dict[int, str]:
    """The tones (Hz) in use, and whose they are."""
    return dict(_taken)


def packet(hertz: int) -> bytes:
    """20 ms of a tone, µ-law."""
    step = 2 * math.pi * hertz / RATE
    return bytes(mulaw(int(AMPLITUDE * math.sin(step * n))) for n in range(SAMPLES))
