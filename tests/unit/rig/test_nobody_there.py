"""Where second line takes nobody, the truth is where the customer came next, by the phones that
were rung for him; the scene need not go on as planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccgateway.calls.call import EscalationEnd, Mode, VisitEnd
from ccgateway.rig.lines_truth import RECKONED
from ccgateway.rig.parts import Part, Refer
from ccgateway.rig.plan import Kind
from ccgateway.rig.story import Moment, Passed, Stay, Story
from tests.unit.test_lines_truth import (
    ARRIVED,
    CUSTOMER,
    at,
    by_ear,
    first_line,
    rung,
    sent,
    story,
)

FIRST = rung("201", 0.2, 1, 3.1, heard=[(1, 3)], refers=(Refer(at(3), "22", replaces=False),))
SECOND = rung("211", 3.1, None, 7)
ENGINEER_NEVER_RANG = rung("213", 3.1, None, 9)


def timed_out(left: Moment) -> Stay:
    return Stay("second-pumps", 2, "", VisitEnd.TIMED_OUT, sent(3), None, left)


def passed(end: EscalationEnd, ended: Moment) -> Passed:
    return Passed(Mode.BLIND, "201", "pumps", 2, "", end, sent(3), None, ended)


def blind(*parts: Part) -> Story:
    return story(Kind.BLIND, CUSTOMER, FIRST, SECOND, *parts)


def test_the_agent_is_busy_so_first_line_rings_and_nobody_takes_him() -> None:
    """A colleague's phone rings 10 s after the transfer, in vain; the customer gives up at 30 s."""
    found = blind(rung("203", 13.02, None, 17))
    assert found.visits == (
        ARRIVED,
        timed_out(sent(13.02)),
        Stay("first", 1, "", VisitEnd.ABANDONED, sent(13.02), None, sent(30)),
    )
    assert found.escalations == (passed(EscalationEnd.FIRST_LINE, sent(13.02)),)


def test_a_colleague_in_first_line_takes_him() -> None:
    found = blind(rung("203", 13.02, 14, 30, heard=[(14, 30)]))
    assert found.visits[-1] == Stay(
        "first", 1, "203", VisitEnd.ANSWERED, sent(13.02), sent(14), sent(14)
    )
    assert [talk.agent for talk in found.talks] == ["201", "203"]


def test_the_agent_does_not_take_him_back_and_first_line_is_rung() -> None:
    found = blind(rung("201", 13.02, None, 25), rung("202", 25.1, 26, 30, heard=[(26, 30)]))
    assert found.visits[1:] == (
        timed_out(sent(13.02)),
        Stay("first", 1, "202", VisitEnd.ANSWERED, sent(25), sent(26), sent(26)),
    )
    assert found.escalations == (passed(EscalationEnd.FIRST_LINE, sent(25)),)


def test_he_gives_up_while_the_agent_is_rung_again() -> None:
    found = blind(rung("201", 13.02, None, 30.01))
    assert found.visits[1:] == (timed_out(sent(13.02)),)
    assert found.escalations == (passed(EscalationEnd.RETURNED, sent(13.02)),)


def test_no_phone_of_first_line_is_free() -> None:
    """Nobody is rung for him: the line's limit of 10 s tells when he left it."""
    found = blind()
    limit = Moment(at(13), RECKONED)
    assert found.visits[1:] == (
        timed_out(limit),
        Stay("first", 1, "", VisitEnd.ABANDONED, limit, None, sent(30)),
    )
    assert found.escalations == (passed(EscalationEnd.FIRST_LINE, limit),)


def test_he_gives_up_while_he_seeks_second_line() -> None:
    gone = replace(CUSTOMER, ended_at=at(6))
    found = story(Kind.COLD, gone, first_line((3, "*22")), rung("211", 3.1, None, 6.01))
    assert found.visits[1:] == (
        Stay("second-pumps", 2, "", VisitEnd.ABANDONED, sent(3), None, sent(6)),
    )
    [escalation] = found.escalations
    assert (escalation.end, escalation.ended_at) == (EscalationEnd.ABANDONED, sent(6))


def test_he_gives_up_while_he_is_to_go_back_to_first_line() -> None:
    """First line has no limit."""
    parts = rung("211", 3.1, 5, 8.1, heard=[(5, 8)]), rung("202", 8.1, None, 12)
    second = replace(parts[0], codes=first_line((8, "*20")).codes)
    found = story(Kind.BACK, CUSTOMER, first_line((3, "*22")), second, parts[1])
    assert found.visits[-1] == Stay("first", 1, "", VisitEnd.ABANDONED, sent(8), None, sent(30))
    assert found.escalations[-1].end is EscalationEnd.ABANDONED


@pytest.mark.parametrize(
    ("ended", "ends"),
    [
        pytest.param(8.0, [EscalationEnd.ABANDONED], id="gives up before"),
        pytest.param(
            12.0, [EscalationEnd.PASSED_ON, EscalationEnd.ABANDONED], id="the engineer is called"
        ),
    ],
)
def test_nobody_at_the_tills_and_no_engineer_who_takes_him(
    ended: float, ends: list[EscalationEnd]
) -> None:
    """The engineer's phone knows no customer whom he does not hear."""
    gone = replace(CUSTOMER, ended_at=at(ended))
    found = story(Kind.OVERFLOW, gone, first_line((3, "*23")), ENGINEER_NEVER_RANG)
    assert [one.end for one in found.escalations] == ends


def test_warm_and_nobody_there() -> None:
    """The queue gives up at 13 s, and the agent has the customer again."""
    first = first_line((3, "*32"), heard=[(1.02, 3.02), (13.05, 30)], ended=30)
    found = story(Kind.WARM, CUSTOMER, first, rung("211", 3.1, None, 7))
    assert found.visits[1:] == (
        Stay("second-pumps", 2, "", VisitEnd.TIMED_OUT, sent(3), None, by_ear(13.05)),
    )
    [escalation] = found.escalations
    assert (escalation.agent, escalation.end, escalation.accepted_at) == (
        "", EscalationEnd.RETURNED, None,
    )  # fmt: skip
    assert escalation.ended_at == by_ear(13.05)


def test_warm_and_the_customer_gives_up_meanwhile() -> None:
    gone = replace(CUSTOMER, ended_at=at(6))
    found = story(Kind.WARM, gone, first_line((3, "*32"), ended=6.1), rung("211", 3.1, None, 6.1))
    assert found.visits[-1].end is VisitEnd.ABANDONED
    assert found.escalations[0].end is EscalationEnd.ABANDONED
    assert found.holds[0].ended_at == sent(6)
