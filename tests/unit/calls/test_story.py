"""What calls of every kind are folded to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccgateway.calls.call import (
    Direction,
    Disposition,
    Known,
    OfferEnd,
    Role,
    VisitEnd,
)
from ccgateway.calls.reduce import fold
from ccgateway.telephony.facts import Kind, Source
from tests.unit.calls.told import (
    ANNA,
    BERT,
    BRIDGE,
    CALLER,
    NODE,
    answer,
    answered_call,
    arrive,
    at,
    by_journal,
    end,
    fact,
    join,
    ring,
    tell,
)


def test_a_plain_call_is_answered() -> None:
    call = tell(*answered_call())
    assert call.disposition is Disposition.ANSWERED
    assert call.direction is Direction.INBOUND
    assert (call.did, call.caller_number) == ("1000", "+358401234567")
    assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(2.01), at(12.01))
    assert call.known is Known.LIVE
    assert call.cause == 16
    [visit] = call.visits
    assert (visit.end, visit.agent, visit.joined_at) == (VisitEnd.ANSWERED, "101", at(0.1))
    [offer] = visit.offers
    assert (offer.agent, offer.end, offer.began_at) == ("101", OfferEnd.ANSWERED, at(1.001))
    [talk] = call.talks
    assert (talk.agent, talk.began_at, talk.ended_at) == ("101", at(2.01), at(12))
    assert [leg.role for leg in call.legs] == [Role.CALLER, Role.AGENT]


def test_a_caller_who_hangs_up_in_the_queue_has_abandoned() -> None:
    call = tell(
        *arrive(),
        join(0.1),
        *ring(1, ANNA, "101"),
        fact(4, Kind.QUEUE_ABANDONED, CALLER, "stations"),
        fact(4, Kind.QUEUE_LEFT, CALLER, "stations"),
        fact(4.001, Kind.DIAL_ENDED, ANNA, CALLER, status="CANCEL"),
        *end(4.01, ANNA, CALLER),
    )
    assert call.disposition is Disposition.ABANDONED
    assert call.answered_at is None
    assert call.visits[0].left_at == at(4)
    assert call.visits[0].offers[0].end is OfferEnd.LOST


def test_an_abandon_event_on_a_time_out_is_no_abandon() -> None:
    """app_queue sends QueueCallerAbandon on TIMEOUT too."""
    call = tell(
        *arrive(),
        join(0.1),
        fact(30, Kind.QUEUE_ABANDONED, CALLER, "stations"),
        fact(30, Kind.QUEUE_LEFT, CALLER, "stations"),
        fact(30.01, Kind.QUEUE_RESULT, CALLER, "stations", status="TIMEOUT"),
        fact(30.02, Kind.MESSAGE_PLAYED, CALLER, message="full"),
        *end(33, CALLER),
    )
    assert call.disposition is Disposition.TIMED_OUT
    assert call.visits[0].end is VisitEnd.TIMED_OUT


def test_a_queue_that_refuses_is_a_visit_of_no_length() -> None:
    refused = [
        *arrive(),
        fact(0.2, Kind.QUEUE_RESULT, CALLER, "stations", status="JOINEMPTY"),
        fact(0.3, Kind.MESSAGE_PLAYED, CALLER, message="nobody"),
    ]
    call = tell(*refused, *end(3, CALLER))
    assert call.disposition is Disposition.NOBODY
    assert (call.visits[0].joined_at, call.visits[0].left_at) == (at(0.2), at(0.2))
    full = tell(
        *arrive(),
        fact(0.2, Kind.QUEUE_RESULT, CALLER, "stations", status="FULL"),
        *end(3, CALLER),
    )
    assert full.disposition is Disposition.FULL


def test_closed_hours() -> None:
    call = tell(*arrive(), fact(1, Kind.MESSAGE_PLAYED, CALLER, message="closed"), *end(3, CALLER))
    assert call.disposition is Disposition.CLOSED
    assert call.visits == ()


def test_an_agent_who_does_not_answer_and_a_second_who_does() -> None:
    call = tell(
        *arrive(),
        join(0.1),
        *ring(1, ANNA, "101"),
        fact(9, Kind.DIAL_ENDED, ANNA, CALLER, status="NOANSWER"),
        fact(9.01, Kind.AGENT_RANG_OUT, ANNA, "stations", agent="101"),
        *end(9.02, ANNA),
        *ring(10, BERT, "102"),
        *answer(11, BERT, "102"),
        *end(20, BERT, CALLER),
    )
    [visit] = call.visits
    assert [(o.agent, o.end) for o in visit.offers] == [
        ("101", OfferEnd.NO_ANSWER),
        ("102", OfferEnd.ANSWERED),
    ]
    assert visit.agent == "102"
    assert [t.agent for t in call.talks] == ["102"]


def test_parallel_ring_names_the_one_who_answered() -> None:
    call = tell(
        *arrive(),
        join(0.1),
        *ring(1, ANNA, "101"),
        *ring(1, BERT, "102"),
        *answer(2, BERT, "102"),
        fact(2.02, Kind.DIAL_ENDED, ANNA, CALLER, status="CANCEL"),
        *end(2.03, ANNA, cause="26"),
        *end(8, BERT, CALLER),
    )
    ends = {offer.agent: offer.end for offer in call.visits[0].offers}
    assert ends == {"101": OfferEnd.LOST, "102": OfferEnd.ANSWERED}
    assert [t.agent for t in call.talks] == ["102"]


def test_a_caller_who_joins_the_same_queue_twice_has_two_visits() -> None:
    call = tell(
        *arrive(),
        join(1),
        fact(5, Kind.QUEUE_LEFT, CALLER, "stations"),
        fact(5.01, Kind.QUEUE_RESULT, CALLER, "stations", status="TIMEOUT"),
        join(6),
        *ring(7, ANNA, "101"),
        *answer(8, ANNA, "101"),
        *end(9, ANNA, CALLER),
    )
    assert [v.end for v in call.visits] == [VisitEnd.TIMED_OUT, VisitEnd.ANSWERED]
    assert [v.joined_at for v in call.visits] == [at(1), at(6)]


def test_hold_is_kept_with_its_times_and_ends_with_the_leg() -> None:
    told = [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]
    call = tell(
        *told,
        fact(4, Kind.HOLD_BEGAN, ANNA),
        fact(6, Kind.HOLD_ENDED, ANNA),
        fact(8, Kind.HOLD_BEGAN, ANNA),
        *end(9, ANNA, CALLER),
    )
    assert [(h.by, h.began_at, h.ended_at) for h in call.holds] == [
        (Role.AGENT, at(4), at(6)),
        (Role.AGENT, at(8), at(9)),
    ]
    assert len(call.talks) == 1


def test_local_channels_are_wires_and_the_phone_behind_them_talks() -> None:
    """The queue's member is Local/101@agents: its ;1 is called, ;2 dials the phone."""
    one, two, phone = "1795334401.10", "1795334401.11", "1795334401.12"
    call = tell(
        *arrive(),
        join(0.1),
        fact(1, Kind.CHANNEL_CREATED, one, channel="Local/7@x-00000001;1", linkedid=CALLER),
        fact(1, Kind.CHANNEL_CREATED, two, channel="Local/7@x-00000001;2", linkedid=CALLER),
        fact(1, Kind.LOCAL_JOINED, one, two),
        fact(1.01, Kind.AGENT_CALLED, one, "stations", agent="103", caller=CALLER),
        fact(1.1, Kind.CHANNEL_CREATED, phone, channel="PJSIP/desk-00000007", linkedid=CALLER),
        fact(2, Kind.CHANNEL_ANSWERED, phone),
        fact(2.01, Kind.BRIDGE_ENTERED, two, "b-far"),
        fact(2.01, Kind.BRIDGE_ENTERED, phone, "b-far"),
        fact(2.02, Kind.AGENT_CONNECTED, CALLER, "stations", agent="103", agent_uniqueid=one),
        fact(2.03, Kind.BRIDGE_ENTERED, CALLER, BRIDGE),
        fact(2.03, Kind.BRIDGE_ENTERED, one, BRIDGE),
        *end(7, CALLER, one, two, phone),
    )
    [talk] = call.talks
    assert (talk.agent, talk.uniqueid, talk.began_at, talk.ended_at) == (
        "103",
        phone,
        at(2.03),
        at(7),
    )
    assert sorted(leg.role for leg in call.legs) == [
        Role.CALLER,
        Role.LOCAL,
        Role.LOCAL,
        Role.OTHER,
    ]


