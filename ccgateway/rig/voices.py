"""When a voice was heard, to the packet: the phone's own digest (``Ear.heard``) is exact to a tenth
of a second, which is all that the comparison allows for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Reversible
from datetime import UTC, datetime
from functools import lru_cache
from itertools import takewhile

from ccgateway.rig.audio import RATE
from ccgateway.rig.phone.ear import LATELY
from ccgateway.rig.phone.hearing import LEAST, LINEAR, MOST
from ccgateway.rig.phone.rtp import PTIME, SAMPLES
from ccgateway.rig.phone.tones import AMPLITUDE

BREAK = 0.3
"""Seconds: a shorter silence is a late packet or a bridge that changes its kind, no end."""

Span = tuple[datetime, datetime]


def spans(packets: Iterable[tuple[float, bytes]], hertz: int) -> list[Span]:
    """From when to when this tone was in the packets (time of arrival in Unix seconds; 20 ms of
    µ-law). Aware UTC."""
    found: list[list[float]] = []
    for at, payload in packets:
        if not _has(payload, hertz):
            continue
        if found and at - found[-1][1] <= BREAK:
            found[-1][1] = at + PTIME
        else:
            found.append([at, at + PTIME])
    # one packet of it is what was left in a buffer, not somebody who speaks
    return [(_time(since), _time(until)) for since, until in found if until - since > 2 * PTIME]


def hears(packets: Reversible[tuple[float, bytes]], hertz: int, now: float) -> bool:
    """Whether this tone was there all through the last moments before ``now`` (Unix seconds).
    ``Ear.hears`` tells of everybody, and costs a hundred times as much: many calls wait at once."""
    recent = list(takewhile(lambda one: one[0] >= now - LATELY, reversed(packets)))
    return len(recent) > LATELY / PTIME / 2 and all(_has(one, hertz) for _, one in recent)


@lru_cache(maxsize=4096)  # Asterisk hands on a tone's packet as it came: they are few
def _has(payload: bytes, hertz: int) -> bool:
    """Whether a packet is full of this tone. All tones have whole periods in 20 ms: one does not
    sound into another's figure."""
    if len(payload) != SAMPLES:
        return False
    step = 2 * math.pi * hertz / RATE
    samples = [LINEAR[byte] for byte in payload]
    real = sum(level * math.cos(step * n) for n, level in enumerate(samples))
    imaginary = sum(level * math.sin(step * n) for n, level in enumerate(samples))
    amplitude = 2 * math.hypot(real, imaginary) / SAMPLES
    return LEAST * AMPLITUDE < amplitude < MOST * AMPLITUDE


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
