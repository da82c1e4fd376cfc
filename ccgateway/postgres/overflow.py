"""From memory to disk: what PostgreSQL does not take now, and what must wait behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from ccgateway.postgres.batch import Batch
from ccgateway.postgres.spool import HEAD, Spool
from ccgateway.postgres.spool_keeper import SpoolFull
from ccgateway.postgres.spooled import Key
from ccgateway.postgres.waiting import Entry, Waiting

TRY_AGAIN = 5.0  # seconds: room on the disk is noticed within this

log = structlog.stdlib.get_logger(__name__)


class Overflow:
    """Moves what waits to the ``spool``, and tells ``settled`` what is there. Without a spool all
    stays in memory."""

    def __init__(
        self,
        waiting: Waiting,
        spool: Spool | None,
        settled: Callable[[Sequence[Entry]], None],
    ) -> None:
        self._waiting = waiting
        self._spool = spool
        self._settled = settled
        self._again = 0.0  # not before: there was no room
        self._drain_again = 0.0  # the same, for taking out
        self._is_stuck = False
        self.has_no_room = False
        """Whether the disk took nothing when it was tried last."""

    @property
    def facts(self) -> int:
        """Facts on disk."""
        return self._spool.facts if self._spool else 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on disk."""
        return self._spool is None or self._spool.is_empty

    @property
    def is_due(self) -> bool:
        """Whether something is on disk that can be drained now."""
        return not self.is_empty and time.monotonic() >= self._drain_again

    @property
    def is_alarming(self) -> bool:
        """Whether it is so full, or the disk is, or what is there cannot be taken out, so that
        somebody must look after it."""
        stuck = self.has_no_room or self._is_stuck
        return stuck or (self._spool is not None and self._spool.is_alarming)

    async def live(self, taken: Sequence[Entry]) -> list[Entry]:
        """Of entries that were taken those that can be committed now. The others are put on disk,
        behind what is there of the same call, agent or attempt."""
        left = list(taken)
        try:
            left, behind = _parted(taken, await self._held(taken))
            await self.move(behind)
        except BaseException:
            self._waiting.give_back(left, Batch())
            raise
        return left

    async def spill(self, *, at_once: bool = False) -> None:
        """Put all that waits on disk, if there is room. Where there was none, that is tried
        again every TRY_AGAIN seconds, or ``at_once``."""
        if self._spool is None or (time.monotonic() < self._again and not at_once):
            return
        while self._waiting and await self.move(self._waiting.take(HEAD)):
            pass

    async def move(self, taken: Sequence[Entry]) -> bool:
        """Put entries on disk. Where there is no room, they are given back."""
        batch = self._waiting.batch(taken)
        try:
            moved = not taken or await self.copy(batch)
        except BaseException:
            self._waiting.give_back(taken, batch)
            raise
        if moved:
            self._settled(taken)
        else:
            self._waiting.give_back(taken, batch)
        return moved

    async def copy(self, batch: Batch) -> bool:
        """Put a batch on disk, if there is room."""
        if self._spool is None:
            return False
        try:
            await self._spool.append(batch)
        except SpoolFull as full:
            self._again = time.monotonic() + TRY_AGAIN
            if not self.has_no_room:
                log.error("spool_full", reason=str(full), in_memory=self._waiting.facts)  # noqa: TRY400 - expected
            self.has_no_room = True
            return False
        self.has_no_room = False
        return True

    async def head(self) -> Batch | None:
        """The oldest batch on disk, to be committed and then dropped; None where there is none."""
        if self._spool is None or not self.is_due:
            return None
        try:
            batch = await self._spool.head()
        except SpoolFull as full:
            self._stuck(full)
            return None
        self._is_stuck = False
        return batch and replace(batch, late=True)

    async def drop(self) -> None:
        """The head is committed."""
        try:
            if self._spool is not None:
                await self._spool.drop()
        except SpoolFull as full:
            self._stuck(full)

    def relax(self) -> None:
        """PostgreSQL takes what comes: with nothing on disk, its room is of no interest."""
        if self.is_empty:
            self.has_no_room = False

    async def close(self) -> None:
        """Let the file go; what is in it stays for the next start."""
        if self._spool is not None:
            if self._spool.facts:
                log.warning("database_left_on_disk", facts=self._spool.facts)
            await self._spool.close()

    def drained(self) -> Callable[[], bool]:
        """Whether all that is on disk now is taken out, to be asked later."""
        if self._spool is None:
            return lambda: True
        spool, last = self._spool, self._spool.last
        return lambda: spool.drained >= last

    async def _held(self, taken: Sequence[Entry]) -> set[Key]:
        """What is on disk of what they tell of. A disk that cannot be read keeps nothing back."""
        if self._spool is None or self._spool.is_empty:
            return set()
        try:
            return await self._spool.held({key for entry in taken for key in entry.keys})
        except SpoolFull:  # the drain tells of it
            return set()

    def _stuck(self, full: SpoolFull) -> None:
        self._drain_again = time.monotonic() + TRY_AGAIN
        self._is_stuck = True
        log.error("spool_not_drained", reason=str(full))


def _parted(taken: Sequence[Entry], held: set[Key]) -> tuple[list[Entry], list[Entry]]:
    """The entries that tell of nothing that is ``held``, nor of what one before them tells that
    does; and the others."""
    free: list[Entry] = []
    behind: list[Entry] = []
    known = set(held)
    for entry in taken:
        keys = entry.keys
        if known.isdisjoint(keys):
            free.append(entry)
        else:
            behind.append(entry)
            known.update(keys)
    return free, behind
