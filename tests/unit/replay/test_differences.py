"""How two records of a call differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ccgateway.calls.call import Call, Disposition, Hold, Leg, Role, Talk
from ccgateway.replay.differences import Difference, compare
from ccgateway.replay.record import record_of

T0 = datetime(2026, 11, 22, 8, tzinfo=UTC)
ONE, TWO, THREE = (T0 + timedelta(seconds=second) for second in (1, 2, 3))
LEGS = (
    Leg("1.1", "PJSIP/trunk-00000001", Role.CALLER, T0),
    Leg("1.2", "PJSIP/101-00000002", Role.AGENT, ONE, agent="101"),
    Leg("1.3", "PJSIP/102-00000003", Role.AGENT, TWO, agent="102"),
)
CALL = Call(
    UUID(int=1),
    "pbx1",
    T0,
    disposition=Disposition.ANSWERED,
    legs=LEGS,
    talks=(Talk("101", "1.2", ONE, TWO), Talk("102", "1.3", TWO, THREE), Talk("101", "1.2", THREE)),
)


def differing(other: Call) -> list[Difference]:
    return compare(record_of(CALL), record_of(other))


def test_the_same_does_not_differ() -> None:
    assert differing(replace(CALL)) == []


def test_a_time_that_was_moved() -> None:
    moved = replace(LEGS[1], started_at=ONE + timedelta(microseconds=1))
    [found] = differing(replace(CALL, legs=(LEGS[0], moved, LEGS[2])))
    assert found.field == "legs[1.2].started_at"
    assert (found.stored, found.told) == (ONE.isoformat(), "2026-11-22T08:00:01.000001+00:00")


def test_one_that_is_missing_does_not_make_those_after_it_differ() -> None:
    [found] = differing(replace(CALL, legs=(LEGS[0], LEGS[2])))
    assert (found.field, found.told) == ("legs[1.2]", None)
    assert found.stored["agent"] == "101"


def test_all_of_a_kind_are_missing_or_new() -> None:
    [found] = differing(replace(CALL, holds=(Hold("1.2", Role.AGENT, ONE, TWO),)))
    assert (found.field, found.stored) == ("holds[1.2]", None)
    assert [one.told for one in differing(replace(CALL, talks=()))] == [None] * 3


def test_the_second_of_the_same_is_told_apart() -> None:
    [found] = differing(replace(CALL, talks=CALL.talks[:2]))
    assert found.field == "talks[1.2#2]"


def test_another_order() -> None:
    [found] = differing(replace(CALL, legs=(LEGS[0], LEGS[2], LEGS[1])))
    assert (found.field, found.told) == ("legs: order", ["1.1", "1.3", "1.2"])


def test_a_value_that_is_as_by_itself_and_one_that_is_not() -> None:
    [found] = differing(replace(CALL, disposition=Disposition.LIVE))
    assert (found.field, found.stored, found.told) == ("disposition", "answered", None)


def test_a_whole_call_that_is_not_there() -> None:
    assert [one.field for one in compare(None, record_of(CALL))] == ["call"]
    assert compare(record_of(CALL), None) == [Difference("call", "stored", None)]


def test_a_record_of_before_a_field_was_added_says_the_same() -> None:
    older = {key: value for key, value in record_of(CALL).items() if key != "topic"}
    assert compare(older, record_of(CALL)) == []
