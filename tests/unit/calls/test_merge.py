"""AMI and Asterisk's journals tell of one call: what each trap of theirs comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ccgateway.calls.call import Call, Known, OfferEnd, Role, VisitEnd
from ccgateway.calls.draft import Draft
from ccgateway.calls.reduce import Story, fold, order
from ccgateway.calls.voices import COVERED
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of
from tests.unit.calls.lines import ANNAS_OWN, CARL, SECOND, enter, leave, talking
from tests.unit.calls.told import (
    ANNA,
    BRIDGE,
    CALLER,
    NODE,
    answer,
    answered_call,
    arrive,
    at,
    end,
    fact,
    join,
    ring,
)

CALL_ID = call_id_of(NODE, CALLER)
LATER = 0.002
"""How much later than AMI CEL puts all that it tells here (seconds)."""


def told(*facts: Fact) -> Call:
    return fold(CALL_ID, NODE, facts)


def cel(facts: Iterable[Fact], *, kinds: Iterable[Kind] = COVERED) -> list[Fact]:
    """What CEL tells of the same."""
    covered = [told for told in facts if told.kind in set(kinds)]
    return [replace(f, at=at(seconds(f) + LATER), source=Source.CEL) for f in covered]


def seconds(told: Fact) -> float:
    return since(told.at)


def queue_log(second: int, kind: Kind, subject: str, **detail: str) -> Fact:
    return replace(fact(second, kind, subject, "stations", **detail), source=Source.QUEUE_LOG)


def seen(when: float, kind: Kind, subject: str, place: str = "", **detail: str) -> Fact:
    return replace(fact(when, kind, subject, place, **detail), source=Source.SNAPSHOT)


def talks(call: Call) -> list[tuple[str, float, float]]:
    return [
        (talk.agent, round(since(talk.began_at), 3), round(since(talk.ended_at), 3))
        for talk in call.talks
        if talk.ended_at
    ]


def since(moment: datetime) -> float:
    return (moment - at(0)).total_seconds()


# -- AMI was cut


def test_what_a_snapshot_saw_later_is_told_as_it_was() -> None:
    """AMI was cut from 1.5 s to 5 s: Anna answered meanwhile."""
    ami = [f for f in answered_call() if not 1.5 < seconds(f) < 5]
    found = [
        *(seen(5, Kind.CHANNEL_FOUND, one, at(5).isoformat()) for one in (CALLER, ANNA)),
        *(seen(5, Kind.BRIDGE_ENTERED, one, BRIDGE) for one in (CALLER, ANNA)),
        seen(5, Kind.CHANNEL_ANSWERED, ANNA),
        seen(5, Kind.QUEUE_LEFT, CALLER, "stations"),
    ]
    alone = told(*ami, *found)
    assert (alone.known, alone.answered_at) == (Known.PARTIAL, at(5))
    taken = queue_log(2, Kind.AGENT_CONNECTED, CALLER, agent="101", agent_uniqueid=ANNA)
    joined = queue_log(0, Kind.QUEUE_JOINED, CALLER)
    call = told(*ami, *found, *cel(answered_call()), joined, taken)
    assert (call.known, talks(call)) == (Known.REPAIRED, [("101", 2.012, 12.002)])
    [visit] = call.visits
    assert (visit.answered_at, visit.left_at, visit.agent) == (at(2.012), at(2.012), "101")


def test_where_the_journals_end_too_something_was_seen_by_nobody() -> None:
    ami = [f for f in answered_call() if seconds(f) < 5]
    gone = [seen(30, Kind.CHANNEL_MISSING, one) for one in (CALLER, ANNA)]
    call = told(*ami, *gone, *cel(ami))
    assert (call.known, call.ended_at) == (Known.PARTIAL, at(30))


def test_amis_second_entry_is_cels_second_though_ami_counts_it_as_the_first() -> None:
    lives = [*talking(), *leave(5, BRIDGE, ANNA), *enter(8, BRIDGE, ANNA), *end(12, CALLER, ANNA)]
    ami = [f for f in lives if not 2 < seconds(f) < 7]
    first, second = (f for f in lives if f.kind is Kind.BRIDGE_ENTERED and f.subject == ANNA)
    numbered = [replace(f, ordinal=1) if f is second else f for f in lives]
    call = told(*ami, *cel(numbered))
    assert (first.ordinal, second.ordinal) == (0, 0)
    assert talks(call) == [("101", 2.012, 5.002), ("101", 8.002, 12.002)]
    assert call.facts == len(lives) - sum(
        f.kind not in COVERED and 2 < seconds(f) < 7 for f in lives
    )


# -- a journal was cut, or is not told to tell all


@pytest.mark.parametrize(
    "lost", [{Kind.BRIDGE_ENTERED, Kind.BRIDGE_LEFT}, {Kind.CHANNEL_CREATED}, {Kind.CHANNEL_ENDED}]
)
def test_what_cel_lost_ami_has(lost: set[Kind]) -> None:
    call = told(*answered_call(), *cel(answered_call(), kinds=COVERED - lost))
    assert [(agent, round(until - began)) for agent, began, until in talks(call)] == [("101", 10)]
    assert call.known is Known.LIVE


# -- queue_log


def test_queue_log_names_no_channel_of_who_did_not_answer() -> None:
    """It is the one of the agent that began as long before as it rang."""
    rung = {"agent": "101", "caller": CALLER, "ringtime": "3000"}
    lives = [*arrive(), join(0.1), *ring(1.5, ANNA, "101"), *end(4.6, ANNA), *end(9, CALLER)]
    born = [replace(f, detail={**f.detail, "agent": "101"}) for f in lives if f.subject == ANNA]
    journals = [*cel([*lives[:3], *born, *end(9, CALLER)]), queue_log(0, Kind.QUEUE_JOINED, CALLER)]
    call = told(*journals, queue_log(4, Kind.AGENT_RANG_OUT, CALLER, **rung))
    [offer] = call.visits[0].offers
    assert (offer.agent, offer.uniqueid, offer.end) == ("101", ANNA, OfferEnd.NO_ANSWER)
    assert (offer.began_at, offer.ended_at) == (at(1.502), at(4.602))


def test_who_has_no_channel_that_is_known_was_rung_all_the_same() -> None:
    """A member that is a Local channel: its name tells no phone. The caller is no agent by this."""
    rung = {"agent": "101", "caller": CALLER, "ringtime": "3000"}
    journals = [*cel([*arrive(), *end(9, CALLER)]), queue_log(0, Kind.QUEUE_JOINED, CALLER)]
    call = told(*journals, queue_log(4, Kind.AGENT_RANG_OUT, CALLER, **rung))
    [offer] = call.visits[0].offers
    assert (offer.agent, offer.uniqueid, offer.end) == ("101", "", OfferEnd.NO_ANSWER)
    assert (offer.began_at, offer.ended_at) == (at(1), at(4))
    assert [(leg.role, leg.agent) for leg in call.legs] == [(Role.CALLER, "")]


def test_a_whole_second_is_put_where_it_was() -> None:
    """He joined after our dialplan had told of the line, within the second that queue_log has."""
    passed = fact(3.7, Kind.TIER_ENTERED, CALLER, "pumps", tier="2", mode="cold")
    lives = [*arrive(), passed, *end(9, CALLER)]
    kinds = COVERED | {Kind.TIER_ENTERED, Kind.ENTERED}
    call = told(*cel(lives, kinds=kinds), queue_log(3, Kind.QUEUE_JOINED, CALLER))
    [visit] = call.visits
    assert visit.tier == 2
    assert 0 < (visit.joined_at - at(3.702)).total_seconds() < 0.001


def test_a_whole_second_is_by_a_clock_that_is_a_tick_late() -> None:
    """queue_log asks the kernel's coarse clock: its line of 3.001 s may say 2."""
    fell = fact(3.0, Kind.FELL_BACK, CALLER, reason="heartbeat")
    lives = [*arrive(2.97), fell, *end(9, CALLER)]
    kinds = COVERED | {Kind.FELL_BACK, Kind.ENTERED}
    call = told(*cel(lives, kinds=kinds), queue_log(2, Kind.QUEUE_JOINED, CALLER))
    [visit] = call.visits
    assert (call.started_at, call.legs[0].started_at) == (at(2.972), at(2.972))
    assert 0 < (visit.joined_at - at(3.002)).total_seconds() < 0.01