def test_the_journals_time_is_final() -> None:
    facts = answered_call()
    better = [by_journal(f, 0.003) for f in facts if f.kind is Kind.CHANNEL_ENDED]
    for told in ([*facts, *better], [*better, *facts]):
        call = fold(tell(*facts).call_id, NODE, told)
        assert call.ended_at == at(12.013)


def test_a_hang_up_of_a_channel_never_seen_makes_the_call_partial() -> None:
    facts = [f for f in answered_call() if f.kind is not Kind.CHANNEL_CREATED]
    call = tell(*facts)
    assert call.known is Known.PARTIAL
    assert call.disposition is Disposition.ANSWERED


def test_the_fallback_is_told_with_its_reason() -> None:
    call = tell(
        *arrive(),
        fact(0.1, Kind.FELL_BACK, CALLER, reason="heartbeat"),
        join(0.2, "ccg-fallback"),
        fact(5, Kind.QUEUE_ABANDONED, CALLER, "ccg-fallback"),
        *end(5, CALLER),
    )
    assert call.fell_back == "heartbeat"
    assert call.visits[0].queue == "ccg-fallback"
    assert call.disposition is Disposition.ABANDONED


@pytest.mark.parametrize("kind", [Kind.FELL_BACK, Kind.TIER_ENTERED, Kind.ESCALATED])
def test_of_a_call_that_we_did_not_route_the_dialplan_knows_the_service(kind: Kind) -> None:
    told = fact(0.1, kind, CALLER, "x", service="hotline", client="oilco", reason="heartbeat")
    call = tell(*arrive(), told)
    assert (call.service, call.client) == ("hotline", "oilco")
    route = fact(0.05, Kind.ROUTED, CALLER, service="night", client="shop")
    call = tell(*arrive(), route, told)
    assert (call.service, call.client) == ("night", "shop")
    nothing = fact(0.2, Kind.ROUTED, CALLER, goal="fallback")
    assert tell(*arrive(), told, nothing).service == "hotline"


