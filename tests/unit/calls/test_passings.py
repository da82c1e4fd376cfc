"""Passings-on that are not told one after the other as plainly as by the book."""

from __future__ import annotations

from ccgateway.calls.call import Call, EscalationEnd, Mode
from ccgateway.calls.timeline import timeline
from ccgateway.engine.view import call_view
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import (
    CARL,
    ENGINEER,
    SECOND,
    THIRD,
    carl_answers,
    cold,
    consulting,
    enter,
    escalate,
    leave,
    seek,
    talking,
    tell,
)
from tests.unit.calls.told import ANNA, BERT, BRIDGE, CALLER, at, end, fact

DORA = "1795334390.2"
OLDER = "1795334390.1"
"""Another channel of the agent's own, who talks with Dora (102) on it already when he gets the
caller."""


def passed(call: Call) -> list[tuple[Mode, str, str, str, EscalationEnd]]:
    return [(e.mode, e.by, e.to, e.agent, e.end) for e in call.escalations]


def words(call: Call) -> list[tuple[str, str]]:
    return [(moment.who, moment.what) for moment in timeline(call)]


def in_order(*facts: Fact) -> list[Fact]:
    return sorted(facts, key=lambda told: told.at)


def older(seconds: float, agent: str) -> list[Fact]:
    name = f"PJSIP/{agent}-00000001"
    return [
        fact(seconds, Kind.CHANNEL_CREATED, OLDER, channel=name, linkedid=OLDER),
        fact(seconds, Kind.CHANNEL_CREATED, DORA, channel="PJSIP/102-00000001", linkedid=OLDER),
        fact(seconds + 0.1, Kind.DIAL_BEGAN, DORA, OLDER),
        *enter(seconds + 1, "b-9", OLDER, DORA),
    ]


def joined_to_older(seconds: float, bridge: str, channel: str) -> list[Fact]:
    """The phone's button joins the caller, who is with ``channel``, and Dora."""
    return [
        *leave(seconds, bridge, CALLER),
        *leave(seconds, "b-9", OLDER),
        *enter(seconds + 0.001, "b-9", CALLER),
        fact(
            seconds + 0.01,
            Kind.ATTENDED_TRANSFERRED,
            channel,
            OLDER,
            transferee=CALLER,
            target=DORA,
            result="Success",
        ),
        *leave(seconds + 0.02, bridge, channel),
        *end(seconds + 0.02, channel, OLDER),
        *end(seconds + 20, CALLER, DORA),
    ]


def test_a_second_key_within_seconds_is_a_second_escalation() -> None:
    call = tell(
        *talking(),
        *escalate(10, "warm"),
        fact(10.01, Kind.HELD, CALLER),
        fact(10.02, Kind.TIER_ENTERED, ANNA, "pumps", tier="2", mode="warm"),
        fact(10.03, Kind.QUEUE_RESULT, ANNA, "pumps", status="JOINEMPTY"),
        *enter(10.1, BRIDGE, ANNA, CALLER),
        *escalate(13, "warm", "vendor", "3"),
        fact(13.01, Kind.HELD, CALLER),
        fact(13.02, Kind.TIER_ENTERED, ANNA, "vendor", tier="3", mode="warm"),
        fact(13.1, Kind.CHANNEL_CREATED, ENGINEER, channel="PJSIP/trunk-00000030", linkedid=CALLER),
        fact(13.1, Kind.DIAL_BEGAN, ENGINEER, ANNA),
        *enter(15, SECOND, ANNA, ENGINEER),
        *end(18, ANNA),
        *enter(18.1, THIRD, ENGINEER, CALLER),
    )
    assert passed(call) == [
        (Mode.WARM, "101", "pumps", "", EscalationEnd.RETURNED),
        (Mode.WARM, "101", "vendor", "", EscalationEnd.ACCEPTED),
    ]
    second = call.escalations[1]
    assert (second.at, second.accepted_at, second.ended_at) == (at(13), at(15), at(18.1))


