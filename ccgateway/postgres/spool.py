"""The spool: what PostgreSQL does not take now waits on disk, in order, checksummed, bounded."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog

from ccgateway.errors import Refused
from ccgateway.postgres import spool_beside, spool_file, spool_mend
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.spool_file import Stand
from ccgateway.postgres.spool_keeper import SpoolFull, SpoolKeeper
from ccgateway.postgres.spooled import Key, Record, What, read, records

HEAD = 500
"""Facts that are drained at once: as many as the writer puts into a transaction."""

ALARM_AT = 0.8
"""Of the limit: somebody has to look after PostgreSQL."""

T = TypeVar("T")

log = structlog.stdlib.get_logger(__name__)


class Taken(NamedTuple):
    """What ``head`` told, to be taken out: all of ``facts`` and ``latest``; those of them that are
    ``strange`` are kept apart."""

    facts: Sequence[Record] = ()
    latest: Sequence[Record] = ()
    strange: Sequence[Record] = ()


class Spool:
    """A file in ``folder``, there while something waits in it; ``limit`` in bytes. All work on it
    is done in a thread of its own, never in the loop; one caller at a time."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._path = folder / spool_file.NAME
        self._keeper = SpoolKeeper(self._path, limit, self._found)
        self._taken = Taken()
        self._unfit = 0
        self._is_filling = False
        self._upto = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self.limit = limit
        self.facts = 0
        """Facts in it."""
        self.used = 0
        """Bytes."""
        self.last = 0
        """The number of the last record."""
        self.drained = 0
        """The number up to which all was taken out."""

    @property
    def is_alarming(self) -> bool:
        """Whether it is so full, or damaged and without room to be mended, that somebody must look
        after it."""
        return self._is_filling or self._keeper.is_stuck

    @property
    def bad(self) -> int:
        """Records that were damaged and set aside, and values that can be none, since the start."""
        return self._keeper.bad + self._unfit

    @property
    def full_ratio(self) -> float:
        """How full it is, 0 to 1."""
        return self.used / self.limit

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits in it."""
        return self.last == self.drained

    async def load(self) -> None:
        """Take up what the last run left. Raises Refused where another process has it."""
        await self._do(self._load)

    async def append(self, batch: Batch) -> None:
        """Put a batch on disk: once this returns it outlives the process, and a power cut. Raises
        SpoolFull."""
        await self._do(partial(self._append, batch))

    async def head(self) -> Batch | None:
        """The oldest batch, to be committed and then dropped; None where nothing waits. Raises
        SpoolFull."""
        return await self._do(self._head)

    async def drop(self) -> None:
        """Take the last ``head`` out: it is committed. Raises SpoolFull, and then it stays the
        head."""
        await self._do(self._drop)

    async def held(self, keys: Collection[Key]) -> set[Key]:
        """Of which of these something is in it: what comes of them later must wait behind. Raises
        SpoolFull."""
        return await self._do(partial(self._held, keys))

    async def live(self) -> tuple[Batch, set[str]]:
        """What waits of the calls and attempts that go on, and of the agents, with the calls that
        went into others; and the ids of the calls and attempts that ended. Raises SpoolFull."""
        return await self._do(self._live)

    async def close(self) -> None:
        """Let the file go; what is in it stays for the next start."""
        await self._do(self._keeper.close)
        self._thread.shutdown()

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # -- in the thread

    def _load(self) -> None:
        with suppress(OSError):  # opening it fails, too
            spool_mend.finish(self._path)
        if not self._path.exists():
            spool_beside.release(self._path.parent)  # of one that was killed as it became empty
            return
        try:
            self._take_up()
        except SpoolFull as error:
            if spool_file.is_taken(error.__cause__):
                raise Refused(f"another process has {self._path}: stop it") from error
            self.last += self.is_empty  # not empty: tried again when it is drained
            log.error("spool_not_readable", reason=str(error))  # noqa: TRY400 - expected
            return
        if self.is_empty:  # that run was killed before it could delete it
            self._empty()
        else:
            log.warning("spool_found", facts=self.facts, bytes=self.used)

    def _append(self, batch: Batch) -> None:
        self._keeper.work(lambda _: None)  # numbers go on after those that are there
        new, unfit = records(batch, self.last + 1)
        if unfit:
            self._unfit += len(unfit)
            log.error("spool_unfit", what=sorted(type(value).__name__ for value in unfit))
        self._keeper.work(lambda file: file.append(new))
        self.facts += sum(record.what == What.FACT for record in new)
        self.last += len(new)
        self._look()

    def _head(self) -> Batch | None:
        if self.is_empty:
            return None
        try:
            facts, latest = self._keeper.work(lambda file: file.head(HEAD))
        except SpoolFull:
            if not self._keeper.is_stuck:
                raise
            return self._head_of_rest()
        if not facts and not latest:
            self._empty()
            return None
        self._upto = min(
            facts[-1].seq if len(facts) == HEAD else self.last,
            latest[-1].seq if len(latest) == HEAD else self.last,
        )
        found = read([*facts, *latest])
        self._taken = Taken(facts, latest, found.strange)
        self._keeper.set_aside(found.bad)
        return found.batch

    def _head_of_rest(self) -> Batch | None:
        """Of a damaged file that cannot be mended now. Nothing is taken out of it: after a restart
        it is read from the beginning, and what is written twice makes no doubles."""
        if not self._taken.facts:
            self._taken, self._upto = Taken(self._keeper.rest(HEAD)), 0
        if not self._taken.facts:
            self._empty()
            return None
        return read(self._taken.facts).batch

    def _drop(self) -> None:
        facts, latest, strange = self._taken
        if not self._keeper.is_stuck:
            self._keeper.work(lambda file: file.drop(facts, latest, strange))
            self.drained = max(self.drained, self._upto)
        if strange:
            _tell_strange(len(strange))
        self._taken = Taken()
        self.facts = max(0, self.facts - sum(record.what == What.FACT for record in facts))
        if self.is_empty:
            self._empty()
        self._look()

    def _held(self, keys: Collection[Key]) -> set[Key]:
        return set() if self.is_empty else self._keeper.work(lambda file: file.held(keys))

    def _live(self) -> tuple[Batch, set[str]]:
        if self.is_empty:
            return Batch(), set()
        batch = read(self._keeper.work(lambda file: file.live())).batch
        return batch, self._keeper.work(lambda file: file.ended())

    def _empty(self) -> None:
        """All is drained: without a file it takes no room."""
        strange = 0
        if self._path.exists():
            stand = self._keeper.work(lambda file: file.stand())
            if stand.waits:  # it was damaged, and that was saved
                self.drained = 0
                return
            strange = stand.strange
        self._keeper.close()
        if not strange:
            with suppress(OSError):
                spool_file.remove(self._path)
                spool_beside.release(self._path.parent)
        self.facts, self.drained = 0, self.last
        log.info("spool_empty")

    def _found(self, stand: Stand | None) -> None:
        """What the file holds that was opened; None: it is damaged, and is read where it is."""
        if stand is None:
            self._taken = Taken()
            self.last += self.is_empty
            return
        self.facts, self.last = stand.facts, max(self.last, stand.last)
        self.drained = 0 if stand.waits else self.last
        self._look()

    def _take_up(self) -> None:
        """See what is there; what was of another release may be understood now."""
        strange = self._keeper.work(lambda file: file.strange())
        if not strange:
            return
        left = {record.seq for record in read(strange).strange}
        known = [record for record in strange if record.seq not in left]
        self._keeper.work(lambda file: file.take_up(known))
        self._keeper.close()
        self._keeper.work(lambda _: None)  # to count anew
        if left:
            _tell_strange(len(left))

    def _look(self) -> None:
        """See how full it is, and tell it once."""
        with suppress(sqlite3.Error):
            self.used = self._keeper.used
        told = {"bytes": self.used, "limit": self.limit, "facts": self.facts}
        if not self._is_filling and self.full_ratio >= ALARM_AT:
            self._is_filling = True
            log.error("spool_filling", **told)
        elif self._is_filling and self.full_ratio < ALARM_AT / 2:
            self._is_filling = False
            log.warning("spool_filling_over", **told)


def _tell_strange(count: int) -> None:
    log.error(
        "spool_records_of_another_release",
        records=count,
        what_to_do="start the newer ccgateway that wrote them: it takes them up; until then they "
        "stay in the spool",
    )
