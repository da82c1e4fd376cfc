"""Gaps in what was seen: from when the link to an Asterisk is lost, or we end, until it is there
again. PostgreSQL knows them, and until when each node was heard; so a gateway that was killed finds
its own at its next start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from ccgateway.calls.gap import Gap, Unseen, gap
from ccgateway.engine.journal_ports import GapRecord
from ccgateway.engine.ports import Beat, Clock, LinkChange
from ccgateway.errors import StoreUnavailable

EVERY_S = 2.0
"""Between two looks. A gap after a kill -9 is shown so much longer than it was at most."""

KILLED = "the gateway was killed"
STOPPED = "the gateway was stopped"
LOST = "the link was lost"

SLACK = timedelta(seconds=5)
"""So long after the last line of a gap its calls are repaired, as a rule in half of it."""

LAST_WITHIN_S = 2.0
"""Seconds for the last word at a stop."""

log = structlog.get_logger()


class Gaps:
    """``repaired``: the calls of a node that had ended by then are repaired; None where that is not
    known."""

    def __init__(
        self, record: GapRecord, clock: Clock, repaired: Callable[[str], datetime | None]
    ) -> None:
        self._record = record
        self._clock = clock
        self._until = repaired
        self._open: dict[str, Gap] = {}
        self._ended: list[Gap] = []  # and not repaired
        self._lost: list[Gap] = []  # of journals
        self._unsaved: list[Gap] = []
        self._heard: dict[str, datetime] = {}
        self._saved: dict[str, datetime] = {}

    async def restore(self, nodes: Collection[str]) -> None:
        """Begin with what is stored: we were away until now. Raises StoreUnavailable, and then it
        may be asked again."""
        stored, heard = await self._record.unrepaired(), await self._record.heard()
        for one in stored:
            if one.node not in nodes and one.ended_at is None:  # it has another name now
                self._unsaved.append(replace(one, ended_at=max(self._clock.now(), one.began_at)))
            if one.node not in nodes:
                continue
            if one.source is Unseen.JOURNAL:
                self._lost.append(one)
                continue
            if one.ended_at is not None:
                self._ended.append(one)
            elif one.source is Unseen.AMI:
                self._open[one.node] = one
        for node, at in heard.items():
            if node in nodes:
                self._begin(node, at, KILLED)
        with suppress(StoreUnavailable):  # then ``keep`` writes them down
            await self._save()

    def hear(self, arrival: LinkChange | Beat) -> None:
        """A link came up or went down, or is there."""
        node, at = arrival.node, arrival.at
        if isinstance(arrival, LinkChange) and not arrival.up:
            self._begin(node, at, arrival.cause or LOST)
        elif isinstance(arrival, LinkChange) and (over := self._open.pop(node, None)) is not None:
            until = max(at, over.began_at)  # a clock may have been set back
            ended = replace(over, ended_at=until)
            self._unsaved.append(ended)
            self._ended.append(ended)
            seconds = round((until - over.began_at).total_seconds(), 1)
            log.warning("gap over", node=node, seconds=seconds, cause=over.cause)
        if node not in self._open:
            self._heard[node] = at

    def missed(self, lost: Gap) -> None:
        """Something in a journal was lost before it was read; it is written down already."""
        self._lost.append(lost)

    def told(self, gaps: Sequence[Gap]) -> None:
        """Others wrote these down: the journals can repair them, too."""
        self._ended += [one for one in gaps if one.ended_at is not None]

    async def keep(self) -> None:
        """Write them down, for ever."""
        while True:
            try:
                await self._save()
            except StoreUnavailable as error:
                log.debug("gaps not written yet", why=str(error))
            await asyncio.sleep(EVERY_S)

    async def stop(self) -> None:
        """We end: from here on nothing is heard."""
        for node, heard in self._heard.items():
            self._begin(node, heard, STOPPED)
        with suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(LAST_WITHIN_S):
                await self._save()

    def _begin(self, node: str, at: datetime, cause: str) -> None:
        if node not in self._open:
            self._open[node] = gap(node, at, cause)
            self._unsaved.append(self._open[node])

    async def _save(self) -> None:
        """Raises StoreUnavailable, and then it comes again."""
        if gaps := list(self._unsaved):
            await self._record.put(gaps)
            del self._unsaved[: len(gaps)]
        heard = dict(self._heard)
        if new := {node: at for node, at in heard.items() if self._saved.get(node) != at}:
            await self._record.put_heard(new)
            self._saved |= new
        if done := self._repaired():
            await self._record.repaired([one.id for one in done], self._clock.now())
            self._ended = [one for one in self._ended if one not in done]

    def _repaired(self) -> Sequence[Gap]:
        """Those past whose end the journals were read, and of which they have lost nothing."""
        done = []
        for one in self._ended:
            reached = self._until(one.node)
            read = one.ended_at and reached and reached > one.ended_at + SLACK
            if read and not any(_meet(one, lost) for lost in self._lost):
                done.append(one)
        return done


def _meet(one: Gap, other: Gap) -> bool:
    """Whether they are of one node, and have a moment in common. One of them has ended."""
    ends = (one.ended_at, other.ended_at)
    since, until = max(one.began_at, other.began_at), min(end for end in ends if end)
    return one.node == other.node and since <= until