def both_hang_up() -> list[Fact]:
    """Anna and Carl at once. Carl's channel takes the caller, and is gone: he seeks the line."""
    return [
        *consulting(),
        *leave(15, SECOND, ANNA, CARL),
        *end(15, ANNA),
        *enter(15.1, THIRD, CARL, CALLER),
        *end(15.12, CARL),
        *seek(15.2, CALLER, "warm"),
    ]


def test_whom_both_agents_left_at_once_nobody_has_taken() -> None:
    call = tell(*both_hang_up())
    assert passed(call) == [(Mode.WARM, "101", "pumps", "211", EscalationEnd.RUNNING)]
    assert call.escalations[0].accepted_at == at(12)
    assert call_view(call)["tier"] == 1


def test_whom_both_agents_left_can_come_back_to_first_line() -> None:
    call = tell(
        *both_hang_up(),
        fact(25, Kind.QUEUE_RESULT, CALLER, "pumps", status="TIMEOUT"),
        fact(25.1, Kind.RETURNED, CALLER, to="first", reason="TIMEOUT"),
        fact(25.2, Kind.TIER_ENTERED, CALLER, "first", tier="1", mode="return"),
    )
    assert passed(call) == [(Mode.WARM, "101", "pumps", "211", EscalationEnd.FIRST_LINE)]
    assert call.escalations[0].ended_at == at(25.1)