def test_our_dialplan_answers_before_it_sends_a_caller_into_a_queue() -> None:
    """It spoke in the second before that: the gateway took its time."""
    came, up, entered = arrive(2.9)
    answered = replace(up, at=at(3.1))
    lives = [came, entered, answered, *end(9, CALLER)]
    call = told(
        *cel(lives, kinds=COVERED | {Kind.ENTERED}), queue_log(3, Kind.QUEUE_JOINED, CALLER)
    )
    assert 0 < (call.visits[0].joined_at - at(3.102)).total_seconds() < 0.001


def test_nobody_joins_a_queue_before_he_came() -> None:
    """Where no word of our dialplan tells when: a Queue() of the administrator's own."""
    lives = [*arrive(3.9)[:2], *end(9, CALLER)]
    call = told(*cel(lives), queue_log(3, Kind.QUEUE_JOINED, CALLER))
    assert (call.started_at, call.visits[0].joined_at) == (at(3.902), at(3.902))


# -- our own decision was lost


def test_the_dialplan_knows_the_service_of_a_caller_whose_route_is_lost() -> None:
    """We answered him, and were killed before that was written down."""
    came, up, entered = arrive()
    entered = replace(entered, detail={**entered.detail, "service": "hotline"})
    lives = [came, up, entered, *end(9, CALLER)]
    journals = cel(lives, kinds=COVERED | {Kind.ENTERED})
    assert told(*journals).service == "hotline"
    routed = replace(fact(0.03, Kind.ROUTED, CALLER, service="vip"), source=Source.SELF)
    assert told(*journals, routed).service == "vip"


