"""Who called whom, about which service, and whether that was answered."""

from __future__ import annotations

import pytest

from ccgateway.calls.call import Direction, Disposition, Role
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import ENGINEER, SECOND, enter, escalate, leave, talking, tell
from tests.unit.calls.told import ANNA, BRIDGE, CALLER, at, end, fact, join

OTHER, ANNAS_NEXT = "1795334405.50", "1795334406.51"
RECEPTION = "1795334400.9"
COLLEAGUE = "1795334400.99"
"""The channel of whom an agent calls from the desk."""


def routed(seconds: float, subject: str, number: str) -> Fact:
    told = {"service": f"s{number}", "client": f"c{number}", "customer": number, "case": number}
    return fact(seconds, Kind.ROUTED, subject, caller_number=f"+358{number}", **told)


def two_customers() -> list[Fact]:
    """Anna talks with one customer, takes another, and joins the two by her phone's button."""
    return [
        routed(0.03, CALLER, "1001"),
        *talking(),
        fact(5, Kind.CHANNEL_CREATED, OTHER, channel="PJSIP/trunk-00000009", linkedid=OTHER),
        fact(5.1, Kind.ENTERED, OTHER, did="1001", presentation="prohib"),
        routed(5.2, OTHER, "1002"),
        fact(5.3, Kind.QUEUE_JOINED, OTHER, "pumps"),
        fact(6, Kind.AGENT_CALLED, ANNAS_NEXT, "pumps", agent="101", caller=OTHER),
        fact(7, Kind.CHANNEL_ANSWERED, ANNAS_NEXT),
        *enter(7, SECOND, OTHER, ANNAS_NEXT),
        fact(
            10,
            Kind.ATTENDED_TRANSFERRED,
            ANNA,
            ANNAS_NEXT,
            transferee=CALLER,
            target=OTHER,
            result="Success",
        ),
        *leave(10, BRIDGE, CALLER, ANNA),
        *leave(10, SECOND, ANNAS_NEXT),
        *enter(10.001, SECOND, CALLER),
        *end(10.01, ANNA, ANNAS_NEXT),
        *end(20, CALLER, OTHER),
    ]


def test_of_two_customers_in_one_call_it_is_the_firsts() -> None:
    call = tell(*two_customers())
    about = (call.did, call.client, call.service, call.customer, call.case, call.caller_number)
    assert about == ("1000", "c1001", "s1001", 1001, 1001, "+3581001")
    assert not call.withheld
    assert [d.detail["service"] for d in call.decisions] == ["s1001", "s1002"]


def other_department() -> list[Fact]:
    """The reception answers on a number of its own, and passes the caller on to ours."""
    return [
        fact(0, Kind.CHANNEL_CREATED, CALLER, channel="PJSIP/trunk-1", linkedid=CALLER),
        fact(0.1, Kind.CHANNEL_CREATED, RECEPTION, channel="PJSIP/boss-1", linkedid=CALLER),
        fact(0.1, Kind.DIAL_BEGAN, RECEPTION, CALLER),
        fact(1, Kind.CHANNEL_ANSWERED, RECEPTION),
        *enter(1, "b-0", CALLER, RECEPTION),
        fact(8, Kind.BLIND_TRANSFERRED, RECEPTION, CALLER, result="Success", exten="1000"),
        *leave(8.001, "b-0", CALLER, RECEPTION),
        *end(8.01, RECEPTION),
        fact(8.1, Kind.ENTERED, CALLER, did="1000"),
        join(8.2),
    ]


def test_who_talked_with_another_department_before_is_not_answered() -> None:
    left = fact(40, Kind.QUEUE_ABANDONED, CALLER, "stations")
    call = tell(*other_department(), left, *end(40.1, CALLER))
    assert (call.disposition, call.answered_at) == (Disposition.ABANDONED, None)
    assert call.escalations == ()
    assert [talk.ended_at for talk in call.talks] == [at(8.001)]


def test_it_is_answered_by_the_first_agent() -> None:
    call = tell(*other_department(), *enter(20, BRIDGE, CALLER, ANNA), *ours(), *end(40.1, CALLER))
    assert (call.disposition, call.answered_at) == (Disposition.ANSWERED, at(20))


def ours() -> list[Fact]:
    return [
        fact(19, Kind.CHANNEL_CREATED, ANNA, channel="PJSIP/101-2", linkedid=CALLER),
        *end(40, ANNA),
    ]


