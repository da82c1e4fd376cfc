"""Which faults are injected, and when. The same seed, the same faults. Pure.

Faults of one track never overlap, for they break the same thing; those of different tracks do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

LEAST_ROUNDS = 2
ROUND_S = 360.0
"""A long run injects each fault once in this time: half an hour has five of each."""

CALM_BEFORE_S = 10.0  # until calls of all kinds are under way
CALM_AFTER_S = 10.0  # so that the last fault is seen to be survived under load, too
AFTER_ONCE_S = 60.0  # so that what one long fault left is worked off under load


class Track(Enum):
    """What a fault breaks."""

    GATEWAY = "gateway"
    POSTGRESQL = "PostgreSQL"
    ASTERISK = "AMI and Asterisk"
    BESIDE = "beside"


class Kind(Enum):
    """A fault: its name, its track, how long it lasts, and how long it is until all is well again
    (both in seconds, the latter about)."""

    KILLED = ("gateway kill -9", Track.GATEWAY, 2.0, 5.0)
    TERMINATED = ("gateway SIGTERM", Track.GATEWAY, 1.0, 6.0)
    STOPPED = ("gateway SIGSTOP", Track.GATEWAY, 4.0, 1.0)
    CLOCK = ("gateway's clock steps", Track.GATEWAY, 6.0, 2.0)
    IMMEDIATE = ("PostgreSQL stopped -m immediate", Track.POSTGRESQL, 3.0, 4.0)
    HANGS = ("PostgreSQL SIGSTOP", Track.POSTGRESQL, 5.0, 1.0)
    CONNECTIONS = ("PostgreSQL out of connections", Track.POSTGRESQL, 4.0, 1.0)
    DISK = ("spool's disk full", Track.POSTGRESQL, 6.0, 12.0)
    CUT = ("AMI cut", Track.ASTERISK, 0.0, 2.0)
    HALF_OPEN = ("AMI half-open", Track.ASTERISK, 20.0, 2.0)
    THROTTLED = ("AMI throttled", Track.ASTERISK, 5.0, 2.0)
    MID_MESSAGE = ("AMI closed in a message", Track.ASTERISK, 1.0, 2.0)
    RESTARTED = ("Asterisk core restart now", Track.ASTERISK, 0.0, 6.0)
    RENAMED = ("journals rotated by rename", Track.BESIDE, 1.0, 1.0)
    TRUNCATED = ("journals rotated by copytruncate", Track.BESIDE, 1.0, 1.0)
    MUTE = ("browser that never reads", Track.BESIDE, 12.0, 0.0)
    FLOOD = ("AGI flood", Track.BESIDE, 5.0, 1.0)

    @property
    def title(self) -> str:
        return self.value[0]

    @property
    def track(self) -> Track:
        return self.value[1]

    @property
    def lasts(self) -> float:
        return self.value[2]

    @property
    def felt(self) -> bool:
        """Whether a call may go another way by it."""
        return self not in {Kind.RENAMED, Kind.TRUNCATED, Kind.MUTE}

    @property
    def takes(self) -> float:
        """Seconds from its beginning to its track's being fit for the next one, about."""
        return self.value[2] + self.value[3]


@dataclass(frozen=True, slots=True)
class Due:
    """A fault of the schedule; ``at``: seconds from the beginning; ``lasts``: seconds, 0 for as
    long as its kind does."""

    at: float
    kind: Kind
    lasts: float = 0.0


def rounds(seconds: float) -> int:
    """How often each fault is injected."""
    return max(LEAST_ROUNDS, round(seconds / ROUND_S))


def schedule(seconds: float, seed: int, kinds: Collection[Kind] = tuple(Kind)) -> tuple[Due, ...]:
    """All faults of a run, in the order of their times. Where a track has more to do than time,
    its faults follow one another without a pause, and the last ones come late."""
    random = Random(seed)  # noqa: S311 -- a plan, not a secret
    due: list[Due] = []
    for track in Track:
        own = [kind for kind in Kind if kind in kinds and kind.track is track]
        shuffled = [kind for _ in range(rounds(seconds)) for kind in random.sample(own, len(own))]
        due += _spread(shuffled, CALM_BEFORE_S, seconds - CALM_AFTER_S, random)
    return tuple(sorted(due, key=lambda one: one.at))


def once(kind: Kind, seconds: float) -> tuple[Due, ...]:
    """In place of all that: one fault, once, for so long."""
    return (Due(CALM_BEFORE_S, kind, seconds),)


def under_load(seconds: float, lasts: float | None) -> float:
    """For how long calls are placed: ``seconds``, or longer where one fault ``lasts`` so long."""
    return max(seconds, CALM_BEFORE_S + lasts + AFTER_ONCE_S) if lasts else seconds


def _spread(kinds: Sequence[Kind], begin: float, end: float, random: Random) -> list[Due]:
    """Each has a share of the time, by what it takes, and begins somewhere in the share's room."""
    taken = sum(kind.takes for kind in kinds)
    room = max(0.0, end - begin - taken) / max(1, len(kinds))
    found, at = [], begin
    for kind in kinds:
        found.append(Due(round(at + random.uniform(0, room), 1), kind))
        at += kind.takes + room
    return found
