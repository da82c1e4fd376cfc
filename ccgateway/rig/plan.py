"""Which calls are placed, when, and what they are meant to show. The same seed, the same calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import cycle
from random import Random

from ccgateway.rig.hotline import LINES, NIGHT, OFFICE, PUMPS, STATIONS, TILLS
from ccgateway.rig.sipp import Caller

PACE_MS = 600  # between two acts; the hot line's agents take about three calls at once
CREW_PACE_MS = 1_200  # the three lines have three agents at the first, who stay with some calls
LISTENS_MS = 60_000  # stays until the network hangs up, after a message of some seconds
FULL_FOR_MS = 4_000  # how long the one place in the tills queue is taken
CALLS_AGAIN_MS = 7_000  # after his first call, which has ended by then
CALLING_AGENT = "213"  # who calls a colleague: the one whom no queue call reaches but overflow's

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
    # by the crew's scripted phones, at the service of three lines
    COLD = "cold escalation"
    NOBODY_THERE = "nobody there"
    WARM = "warm, completed"
    TAKEN_BACK = "warm, taken back"
    THREE_WAY = "three-way"
    THIRD_LINE = "third line"
    BACK = "back to first"
    OVERFLOW = "tier overflow"
    BLIND = "blind transfer"
    ATTENDED = "attended transfer"
    CLICK = "click, answered"
    CLICK_BUSY = "click, busy"
    CLICK_NO_ANSWER = "click, no answer"
    OUTBOUND = "agent's outbound"
    AGENTS = "agent to agent"

    @property
    def by_crew(self) -> bool:
        """Played by scripted phones (``crew``), not by SIPp."""
        return self in CREW_ORDER


CREW_ORDER = (
    Kind.NOBODY_THERE, Kind.OVERFLOW, Kind.CLICK_NO_ANSWER, Kind.THREE_WAY, Kind.THIRD_LINE,
    Kind.CLICK, Kind.WARM, Kind.BACK, Kind.OUTBOUND, Kind.COLD, Kind.TAKEN_BACK, Kind.CLICK_BUSY,
    Kind.ATTENDED, Kind.BLIND, Kind.AGENTS,
)  # fmt: skip
"""The longest first, so that a run of all of them is short."""

FROM_AGENT = frozenset(
    {Kind.CLICK, Kind.CLICK_BUSY, Kind.CLICK_NO_ANSWER, Kind.OUTBOUND, Kind.AGENTS}
)
"""Calls that an agent begins: nobody dials a number of ours."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One call of the plan. Of the crew's calls ``caller`` tells the outside party's number, the
    number of ours that is dialled ('' where an agent begins the call) and the time; how long who
    stays is the scene's."""

    kind: Kind
    caller: Caller


@dataclass(frozen=True, slots=True)
class Act:
    """A scene of one or two calls. ``alone_ms``: no other act of its kind within this time.
    Acts of one ``pace_ms`` begin so far apart; the crew's beside the others."""

    calls: Callable[[Random, Iterator[str]], list[Planned]]
    size: int = 1
    alone_ms: int = 0
    pace_ms: int = PACE_MS


def plan(count: int, seed: int = 1, *, crew: bool = False) -> list[Planned]:
    """Exactly ``count`` calls in the order of their offsets, of as many kinds as fit. ``crew``:
    also those of the three lines, which only a world with its crew can play."""
    random = Random(seed)  # noqa: S311 -- a plan, not a secret
    numbers = fresh_numbers(random)
    calls: list[Planned] = []
    free_at: dict[Act, int] = {}
    acts = cycle(ALL_ACTS if crew else ACTS)
    at: Counter[int] = Counter()
    while len(calls) < count:
        act = next(acts)
        if act.size > count - len(calls):
            act = ANSWERED
        begin = max(at[act.pace_ms], free_at.get(act, 0))
        calls += [_later(call, begin) for call in act.calls(random, numbers)]
        free_at[act] = begin + act.alone_ms
        at[act.pace_ms] += act.pace_ms
    return sorted(calls, key=lambda call: call.caller.offset_ms)


def endless(seed: int | None = None) -> Iterator[list[Planned]]:
    """Acts of all kinds for ever, in a random order; their offsets count from their own
    beginning."""
    random = Random(seed)  # noqa: S311 -- a plan, not a secret
    numbers = fresh_numbers(random)
    while True:
        yield random.choice(ALL_ACTS).calls(random, numbers)


def _later(call: Planned, by_ms: int) -> Planned:
    return replace(call, caller=replace(call.caller, offset_ms=call.caller.offset_ms + by_ms))


def fresh_numbers(random: Random) -> Iterator[str]:
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


def by_crew(kind: Kind) -> Act:
    """One call of the three lines: the crew knows by its number what to do."""

    def calls(random: Random, numbers: Iterator[str]) -> list[Planned]:
        number = CALLING_AGENT if kind is Kind.AGENTS else next(numbers)
        did = "" if kind in FROM_AGENT else LINES.did
        name = "" if kind in FROM_AGENT else random.choice(NAMES)
        return [Planned(kind, Caller(number, did, 0, name=name))]

    return Act(calls, pace_ms=CREW_PACE_MS)


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

ALL_ACTS = (*ACTS[:7], *(by_crew(kind) for kind in CREW_ORDER), *ACTS[7:])
"""The same with the three lines: each kind once, then the rest."""


def acts_of(kind: Kind) -> Act:
    """How SIPp plays a kind of call. Raises KeyError for one of the crew's."""
    return {
        Kind.ANSWERED: ANSWERED,
        Kind.ABANDONED: ACTS[1],
        Kind.CLOSED: ACTS[2],
        Kind.NOBODY: ACTS[3],
        Kind.ANONYMOUS: ACTS[4],
        Kind.FULL: ACTS[5],
        Kind.AGAIN: ACTS[6],
    }[kind]


def kinds(planned: list[Planned]) -> Mapping[str, Kind]:
    """Caller number -> what the call is meant to show."""
    return {call.caller.number: call.kind for call in planned}