def test_whom_both_agents_left_can_be_taken_by_the_next() -> None:
    call = tell(
        *both_hang_up(),
        fact(17, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/102-00000003", linkedid=CALLER),
        *enter(18, "b-4", BERT, CALLER),
    )
    assert passed(call) == [(Mode.WARM, "101", "pumps", "102", EscalationEnd.ACCEPTED)]
    assert call.escalations[0].ended_at == at(18)


def test_a_talk_before_a_passing_on_that_was_not_heard_stays_an_acceptance() -> None:
    """Carl passed the caller on while we did not listen; nobody was there."""
    call = tell(*cold()[:-2], fact(40, Kind.RETURNED, CALLER, to="first", reason="TIMEOUT"))
    assert passed(call) == [(Mode.COLD, "101", "pumps", "211", EscalationEnd.ACCEPTED)]


def test_attended_to_whom_the_agent_had_called_before_he_had_the_caller() -> None:
    call = tell(*older(-10, "101"), *talking(), *joined_to_older(20, BRIDGE, ANNA))
    assert passed(call) == [(Mode.ATTENDED, "101", "", "102", EscalationEnd.ACCEPTED)]
    [only] = call.escalations
    assert (only.at, only.accepted_at, only.ended_at) == (at(20.01), at(20.01), at(20.01))
    assert ("agent 101", "consults agent 102") not in words(call)


def test_attended_after_cold_ends_the_cold_one_with_the_transfer_not_with_the_dialling() -> None:
    call = tell(
        *in_order(*older(8, "211"), *cold()[:-2], *joined_to_older(20, SECOND, CARL)),
    )
    assert passed(call) == [
        (Mode.COLD, "101", "pumps", "211", EscalationEnd.ACCEPTED),
        (Mode.ATTENDED, "211", "", "102", EscalationEnd.ACCEPTED),
    ]
    assert [e.at for e in call.escalations] == [at(10), at(20.01)]


def test_a_code_that_asterisk_would_not_carry_out_is_taken_back() -> None:
    call = tell(
        *talking(),
        fact(10, Kind.ESCALATED, ANNA, mode="cold", to="pumps", tier="2", customer=CALLER),
        fact(10.001, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Invalid"),
    )
    assert (passed(call), call.topic, call_view(call)["tier"]) == ([], "", 1)


def test_a_button_that_failed_takes_no_code_back_that_was_carried_out() -> None:
    failed = fact(12, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Fail")
    call = tell(*talking(), *escalate(10, "cold"), failed)
    assert [e.mode for e in call.escalations] == [Mode.COLD]


def test_a_second_blind_to_the_same_line_has_its_name_too() -> None:
    """Also where the line is told first."""
    call = tell(
        *talking(),
        fact(10, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success"),
        *leave(10.001, BRIDGE, ANNA, CALLER),
        *seek(10.1, CALLER, "blind"),
        *enter(11, THIRD, BERT, CALLER),
        fact(12.999, Kind.TIER_ENTERED, CALLER, "pumps", tier="2", mode="blind"),
        fact(13, Kind.BLIND_TRANSFERRED, BERT, CALLER, result="Success"),
    )
    assert [(e.mode, e.to, e.tier) for e in call.escalations] == [(Mode.BLIND, "pumps", 2)] * 2


def test_of_three_the_second_leaves_first_and_the_caller_is_taken_back() -> None:
    call = tell(
        *consulting(),
        *enter(14.1, SECOND, CALLER),
        *end(17, CARL),
        *end(40, CALLER, ANNA),
    )
    assert passed(call) == [(Mode.WARM, "101", "pumps", "211", EscalationEnd.TAKEN_BACK)]
    assert call.escalations[0].ended_at == at(17)
    assert call_view(call)["tier"] == 1


def test_who_is_consulted_passes_the_consultation_on() -> None:
    call = tell(
        *consulting(),
        fact(14, Kind.BLIND_TRANSFERRED, CARL, ANNA, result="Success", exten="102"),
        *leave(14, SECOND, ANNA, CARL),
        *end(14.1, CARL),
        fact(14.2, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/102-00000009", linkedid=CALLER),
        *enter(15, "b-9", ANNA, BERT),
        *end(18, ANNA),
        *enter(18.1, "b-10", BERT, CALLER),
    )
    assert passed(call) == [(Mode.WARM, "101", "pumps", "102", EscalationEnd.ACCEPTED)]


def test_overflow_that_finds_nobody_goes_back_to_who_passed_the_caller_on() -> None:
    call = tell(
        *talking(),
        *escalate(10, "cold"),
        *seek(10.02, CALLER, "cold"),
        fact(20.1, Kind.TIER_ENTERED, CALLER, "vendor", tier="3", mode="overflow"),
        fact(25, Kind.RETURNED, CALLER, to="agent", reason="NOANSWER"),
    )
    assert ("dialplan", "tries vendor (third line) for the caller") in words(call)
    assert ("caller", "finds nobody: back to agent 101") in words(call)


def test_who_took_the_caller_from_the_queue_was_not_consulted() -> None:
    """Anna hangs up before anybody has answered her."""
    call = tell(
        *talking(),
        *escalate(10, "warm"),
        fact(10.01, Kind.HELD, CALLER),
        *seek(10.02, ANNA, "warm"),
        *end(12, ANNA),
        *seek(14, CALLER, "warm"),
        *carl_answers(16, CALLER),
    )
    assert passed(call) == [(Mode.WARM, "101", "pumps", "211", EscalationEnd.ACCEPTED)]
    assert ("agent 101", "consults agent 211") not in words(call)
    assert ("caller", "is taken over by agent 211, 7.0 s after it was asked") in words(call)


def test_who_answers_when_the_caller_is_gone_already_has_accepted_nothing() -> None:
    call = tell(
        *talking(),
        *escalate(10, "warm"),
        fact(10.01, Kind.HELD, CALLER),
        *seek(10.02, ANNA, "warm"),
        *in_order(*end(11.5, CALLER), *carl_answers(11, ANNA)),
    )
    assert passed(call) == [(Mode.WARM, "101", "pumps", "", EscalationEnd.ABANDONED)]
    [only] = call.escalations
    assert (only.accepted_at, only.ended_at) == (None, at(11.5))


def test_overflow_told_before_the_transfer_of_the_code_makes_no_button_of_it() -> None:
    """Second line is empty: two of Asterisk's threads tell the overflow and the transfer."""
    call = tell(
        *talking(),
        fact(10, Kind.ESCALATED, ANNA, mode="cold", to="pumps", tier="2", customer=CALLER),
        fact(10.001, Kind.TIER_ENTERED, CALLER, "pumps", tier="2", mode="cold"),
        fact(10.002, Kind.TIER_ENTERED, CALLER, "vendor", tier="3", mode="overflow"),
        fact(10.003, Kind.BLIND_TRANSFERRED, ANNA, CALLER, result="Success"),
    )
    assert [(e.mode, e.by, e.to) for e in call.escalations] == [
        (Mode.COLD, "101", "pumps"),
        (Mode.COLD, "", "vendor"),
    ]