def test_our_own_word_by_a_clock_that_was_just_set_begins_no_call() -> None:
    """Our clock went back, and the next ping has not told yet how it differs from Asterisk's."""
    routed = replace(fact(-90, Kind.ROUTED, CALLER, service="vip"), source=Source.SELF)
    lives = [*arrive(), join(0.1), *end(9, CALLER)]
    for call in (told(*lives, routed), told(*lives, routed, *cel(lives))):
        assert round(since(call.started_at), 1) == round(since(call.legs[0].started_at), 1) == 0
        assert call.service == "vip"


# -- what only AMI tells


def test_a_hold_whose_end_was_not_heard_is_known_in_part() -> None:
    """CEL tells when it was over at the latest."""
    first = [fact(4, Kind.HOLD_BEGAN, ANNA), fact(5, Kind.HOLD_ENDED, ANNA)]
    ami = [*talking(), *first, replace(fact(8, Kind.HOLD_BEGAN, ANNA), ordinal=1)]
    whole = [*talking(), *leave(15, BRIDGE, CALLER, ANNA), *end(15.1, CALLER, ANNA)]
    gone = [seen(30, Kind.CHANNEL_MISSING, one) for one in (CALLER, ANNA)]
    call = told(*ami, *gone, *cel(whole))
    assert call.known is Known.REPAIRED
    assert [(hold.known, hold.began_at, hold.ended_at) for hold in call.holds] == [
        (Known.LIVE, at(4.002), at(5.002)),
        (Known.PARTIAL, at(8.002), at(15.002)),
    ]


def test_a_hold_through_a_gap_is_known_in_part() -> None:
    ami = [*talking(), fact(8, Kind.HOLD_BEGAN, ANNA)]
    found = seen(30, Kind.CHANNEL_FOUND, ANNA, at(30).isoformat())
    call = told(*ami, found, *end(60, CALLER, ANNA))
    assert [(hold.known, hold.ended_at) for hold in call.holds] == [(Known.PARTIAL, at(30))]


