"""Where a call is, as watchers are told, while nobody has it and it is in no queue."""

from __future__ import annotations

from datetime import datetime

from ccgateway.calls.call import Call
from ccgateway.engine.view import whereabouts
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import (
    ANNAS_OWN,
    ENGINEER,
    THIRD,
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
from tests.unit.calls.test_mixing import conference, found
from tests.unit.calls.told import ANNA, BERT, BRIDGE, CALLER, at, end, fact


def where(*facts: Fact) -> tuple[str, datetime]:
    return whereabouts(tell(*facts))


def timed_out() -> list[Fact]:
    """Anna passed the caller to pumps at 10 s, and nobody came until 20 s."""
    return [
        *talking(),
        *escalate(10, "cold"),
        *end(10.01, ANNA),
        *seek(10.02, CALLER, "cold"),
        fact(20, Kind.QUEUE_LEFT, CALLER, "pumps"),
        fact(20, Kind.QUEUE_RESULT, CALLER, "pumps", status="TIMEOUT"),
    ]


def overflowed() -> list[Fact]:
    """The vendor's engineer is dialled from 20.1 s on."""
    return [
        *timed_out(),
        fact(20.1, Kind.TIER_ENTERED, CALLER, "vendor", tier="3", mode="overflow"),
        fact(20.2, Kind.CHANNEL_CREATED, ENGINEER, channel="PJSIP/trunk-3", linkedid=CALLER),
        fact(20.2, Kind.DIAL_BEGAN, ENGINEER, CALLER),
    ]


def returned() -> list[Fact]:
    """Nobody there either: Anna's phone is dialled from 30 s on."""
    return [
        *overflowed(),
        *end(29.9, ENGINEER),
        fact(30, Kind.RETURNED, CALLER, to="agent", reason="NOANSWER"),
        fact(30.1, Kind.CHANNEL_CREATED, BERT, channel="PJSIP/101-00000009", linkedid=CALLER),
    ]


def test_a_number_that_is_dialled_is_where_he_is_being_passed_to() -> None:
    assert where(*overflowed()) == ("being passed to vendor", at(20.1))


def test_the_agent_who_is_rung_again_is_where_he_returns_to() -> None:
    assert where(*returned()) == ("returning to 101", at(30))


def test_with_the_agent_again_he_talks_and_then_no_more() -> None:
    again = [*returned(), *enter(31, THIRD, CALLER, BERT)]
    assert where(*again) == ("talking with 101", at(31))
    assert where(*again, *leave(40, THIRD, CALLER, BERT), *end(40, BERT))[0] == "in the dialplan"


def test_who_was_taken_over_is_not_being_passed_on() -> None:
    for story in (cold(), warm()):
        call: Call = tell(*story[:-2], *leave(18, THIRD, CALLER), *leave(18, "b-2", CALLER))
        assert whereabouts(call)[0] == "in the dialplan"


def test_a_message_after_it_is_heard() -> None:
    played = fact(21, Kind.MESSAGE_PLAYED, CALLER, message="closed")
    assert where(*overflowed(), *end(20.5, ENGINEER), played) == (
        "hears the message: closed",
        at(21),
    )


def test_a_phone_that_holds_the_other_of_two_calls_holds_not_the_caller() -> None:
    mixed = [*found(conference(15)), fact(21, Kind.MIXED, ANNAS_OWN, ANNA)]
    assert where(*mixed, fact(24, Kind.HOLD_BEGAN, ANNAS_OWN)) == ("talking with 101", at(2.01))
    assert where(*mixed, fact(24, Kind.HOLD_BEGAN, ANNA))[0] == "on hold by agent"


def test_where_the_caller_leaves_a_talk_of_three_the_agents_are_named() -> None:
    mixed = [*found(conference(15)), fact(21, Kind.MIXED, ANNAS_OWN, ANNA)]
    gone = where(*mixed, *leave(30, BRIDGE, CALLER), *end(30, CALLER))
    assert gone == ("the caller is gone, 101 and 211 talk on", at(30))


def test_an_agent_who_is_still_rung_when_the_caller_leaves_talks_with_nobody() -> None:
    """He hung up while the agent who consults calls second line."""
    asked = [f for f in consulting() if f.at < at(12)]
    gone = where(*asked, *end(11.5, CALLER))
    assert "talk on" not in gone[0]
