"""Facts that had no room anywhere: counted, told loudly, and kept as a gap of the record, also
where we end before PostgreSQL is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from ccgateway.calls.gap import Gap, Unseen, gap
from ccgateway.postgres.gap_file import GapFile
from ccgateway.postgres.pool import Connection
from ccgateway.postgres.sql import Row, columns, query
from ccgateway.telephony.facts import Fact

CAUSE = "spool full"

NEAR = timedelta(seconds=5)
"""Room that comes and goes within this makes one gap, not hundreds. No gap is repaired sooner
(engine.gaps.SLACK)."""

log = structlog.stdlib.get_logger(__name__)


class Losses:
    """What was refused for want of room, by node. ``file``: what keeps it when we end."""

    def __init__(self, file: GapFile | None = None) -> None:
        self._file = file
        self._open: dict[str, Gap] = {}
        self._last: dict[str, Gap] = {}
        self._untold: dict[UUID, Gap] = {}
        self._is_saved = True
        self._fault = ""
        self._told = 0
        self.facts = 0
        """How many facts, since the start."""
        self.told: Callable[[Sequence[Gap]], None] = _to_nobody
        """Hears of the gaps that PostgreSQL knows now."""

    @property
    def go_on(self) -> bool:
        """Whether the last facts of a node were refused."""
        return bool(self._open)

    @property
    def is_told(self) -> bool:
        """Whether PostgreSQL knows all gaps."""
        return not self._untold

    async def load(self, now: datetime) -> None:
        """Take up what the last run could not tell. Its gaps are over: there is room in memory."""
        if self._file is None:
            return
        try:
            left = await asyncio.to_thread(self._file.load)
        except OSError as error:
            self._complain(error)
            return
        for one in left:
            self._add(replace(one, ended_at=one.ended_at or max(now, one.began_at)))

    def refuse(self, facts: Sequence[Fact]) -> None:
        """These had no room. The first is logged, then each time that they are ten times more."""
        self.facts += len(facts)
        for fact in facts:
            if fact.node not in self._open:
                self._open[fact.node] = begun = self._begun(fact)
                self._add(begun)
        if self.facts >= 10 * self._told:
            self._told = self.facts
            log.error("facts_refused", facts=self.facts, nodes=sorted(self._open), cause=CAUSE)

    def accept(self, facts: Sequence[Fact]) -> None:
        """These had room: the gap of their nodes is over."""
        for fact in facts if self._open else ():
            going = self._open.pop(fact.node, None)
            if going is None:
                continue
            last = self._last.get(fact.node)
            over = self._last[fact.node] = replace(going, ended_at=max(fact.at, going.began_at))
            self._add(over)
            if last is None or last.id != over.id:  # once a gap, however often room comes and goes
                log.warning("facts_refused_over", facts=self.facts, node=fact.node)

    def leave(self, facts: Iterable[Fact]) -> None:
        """We end, and these are nowhere but in memory."""
        times: dict[str, list[datetime]] = {}
        for fact in facts:
            times.setdefault(fact.node, []).append(fact.at)
        for node, at in times.items():
            left = gap(node, min(at), CAUSE, Unseen.SPOOL)
            self._add(replace(left, ended_at=max(at)))

    async def save(self) -> None:
        """Keep what PostgreSQL does not know for the next start. Never raises."""
        if self._file is None or self._is_saved:
            return
        self._is_saved = True
        gaps = {one.id: one for one in self._open.values()} | self._untold
        try:
            await asyncio.to_thread(self._file.save, list(gaps.values()))
        except OSError as error:
            self._complain(error)

    async def tell(self, connection: Connection) -> None:
        """Write the gaps that are not in PostgreSQL yet."""
        latest = self.latest()
        await connection.execute(query("put_gaps"), *columns([_row(one) for one in latest]))
        for one in latest:
            if self._untold[one.id] is one:
                del self._untold[one.id]
        self._is_saved = False
        self.told(latest)

    def latest(self) -> list[Gap]:
        """The gaps that PostgreSQL does not know, as they are now."""
        return list(self._untold.values())

    def _begun(self, fact: Fact) -> Gap:
        last = self._last.get(fact.node)
        if last and last.ended_at and last.began_at <= fact.at < last.ended_at + NEAR:
            return replace(last, ended_at=None)
        return gap(fact.node, fact.at, CAUSE, Unseen.SPOOL)

    def _add(self, one: Gap) -> None:
        self._untold[one.id] = one
        self._is_saved = False

    def _complain(self, error: OSError) -> None:
        if str(error) != self._fault:
            self._fault = str(error)
            log.error("gaps_not_kept", reason=self._fault)


def _row(one: Gap) -> Row:
    """Column order is that of ``put_gaps.sql``."""
    return (one.id, one.node, one.began_at, one.ended_at, one.cause, one.source.value)


def _to_nobody(_: Sequence[Gap]) -> None:
    pass
