"""Which calls are placed, when, and what they are meant to show. The same seed, the same calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import cycle
from random import Random

from ccgateway.rig.hotline import NIGHT, OFFICE, PUMPS, STATIONS, TILLS
from ccgateway.rig.sipp import Caller

PACE_MS = 600  # between two acts; the hot line's agents take about three calls at once
LISTENS_MS = 60_000  # stays until the network hangs up, after a message of some seconds
FULL_FOR_MS = 4_000  # how long the one place in the tills queue is taken
CALLS_AGAIN_MS = 7_000  # after his first call, which has ended by then

NAMES = ("Maija", "Olli", "Ирина", "José", "Zoë", "Aino", "Pekka", "Li")


class Kind(Enum):
    """What a call is meant to show. What it really did, the phones' logs say."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CLOSED = "out of hours"
    FULL = "queue full"
    NOBODY = "nobody logged in"
    ANONYMOUS = "anonymous"
    AGAIN = "same caller again"


@dataclass(frozen=True, slots=True)
class Planned:
    """One call of the plan."""

    kind: Kind
    caller: Caller


@dataclass(frozen=True, slots=True)
class Act:
    """A scene of one or two calls. ``alone_ms``: no other act of its kind within this time."""

    calls: Callable[[Random, Iterator[str]], list[Planned]]
    size: int = 1
    alone_ms: int = 0


def plan(count: int, seed: int = 1) -> list[Planned]:
    """Exactly ``count`` calls in the order of their offsets, of as many kinds as fit."""
    random = Random(seed)  # noqa: S311 -- a plan, not a secret
    numbers = _numbers(random)
    calls: list[Planned] = []
    free_at: dict[Act, int] = {}
    acts = cycle(ACTS)
    at = 0
    while len(calls) < count:
        act = next(acts)
        if act.size > count - len(calls):
            act = ANSWERED
        begin = max(at, free_at.get(act, 0))
        calls += [_later(call, begin) for call in act.calls(random, numbers)]
        free_at[act] = begin + act.alone_ms
        at += PACE_MS
    return sorted(calls, key=lambda call: call.caller.offset_ms)


def endless(seed: int | None = None) -> Iterator[list[Planned]]:
    """Acts for ever, in a random order; their offsets count from their own beginning."""
    random = Random(seed)  # noqa: S311 -- a plan, not a secret
    numbers = _numbers(random)
    while True:
        yield random.choice(ACTS).calls(random, numbers)


def _later(call: Planned, by_ms: int) -> Planned:
    return replace(call, caller=replace(call.caller, offset_ms=call.caller.offset_ms + by_ms))


def _numbers(random: Random) -> Iterator[str]:
    """Finnish mobile numbers, each once."""
    first = random.randrange(1_000_000, 5_000_000)
    for number in range(first, 10_000_000, 7):
        yield f"+35840{number}"


def _answered(random: Random, numbers: Iterator[str]) -> list[Planned]:
    stay = random.randrange(4_000, 8_000)
    caller = Caller(next(numbers), STATIONS.did, stay, name=random.choice(NAMES))
    return [Planned(Kind.ANSWERED, caller)]


def _anonymous(random: Random, numbers: Iterator[str]) -> list[Planned]:
    [call] = _answered(random, numbers)
    return [Planned(Kind.ANONYMOUS, replace(call.caller, withheld=True))]


def _abandoned(random: Random, numbers: Iterator[str]) -> list[Planned]:
    patience = random.choice((300, 1_000, 2_500, 5_000))
    caller = Caller(next(numbers), PUMPS.did, patience, name=random.choice(NAMES))
    return [Planned(Kind.ABANDONED, caller)]


def _closed(random: Random, numbers: Iterator[str]) -> list[Planned]:
    caller = Caller(next(numbers), OFFICE.did, LISTENS_MS, name=random.choice(NAMES))
    return [Planned(Kind.CLOSED, caller)]


def _nobody(random: Random, numbers: Iterator[str]) -> list[Planned]:
    caller = Caller(next(numbers), NIGHT.did, LISTENS_MS, name=random.choice(NAMES))
    return [Planned(Kind.NOBODY, caller)]


def _full(random: Random, numbers: Iterator[str]) -> list[Planned]:
    """One waits in the queue that has room for one; the second finds it full."""
    waits = Caller(next(numbers), TILLS.did, FULL_FOR_MS, name=random.choice(NAMES))
    refused = Caller(next(numbers), TILLS.did, LISTENS_MS, offset_ms=FULL_FOR_MS // 2)
    return [Planned(Kind.ABANDONED, waits), Planned(Kind.FULL, refused)]


def _again(random: Random, numbers: Iterator[str]) -> list[Planned]:
    """He hangs up too early, and calls again."""
    first = Caller(next(numbers), STATIONS.did, random.randrange(1_500, 5_000), name="Seppo")
    second = replace(first, offset_ms=CALLS_AGAIN_MS, stay_ms=6_000)
    return [Planned(Kind.AGAIN, first), Planned(Kind.AGAIN, second)]


ANSWERED = Act(_answered)
ACTS = (
    ANSWERED,
    Act(_abandoned),
    Act(_closed),
    Act(_nobody),
    Act(_anonymous),
    Act(_full, size=2, alone_ms=FULL_FOR_MS + 3_000),
    Act(_again, size=2),
    Act(_answered),
    Act(_abandoned),
    Act(_answered),
    Act(_answered),
)
"""One round of the plan: a small number of calls holds as many kinds as fit."""


def kinds(planned: list[Planned]) -> Mapping[str, Kind]:
    """Caller number -> what the call is meant to show."""
    return {call.caller.number: call.kind for call in planned}
