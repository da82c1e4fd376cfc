"""Commits batches: one try, which finds the rows that PostgreSQL will never take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import asyncpg

from ccgateway.calls.call import Call
from ccgateway.postgres.batch import Batch, write
from ccgateway.postgres.losses import Losses
from ccgateway.postgres.partitions import Partitions
from ccgateway.postgres.pool import (
    CONNECT_WITHIN,
    GONE,
    Connection,
    Pool,
    is_bad_data,
    is_missing_partition,
    reason_of,
)
from ccgateway.postgres.refused import tell_refused

COMMIT_WITHIN = 60.0  # seconds: a connection that died silently is given up then


_NO_FAULT = ("40", "53")
"""Classes of SQLSTATE that say nothing of the session: rolled back (a deadlock), no resources."""


class Away(Exception):
    """PostgreSQL does not take now what it would take at another time."""


class Committer:
    """Writes into PostgreSQL, a batch at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._partitions = Partitions()
        self._connection: Connection | None = None
        self._was_away = False
        self.refused = 0
        """Rows that PostgreSQL would never take."""
        self.told: Callable[[Sequence[Call]], None] = _to_nobody
        """Hears of the calls that were committed; of some twice."""

    async def store(self, batch: Batch) -> None:
        """Commit a batch; where a row is refused, halve it until that row is alone, which is told
        and left out. Raises Away."""
        try:
            await self._commit(batch)
        except Away:
            raise
        except Exception as error:
            smaller = batch.split()
            for part in smaller:
                await self.store(part)
            if not smaller:
                self.refused += 1
                tell_refused(batch, error)
        else:
            self.told(batch.calls)

    def abandon(self) -> None:
        """Let a commit that is under way fail now: asyncpg's own cancelling waits for the server,
        and one that hangs never confirms it."""
        if self._connection is not None:
            self._connection.terminate()

    async def tell(self, losses: Losses) -> None:
        """Commit the gaps that PostgreSQL does not know yet. Raises Away."""
        try:
            async with self._pool.acquire(timeout=CONNECT_WITHIN) as connection:
                await losses.tell(connection)
        except (asyncpg.PostgresError, *GONE) as error:
            await self._renew(error)
            raise Away(reason_of(error)) from error

    async def _renew(self, error: Exception) -> None:
        """A session keeps what it began with: one that is read-only stays so when the database is
        not any more. Where PostgreSQL has no room for new ones, we keep those that we have."""
        self._was_away = True
        if isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] not in _NO_FAULT:
            await self._pool.expire_connections()

    async def _commit(self, batch: Batch) -> None:
        """Raises Away; what else it raises is a row's fault."""
        try:
            await self._partitions.ensure(self._pool, {fact.day for fact, _ in batch.facts})
            async with self._pool.acquire(timeout=CONNECT_WITHIN) as connection:
                self._connection = connection
                guard = asyncio.get_running_loop().call_later(COMMIT_WITHIN, self.abandon)
                try:
                    await write(connection, batch)
                finally:
                    guard.cancel()
        except Exception as error:
            if is_bad_data(error):
                raise
            if is_missing_partition(error):
                self._partitions.forget()
            await self._renew(error)
            raise Away(reason_of(error)) from error
        else:
            if self._was_away:  # sessions of others began meanwhile
                self._was_away = False
                await self._pool.expire_connections()
        finally:
            self._connection = None


def _to_nobody(_: Sequence[Call]) -> None:
    pass
