"""What the truth and the record can differ in: words, times, and the parts of a call's story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt
from ccgateway.rig.story import TOLERANCE, Held, Moment, Passed, Spoke, Stay, Story, Tried

PLAN = "plan"
Part = Spoke | Stay | Passed | Held | Tried
_BEGINS = (
    "began_at",
    "joined_at",
    "at",
    "ended_at",
)  # the field of a part that tells when it began


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as it was; of field ``plan``, ``truth`` is all there is to say.
    ``milliseconds`` for times: record minus truth; ``said``: the record's time itself."""

    field: str
    truth: str
    record: str
    milliseconds: float | None = None
    said: datetime | None = None

    def __str__(self) -> str:
        if self.field == PLAN:
            return self.truth
        by = "" if self.milliseconds is None else f" ({self.milliseconds:+.0f} ms)"
        return f"{self.field}: was {self.truth or '-'}, record says {self.record or '-'}{by}"


def words(field: str, truth: str, record: str) -> Difference | None:
    """None where they are the same."""
    return None if truth == record else Difference(field, truth, record)


def times(
    field: str, truth: datetime | None, record: datetime | None, within: timedelta = TOLERANCE
) -> Difference | None:
    """None where both are there, and not further apart than ``within``; or where neither is."""
    if truth is None or record is None:
        return words(field, clock(truth), clock(record))
    off = record - truth
    if abs(off) <= within:
        return None
    by = off / timedelta(milliseconds=1)
    return Difference(field, clock(truth), clock(record), by, record)


def clock(at: datetime | None) -> str:
    """A time of day for people, '' for none."""
    return at.strftime("%H:%M:%S.%f")[:-3] if at else ""


def story_differences(story: Story, record: Call, attempt: Attempt | None) -> list[Difference]:
    """Every talk, visit, escalation and hold, and the attempt of a call by click. One too many, or
    one too few, is a difference of its own."""
    first = story.talks[0].began_at if story.talks else None
    found = [
        words("direction", story.direction, record.direction),
        words("disposition", story.disposition, record.disposition),
        _moment("answer", first, record.answered_at),
    ]
    for name, was, told in _pairs(story, record, attempt):
        if was is None or told is None:
            found.append(Difference(name, _shown(was), _shown(told)))
        else:
            found += _part(name, was, told)
    return [one for one in found if one]


def story_offsets(story: Story, record: Call, attempt: Attempt | None) -> list[float]:
    """Record minus truth, in milliseconds, of every moment that both have."""
    return [
        (said - was.at) / timedelta(milliseconds=1)
        for _, part, told in _pairs(story, record, attempt)
        if part and told
        for field in fields(part)
        for was, said in [(getattr(part, field.name), getattr(told, field.name))]
        if isinstance(was, Moment) and isinstance(said, datetime)
    ]


def _pairs(
    story: Story, record: Call, attempt: Attempt | None
) -> Iterator[tuple[str, Part | None, object]]:
    """Each part of the story with its like in the record; None where one of them is missing."""
    yield from _paired("talk", story.talks, record.talks)
    yield from _paired("visit", story.visits, record.visits)
    yield from _paired("escalation", story.escalations, record.escalations)
    yield from _paired("hold", story.holds, record.holds)
    tried = [story.attempt] if story.attempt else []
    yield from _paired("attempt", tried, [attempt] if attempt else [])


def _paired(
    name: str, truth: Sequence[Part], record: Sequence[object]
) -> Iterator[tuple[str, Part | None, object]]:
    """Each part with the one of the record that is most like it: two that begin in one moment (a
    three-way talk) have no order."""
    left = list(record)
    for n, was in enumerate(truth, start=1):
        told = min(left, key=lambda one: len(_part("", was, one)), default=None)
        if told is not None:
            left.remove(told)
        yield f"{name} {n}", was, told
    for n, told in enumerate(left, start=len(truth) + 1):
        yield f"{name} {n}", None, told


def _part(name: str, was: Part, told: object) -> list[Difference]:
    pairs = [
        _field(f"{name} {field.name}", getattr(was, field.name), getattr(told, field.name))
        for field in fields(was)
    ]
    return [one for one in pairs if one]


def _shown(part: object) -> str:
    """A part for people: its words, and when it began. '' for none."""
    if part is None:
        return ""
    shown = (getattr(part, name, None) for name in ("agent", "queue", "mode", "to", "by"))
    at = next(getattr(part, name) for name in _BEGINS if hasattr(part, name))
    return " ".join((*(str(one) for one in shown if one), clock(getattr(at, "at", at))))


def _field(field: str, was: object, said: object) -> Difference | None:
    if isinstance(was, Moment) or isinstance(said, datetime):
        at = said if isinstance(said, datetime) else None
        return _moment(field, was if isinstance(was, Moment) else None, at)
    return words(field, _text(was), _text(said))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _moment(field: str, truth: Moment | None, record: datetime | None) -> Difference | None:
    within = truth.within if truth else TOLERANCE
    return times(field, truth.at if truth else None, record, within)
