"""How a call is passed on, by code and by the phone's own buttons."""

from __future__ import annotations

import pytest

from ccgateway.agents.activity import activities
from ccgateway.agents.agent import Activity
from ccgateway.calls.call import (
    Call,
    Direction,
    Disposition,
    Escalation,
    EscalationEnd,
    Mode,
    Role,
    VisitEnd,
)
from ccgateway.calls.timeline import timeline
from ccgateway.engine.view import call_view
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import (
    ANNAS_OWN,
    CARL,
    ENGINEER,
    SECOND,
    THIRD,
    attended,
    cold,
    consulting,
    enter,
    escalate,
    leave,
    seek,
    talking,
    tell,
    warm,
)
from tests.unit.calls.told import ANNA, BERT, BRIDGE, CALLER, at, end, fact


def talks(call: Call) -> list[tuple[str, float, float | None]]:
    return [
        (
            talk.agent,
            round((talk.began_at - at(0)).total_seconds(), 2),
            round((talk.ended_at - at(0)).total_seconds(), 2) if talk.ended_at else None,
        )
        for talk in call.talks
    ]


def only(call: Call) -> Escalation:
    [escalation] = call.escalations
    return escalation


def test_cold() -> None:
    call = tell(*cold())
    assert talks(call) == [("101", 2.01, 10), ("211", 12, 20)]
    assert only(call) == Escalation(
        at=at(10),
        mode=Mode.COLD,
        by="101",
        to="pumps",
        tier=2,
        agent="211",
        accepted_at=at(12),
        ended_at=at(12),
        end=EscalationEnd.ACCEPTED,
    )
    assert [(v.queue, v.tier, v.uniqueid, v.agent) for v in call.visits] == [
        ("stations", 1, CALLER, "101"),
        ("pumps", 2, CALLER, "211"),
    ]
    assert (call.topic, call.disposition) == ("pumps", Disposition.ANSWERED)


def test_warm_shows_the_consultation_in_the_escalation_and_not_as_a_talk() -> None:
    call = tell(*warm())
    assert talks(call) == [("101", 2.01, 10), ("211", 15.1, 20)]
    passed = only(call)
    assert (passed.mode, passed.agent, passed.end) == (Mode.WARM, "211", EscalationEnd.ACCEPTED)
    assert (passed.at, passed.accepted_at, passed.ended_at) == (at(10), at(12), at(15.1))
    [hold] = call.holds
    assert (hold.uniqueid, hold.by) == (ANNA, Role.AGENT)
    assert (hold.began_at, hold.ended_at) == (at(10.01), at(15.1))
    assert [(v.queue, v.tier, v.uniqueid) for v in call.visits] == [
        ("stations", 1, CALLER),
        ("pumps", 2, ANNA),
    ]


def test_warm_and_taken_back() -> None:
    call = tell(*consulting(), *end(14, CARL), *enter(14.2, THIRD, ANNA, CALLER))
    passed = only(call)
    assert (passed.end, passed.agent, passed.ended_at) == (
        EscalationEnd.TAKEN_BACK,
        "211",
        at(14.2),
    )
    assert talks(call)[-1] == ("101", 14.2, None)


def test_warm_and_nobody_there() -> None:
    call = tell(
        *talking(),
        *escalate(10, "warm"),
        fact(10.01, Kind.HELD, CALLER),
        *seek(10.02, ANNA, "warm"),
        fact(20, Kind.QUEUE_LEFT, ANNA, "pumps"),
        fact(20, Kind.QUEUE_RESULT, ANNA, "pumps", status="TIMEOUT"),
        *enter(20.1, THIRD, ANNA, CALLER),
        *end(25, CALLER, ANNA),
    )
    passed = only(call)
    assert (passed.end, passed.accepted_at) == (EscalationEnd.RETURNED, None)
    assert passed.ended_at == at(20.1)
    assert [v.end for v in call.visits] == [VisitEnd.ANSWERED, VisitEnd.TIMED_OUT]
    assert call.disposition is Disposition.ANSWERED


def test_warm_and_nobody_there_at_once() -> None:
    """The queue refuses: the agent has the caller back within milliseconds, which is no swap."""
    call = tell(
        *talking(),
        *escalate(10, "warm"),
        fact(10.003, Kind.HELD, CALLER),
        fact(10.004, Kind.QUEUE_RESULT, ANNA, "pumps", status="JOINEMPTY"),
        *enter(10.005, THIRD, ANNA, CALLER),
        *end(25, CALLER, ANNA),
    )
    assert (only(call).end, only(call).ended_at) == (EscalationEnd.RETURNED, at(10.005))
    assert talks(call) == [("101", 2.01, 10.0), ("101", 10.01, 25.0)]


def test_three_way_is_two_talks_that_overlap() -> None:
    call = tell(
        *consulting(),
        fact(14, Kind.JOINED, ANNA),
        *enter(14.1, SECOND, CALLER),
        *leave(17, SECOND, ANNA),
        *end(17, ANNA),
        *end(20, CALLER, CARL),
    )
    assert sorted(talks(call)[1:]) == [("101", 14.1, 17), ("211", 14.1, 20)]
    assert (only(call).end, only(call).agent) == (EscalationEnd.ACCEPTED, "211")


