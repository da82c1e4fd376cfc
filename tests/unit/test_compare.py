"""The comparison can fail, and says where. A wrong record must never pass as right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ccgateway.calls.call import Call, Disposition, Talk, Visit, VisitEnd
from ccgateway.rig.compare import Asked, Comparison, Door
from ccgateway.rig.compare import compare as compare_with_plan
from ccgateway.rig.truth import Ring, TruthCall
from ccgateway.telephony.ids import call_id_of

T0 = datetime(2026, 11, 22, 6, 6, 22, tzinfo=UTC)
DOORS = {
    "1000": Door("hotline", Disposition.TIMED_OUT),
    "1004": Door("office", Disposition.CLOSED),
}
Spoil = Callable[[list[Call]], list[Call]]


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


TRUTH = [
    TruthCall(
        "+358401000001", "1000", False, at(0), at(0.01), at(8), True,
        (
            Ring("161", "+358401000001", at(0.1), None, at(3)),
            Ring("101", "+358401000001", at(3.1), at(4), at(8)),
        ),
    ),
    TruthCall("+358401000002", "1004", False, at(1), at(1.01), at(4), caller_ended=False),
    TruthCall("+358401000003", "1000", True, at(2), at(2.01), at(5), caller_ended=True),
    TruthCall("+358401000003", "1000", True, at(9), at(9.01), at(12), caller_ended=True),
]  # fmt: skip


PLAN = [Asked(call.number, call.did) for call in TRUTH]


def compare(
    truth: Sequence[TruthCall], record: Sequence[Call], doors: Mapping[str, Door]
) -> Comparison:
    """Where all was placed as planned."""
    planned = [Asked(call.number, call.did) for call in truth]
    return compare_with_plan(truth, record, doors, planned)


def recorded(number: str, begin: float, end: float, disposition: Disposition, n: int) -> Call:
    return Call(
        call_id_of("pbx1", f"1795327582.{n}"),
        "pbx1",
        at(begin + 0.004),
        service="office" if disposition is Disposition.CLOSED else "hotline",
        did="1004" if disposition is Disposition.CLOSED else "1000",
        caller_number=number,
        withheld=number.endswith("3"),
        visits=(Visit("q", 1, at(begin + 0.02), left_at=at(end + 0.007), end=VisitEnd.ABANDONED),)
        if disposition is Disposition.ABANDONED
        else (),
        ended_at=at(end + 0.006),
        disposition=disposition,
    )


RECORD = [
    replace(
        recorded("+358401000001", 0, 8, Disposition.ANSWERED, 1),
        answered_at=at(4.02),
        talks=(Talk("101", "1795327585.9", at(4.02), at(8.003)),),
    ),
    recorded("+358401000002", 1, 4, Disposition.CLOSED, 2),
    recorded("+358401000003", 2, 5, Disposition.ABANDONED, 3),
    recorded("+358401000003", 9, 12, Disposition.ABANDONED, 4),
]


def first(**changes: Any) -> Spoil:
    """Change fields of the first call's record."""
    return lambda record: [replace(record[0], **changes), *record[1:]]


def talk(**changes: Any) -> Spoil:
    return first(talks=(replace(RECORD[0].talks[0], **changes),))


def wait(**changes: Any) -> Spoil:
    """Change fields of the third call's stay in the queue, which the caller gave up."""
    visit = replace(RECORD[2].visits[0], **changes)
    return lambda record: [*record[:2], replace(record[2], visits=(visit,)), record[3]]


def test_a_true_record_agrees() -> None:
    result = compare(TRUTH, RECORD, DOORS)
    assert [row.differences for row in result.rows] == [()] * 4
    assert result.agrees


@pytest.mark.parametrize(("answered", "agrees"), [(4.99, True), (4.8, False)])
def test_who_hung_up_as_a_phone_answered_did_or_did_not_talk(
    answered: float, *, agrees: bool
) -> None:
    """Asterisk knows which of the two came first; of a talk that lasted nobody hung up before."""
    ring = Ring("101", "+358401000003", at(3), at(answered), at(5.01))
    truth = [*TRUTH[:2], replace(TRUTH[2], rings=(ring,)), TRUTH[3]]
    assert compare(truth, RECORD, DOORS).agrees is agrees
    talked = replace(
        RECORD[2],
        disposition=Disposition.ANSWERED,
        answered_at=at(answered + 0.01),
        talks=(Talk("101", "1795327585.9", at(answered + 0.01), at(5.006)),),
    )
    assert compare(truth, [*RECORD[:2], talked, RECORD[3]], DOORS).agrees


