"""What happened while nobody looked, and a snapshot found: told as far as it is known."""

from __future__ import annotations

from dataclasses import replace

from ccgateway.calls.call import Call, EscalationEnd, Known, OfferEnd, VisitEnd
from ccgateway.calls.compare import differences
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot
from tests.unit.calls.lines import CARL, SECOND, carl_answers, escalate, seek, talking, tell
from tests.unit.calls.told import ANNA, BERT, BRIDGE, CALLER, NODE, arrive, at, end, fact, join

BACK = 30.0
"""When the gateway is back (seconds)."""


def found(kind: Kind, subject: str, place: str = "", **detail: str) -> Fact:
    """A fact of the snapshot."""
    return replace(fact(BACK, kind, subject, place, **detail), source=Source.SNAPSHOT)


def found_talking(channel: str, phone: str) -> list[Fact]:
    """The caller talks with a phone's channel that nobody saw come."""
    name = f"PJSIP/{phone}-00000040"
    return [
        found(Kind.CHANNEL_SEEN, channel, channel=name, linkedid=CALLER),
        found(Kind.CHANNEL_ANSWERED, channel),
        *[found(Kind.BRIDGE_ENTERED, one, SECOND) for one in (CALLER, channel)],
    ]


def passed_on() -> list[Fact]:
    """Anna passed the caller to pumps at 10 s, and he waits there."""
    return [*talking(), *escalate(10, "cold"), *end(10.01, ANNA), *seek(10.02, CALLER, "cold")]


def rung() -> list[Fact]:
    """Carl is rung for him, too."""
    return [*passed_on(), *carl_answers(11, CALLER)[:3]]


def only_passed(call: Call) -> tuple[EscalationEnd, str, object]:
    [passed] = call.escalations
    return passed.end, passed.agent, passed.ended_at


def test_who_talks_now_need_not_be_who_was_asked() -> None:
    left = found(Kind.QUEUE_LEFT, CALLER, "pumps")
    call = tell(*passed_on(), left, *found_talking(BERT, "102"), *end(40, CALLER, BERT))
    assert only_passed(call) == (EscalationEnd.UNKNOWN, "", None)
    assert call.visits[-1].end is VisitEnd.UNKNOWN
    assert (call.talks[-1].agent, call.talks[-1].began_at) == ("102", at(BACK))
    assert call.known is Known.PARTIAL


def test_who_was_rung_for_it_and_talks_now_took_it() -> None:
    call = tell(
        *rung(),
        found(Kind.QUEUE_LEFT, CALLER, "pumps"),
        found(Kind.CHANNEL_ANSWERED, CARL),
        *[found(Kind.BRIDGE_ENTERED, one, SECOND) for one in (CALLER, CARL)],
        *end(40, CALLER, CARL),
    )
    assert only_passed(call) == (EscalationEnd.ACCEPTED, "211", at(BACK))
    visit = call.visits[-1]
    assert (visit.end, visit.agent, visit.offers[0].end) == (
        VisitEnd.ANSWERED,
        "211",
        OfferEnd.ANSWERED,
    )


def test_a_caller_who_is_gone_has_not_been_seen_to_give_up() -> None:
    gone = [found(Kind.CHANNEL_MISSING, one) for one in (CALLER, CARL)]
    call = tell(*rung(), *gone)
    assert only_passed(call) == (EscalationEnd.UNKNOWN, "", None)
    assert call.visits[-1].end is VisitEnd.UNKNOWN
    assert call.ended_at == at(BACK)


def test_a_caller_who_was_seen_to_hang_up_gave_up() -> None:
    assert only_passed(tell(*rung(), *end(12, CALLER, CARL)))[0] is EscalationEnd.ABANDONED


def test_a_queue_that_he_was_in_before_is_of_the_same_line() -> None:
    again = found(Kind.QUEUE_JOINED, CALLER, "stations", position="1")
    call = tell(*passed_on(), found(Kind.QUEUE_LEFT, CALLER, "pumps"), again)
    assert [(visit.queue, visit.tier) for visit in call.visits] == [
        ("stations", 1),
        ("pumps", 2),
        ("stations", 1),
    ]


def test_where_a_snapshot_finds_a_caller_in_our_dialplan_is_not_what_he_dialled() -> None:
    seen = found(
        Kind.CHANNEL_SEEN,
        CALLER,
        channel="PJSIP/trunk-00000001",
        linkedid=CALLER,
        context="ccg-tier",
        exten="2",
    )
    call = tell(seen, join(31))
    assert call.did == ""
    assert tell(*arrive()).did == "1000"


def test_the_hook_of_a_key_is_no_hold() -> None:
    """Asterisk tells of one while it carries out the key, as long as that takes."""
    slow = [fact(9.8, Kind.HOLD_BEGAN, ANNA, BRIDGE), *escalate(10, "cold")]
    call = tell(*talking(), *slow, fact(10.01, Kind.HOLD_ENDED, ANNA, BRIDGE))
    assert call.holds == ()


def test_a_call_that_began_unseen_talks_from_the_snapshot_on() -> None:
    """Not from its channels' births: nobody saw when they were answered."""
    there = [
        SeenChannel(one, CALLER, name, "from-trunk", "1000", "", "", "Up", SECOND, at(born))
        for one, name, born in (
            (CALLER, "PJSIP/trunk-00000001", 0),
            (ANNA, "PJSIP/101-00000002", 5),
        )
    ]
    call = tell(*differences(Snapshot(NODE, at(BACK), there, [], []), {}))
    assert [(talk.agent, talk.began_at) for talk in call.talks] == [("101", at(BACK))]
    assert [(leg.started_at, leg.answered_at) for leg in call.legs] == [
        (at(0), at(BACK)),
        (at(5), at(BACK)),
    ]


def test_a_ringing_that_ended_unseen_is_marked() -> None:
    call = tell(*rung(), found(Kind.CHANNEL_MISSING, CARL))
    assert [offer.end for offer in call.visits[-1].offers] == [OfferEnd.UNKNOWN]