def test_a_caller_who_hangs_up_while_held_has_abandoned_the_escalation_not_the_call() -> None:
    call = tell(*consulting(), *end(14, CALLER), *end(16, ANNA, CARL))
    assert only(call).end is EscalationEnd.ABANDONED
    assert only(call).accepted_at == at(12)
    assert call.disposition is Disposition.ANSWERED
    assert call.holds[0].ended_at == at(14)


def returned(*told: Fact) -> Call:
    return tell(*talking(), *escalate(10, "cold"), *seek(10.02, CALLER, "cold"), *told)


def test_nobody_there_back_to_the_agent() -> None:
    call = returned(
        *end(10.1, ANNA),
        fact(20, Kind.RETURNED, CALLER, to="agent", reason="TIMEOUT"),
        fact(20.1, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/101-00000009", linkedid=CALLER),
        fact(21, Kind.CHANNEL_ANSWERED, BERT),
        *enter(21, THIRD, CALLER, BERT),
    )
    assert (only(call).end, only(call).ended_at) == (EscalationEnd.RETURNED, at(20))
    assert talks(call)[-1] == ("101", 21, None)


def test_nor_the_agent_back_to_first_line() -> None:
    call = returned(
        fact(20, Kind.RETURNED, CALLER, to="agent", reason="TIMEOUT"),
        fact(32, Kind.RETURNED, CALLER, to="first", reason="NOANSWER"),
        fact(32.1, Kind.TIER_ENTERED, CALLER, "first", tier="1", mode="return"),
        fact(32.2, Kind.QUEUE_JOINED, CALLER, "stations"),
    )
    assert only(call).end is EscalationEnd.FIRST_LINE
    assert call.visits[-1].tier == 1
    assert (call_view(returned())["line"], call_view(call)["line"]) == ("pumps", "")


def test_overflow_is_an_escalation_of_its_own() -> None:
    call = returned(
        fact(20, Kind.TIER_ENTERED, CALLER, "vendor", tier="3", mode="overflow"),
        fact(20.1, Kind.CHANNEL_CREATED, ENGINEER, channel="PJSIP/trunk-00000030"),
        fact(20.1, Kind.DIAL_BEGAN, ENGINEER, CALLER, linkedid=CALLER),
        fact(23, Kind.CHANNEL_ANSWERED, ENGINEER),
        *enter(23, THIRD, CALLER, ENGINEER),
    )
    first, second = call.escalations
    assert (first.end, first.ended_at) == (EscalationEnd.PASSED_ON, at(20))
    assert (second.by, second.to, second.tier, second.agent) == ("", "vendor", 3, "")
    assert (second.end, second.accepted_at) == (EscalationEnd.ACCEPTED, at(23))
    assert talks(call)[-1] == ("", 23, None)
    assert call.topic == "vendor"
    said = [(moment.at, moment.who, moment.what) for moment in timeline(call)]
    assert (at(20), "dialplan", "tries vendor (third line) for the caller") in said
    taken = "is taken over by an outside party, 3.0 s after it was asked"
    assert said[-1] == (at(23), "caller", taken)


def test_back_to_the_line_before_does_not_change_the_topic() -> None:
    back = fact(15, Kind.ESCALATED, CARL, mode="back", to="first", tier="1", customer=CALLER)
    call = tell(*cold()[:-2], back)
    assert [e.mode for e in call.escalations] == [Mode.COLD, Mode.BACK]
    assert call.escalations[-1].by == "211"
    assert call.topic == "pumps"


def test_blind_by_the_phones_button() -> None:
    blind = fact(
        10, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success", context="x", exten="102"
    )
    told = [*talking(), blind, *leave(10, BRIDGE, ANNA, CALLER)]
    assert activities(tell(*told))["101"] is Activity.IDLE
    call = tell(
        *told,
        fact(10.1, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/102-00000009", linkedid=CALLER),
        fact(10.1, Kind.DIAL_BEGAN, BERT, CALLER),
        fact(12, Kind.CHANNEL_ANSWERED, BERT),
        *enter(12, THIRD, CALLER, BERT),
    )
    assert (only(call).mode, only(call).by, only(call).agent) == (Mode.BLIND, "101", "102")
    assert only(call).accepted_at == at(12)
    view = call_view(call)
    assert (view["path"], view["line"]) == (["102"], "102")


def test_blind_to_a_number_of_nobody_is_not_to_first_line() -> None:
    blind = fact(10, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success")
    view = call_view(tell(*talking(), blind, *leave(10, BRIDGE, ANNA, CALLER)))
    assert (view["path"], view["line"]) == (["another number"], "another number")


def test_blind_to_a_line_has_its_name() -> None:
    blind = fact(10, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success")
    call = tell(*talking(), blind, *seek(10.1, CALLER, "blind"))
    assert (only(call).mode, only(call).to, only(call).tier) == (Mode.BLIND, "pumps", 2)


def test_blind_to_a_line_that_is_told_before_the_transfer() -> None:
    blind = fact(10, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success")
    call = tell(*talking(), *seek(9.999, CALLER, "blind"), blind)
    assert (only(call).mode, only(call).to, only(call).tier) == (Mode.BLIND, "pumps", 2)


def test_a_transfer_that_failed_is_none() -> None:
    failed = fact(10, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Fail")
    assert tell(*talking(), failed).escalations == ()


def test_attended_by_the_phones_button_is_one_call() -> None:
    call = tell(*attended())
    assert call.direction is Direction.INBOUND
    assert talks(call) == [("101", 2.01, 15), ("211", 15, 20)]
    passed = only(call)
    assert (passed.mode, passed.by, passed.agent) == (Mode.ATTENDED, "101", "211")
    assert (passed.at, passed.accepted_at, passed.ended_at) == (at(9), at(10), at(15))
    [hold] = call.holds
    assert (hold.began_at, hold.ended_at) == (at(8), at(15.003))
    assert activities(call) == {"101": Activity.IDLE, "211": Activity.IDLE}
    assert ANNAS_OWN in {leg.uniqueid for leg in call.legs}


def test_what_watchers_see_of_a_consultation() -> None:
    view = call_view(tell(*consulting()))
    assert view["where"] == "on hold, 101 consults 211"
    assert (view["topic"], view["tier"], view["line"]) == ("pumps", 1, "")
    assert view["path"] == ["pumps"]
    assert activities(tell(*consulting())) == {
        "101": Activity.TALKING,
        "211": Activity.TALKING,
    }
    taken = call_view(tell(*warm()[:-2]))
    assert (taken["tier"], taken["line"]) == (2, "pumps")


def test_the_story_in_words() -> None:
    said = [(moment.who, moment.what) for moment in timeline(tell(*warm()))]
    assert ("agent 101", "passes the caller to pumps (second line), warm") in said
    assert ("agent 101", "consults agent 211") in said
    assert ("caller", "is taken over by agent 211, 5.1 s after it was asked") in said


def test_notes_and_the_case() -> None:
    call = tell(
        fact(0, Kind.ROUTED, CALLER, service="hotline", case="1042"),
        *talking(),
        fact(3, Kind.NOTED, CALLER, "2026", note="pump 4 is dry", by="101"),
    )
    assert call.case == 1042
    assert [(note.by, note.text) for note in call.notes] == [("101", "pump 4 is dry")]
    assert ("101", "notes: pump 4 is dry") in [(m.who, m.what) for m in timeline(call)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("BUSY", Disposition.BUSY),
        ("NOANSWER", Disposition.NO_ANSWER),
        ("CHANUNAVAIL", Disposition.OTHER),
    ],
)
def test_an_outbound_call_that_is_not_answered(status: str, expected: Disposition) -> None:
    call = tell(
        *outbound()[:5],
        fact(9, Kind.DIAL_OUTCOME, ATTEMPT, status=status),
        *end(9, ATTEMPT),
        *end(9, ENGINEER),
    )
    assert (call.direction, call.disposition) == (Direction.OUTBOUND, expected)


ATTEMPT = "ccg-1795334400.000000042"


def outbound() -> list[Fact]:
    """By click: Anna's phone, then the customer's, who answers at 6 s."""
    return [
        fact(
            0,
            Kind.ATTEMPTED,
            ATTEMPT,
            service="hotline",
            client="oilco",
            agent="101",
            dialled="+358401",
        ),
        fact(
            0.1,
            Kind.CHANNEL_CREATED,
            ATTEMPT,
            channel="PJSIP/101-00000001",
            linkedid=ATTEMPT,
            caller_number="+358942",
        ),
        fact(2, Kind.CHANNEL_ANSWERED, ATTEMPT),
        fact(2.1, Kind.CHANNEL_CREATED, ENGINEER, channel="PJSIP/trunk-00000002", linkedid=ATTEMPT),
        fact(2.2, Kind.DIAL_BEGAN, ENGINEER, ATTEMPT),
        fact(6, Kind.CHANNEL_ANSWERED, ENGINEER),
        *enter(6, BRIDGE, ATTEMPT, ENGINEER),
        *end(16, ATTEMPT, ENGINEER),
    ]


def test_an_outbound_call_is_about_whom_was_called() -> None:
    call = tell(*outbound())
    assert call.direction is Direction.OUTBOUND
    assert (call.service, call.client, call.attempt) == ("hotline", "oilco", ATTEMPT)
    assert (call.did, call.caller_number) == ("+358401", "+358401")
    assert talks(call) == [("101", 6, 16)]
    assert call.answered_at == at(6)


def test_an_attempt_that_asterisk_refused_is_over() -> None:
    call = tell(
        outbound()[0],
        fact(0.1, Kind.ORIGINATED, ATTEMPT, response="Failure", reason="0"),
    )
    assert (call.disposition, call.ended_at) == (Disposition.OTHER, at(0.1))
