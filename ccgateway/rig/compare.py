"""Is the record true? What SIPp's own logs say against what stands in PostgreSQL, call by call;
and were the calls placed that were planned? Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from types import MappingProxyType
from typing import NamedTuple

from ccgateway.calls.call import Call, Disposition
from ccgateway.outbound.attempt import Attempt
from ccgateway.rig.differences import (
    PLAN,
    Difference,
    clock,
    story_differences,
    story_offsets,
    times,
    words,
)
from ccgateway.rig.story import TOLERANCE
from ccgateway.rig.truth import TruthCall

SAME_CALL = timedelta(seconds=2)
"""Two calls of one caller are further apart than this; a wrong start up to it shows as such."""


class Asked(NamedTuple):
    """A call that was to be placed: the caller's number, and the one dialled (DID)."""

    number: str
    did: str


@dataclass(frozen=True, slots=True)
class Door:
    """What a number (DID) stands for: the service, and how a call ends that the network ends
    without an agent (out of hours, queue full, nobody there, waited to the limit)."""

    service: str
    refusal: Disposition


@dataclass(frozen=True, slots=True)
class Row:
    """One call in the comparison: truth without a record, or a record without truth, included.
    One that was planned and not placed has neither, but ``asked``."""

    truth: TruthCall | None
    record: Call | None
    differences: tuple[Difference, ...]
    asked: Asked | None = None
    moments: tuple[float, ...] = ()  # of a story: record minus truth in ms, of all times in it

    @property
    def number(self) -> str:
        """The caller's."""
        if self.truth:
            return self.truth.number
        return self.record.caller_number if self.record else self.asked.number if self.asked else ""

    @property
    def did(self) -> str:
        """The number dialled, as far as the wire or the plan tell it."""
        return self.truth.did if self.truth else self.asked.did if self.asked else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All calls, in the order they were placed; then those that were planned and not placed; then
    those that only the record has. ``faults``: why the truth itself is not to be trusted."""

    rows: tuple[Row, ...]
    faults: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.faults and not any(row.differences for row in self.rows)

    @property
    def placed(self) -> int:
        """How many calls really went over the wire."""
        return sum(row.truth is not None for row in self.rows)


def compare(
    truth: Sequence[TruthCall],
    record: Sequence[Call],
    doors: Mapping[str, Door],
    planned: Iterable[Asked],
    attempts: Mapping[str, Attempt] = MappingProxyType({}),
) -> Comparison:
    """Hold every call of the truth against the record and the plan, and the other way round.
    ``attempts``: those of the record, by id."""
    left = sorted(record, key=lambda call: call.started_at)
    callers = {call.caller for call in truth}
    wanted = Counter(planned)
    rows = []
    for call in sorted(truth, key=lambda call: call.placed_at):
        found = _match(call, left, callers)
        if found:
            left.remove(found)
        asked = Asked(call.number, call.did)
        surprise = () if wanted[asked] else (Difference(PLAN, "placed, not planned", ""),)
        wanted -= Counter([asked])
        differences = (*surprise, *_differences(call, found, doors, attempts))
        rows.append(Row(call, found, differences, moments=_moments(call, found, attempts)))
    missing = (Difference(PLAN, "planned, not placed", ""),)
    rows += [Row(None, None, missing, asked) for asked in wanted.elements()]
    for extra in left:
        more = Difference("call", "nothing", f"{extra.caller_number} {clock(extra.started_at)}")
        rows.append(Row(None, extra, (more,)))
    return Comparison(tuple(rows))


def _match(call: TruthCall, record: Sequence[Call], callers: Collection[str]) -> Call | None:
    """The record of this call: the same caller, the nearest start; or, where the number is wrong,
    and none of the ``callers``', the one that started in that very moment."""
    since = call.asked_at or call.placed_at
    begin = bisect_left(record, since - SAME_CALL, key=_started)
    end = bisect_right(record, call.placed_at + SAME_CALL, key=_started)
    around = record[begin:end]  # the record is in order: a long run has many thousands
    same = [one for one in around if one.caller_number == call.caller]
    near = [one for one in same if since - SAME_CALL < one.started_at < call.placed_at + SAME_CALL]
    moment = [one for one in around if abs(one.started_at - call.placed_at) < TOLERANCE / 4]
    fitting = near or [one for one in moment if one.caller_number not in callers]
    return min(fitting, key=lambda one: abs(one.started_at - call.placed_at), default=None)


