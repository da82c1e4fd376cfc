"""Facts read back, as they were told; erased persons are left out."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ccgateway.postgres.pool import Connection, Pool, reaching
from ccgateway.postgres.sql import query
from ccgateway.telephony.facts import PERSONAL, Fact, Kind, Source

_PERSONAL = ("number", "name", "exten", "dialled", "note")
"""Where PERSONAL stand in ``parties``, in the same order."""


async def live_facts(pool: Pool, node: str | None = None) -> dict[UUID, list[Fact]]:
    """The facts of every call that has not ended (on ``node``, or on all), by call id, oldest
    first: what the board is rebuilt from after a restart. Raises StoreUnavailable."""
    with reaching():
        found = await pool.fetch(query("live_facts"), node)
    calls: dict[UUID, list[Fact]] = {}
    for row in found:
        calls.setdefault(row["call_id"], []).append(fact_of(row))
    return calls


async def facts_of(pool: Pool, call_id: UUID) -> list[Fact]:
    """The facts of one call, or of the one that it went into, oldest first; empty where there is
    no such call. Raises StoreUnavailable."""
    with reaching():
        return [fact_of(row) for row in await pool.fetch(query("facts_of"), call_id)]


async def facts_of_calls(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Fact]]:
    """The facts of these calls, each oldest first. A call that went into another has none."""
    return await _by_call(connection, "facts_of_calls", ids)


async def folded_facts(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Fact]]:
    """The facts that these calls, as they are stored, were folded from: before the repair those of
    the journals are not among them."""
    return await _by_call(connection, "folded_facts", ids)


async def _by_call(
    connection: Connection, name: str, ids: Sequence[UUID]
) -> dict[UUID, list[Fact]]:
    calls: dict[UUID, list[Fact]] = {call_id: [] for call_id in ids}
    for row in await connection.fetch(query(name), ids):
        calls[row["call_id"]].append(fact_of(row))
    return calls


def fact_of(row: asyncpg.Record) -> Fact:
    """The fact of a row, with the texts of its person."""
    told = zip(PERSONAL, (row[of] for of in _PERSONAL), strict=True)
    personal = {name: text for name, text in told if text is not None}
    return Fact(
        node=row["node"],
        kind=Kind(row["kind"]),
        subject=row["subject"],
        at=row["at"],
        place=row["place"],
        ordinal=row["ordinal"],
        source=Source(row["source"]),
        detail={**row["detail"], **personal},
    )
