"""A call that an agent began ended as the phone says that was to be rung, not as the scene was
planned; and the comparison stays one that finds what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccgateway.calls.call import Call, Direction, Disposition, Talk
from ccgateway.outbound.attempt import End
from ccgateway.rig.chaos.explained import Word
from ccgateway.rig.chaos.verdict import Verdict, judge
from ccgateway.rig.compare import Asked, compare
from ccgateway.rig.hotline import DOORS
from ccgateway.rig.lines_truth import truth_of
from ccgateway.rig.outward_truth import consultations
from ccgateway.rig.parts import Part, Refer
from ccgateway.rig.plan import Kind, Planned
from ccgateway.rig.sipp import Caller
from ccgateway.rig.truth import TruthCall
from ccgateway.telephony.ids import call_id_of
from tests.unit.test_lines_truth import CUSTOMER, NUMBER, at, call, first_line, rung, story

DIALLING = Part(
    "221", True, "*5100401000001", at(0), at(2), at(6), ended_here=True, heard=((at(4), at(6)),)
)
TOLD = replace(DIALLING, ended_at=at(5), ended_here=False, heard=())
"""221 hears that it cannot be done now, and nobody is called."""

OUTSIDE = rung(NUMBER, 1, 4, 6)
RECORD = Call(
    call_id_of("pbx1", "1795391074.4082"), "pbx1", at(0.01), Direction.OUTBOUND,
    service="lines", did=NUMBER, caller_number=NUMBER, ended_at=at(5),
    disposition=Disposition.OTHER,
)  # fmt: skip
TALKED = replace(
    RECORD,
    answered_at=at(4),
    ended_at=at(6),
    disposition=Disposition.ANSWERED,
    talks=(Talk("221", "1795391074.4082", at(4), at(6)),),
)


def outbound(*parts: Part) -> TruthCall:
    return call(Kind.OUTBOUND, *parts)


def verdict(truth: list[TruthCall], record: list[Call]) -> Verdict:
    planned = [Asked(one.number, one.did) for one in truth]
    return judge(compare(truth, record, DOORS, planned), DOORS, Word())


def test_nobody_was_called_whatever_was_planned() -> None:
    found = verdict([outbound(TOLD)], [RECORD])
    assert (found.wrong, found.holds) == ((), True)


def test_an_outside_phone_that_answered_was_called() -> None:
    assert verdict([outbound(DIALLING, OUTSIDE)], [TALKED]).holds


@pytest.mark.parametrize(
    ("parts", "record", "what"),
    [
        pytest.param(
            (DIALLING, OUTSIDE),
            replace(TALKED, disposition=Disposition.OTHER, answered_at=None, talks=()),
            "disposition: was answered, record says other",
            id="it answered, and the record says that it did not",
        ),
        pytest.param(
            (TOLD,),
            replace(RECORD, disposition=Disposition.ANSWERED),
            "disposition: was other, record says answered",
            id="nobody was called, and the record says that somebody answered",
        ),
        pytest.param(
            (TOLD, rung(NUMBER, 1, None, 5, status=487)),
            replace(RECORD, disposition=Disposition.ANSWERED),
            "disposition: was other, record says answered",
            id="it rang in vain, and the record says that somebody answered",
        ),
        pytest.param(
            (TOLD, rung(NUMBER, 1, None, 5, status=486)),
            RECORD,
            "disposition: was busy, record says other",
            id="it was busy, and the record does not know",
        ),
    ],
)
def test_a_record_that_says_otherwise_is_wrong(
    parts: tuple[Part, ...], record: Call, what: str
) -> None:
    [wrong] = verdict([outbound(*parts)], [record]).wrong
    assert what in wrong.what


@pytest.mark.parametrize("parts", [(TOLD,), (DIALLING, OUTSIDE)])
def test_a_call_that_the_record_has_not_is_lost(parts: tuple[Part, ...]) -> None:
    found = verdict([outbound(*parts)], [])
    assert [one.number for one in found.lost] == [NUMBER]


@pytest.mark.parametrize(
    ("agent", "customer", "end"),
    [
        pytest.param(rung("221", 0, 1, 3), None, End.UNREACHABLE, id="never dialled"),
        pytest.param(
            rung("221", 0, 1, 3, ended_here=True), None, End.CANCELLED, id="the agent hung up"
        ),
        pytest.param(
            rung("221", 0, None, 3, status=487), None, End.AGENT_NO_ANSWER, id="agent away"
        ),
        pytest.param(
            rung("221", 0, None, 3, status=603), None, End.AGENT_REJECTED, id="agent declines"
        ),
        pytest.param(
            rung("221", 0, 1, 3, ended_here=True),
            rung(NUMBER, 2, None, 3, status=487),
            End.CANCELLED,
            id="the agent hung up while it rang",
        ),
    ],
)
def test_a_click_that_did_not_come_to_a_talk(agent: Part, customer: Part | None, end: End) -> None:
    found = story(Kind.CLICK, agent, *([customer] if customer else []))
    assert (found.disposition, found.talks) == (Disposition.OTHER, ())
    assert found.attempt
    assert (found.attempt.end, found.attempt.answered_at) == (end, None)


def test_a_colleague_who_did_not_answer() -> None:
    dialling = Part("213", True, "221", at(0), None, at(9), ended_here=True)
    found = story(Kind.AGENTS, dialling, rung("221", 0.1, None, 9, status=487))
    assert found.disposition is Disposition.OTHER


@pytest.mark.parametrize(
    ("began", "is_right"),
    [
        pytest.param(-0.6, True, id="asked for, and the phone is rung late"),
        pytest.param(0.01, True, id="as the phone is rung"),
        pytest.param(-1.2, False, id="before the click"),
        pytest.param(0.2, False, id="after the phone was rung"),
    ],
)
def test_a_click_begins_between_the_click_and_the_agents_ringing(
    began: float, is_right: bool
) -> None:
    clicked = Planned(Kind.CLICK, Caller(NUMBER, "", 0))
    parts = (rung("221", 0, 1, 6, heard=[(4, 6)]), rung(NUMBER, 2, 4, 6))
    truth = truth_of(clicked, parts, asked_at=at(-1))
    assert truth
    record = replace(TALKED, started_at=at(began))
    found = compare([truth], [record], DOORS, [Asked(NUMBER, "")]).rows[0].differences
    assert ("start" not in {one.field for one in found}) is is_right


CONSULTS = Part("201", True, "213", at(4), None, at(9), ended_here=True)


def test_a_consultation_that_was_not_joined_is_a_call_of_its_own() -> None:
    [found] = consultations((CUSTOMER, first_line(), CONSULTS, rung("213", 4.1, None, 9)))
    record = Call(
        call_id_of("pbx1", "1795387899.1364"), "pbx1", at(4), Direction.INTERNAL,
        did="213", caller_number="201", ended_at=at(9), disposition=Disposition.OTHER,
    )  # fmt: skip
    assert verdict([found], [record]).holds
    assert verdict([found], []).lost
    assert verdict([], [record]).extra


def test_a_consultation_that_was_answered_and_not_joined() -> None:
    answered = replace(CONSULTS, answered_at=at(5))
    [found] = consultations((CUSTOMER, first_line(), answered, rung("213", 4.1, 5, 9)))
    assert found.story
    assert found.story.disposition is Disposition.ANSWERED
    assert [(talk.agent, talk.began_at.at) for talk in found.story.talks] == [("213", at(5))]


def test_a_consultation_that_was_joined_is_the_customers_call() -> None:
    first = first_line(refers=(Refer(at(8), "213", replaces=True),))
    assert consultations((CUSTOMER, first, CONSULTS)) == []
