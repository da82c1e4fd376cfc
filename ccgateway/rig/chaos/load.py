"""The calls that are placed meanwhile: all kinds that the demo knows, many at once, each with a
time. The same seed, the same calls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from ccgateway.rig.hotline import PUMPS
from ccgateway.rig.plan import CREW_ORDER, Act, Kind, Planned, acts_of, by_crew, fresh_numbers
from ccgateway.rig.sipp import Caller

CREW_EVERY_MS = 4_000
"""Between two scenes. Their phones are of one process, and hear: more would spoil their times."""

WAITS_MS = (45_000, 58_000)
"""Milliseconds that who waits long does: that makes two hundred at once."""

SCENE_AT_MOST_MS = 60_000
"""Scenes end before the run does."""


def _waits(random: Random, fresh: Iterator[str]) -> list[Planned]:
    """One who waits long at the desk that nobody is at, and gives up."""
    stay = random.randrange(*WAITS_MS)
    return [Planned(Kind.ABANDONED, Caller(next(fresh), PUMPS.did, stay, name="Tero"))]


WAITS = Act(_waits)
WAITING_A_SECOND = 3.2
"""Of those who wait long, at most: Asterisk has media ports for some five hundred channels."""

SHARES: tuple[tuple[Act, int], ...] = (
    (acts_of(Kind.ANSWERED), 38),
    (acts_of(Kind.ABANDONED), 12),
    (acts_of(Kind.ANONYMOUS), 7),
    (acts_of(Kind.CLOSED), 5),
    (acts_of(Kind.NOBODY), 4),
    (acts_of(Kind.AGAIN), 4),
    (acts_of(Kind.FULL), 2),
)
"""How often each act is chosen, besides those who wait long, who are a quarter where that is not
too many."""


def load(seconds: float, rate: float, seed: int) -> list[Planned]:
    """``rate`` calls a second on average by SIPp, for so many seconds, and the crew's scenes beside
    them, in the order of their offsets."""
    random = Random(seed)  # noqa: S311 -- a plan, not a secret
    fresh = fresh_numbers(random)
    calls: list[Planned] = []
    free_at: dict[Act, float] = {}
    acts, weights = [WAITS, *(act for act, _ in SHARES)], [_waiting(rate), *(n for _, n in SHARES)]
    at, end = 0.0, seconds * 1000
    while at < end:
        [act] = random.choices(acts, weights)
        if free_at.get(act, 0) > at:
            continue  # the queue with room for one is for one act at a time
        calls += _later(act.calls(random, fresh), round(at))
        free_at[act] = at + act.alone_ms
        at += act.size * random.uniform(0.5, 1.5) * 1000 / rate
    scenes = _scenes(random, fresh, end - SCENE_AT_MOST_MS)
    return sorted([*calls, *scenes], key=lambda call: call.caller.offset_ms)


def _waiting(rate: float) -> float:
    """The weight of those who wait long, beside the others'."""
    share = min(0.28, WAITING_A_SECOND / rate)
    return share / (1 - share) * sum(weight for _, weight in SHARES)


def _scenes(random: Random, fresh: Iterator[str], end: float) -> Iterable[Planned]:
    order: list[Kind] = []
    for at in range(0, round(max(end, 1)), CREW_EVERY_MS):
        order = order or random.sample(CREW_ORDER, len(CREW_ORDER))
        yield from _later(by_crew(order.pop()).calls(random, fresh), at)


def _later(calls: Iterable[Planned], by_ms: int) -> list[Planned]:
    return [
        replace(call, caller=replace(call.caller, offset_ms=call.caller.offset_ms + by_ms))
        for call in calls
    ]


def slices(planned: Iterable[Planned], length_s: float) -> list[tuple[float, list[Planned]]]:
    """The plan in pieces of ``length_s``: when each begins (seconds), and its calls with their
    offsets from there. One process of SIPp places a piece."""
    found: dict[int, list[Planned]] = {}
    for call in planned:
        found.setdefault(int(call.caller.offset_ms // (length_s * 1000)), []).append(call)
    return [
        (place * length_s, _later(calls, -round(place * length_s * 1000)))
        for place, calls in sorted(found.items())
    ]
