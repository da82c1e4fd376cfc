"""The comparison of a call's story, talk by talk: nothing in the record can be wrong unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest

from ccgateway.calls.call import (
    Call,
    Direction,
    Disposition,
    Escalation,
    EscalationEnd,
    Hold,
    Mode,
    Role,
    Talk,
    Visit,
    VisitEnd,
)
from ccgateway.rig.compare import Asked, Comparison, compare
from ccgateway.rig.story import TOLERANCE, Held, Moment, Passed, Spoke, Stay, Story
from ccgateway.rig.truth import TruthCall
from ccgateway.telephony.ids import call_id_of

T0 = datetime(2026, 11, 22, 6, 6, 22, tzinfo=UTC)
NUMBER = "+358401000001"
PARTS = {"talks": Spoke, "visits": Stay, "escalations": Passed, "holds": Held}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def seen(seconds: float) -> Moment:
    return Moment(at(seconds))


STORY = Story(
    Direction.INBOUND, NUMBER, "1010", "lines", Disposition.ANSWERED,
    talks=(
        Spoke("201", seen(1), seen(3)),
        Spoke("201", seen(8), seen(9)),
        Spoke("211", seen(8), seen(20)),
        Spoke("", seen(22), seen(30)),
    ),
    visits=(
        Stay("first", 1, "201", VisitEnd.ANSWERED, seen(0.05), seen(1), seen(1)),
        Stay("second-pumps", 2, "211", VisitEnd.ANSWERED, seen(3), seen(5), seen(5)),
    ),
    escalations=(
        Passed(
            Mode.WARM, "201", "pumps", 2, "211", EscalationEnd.ACCEPTED, seen(3), seen(5), None
        ),
        Passed(
            Mode.COLD, "211", "vendor", 3, "", EscalationEnd.ACCEPTED, seen(20), seen(22), None
        ),
    ),
    holds=(Held(Role.AGENT, seen(3), seen(8)), Held(Role.CALLER, seen(24), seen(25))),
)  # fmt: skip
"""Warm with three, then cold to an outsider, who is put on hold by the caller."""

TRUTH = TruthCall(NUMBER, "1010", False, at(0), at(0.05), at(30), True, story=STORY)

RECORD = Call(
    call_id_of("pbx1", "1795327582.1"), "pbx1", at(0.01), Direction.INBOUND,
    service="lines", did="1010", caller_number=NUMBER, answered_at=at(1.02), ended_at=at(30.01),
    disposition=Disposition.ANSWERED,
    talks=(  # the two that begin in one moment stand the other way round than in the truth
        Talk("201", "1.2", at(1.02), at(3.02)),
        Talk("211", "1.3", at(8.02), at(20.02)),
        Talk("201", "1.2", at(8.01), at(9.02)),
        Talk("", "1.4", at(22.02), at(30.02)),
    ),
    visits=(
        Visit("first", 1, at(0.06), None, at(1.01), VisitEnd.ANSWERED, "201", at(1.02)),
        Visit(
            "second-pumps", 2, at(3.06), None, at(5.01), VisitEnd.ANSWERED, "211", at(5.02), tier=2
        ),
    ),
    escalations=(
        Escalation(
            at(3.02), Mode.WARM, "201", "pumps", 2, "211", at(5.02), None, EscalationEnd.ACCEPTED
        ),
        Escalation(
            at(20.02), Mode.COLD, "211", "vendor", 3, "", at(22.02), None, EscalationEnd.ACCEPTED
        ),
    ),
    holds=(Hold("1.2", Role.AGENT, at(3.02), at(8.02)), Hold("1.1", Role.CALLER, at(24), at(25))),
)  # fmt: skip


def compared(record: Call) -> Comparison:
    return compare([TRUTH], [record], {}, [Asked(NUMBER, "1010")])


def test_a_true_story_agrees() -> None:
    result = compared(RECORD)
    assert result.rows[0].differences == ()
    assert result.agrees


def changed(**fields: Any) -> Call:
    """The record with some fields wrong."""
    return replace(RECORD, **fields)


def another(value: Any) -> Iterator[Any]:
    """Values that are not this one: what a wrong record could say instead."""
    if isinstance(value, datetime):
        yield from (value + 2 * TOLERANCE, value - 2 * TOLERANCE, None)
    elif isinstance(value, Enum):
        yield from (one for one in type(value) if one is not value)
    elif value is None:
        yield T0
    elif isinstance(value, int):
        yield value + 1
    else:
        yield f"{value}9"


def wrong_records() -> Iterator[Any]:
    """The record with one part wrong, for every part, and every field that a phone knows."""
    for name, kind in PARTS.items():
        parts = getattr(RECORD, name)
        for n, part in enumerate(parts):
            rest = (*parts[:n], *parts[n + 1 :])
            yield pytest.param(changed(**{name: rest}), id=f"{name} {n} deleted")
            twice = (*parts, part)
            yield pytest.param(changed(**{name: twice}), id=f"{name} {n} doubled")
            for field in fields(kind):
                for value in another(getattr(part, field.name)):
                    spoilt = (*parts[:n], replace(part, **{field.name: value}), *parts[n + 1 :])
                    named = f"{name} {n} {field.name} {value}"
                    yield pytest.param(changed(**{name: spoilt}), id=named)


@pytest.mark.parametrize("record", list(wrong_records()))
def test_a_wrong_part_is_found(record: Call) -> None:
    result = compared(record)
    assert not result.agrees
    assert all(one.field != "call" for one in result.rows[0].differences)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("direction", Direction.OUTBOUND),
        ("disposition", Disposition.ABANDONED),
        ("service", "hotline"),
        ("did", "1000"),
        ("withheld", True),
        ("started_at", at(0.11)),
        ("answered_at", at(1.11)),
        ("answered_at", None),
        ("ended_at", at(29.8)),
        ("ended_at", None),
    ],
)
def test_a_wrong_field_of_the_call_is_found(field: str, value: Any) -> None:
    [found] = compared(changed(**{field: value})).rows[0].differences
    assert found.field.startswith(field.removesuffix("_at").removesuffix("ed").removesuffix("er"))


def test_a_shifted_part_is_told_in_milliseconds() -> None:
    late = replace(RECORD.escalations[0], at=at(3.25))
    [row] = compared(replace(RECORD, escalations=(late, RECORD.escalations[1]))).rows
    assert str(row.differences[0]) == (
        "escalation 1 at: was 06:06:25.000, record says 06:06:25.250 (+250 ms)"
    )


def test_a_moment_that_is_known_less_well_is_held_to_that() -> None:
    talk = replace(STORY.talks[0], ended_at=Moment(at(3), timedelta(seconds=1)))
    story = replace(STORY, talks=(talk, *STORY.talks[1:]))
    late = (replace(RECORD.talks[0], ended_at=at(3.9)), *RECORD.talks[1:])
    truth = [replace(TRUTH, story=story)]
    planned = [Asked(NUMBER, "1010")]
    assert compare(truth, [replace(RECORD, talks=late)], {}, planned).agrees
    later = (replace(RECORD.talks[0], ended_at=at(4.1)), *RECORD.talks[1:])
    assert not compare(truth, [replace(RECORD, talks=later)], {}, planned).agrees