AGAIN = "11111111-0c0c-4b63-9a3b-9b8b4f0f2a57"
"""The bridge of two who come back to each other."""


@pytest.mark.parametrize("late", [-0.04, -0.002, 0.0, 0.001, 0.04, 0.4])
@pytest.mark.parametrize("first", [ANNA, ANNAS_OWN])
def test_a_conference_is_not_cut_by_the_entry_that_it_was_found_out_by(
    first: str, late: float
) -> None:
    """MIXED has AMI's time of that; CEL puts the entry itself a little later, or before it."""
    own = [
        fact(4, Kind.CHANNEL_CREATED, ANNAS_OWN, channel="PJSIP/101-00000013", agent="101"),
        fact(4.1, Kind.CHANNEL_CREATED, CARL, channel="PJSIP/211-00000014", agent="211"),
        *enter(5, SECOND, CARL, ANNAS_OWN),
    ]
    other = {ANNA: ANNAS_OWN, ANNAS_OWN: ANNA}[first]
    with_whom, bridge = {ANNA: (CARL, SECOND), ANNAS_OWN: (CALLER, BRIDGE)}[first]
    again = [*leave(9, bridge, other, with_whom), *enter(10, AGAIN, other, with_whom)]
    mixed = replace(fact(10, Kind.MIXED, ANNAS_OWN, ANNA), source=Source.SELF)
    lives = [*talking(), *own, *again, *end(20, CALLER, ANNA, CARL, ANNAS_OWN)]
    journal = [
        replace(f, at=f.at + timedelta(seconds=late)) if f.at == at(10 + LATER) else f
        for f in cel(lives)
    ]
    call = told(*lives, mixed, *journal)
    [talk] = [talk for talk in talks(call) if talk[0] == "211"]
    assert talk[1:] == (round(10 + LATER + max(late, 0.0), 3), 20.002)
    assert [passed.mode.value for passed in call.escalations] == ["conference"]


# -- the live board


def test_a_fact_in_order_costs_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Fact] = []
    take = Draft.take

    def counted(draft: Draft, fact: Fact) -> None:
        steps.append(fact)
        take(draft, fact)

    monkeypatch.setattr(Draft, "take", counted)
    story = Story(CALL_ID, NODE)
    facts = sorted(answered_call(), key=order)
    for one in facts:
        story.take(one)
        story.call()
    assert len(steps) == len(facts)


@pytest.mark.parametrize("late", [0.0, 0.03, 0.06, 0.2])
@pytest.mark.parametrize("heard", [Kind.QUEUE_LEFT, Kind.AGENT_CONNECTED])
@pytest.mark.parametrize("queue_log_is_cut", [False, True])
def test_who_is_answered_at_once_has_joined_before_however_late_ami_told_it(
    late: float, heard: Kind, *, queue_log_is_cut: bool
) -> None:
    """AMI is cut at the answer; who the agent is only queue_log tells, or both."""
    came = [*arrive(), join(0.1), *ring(0.11, ANNA, "101"), *answer(0.14, ANNA, "101")]
    whole = [*came, *end(12.01, CALLER, ANNA)]
    last = next(place for place, one in enumerate(came) if one.kind is heard)
    ami = [
        replace(one, at=one.at + timedelta(seconds=late)) if one.kind not in COVERED else one
        for one in came[: last + 1]
    ]
    journals = [
        *cel(whole),
        *([] if queue_log_is_cut else [queue_log(0, Kind.QUEUE_JOINED, CALLER)]),
        queue_log(0, Kind.AGENT_CONNECTED, CALLER, agent="101", agent_uniqueid=ANNA),
    ]
    [visit] = told(*ami, *journals).visits
    assert (visit.end, visit.agent) == (VisitEnd.ANSWERED, "101")
