"""Takes what was read of a journal, here or by a shipper: bytes in, facts to the store."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import structlog

from ccgateway.engine.ports import Clock, JournalStore
from ccgateway.errors import Refused, UnknownNode
from ccgateway.journal.cel import read_cel
from ccgateway.journal.lines import Read
from ccgateway.journal.position import Position
from ccgateway.journal.queue_log import read_queue_log
from ccgateway.journal.tail import Chunk
from ccgateway.telephony.facts import Source

READERS: Mapping[Source, Callable[..., Read]] = {
    Source.CEL: read_cel,
    Source.QUEUE_LOG: read_queue_log,
}

EARLIEST, LATEST = timedelta(days=-400), timedelta(days=1)
"""From now: what a record's time can be. PostgreSQL has a partition for each day that one tells of;
who was away for more than a year has no journal of it any more."""

SHIPPER_GONE_S = 90.0
"""Silence after which another may ship a node's journals. Who ships says each five seconds that all
is read, and waits at most 30 s to try again."""

log = structlog.get_logger()


class Intake:
    """One for all ``nodes``, those of the configuration; of those that are ``followed`` nobody else
    may send anything."""

    def __init__(
        self,
        store: JournalStore,
        nodes: Collection[str],
        clock: Clock,
        followed: Collection[str] = (),
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._clock = clock
        self._followed = followed
        self._shippers: dict[str, tuple[str, float]] = {}  # who ships a node's, and heard when
        self.odd: Counter[tuple[str, Source]] = Counter()
        """Records that were none of Asterisk's, or without their end, since we started."""

    async def position(self, node: str, source: Source) -> str:
        """As ``engine.ports.JournalInbox`` has it, and so the others."""
        return await self._store.position(self._known(node), source)

    async def at_end(self, node: str, source: Source) -> None:
        self._store.at_end(self._known(node), source)

    async def take_bytes(
        self,
        node: str,
        source: Source,
        data: bytes,
        *,
        position: str,
        since: str,
        final: bool,
        missed: str,
        shipper: str,
    ) -> str:
        self._admit(self._known(node), shipper)
        try:
            at = Position.of(position)
        except ValueError as error:
            raise Refused(f"{error}; send one that you were given") from error
        return await self.take(node, source, Chunk(data, at, final, missed), since)

    async def take(self, node: str, source: Source, chunk: Chunk, since: str) -> str:
        """Keep what the chunk tells; the position to go on from. ``since`` as for
        ``JournalStore.take``. Raises UnknownNode, StoreUnavailable."""
        self._known(node)
        told = await asyncio.to_thread(READERS[source], node, chunk.data, final=chunk.final)
        now = self._clock.now()
        facts = [fact for fact in told.facts if now + EARLIEST < fact.at < now + LATEST]
        odd = told.odd + len(told.facts) - len(facts)
        to = chunk.position.on(told.used).text
        position = await self._store.take(node, source, facts, since, to, missed=chunk.missed)
        if chunk.missed and position == to:
            log.error("journal missed", node=node, journal=source.value, why=chunk.missed)
        if odd and position == to:
            self.odd[node, source] += odd
            log.warning("journal unreadable", node=node, journal=source.value, records=odd)
        return position

    def _admit(self, node: str, shipper: str) -> None:
        """Two that read different files as one node's would each send all of theirs, for ever.
        Raises Refused."""
        if node in self._followed:
            raise Refused(
                f"the gateway reads the journals of {node} itself (journals of its [[node]]); ship "
                "those of another node, or take that line out"
            )
        now = time.monotonic()
        other, heard = self._shippers.get(node, (shipper, now))
        if other != shipper and now - heard < SHIPPER_GONE_S:
            raise Refused(
                f"another machine, or another folder, ships the journals of {node} now: give each "
                "Asterisk its own --node, or stop that one"
            )
        self._shippers[node] = shipper, now

    def _known(self, node: str) -> str:
        if node not in self._nodes:
            raise UnknownNode(f"there is no node {node!r}; known are {', '.join(self._nodes)}")
        return node