def test_a_call_that_asterisk_refused_takes_no_other_ones_record() -> None:
    """It has none; one that came in the same moment has its own."""
    refused = replace(TRUTH[0], number="+358401000009", ended_at=None, rings=(), caller_ended=False)
    rows = compare([refused, *TRUTH], RECORD, DOORS).rows
    assert [row.number for row in rows if row.differences] == ["+358401000009"]


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        pytest.param(lambda record: record[1:], "call", id="one deleted"),
        pytest.param(lambda record: record[:-1], "call", id="one of a pair deleted"),
        pytest.param(lambda record: [*record, record[0]], "call", id="one doubled"),
        pytest.param(
            lambda record: [*record, recorded("+358409999999", 3, 4, Disposition.ABANDONED, 9)],
            "call",
            id="one invented",
        ),
        pytest.param(talk(agent="102"), "agents", id="moved to another agent"),
        pytest.param(talk(agent=""), "agents", id="agent unknown"),
        pytest.param(first(started_at=at(0.101)), "start", id="start shifted"),
        pytest.param(first(started_at=at(-0.101)), "start", id="start shifted back"),
        pytest.param(first(answered_at=at(4.101)), "answer", id="answer shifted"),
        pytest.param(first(answered_at=None), "answer", id="answer lost"),
        pytest.param(talk(ended_at=at(7.8)), "talk 1 end", id="end of talk shifted"),
        pytest.param(first(ended_at=at(8.2)), "end", id="end shifted"),
        pytest.param(first(ended_at=None), "end", id="still open"),
        pytest.param(first(caller_number="+358401000009"), "caller", id="another caller"),
        pytest.param(first(withheld=True), "withheld", id="withheld that was shown"),
        pytest.param(first(did="1001"), "did", id="another number called"),
        pytest.param(first(service="office"), "service", id="another service"),
        pytest.param(wait(joined_at=at(2.12)), "queue join", id="joined later"),
        pytest.param(wait(joined_at=at(1.9)), "queue join", id="joined before"),
        pytest.param(wait(left_at=at(4.8)), "queue leave", id="left before"),
        pytest.param(wait(left_at=None), "queue leave", id="still waits"),
        pytest.param(
            first(disposition=Disposition.ABANDONED), "disposition", id="answered as abandoned"
        ),
    ],
)
def test_a_wrong_record_is_found(spoil: Spoil, field: str) -> None:
    result = compare(TRUTH, spoil(RECORD), DOORS)
    assert not result.agrees
    assert [d.field for row in result.rows for d in row.differences] == [field]


def test_a_shifted_time_is_told_in_milliseconds() -> None:
    result = compare(TRUTH, first(ended_at=at(8.25))(RECORD), DOORS)
    [difference] = result.rows[0].differences
    assert difference.milliseconds == pytest.approx(250)
    assert "+250 ms" in str(difference)


def test_just_within_the_tolerance_agrees() -> None:
    assert compare(TRUTH, first(ended_at=at(8.1))(RECORD), DOORS).agrees


def test_two_calls_of_one_caller_are_told_apart_by_their_start() -> None:
    swapped = [*RECORD[:2], RECORD[3], RECORD[2]]
    assert compare(TRUTH, swapped, DOORS).agrees


def test_an_unanswered_call_that_is_said_to_be_answered_is_found() -> None:
    lie = replace(RECORD[2], disposition=Disposition.ANSWERED, answered_at=at(3))
    result = compare(TRUTH, [*RECORD[:2], lie, RECORD[3]], DOORS)
    assert {d.field for d in result.rows[2].differences} == {"disposition", "answer"}


def test_a_lost_talk_is_found() -> None:
    result = compare(TRUTH, first(talks=())(RECORD), DOORS)
    assert [d.field for d in result.rows[0].differences] == ["agents", "talk 1 end"]


def test_the_end_of_every_talk_counts() -> None:
    """Taken back by first line: three talks, and the one in the middle has a wrong end."""
    rings = [
        Ring(phone, "+358401000001", at(begin - 1), at(begin), at(begin + 1))
        for phone, begin in (("101", 2), ("102", 4), ("103", 6.5))
    ]
    talks = [
        Talk(ring.phone, f"1795327585.{n}", ring.answered_at or at(0), ring.ended_at)
        for n, ring in enumerate(rings)
    ]
    truth = [replace(TRUTH[0], rings=tuple(rings))]
    right = replace(RECORD[0], answered_at=at(2), talks=tuple(talks))
    assert compare(truth, [right], DOORS).agrees
    talks[1] = replace(talks[1], ended_at=at(5.15))
    [row] = compare(truth, [replace(right, talks=tuple(talks))], DOORS).rows
    assert [d.field for d in row.differences] == ["talk 2 end"]


@pytest.mark.parametrize("lost", range(4))
def test_a_call_that_was_planned_and_not_placed_is_found(lost: int) -> None:
    """Neither SIPp nor the record knows of it: only the plan does."""
    truth, record = ([*half[:lost], *half[lost + 1 :]] for half in (TRUTH, RECORD))
    result = compare_with_plan(truth, record, DOORS, PLAN)
    assert not result.agrees
    assert result.placed == 3
    [row] = [row for row in result.rows if row.differences]
    assert (row.number, row.did, row.truth, row.record) == (*PLAN[lost], None, None)
    assert [str(one) for one in row.differences] == ["planned, not placed"]


def test_a_plan_of_which_nothing_was_placed_does_not_agree() -> None:
    result = compare_with_plan([], [], DOORS, PLAN)
    assert not result.agrees
    assert (len(result.rows), result.placed) == (4, 0)


@pytest.mark.parametrize("plan", [PLAN[1:], PLAN[:-1], [Asked("+358401000001", "1001"), *PLAN[1:]]])
def test_a_placed_call_that_was_not_planned_is_found(plan: list[Asked]) -> None:
    """One too many; one caller's second call too many; to another number than was planned."""
    result = compare_with_plan(TRUTH, RECORD, DOORS, plan)
    assert not result.agrees
    [row] = [row for row in result.rows if row.truth and row.differences]
    assert [str(one) for one in row.differences] == ["placed, not planned"]


def test_a_truth_that_is_not_to_be_trusted_does_not_agree() -> None:
    result = compare(TRUTH, RECORD, DOORS)
    assert result.agrees
    assert not replace(result, faults=("SIPp ended with 1",)).agrees