def _started(call: Call) -> datetime:
    return call.started_at


def _differences(
    call: TruthCall,
    record: Call | None,
    doors: Mapping[str, Door],
    attempts: Mapping[str, Attempt],
) -> list[Difference]:
    if record is None:
        return [Difference("call", f"placed {clock(call.placed_at)}", "nothing")]
    door = doors.get(call.did, Door("", Disposition.OTHER))
    if call.story:
        same = _same_call(call, record, call.story.service)
        return [*same, *story_differences(call.story, record, attempts.get(record.attempt))]
    call = _without_crossed(call, record)
    found = [
        words("agents", ", ".join(call.agents), ", ".join(t.agent for t in record.talks)),
        words("disposition", expected(call, door).value, record.disposition.value),
        times("answer", call.answered_at, record.answered_at),
        *_talk_ends(call, record),
        *(_wait(call, record) if expected(call, door) is Disposition.ABANDONED else ()),
    ]
    return [*_same_call(call, record, door.service), *(one for one in found if one)]


def _without_crossed(call: TruthCall, record: Call) -> TruthCall:
    """The caller hung up in the moment in which a phone answered: Asterisk alone knows which of the
    two was first, and where it was the caller there was no talk."""
    last = call.talks[-1] if call.talks else None
    if not (call.caller_ended and last and last.answered_at and call.ended_at):
        return call
    is_moment = abs(call.ended_at - last.answered_at) < TOLERANCE
    if not is_moment or len(record.talks) != len(call.talks) - 1:
        return call
    unanswered = replace(last, answered_at=None)
    return replace(call, rings=tuple(unanswered if r is last else r for r in call.rings))


def _moments(
    call: TruthCall, record: Call | None, attempts: Mapping[str, Attempt]
) -> tuple[float, ...]:
    if record is None or call.story is None:
        return ()
    return tuple(story_offsets(call.story, record, attempts.get(record.attempt)))


def _same_call(call: TruthCall, record: Call, service: str) -> list[Difference]:
    found = [
        words("caller", call.caller, record.caller_number),
        words("withheld", str(call.withheld), str(record.withheld)),
        words("did", call.dialled, record.did),
        words("service", service, record.service),
        _start(call, record),
        times("end", call.ended_at, record.ended_at),
    ]
    return [one for one in found if one]


def _start(call: TruthCall, record: Call) -> Difference | None:
    """A call by click begins when the gateway asks for it: after the click, and until the agent's
    phone is rung."""
    if call.asked_at and call.asked_at - TOLERANCE <= record.started_at <= call.placed_at:
        return None
    return times("start", call.placed_at, record.started_at)


def _talk_ends(call: TruthCall, record: Call) -> list[Difference | None]:
    """Every talk, in order: its phone's BYE and its end in the record."""
    return [
        times(f"talk {n} end", ring.ended_at if ring else None, talk.ended_at if talk else None)
        for n, (ring, talk) in enumerate(zip_longest(call.talks, record.talks), start=1)
    ]


def _wait(call: TruthCall, record: Call) -> list[Difference | None]:
    """Of one who gave up: into the queue when the network answered, out of it when they left. The
    dialplan answers right before Queue(); no service of the rig has a greeting, which would
    answer earlier."""
    joined = record.visits[0].joined_at if record.visits else None
    left = record.visits[-1].left_at if record.visits else None
    return [
        times("queue join", call.network_answered_at, joined),
        times("queue leave", call.ended_at, left),
    ]


def expected(call: TruthCall, door: Door) -> Disposition:
    """How the call ended, as those on the wire know it."""
    if call.talks:
        return Disposition.ANSWERED
    return Disposition.ABANDONED if call.caller_ended else door.refusal
