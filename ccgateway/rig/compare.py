"""Is the record true? What SIPp's own logs say against what stands in PostgreSQL, call by call.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccgateway.calls.call import Call, Disposition
from ccgateway.rig.truth import TruthCall

TOLERANCE = timedelta(milliseconds=100)
"""How far a time may be off: a SIP message, Asterisk's event and two processes' turns on a busy
machine take some milliseconds."""

SAME_CALL = timedelta(seconds=2)
"""Two calls of one caller are further apart than this; a wrong start up to it shows as such."""


@dataclass(frozen=True, slots=True)
class Door:
    """What a number (DID) stands for: the service, and how a call ends that the network ends
    without an agent (out of hours, queue full, nobody there, waited to the limit)."""

    service: str
    refusal: Disposition


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as it was. ``milliseconds`` for times: record minus truth."""

    field: str
    truth: str
    record: str
    milliseconds: float | None = None

    def __str__(self) -> str:
        by = "" if self.milliseconds is None else f" ({self.milliseconds:+.0f} ms)"
        return f"{self.field}: was {self.truth or '-'}, record says {self.record or '-'}{by}"


@dataclass(frozen=True, slots=True)
class Row:
    """One call in the comparison: truth without a record, or a record without truth, included."""

    truth: TruthCall | None
    record: Call | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All calls, in the order they were placed; rows that only the record has come last."""

    rows: tuple[Row, ...]

    @property
    def agrees(self) -> bool:
        return not any(row.differences for row in self.rows)


def compare(
    truth: Sequence[TruthCall], record: Sequence[Call], doors: Mapping[str, Door]
) -> Comparison:
    """Hold every call of the truth against the record, and the other way round."""
    left = sorted(record, key=lambda call: call.started_at)
    rows = []
    for call in sorted(truth, key=lambda call: call.placed_at):
        found = _match(call, left)
        if found is None:
            missing = Difference("call", f"placed {_clock(call.placed_at)}", "nothing")
            rows.append(Row(call, None, (missing,)))
        else:
            left.remove(found)
            rows.append(Row(call, found, tuple(_differences(call, found, doors))))
    for extra in left:
        more = Difference("call", "nothing", f"{extra.caller_number} {_clock(extra.started_at)}")
        rows.append(Row(None, extra, (more,)))
    return Comparison(tuple(rows))


def _match(call: TruthCall, record: Sequence[Call]) -> Call | None:
    """The record of this call: the same caller, the nearest start; or, where the number is wrong,
    the one that started in that very moment."""
    same = [one for one in record if one.caller_number == call.number]
    near = [one for one in same if abs(one.started_at - call.placed_at) < SAME_CALL]
    moment = [one for one in record if abs(one.started_at - call.placed_at) < TOLERANCE / 4]
    fitting = near or [one for one in moment if one not in same]
    return min(fitting, key=lambda one: abs(one.started_at - call.placed_at), default=None)


def _differences(call: TruthCall, record: Call, doors: Mapping[str, Door]) -> list[Difference]:
    door = doors.get(call.did, Door("", Disposition.OTHER))
    first = call.talks[0].answered_at if call.talks else None
    last = call.talks[-1].ended_at if call.talks else None
    talked_until = record.talks[-1].ended_at if record.talks else None
    found = [
        _words("caller", call.number, record.caller_number),
        _words("withheld", str(call.withheld), str(record.withheld)),
        _words("did", call.did, record.did),
        _words("service", door.service, record.service),
        _words(
            "agents",
            ", ".join(r.phone for r in call.talks),
            ", ".join(t.agent for t in record.talks),
        ),
        _words("disposition", expected(call, door).value, record.disposition.value),
        _times("start", call.placed_at, record.started_at),
        _times("answer", first, record.answered_at),
        _times("talk end", last, talked_until),
        _times("end", call.ended_at, record.ended_at),
    ]
    return [one for one in found if one]


def expected(call: TruthCall, door: Door) -> Disposition:
    """How the call ended, as those on the wire know it."""
    if call.talks:
        return Disposition.ANSWERED
    return Disposition.ABANDONED if call.caller_ended else door.refusal


def _words(field: str, truth: str, record: str) -> Difference | None:
    return None if truth == record else Difference(field, truth, record)


def _times(field: str, truth: datetime | None, record: datetime | None) -> Difference | None:
    if truth is None or record is None:
        return _words(field, _clock(truth), _clock(record))
    off = record - truth
    if abs(off) <= TOLERANCE:
        return None
    return Difference(field, _clock(truth), _clock(record), off / timedelta(milliseconds=1))


def _clock(at: datetime | None) -> str:
    return at.strftime("%H:%M:%S.%f")[:-3] if at else ""
