"""The partitions of the facts, and of what the journals tell: one a day (UTC), made when its first
fact comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from ccgateway.postgres.pool import Pool

ADVISORY_LOCK = 0x63636770  # "ccgp"


class Partitions:
    """Knows which days of ``table`` have their partition; asks PostgreSQL once a day only."""

    def __init__(self, table: str = "facts") -> None:
        self._table = table
        self._made: set[date] = set()

    def forget(self) -> None:
        """Look again: a partition that we know may have been dropped."""
        self._made.clear()

    async def ensure(self, pool: Pool, days: Iterable[date]) -> None:
        """Make the partitions of ``days`` that are missing. Safe by several at once."""
        for day in sorted(set(days) - self._made):
            await _make(pool, self._table, day)
            self._made.add(day)


async def _make(pool: Pool, table: str, day: date) -> None:
    """Made beside and then attached: that lets readers of the other days go on, which CREATE
    TABLE ... PARTITION OF does not."""
    name = f"{table}_{day:%Y%m%d}"
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name):
            return
        await connection.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        await connection.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} "
            f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
        )
