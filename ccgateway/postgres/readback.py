"""Rows as a call again: the reverse of ``rows`` and ``parts``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from ccgateway.calls.call import (
    Call,
    Decision,
    Direction,
    Disposition,
    Escalation,
    EscalationEnd,
    Hold,
    Known,
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

PARTS = (
    *("legs", "queue_visits", "offers", "talks", "holds"),
    *("decisions", "escalations", "notes"),
)
"""The tables of a call's parts; each has its ``load_*.sql``."""


def call_of(row: asyncpg.Record, parts: Mapping[str, Sequence[asyncpg.Record]]) -> Call:
    """The call of ``load_call.sql``, with the rows of each of PARTS."""
    direction = Direction(row["direction"])
    return Call(
        call_id=row["call_id"],
        node=row["node"],
        started_at=row["started_at"],
        direction=direction,
        client=row["client"],
        service=row["service"],
        did=row["did"] if direction is Direction.INBOUND else row["exten"] or "",
        caller_number=row["number"] or "",
        caller_name=row["name"] or "",
        withheld=row["withheld"],
        customer=row["customer"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
        disposition=Disposition(row["disposition"]),
        known=Known(row["known"]),
        cause=row["cause"],
        fell_back=row["fell_back"],
        facts=row["facts"],
        legs=tuple(_leg(leg) for leg in parts["legs"]),
        visits=tuple(_visit(visit, parts["offers"]) for visit in parts["queue_visits"]),
        talks=tuple(
            Talk(talk["agent"], talk["uniqueid"], talk["began_at"], talk["ended_at"])
            for talk in parts["talks"]
        ),
        holds=tuple(
            Hold(
                *(hold["uniqueid"], Role(hold["by"]), hold["began_at"], hold["ended_at"]),
                Known(hold["known"]),
            )
            for hold in parts["holds"]
        ),
        decisions=tuple(_decision(made) for made in parts["decisions"]),
        escalations=tuple(_escalation(passed) for passed in parts["escalations"]),
        notes=tuple(Note(note["at"], note["by"], note["note"] or "") for note in parts["notes"]),
        case=row["case_number"],
        topic=row["topic"],
        attempt=row["attempt"],
    )


def _leg(row: asyncpg.Record) -> Leg:
    return Leg(
        uniqueid=row["uniqueid"],
        channel=row["channel"],
        role=Role(row["role"]),
        started_at=row["started_at"],
        agent=row["agent"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
        cause=row["cause"],
    )


def _visit(row: asyncpg.Record, offers: Iterable[asyncpg.Record]) -> Visit:
    return Visit(
        queue=row["queue"],
        ordinal=row["entry"],
        joined_at=row["joined_at"],
        position=row["position"],
        left_at=row["left_at"],
        end=VisitEnd(row["outcome"]),
        agent=row["agent"],
        answered_at=row["answered_at"],
        offers=tuple(
            Offer(
                agent=offer["agent"],
                uniqueid=offer["uniqueid"],
                began_at=offer["began_at"],
                ended_at=offer["ended_at"],
                end=OfferEnd(offer["outcome"]),
            )
            for offer in offers
            if offer["visit"] == row["ordinal"]
        ),
        uniqueid=row["uniqueid"],
        tier=row["tier"],
    )


def _decision(row: asyncpg.Record) -> Decision:
    return Decision(
        at=row["at"],
        what=row["what"],
        detail=row["detail"],
        reasons=tuple((rule, inputs, verdict) for rule, inputs, verdict in row["reasons"]),
    )


def _escalation(row: asyncpg.Record) -> Escalation:
    return Escalation(
        at=row["at"],
        mode=Mode(row["mode"]),
        by=row["by"],
        to=row["to"],
        tier=row["tier"],
        agent=row["agent"],
        accepted_at=row["accepted_at"],
        ended_at=row["ended_at"],
        end=EscalationEnd(row["outcome"]),
    )
