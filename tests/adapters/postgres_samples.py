"""Facts and calls for the tests of the PostgreSQL room."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ccgateway.calls.call import (
    Call,
    Decision,
    Direction,
    Disposition,
    Escalation,
    EscalationEnd,
    Hold,
    Leg,
    Mode,
    Note,
    Offer,
    OfferEnd,
    Role,
    Talk,
    Visit,
    VisitEnd,
)
from ccgateway.outbound.attempt import Attempt
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of

T0 = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
NODE = "pbx1"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def uniqueid(serial: int, born: datetime = T0) -> str:
    return f"{int(born.timestamp())}.{serial}"


def created(serial: int, **detail: str) -> Fact:
    """A caller's channel was created."""
    told = {"channel": f"PJSIP/trunk-{serial:08x}", "linkedid": uniqueid(serial), **detail}
    return Fact(NODE, Kind.CHANNEL_CREATED, uniqueid(serial), T0, detail=told)


def ended(serial: int) -> Fact:
    return Fact(NODE, Kind.CHANNEL_ENDED, uniqueid(serial), at(60), detail={"cause": "16"})


def live_call(serial: int) -> Call:
    """A call that has just begun."""
    return Call(
        call_id=call_id_of(NODE, uniqueid(serial)),
        node=NODE,
        started_at=T0,
        direction=Direction.INBOUND,
        client="oilco",
        service="hotline",
        did="1000",
        caller_number=f"+35840{serial:07d}",
        caller_name=f"Caller {serial}",
    )


def called_by_an_agent(serial: int) -> Call:
    """A call from an agent's phone to somebody outside."""
    return replace(
        live_call(serial),
        direction=Direction.INTERNAL,
        client="",
        service="",
        did="0401112223",
        caller_number="101",
        caller_name="",
    )


def whole_call(serial: int) -> Call:
    """A call with every part: two visits, three offers, a hold, a decision; 20 s of waiting and
    30 s of talk."""
    caller, first, second = (uniqueid(serial + i) for i in range(3))
    offers = (
        Offer("101", first, at(1), at(11), OfferEnd.NO_ANSWER),
        Offer("102", second, at(12), at(16), OfferEnd.ANSWERED),
    )
    return replace(
        live_call(serial),
        customer=7,
        withheld=True,
        answered_at=at(21),
        ended_at=at(60),
        disposition=Disposition.ANSWERED,
        cause=16,
        fell_back="route",
        facts=42,
        legs=(
            Leg(caller, "PJSIP/trunk-1", Role.CALLER, T0, answered_at=at(0.5), ended_at=at(60)),
            Leg(first, "PJSIP/101-2", Role.AGENT, at(1), "101", at(1.1), None, at(11), 19),
        ),
        visits=(
            Visit(
                *("stations", 0, at(1), 1, at(16), VisitEnd.LEFT),
                offers=(Offer("103", second, at(2), at(3), OfferEnd.BUSY),),
            ),
            Visit("pumps", 0, at(16), 2, at(21), VisitEnd.ANSWERED, "102", at(21), offers),
        ),
        talks=(Talk("102", second, at(21), at(51)),),
        holds=(Hold(second, Role.AGENT, at(30), at(35)),),
        decisions=(
            Decision(
                at(0.2),
                "routed",
                {"queue": "stations", "priority": "5"},
                (("hours", "sun 10:00", "open"), ("blocked", "-", "no")),
            ),
        ),
    )


def escalated_call(serial: int) -> Call:
    """A call that went warm to the pumps, where nobody was, cold to the vendor, and back; with two
    notes, a case, and a visit of the consulting agent."""
    call = whole_call(serial)
    caller, first = uniqueid(serial), uniqueid(serial + 1)
    consulted = Visit(
        *("second-pumps", 0, at(31), 1, at(36), VisitEnd.TIMED_OUT), uniqueid=first, tier=2
    )
    return replace(
        call,
        case=1042,
        topic="vendor",
        visits=(*(replace(visit, uniqueid=caller) for visit in call.visits), consulted),
        talks=(*call.talks, Talk("", uniqueid(serial + 9), at(52), at(58))),
        escalations=(
            Escalation(
                *(at(30), Mode.WARM, "102", "pumps", 2),
                ended_at=at(36),
                end=EscalationEnd.RETURNED,
            ),
            Escalation(
                *(at(51), Mode.COLD, "102", "vendor", 3, "", at(52), at(58)), EscalationEnd.ACCEPTED
            ),
            Escalation(at(58), Mode.BLIND, "", ""),
        ),
        notes=(
            Note(at(40), "api", "Pump 3 leaks; ask for Anna Ahola, 040 111 2223"),
            Note(at(41), "102", "Vendor's ticket 77"),
        ),
    )


def noted(serial: int, note: Note) -> Fact:
    """The fact of a note."""
    told = {"note": note.text, "by": note.by}
    return Fact(
        NODE,
        Kind.NOTED,
        uniqueid(serial),
        note.at,
        note.at.isoformat(),
        source=Source.SELF,
        detail=told,
    )


def attempt(serial: int, key: str = "") -> Attempt:
    """An attempt that has just been asked for."""
    return Attempt(
        id=f"ccg-{int(T0.timestamp())}.{serial:09d}",
        key=key,
        node=NODE,
        client="oilco",
        service="hotline",
        agent="101",
        number="+358401112223",
        caller_id="+358942454000",
        by="api",
        requested_at=T0,
    )