def test_our_own_route_gives_the_service_and_the_number() -> None:
    route = fact(
        0.05,
        Kind.ROUTED,
        CALLER,
        service="hotline",
        client="oilco",
        caller_number="+358401112222",
        customer="17",
        reasons='[["hours", "mon 10:00", "open: always"]]',
    )
    call = tell(*arrive(number="0401112222"), route, *end(1, CALLER))
    assert (call.service, call.client, call.customer) == ("hotline", "oilco", 17)
    assert call.caller_number == "+358401112222"
    assert call.decisions[0].reasons == (("hours", "mon 10:00", "open: always"),)


def test_a_caller_whose_end_was_not_seen_has_not_abandoned() -> None:
    gone = replace(fact(60, Kind.CHANNEL_MISSING, CALLER), source=Source.SNAPSHOT)
    call = tell(*arrive(), join(0.1), gone)
    assert call.disposition is Disposition.UNKNOWN
    assert call.visits[0].end is VisitEnd.UNKNOWN
    assert (call.known, call.ended_at) == (Known.PARTIAL, at(60))


def test_a_refused_second_try_after_a_talk_is_a_visit_of_its_own() -> None:
    call = tell(
        *arrive(),
        join(1),
        *ring(1, ANNA, "101"),
        *answer(2, ANNA, "101"),
        *end(4, ANNA),
        fact(5, Kind.QUEUE_RESULT, CALLER, "stations", status="JOINEMPTY"),
        *end(6, CALLER),
    )
    assert [v.end for v in call.visits] == [VisitEnd.ANSWERED, VisitEnd.EMPTY]


def test_an_agent_connect_without_the_agents_channel_makes_no_agent_of_the_caller() -> None:
    connected = fact(2, Kind.AGENT_CONNECTED, CALLER, "stations", agent="101")
    call = tell(*arrive(), join(1), connected, *end(4, CALLER))
    assert [leg.role for leg in call.legs] == [Role.CALLER]
    assert call.legs[0].agent == ""
