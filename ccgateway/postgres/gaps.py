"""Gaps in what was seen, and until when each node was heard (``engine.ports.GapRecord``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from ccgateway.calls.gap import Gap, Unseen
from ccgateway.engine.ports import Place
from ccgateway.postgres.pool import Connection, Pool, reaching
from ccgateway.postgres.sql import columns, query


class PostgresGaps:
    """The tables gaps and heard."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def unrepaired(self) -> list[Gap]:
        """Those that go on, or whose calls are not repaired, the oldest first. Raises
        StoreUnavailable."""
        with reaching():
            return [_gap(row) for row in await self._pool.fetch(query("unrepaired_gaps"))]

    async def heard(self) -> dict[str, datetime]:
        """Until when each node was heard. Raises StoreUnavailable."""
        with reaching():
            return {row["node"]: row["at"] for row in await self._pool.fetch("TABLE heard")}

    async def put(self, gaps: Sequence[Gap]) -> None:
        """Store gaps, in order; of one that is stored its end. Raises StoreUnavailable."""
        with reaching():
            await put_gaps(self._pool, gaps)

    async def put_heard(self, heard: Mapping[str, datetime]) -> None:
        """Store until when nodes were heard. Raises StoreUnavailable."""
        with reaching():
            await self._pool.execute(query("put_heard"), list(heard), list(heard.values()))

    async def repaired(self, gaps: Collection[UUID], at: datetime) -> None:
        """Their calls are as the journals tell them. Raises StoreUnavailable."""
        with reaching():
            await self._pool.execute(query("gaps_repaired"), list(gaps), at)


async def put_gaps(on: Pool | Connection, gaps: Sequence[Gap]) -> None:
    """``PostgresGaps.put``. Raises what asyncpg raises."""
    latest = {gap.id: gap for gap in gaps}
    rows = [
        (key, gap.node, gap.began_at, gap.ended_at, gap.cause, gap.source.value)
        for key, gap in latest.items()
    ]
    await on.execute(query("put_gaps"), *columns(rows))


async def list_gaps(
    pool: Pool,
    since: datetime | None,
    before: datetime | None,
    limit: int,
    *,
    after: Place | None = None,
) -> list[Gap]:
    """The gaps that reach into a time, the newest first. ``after``: the beginning and the id of the
    one after which the list goes on. Raises StoreUnavailable."""
    place = after or (None, None)
    with reaching():
        rows = await pool.fetch(query("list_gaps"), limit, since, before, *place)
    return [_gap(row) for row in rows]


def _gap(row: asyncpg.Record) -> Gap:
    return Gap(
        id=row["id"],
        node=row["node"],
        began_at=row["began_at"],
        cause=row["cause"],
        source=Unseen(row["source"]),
        ended_at=row["ended_at"],
        repaired_at=row["repaired_at"],
    )
