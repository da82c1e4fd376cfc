"""Calls read back: lists for the eye, and one call whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ccgateway.calls.call import (
    Call,
    Decision,
    Direction,
    Disposition,
    Hold,
    Known,
    Leg,
    Offer,
    OfferEnd,
    Role,
    Talk,
    Visit,
    VisitEnd,
)
from ccgateway.errors import Refused
from ccgateway.postgres.pool import Pool, reaching
from ccgateway.postgres.sql import query

FOUND_AT_MOST = 20  # calls that one beginning of an id may name
_ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class ListedCall:
    """One line of the list of calls. Times are aware UTC. ``wait_seconds`` is None where the
    caller was in no queue, ``talk_seconds`` where nobody talked; what goes on counts up to now."""

    call_id: UUID
    node: str
    client: str
    service: str
    did: str
    direction: Direction
    withheld: bool
    customer: int | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    disposition: Disposition
    known: Known
    fell_back: str
    caller_number: str
    caller_name: str
    queues: tuple[str, ...]
    wait_seconds: float | None
    agents: tuple[str, ...]
    talk_seconds: float | None


async def list_calls(
    pool: Pool,
    limit: int = 50,
    *,
    since: datetime | None = None,
    client: str | None = None,
    service: str | None = None,
    disposition: Disposition | None = None,
    agent: str | None = None,
) -> list[ListedCall]:
    """The newest calls first, narrowed by what is given. Raises StoreUnavailable."""
    with reaching():
        found = await pool.fetch(
            query("list_calls"), limit, since, client, service, disposition, agent
        )
    return [_listed(row) for row in found]


async def find_call(pool: Pool, prefix: str) -> list[UUID]:
    """The ids that begin with ``prefix`` (hexadecimal, dashes or not), at most FOUND_AT_MOST.
    Raises Refused where it cannot be an id's beginning, StoreUnavailable."""
    digits = prefix.replace("-", "").lower()
    if not digits or len(digits) > _ID_DIGITS or set(digits) - set("0123456789abcdef"):
        raise Refused(f"{prefix!r} is not the beginning of a call id")
    low, high = (UUID(digits.ljust(_ID_DIGITS, filler)) for filler in "0f")
    with reaching():
        found = await pool.fetch(query("find_calls"), low, high, FOUND_AT_MOST)
    return [row["call_id"] for row in found]


async def load_call(pool: Pool, call_id: UUID) -> Call | None:
    """A call, whole, or None where there is none. Raises StoreUnavailable."""
    with reaching():
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            row = await connection.fetchrow(query("load_call"), call_id)
            if row is None:
                return None
            parts = {
                name: await connection.fetch(query(f"load_{name}"), call_id)
                for name in ("legs", "queue_visits", "offers", "talks", "holds", "decisions")
            }
    return _call(row, parts)


def _listed(row: asyncpg.Record) -> ListedCall:
    values: dict[str, Any] = dict(row)
    values["direction"] = Direction(row["direction"])
    values["disposition"] = Disposition(row["disposition"])
    values["known"] = Known(row["known"])
    values["queues"] = tuple(row["queues"])
    values["agents"] = tuple(row["agents"])
    return ListedCall(**values)


def _call(row: asyncpg.Record, parts: dict[str, list[asyncpg.Record]]) -> Call:
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
            Hold(hold["uniqueid"], Role(hold["by"]), hold["began_at"], hold["ended_at"])
            for hold in parts["holds"]
        ),
        decisions=tuple(_decision(made) for made in parts["decisions"]),
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
    )


def _decision(row: asyncpg.Record) -> Decision:
    return Decision(
        at=row["at"],
        what=row["what"],
        detail=row["detail"],
        reasons=tuple((rule, inputs, verdict) for rule, inputs, verdict in row["reasons"]),
    )
