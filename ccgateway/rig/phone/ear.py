"""The recording of what came in by RTP; it is looked into when somebody asks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime

from ccgateway.rig.phone import hearing, tones
from ccgateway.rig.phone.rtp import PTIME
from ccgateway.rig.phone.story import Heard

SOUND = "sound"
"""What is heard besides phones' tones: music on hold, ringing, prompts."""

LATELY = 0.2  # seconds
KEPT = int(3600 / PTIME)  # packets of 160 bytes: 30 MB at the most
_STEP = 5  # packets that are looked at together for ``heard``: a tenth of a second
_BREAK = 0.15  # seconds without being heard that are a break: more than one step


class Ear:
    """Packets as they came: time (Unix seconds) and µ-law bytes."""

    def __init__(self) -> None:
        self.packets: deque[tuple[float, bytes]] = deque(maxlen=KEPT)

    def take(self, payload: bytes) -> None:
        """A packet came, now."""
        self.packets.append((time.time(), payload))

    def hears(self, lately: float = LATELY) -> frozenset[str]:
        """Whose tones were there all through the last seconds, and SOUND."""
        since = time.time() - lately
        recent: list[bytes] = []
        for at, payload in reversed(self.packets):
            if at < since:
                break
            recent.append(payload)
        if len(recent) < lately / PTIME / 2:  # nothing comes, or it has just begun
            return frozenset()
        return _named(recent[::-1])

    def keys(self) -> list[tuple[datetime, str]]:
        """Keys that were pressed in-band (their two tones), and when each began to sound."""
        packets = list(self.packets)
        found = hearing.keys([payload for _, payload in packets], tones.taken())
        return [(_time(packets[at][0]), key) for at, key in found]

    def heard(self) -> list[Heard]:
        """Who was heard from when to when, by the beginning."""
        packets = list(self.packets)
        open_: dict[str, tuple[float, float]] = {}
        done: list[Heard] = []
        for first in range(0, len(packets), _STEP):
            part = packets[first : first + _STEP]
            begins, ends = part[0][0], part[-1][0] + PTIME
            for who in _named(payload for _, payload in part):
                since, until = open_.get(who, (begins, begins))
                if begins - until > _BREAK:
                    done.append(Heard(who, _time(since), _time(until)))
                    since = begins
                open_[who] = (since, ends)
        done += [Heard(who, _time(since), _time(until)) for who, (since, until) in open_.items()]
        return sorted(done, key=lambda one: one.since)


def _named(packets: Iterable[bytes]) -> frozenset[str]:
    names = tones.taken()
    heard, other = hearing.tones(list(packets), names)
    return frozenset(names[hertz] for hertz in heard) | ({SOUND} if other else frozenset())


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
