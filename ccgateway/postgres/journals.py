"""What Asterisk's journals tell, and how far they were read (``engine.ports.JournalRecord``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from ccgateway.engine.journal_ports import Mark, Repaired, Taken, Unrepaired
from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import absorbed, rows
from ccgateway.postgres.batch import MOVING, Batch
from ccgateway.postgres.facts import fact_of
from ccgateway.postgres.gaps import put_gaps
from ccgateway.postgres.partitions import Partitions
from ccgateway.postgres.pool import Connection, Pool, is_bad_data, is_missing_partition, reaching
from ccgateway.postgres.refused import tell_refused
from ccgateway.postgres.repair import repair
from ccgateway.postgres.sql import columns, query
from ccgateway.telephony.facts import Fact, Source

Told = tuple[Fact, UUID]
"""What was told, and of which call."""

AT_ONCE = 500
"""Facts of a statement: to make it takes some 10 ms of the loop."""

MOST_UNREPAIRED = 20_000
"""Calls that a start looks at: a crash leaves those of a few seconds."""


class PostgresJournals:
    """The tables of the journals."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._partitions = Partitions("journal_facts")
        self.refused = 0
        """Facts that PostgreSQL would never take."""

    async def positions(self, node: str) -> Mapping[Source, Mark]:
        """From where the node's journals are to be read. Raises StoreUnavailable."""
        with reaching():
            found = await self._pool.fetch(query("journal_positions"), node)
        return {Source(row["source"]): Mark(row["position"], row["heard"]) for row in found}

    async def open_facts(self, node: str) -> list[Fact]:
        """What the journals told of the calls that are not done with, oldest first: of a busy
        centre's last minutes tens of thousands. Raises StoreUnavailable."""
        with reaching():
            found = await self._pool.fetch(query("open_journal_facts"), node)
        facts: list[Fact] = []
        for begin in range(0, len(found), AT_ONCE):
            facts += map(fact_of, found[begin : begin + AT_ONCE])
            await asyncio.sleep(0)
        return facts

    async def known(self, node: str, days: Collection[date], channels: Collection[str]) -> set[str]:
        """Those of the channels of which a journal told something. Raises StoreUnavailable."""
        with reaching():
            found = await self._pool.fetch(
                query("journalled_channels"), list(days), node, list(channels)
            )
        return {row["subject"] for row in found}

    async def unrepaired(self, node: str, since: datetime) -> list[Unrepaired]:
        """The calls that began since then, have ended and are not folded with the journals. Raises
        StoreUnavailable."""
        with reaching():
            found = await self._pool.fetch(query("unrepaired_calls"), node, since, MOST_UNREPAIRED)
        return [Unrepaired(row["call_id"], row["uniqueid"]) for row in found]

    async def put(self, taken: Taken) -> bool:
        """Store it in one transaction. False, and nothing is stored, where the journal is not to be
        read from ``since`` any more: somebody else reads it, too. Raises StoreUnavailable."""
        with reaching():
            await self._partitions.ensure(self._pool, {fact.day for fact, _ in taken.told})
            try:
                return await self._put(taken, _put)
            except Exception as error:
                if is_missing_partition(error):
                    self._partitions.forget()
                    raise StoreUnavailable("a day's partition was dropped just now") from error
                if not is_bad_data(error):
                    raise
            return await self._put(taken, self._put_each)

    async def _put(
        self, taken: Taken, put: Callable[[Connection, Sequence[Told]], Awaitable[None]]
    ) -> bool:
        now = taken.now
        position = (taken.node, taken.source.value, taken.since, now.position, now.heard)
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(query("put_journal_position"), *position) is None:
                return False
            if taken.lost is not None:
                await put_gaps(connection, [taken.lost])
            told = await _settle(connection, taken)
            for begin in range(0, len(told), AT_ONCE):
                await put(connection, told[begin : begin + AT_ONCE])
        return True

    async def _put_each(self, connection: Connection, told: Sequence[Told]) -> None:
        """Leave out what PostgreSQL will never take: it is told, and counted."""
        for one in told:
            try:
                async with connection.transaction():
                    await _put(connection, [one])
            except Exception as error:
                if not is_bad_data(error):
                    raise
                self.refused += 1
                tell_refused(Batch(facts=[one]), error)

    async def drop(self, calls: Collection[UUID]) -> None:
        """The journals tell no more of these calls. Raises StoreUnavailable."""
        with reaching():
            await self._pool.execute(query("drop_journal_calls"), list(calls))

    async def repair(
        self, node: str, days: Collection[date], channels: Sequence[Collection[str]]
    ) -> Sequence[Repaired]:
        """``postgres.repair.repair``. Raises StoreUnavailable."""
        with reaching():
            return await repair(self._pool, node, days, channels)


async def _settle(connection: Connection, taken: Taken) -> list[Told]:
    """What is told, of the calls as they now stand: the repair may have let some go into others,
    and waits for us where it is about to."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", MOVING)
    if taken.moved:
        olds, news = list(taken.moved), list(taken.moved.values())
        await connection.execute(query("move_journal_facts"), olds, news)
        await connection.execute(query("drop_journal_calls"), olds)
    calls = {call_id for _, call_id in taken.told} | set(taken.moved.values())
    if calls:
        await connection.execute(query("put_journal_calls"), list(calls), taken.node)
    into = await absorbed.settle(connection, (), calls)
    return [(fact, into.get(call_id, call_id)) for fact, call_id in taken.told]


async def _put(connection: Connection, told: Sequence[Told]) -> None:
    parties = rows.fact_parties(_each_party_once(told))
    if parties:
        await connection.execute(query("put_parties"), *columns(parties))
    new = [rows.fact_row(*fact) for fact in told]
    await connection.execute(query("put_journal_facts"), *columns(new))


def _each_party_once(told: Sequence[Told]) -> list[rows.FactOf]:
    """The key of the persons is the fact's, whoever tells it: both journals could."""
    return list({(fact.day, fact.identity): (fact, of) for fact, of in told}.values())