def test_an_outsider_whom_we_passed_the_caller_on_to_answers_it() -> None:
    """Nobody of first line did: the queue overflowed to who is on call."""
    call = tell(
        *talking()[:4],
        fact(9, Kind.TIER_ENTERED, CALLER, "vendor", tier="3", mode="overflow"),
        fact(10, Kind.CHANNEL_CREATED, ENGINEER, channel="PJSIP/trunk-00000030", linkedid=CALLER),
        *enter(12, SECOND, CALLER, ENGINEER),
        *end(20, CALLER, ENGINEER),
    )
    assert (call.disposition, call.answered_at) == (Disposition.ANSWERED, at(12))


def called_from_a_desk(channel: str, context: str, dialled: str = "900") -> list[Fact]:
    """Anna calls somebody who is no agent."""
    return [
        fact(
            0,
            Kind.CHANNEL_CREATED,
            ANNA,
            channel="PJSIP/101-00000001",
            linkedid=ANNA,
            context="from-phones",
            exten=dialled,
            caller_number="101",
            caller_name="Anna",
        ),
        fact(0.1, Kind.CHANNEL_CREATED, COLLEAGUE, channel=channel, linkedid=ANNA, context=context),
        fact(0.1, Kind.DIAL_BEGAN, COLLEAGUE, ANNA, channel=channel, dialled=dialled),
        fact(1, Kind.CHANNEL_ANSWERED, COLLEAGUE),
        *enter(1, BRIDGE, ANNA, COLLEAGUE),
    ]


@pytest.mark.parametrize(
    ("channel", "context", "dialled", "direction", "number", "name"),
    [
        ("PJSIP/boss-1", "from-phones", "900", Direction.INTERNAL, "101", "Anna"),
        ("PJSIP/trunk-1", "from-trunk", "112", Direction.OUTBOUND, "112", ""),
        # One context for phones and trunks: the number tells.
        ("PJSIP/trunk-1", "from-phones", "0401112223", Direction.OUTBOUND, "0401112223", ""),
    ],
)
def test_a_phone_of_the_house_is_not_outside(
    channel: str, context: str, dialled: str, direction: Direction, number: str, name: str
) -> None:
    call = tell(*called_from_a_desk(channel, context, dialled))
    assert (call.direction, call.caller_number, call.caller_name) == (direction, number, name)
    assert call.did == dialled


def test_an_agent_whose_first_event_was_lost_is_no_outsider() -> None:
    created, _, *rest = called_from_a_desk("PJSIP/102-00000002", "from-phones", "102")
    call = tell(created, *rest)
    assert (call.direction, call.caller_number, call.caller_name) == (
        Direction.INTERNAL,
        "101",
        "Anna",
    )
    assert [(leg.agent, leg.role) for leg in call.legs] == [
        ("101", Role.CALLER),
        ("102", Role.AGENT),
    ]


PICKED_UP = "1795334402.7"


def test_who_picked_a_ringing_up_for_another_has_it() -> None:
    """app_queue names the member whom it rang."""
    call = tell(
        *talking()[:-6],
        fact(1.5, Kind.CHANNEL_CREATED, PICKED_UP, channel="PJSIP/102-00000007", exten="*8"),
        fact(1.6, Kind.CHANNEL_ANSWERED, PICKED_UP),
        *end(1.61, ANNA, cause="26"),
        fact(1.62, Kind.QUEUE_LEFT, CALLER, "stations"),
        fact(
            1.62,
            Kind.AGENT_CONNECTED,
            CALLER,
            "stations",
            agent="101",
            agent_uniqueid=PICKED_UP,
        ),
        *enter(1.63, BRIDGE, CALLER, PICKED_UP),
    )
    assert [visit.agent for visit in call.visits] == ["102"]
    assert [talk.agent for talk in call.talks] == ["102"]


def test_a_hold_by_the_button_before_the_key_was_one() -> None:
    held = fact(5, Kind.HOLD_BEGAN, ANNA)
    call = tell(*talking(), held, *escalate(65, "cold"), *end(66, ANNA, CALLER))
    assert [(hold.began_at, hold.ended_at) for hold in call.holds] == [(at(5), at(65))]


@pytest.mark.parametrize("cause", ["²", "9" * 30, "", "-1", "x"])
def test_a_cause_that_is_none_is_not_known(cause: str) -> None:
    call = tell(*talking(), *end(20, CALLER, ANNA, cause=cause))
    assert (call.ended_at, call.cause) == (at(20), None)
