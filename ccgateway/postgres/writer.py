"""The writer: facts, calls, agents' states and attempts go into PostgreSQL in batches; while that
is away or slow they wait on disk (``spool``), and none is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import UUID

import structlog

from ccgateway.calls.call import Call
from ccgateway.calls.gap import Gap
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.commit import Away, Committer
from ccgateway.postgres.losses import Losses
from ccgateway.postgres.overflow import Overflow
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.spool import HEAD, Spool
from ccgateway.postgres.waiting import Entry, Waiting
from ccgateway.telephony.facts import Fact

BATCH = HEAD  # facts in a transaction: beyond this unnest gains little
LINGER = 0.05  # seconds that a fact waits for company
PATIENCE = 1.0  # seconds for a commit; what takes longer is on disk meanwhile
SPILL_EVERY = 0.25  # seconds between two writes to disk: each is an fsync
FIRST_PAUSE = 0.1  # seconds before the second try, then doubled
LONGEST_PAUSE = 5.0  # seconds: PostgreSQL's return is noticed within this
MEMORY_LIMIT = 20_000  # facts, about 1 kB each: where PostgreSQL is slow, more go to disk
BACKLOG_LIMIT = 250_000  # facts in memory where the disk takes none: then the newest are refused
ALARM_AT = 0.8  # of the limit
STOP_WITHIN = 10.0  # seconds for the last batches
ABANDON_WITHIN = 1.0  # seconds for a commit that was abandoned to end

log = structlog.stdlib.get_logger(__name__)


class Writer:
    """Queues what is put, in order, and writes it while ``run`` runs.

    What PostgreSQL does not take goes to the ``spool``, and from there, oldest first, into
    PostgreSQL when it is back, by turns with what is new; what tells of a call that still has
    something on disk waits there behind it. Without a spool, and where the disk has no room, it
    waits in memory; past BACKLOG_LIMIT the newest facts are refused, told and counted (``lost``).
    A row that PostgreSQL will never take is left out, told and counted (``refused``).
    """

    def __init__(
        self, pool: Pool, spool: Spool | None = None, losses: Losses | None = None
    ) -> None:
        self._committer = Committer(pool)
        self._losses = losses or Losses()
        self._waiting = Waiting()
        self._overflow = Overflow(self._waiting, spool, self._settle)
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._task: asyncio.Task[object] | None = None
        self._put = self._done = 0  # entries
        self._away_since = 0.0
        self._pause = FIRST_PAUSE
        self._alarmed = False

    @property
    def backlog(self) -> int:
        """Facts put that are not committed yet: in memory, or on disk."""
        return self._waiting.facts + self._overflow.facts

    @property
    def in_memory(self) -> int:
        """Those of them that are in memory alone."""
        return self._waiting.facts

    def tell(self, told: Callable[[Sequence[Call]], None]) -> None:
        """From here on ``told`` hears of the calls that were committed; of some twice."""
        self._committer.told = told

    def tell_gaps(self, told: Callable[[Sequence[Gap]], None]) -> None:
        """From here on ``told`` hears of the gaps that were committed."""
        self._losses.told = told

    @property
    def refused(self) -> int:
        """Rows that PostgreSQL would never take."""
        return self._committer.refused

    @property
    def lost(self) -> int:
        """Facts that had room neither in PostgreSQL nor on disk nor in memory."""
        return self._losses.facts

    @property
    def is_alarming(self) -> bool:
        """Whether so much waits, or with so little room, that it must be looked after."""
        return self._alarmed or self._overflow.is_alarming or self._losses.go_on

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        """Store facts, and the call as now folded. Never blocks, never raises."""
        if facts and self._waiting.facts >= BACKLOG_LIMIT:
            self._losses.refuse(facts)
            if call is not None:
                self._waiting.renew(call)
            return
        self._losses.accept(facts)
        self._waiting.put_facts(facts, call)
        self._came()

    def put_agent(self, agent: StoredAgent) -> None:
        """Store an agent's state. Never blocks, never raises."""
        self._waiting.put_agent(agent)
        self._came()

    def absorb(self, old: UUID, new: UUID) -> None:
        """A call turned out to be part of another: what was put of it before and is put of it later
        is the other's. Never blocks, never raises."""
        self._waiting.put(Entry(absorbed=(old, new)))
        self._came()

    def put_attempt(self, attempt: Attempt) -> None:
        """Store how far an attempt is. Never blocks, never raises."""
        self._waiting.put_attempt(attempt)
        self._came()

    async def flush(self) -> None:
        """Return when all that was put so far is committed (or refused). While PostgreSQL is away
        that takes for ever: give it a timeout."""
        await self._memory_written()
        await self._reached(self._overflow.drained())

    async def run(self) -> None:
        """Write until ``stop``, or until cancelled."""
        self._task = asyncio.current_task()
        if not (self._overflow.is_empty and self._losses.is_told):
            self._arrived.set()
        while True:
            await self._arrived.wait()
            await self._linger()
            try:
                await self._turn()
            except Away as away:
                await self._endure(away)
            if not self._waiting and self._overflow.is_empty and self._losses.is_told:
                self._arrived.clear()

    async def stop(self, within: float = STOP_WITHIN) -> int:
        """Write what waits in memory into PostgreSQL or to disk, for at most ``within`` seconds,
        then end ``run``; what is left goes to disk. Returns how many facts could not."""
        if self._task is None or not self._task.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._memory_written()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._overflow.spill(at_once=True)
        await self._overflow.close()
        if left := self._waiting.facts:
            log.error("database_left_behind", facts=left)
            self._losses.leave(self._waiting.left())
        await self._losses.save()
        return left

    def _came(self) -> None:
        """Something was put."""
        self._put += 1
        self._arrived.set()
        if self._waiting.queued >= BATCH:
            self._enough.set()
        if not self._alarmed and self._waiting.facts >= ALARM_AT * BACKLOG_LIMIT:
            self._alarmed = True
            log.error("database_backlog", facts=self._waiting.facts, limit=BACKLOG_LIMIT)

    async def _linger(self) -> None:
        """Let a few come together, unless somebody waits, or there is other work."""
        if self._waiting.queued < BATCH:
            self._enough.clear()
        awaited = self._waiters and self._waiting and not self._overflow.has_no_room
        if not awaited and not self._overflow.is_due:
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await self._enough.wait()

    # -- into PostgreSQL

    async def _turn(self) -> None:
        """One batch of what is new, then one of what is on disk. Raises Away."""
        if self._waiting.facts >= MEMORY_LIMIT:
            await self._overflow.spill()
        live = await self._overflow.live(self._waiting.take(BATCH))
        if live:
            await self._commit(live, self._waiting.batch(live))
        head = await self._overflow.head()
        if head is not None:
            await self._commit([], head)
            await self._overflow.drop()
        self._tell()
        lost = not self._losses.is_told
        if lost:
            await self._committer.tell(self._losses)
        await self._losses.save()
        if live or head is not None or lost:
            self._back()

    async def _commit(self, taken: list[Entry], batch: Batch) -> None:
        """Commit the batch of the entries ``taken`` (none: it is on disk). What takes longer than
        PATIENCE is put on disk meanwhile, with all that comes. Raises Away, and then what is not
        on disk is given back."""
        work = asyncio.create_task(self._committer.store(batch))
        work.add_done_callback(_heard)
        try:
            await asyncio.wait([work], timeout=SPILL_EVERY if self._away_since else PATIENCE)
            while not work.done():
                if taken and await self._overflow.copy(batch):
                    self._settle(taken)
                    taken = []
                await self._overflow.spill()
                await asyncio.wait([work], timeout=SPILL_EVERY)
            work.result()
        except BaseException:
            if taken:
                self._waiting.give_back(taken, batch)
            if not work.done():
                self._committer.abandon()
                work.cancel()
                await asyncio.wait([work], timeout=ABANDON_WITHIN)
            raise
        self._settle(taken)

    async def _endure(self, away: Away) -> None:
        """PostgreSQL is away: until it is time to try again, all that comes goes to disk."""
        now = time.monotonic()
        if not self._away_since:
            self._away_since = now
            log.warning("database_away", reason=str(away), backlog=self.backlog)
        again = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        while True:
            await self._overflow.spill()
            await self._losses.save()
            left = again - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, SPILL_EVERY))

    def _back(self) -> None:
        """PostgreSQL takes what it gets."""
        self._overflow.relax()
        if self._away_since:
            seconds = round(time.monotonic() - self._away_since, 1)
            log.warning("database_back", seconds=seconds, backlog=self.backlog)
        self._away_since, self._pause = 0.0, FIRST_PAUSE

    # -- who waits for it

    def _settle(self, entries: Sequence[Entry]) -> None:
        """The entries are committed, refused, or on disk."""
        self._done += len(entries)
        self._waiting.settle(entries)
        if self._alarmed and self._waiting.facts < ALARM_AT * BACKLOG_LIMIT / 2:
            self._alarmed = False
            log.warning("database_backlog_over", facts=self._waiting.facts)
        self._tell()

    async def _memory_written(self) -> None:
        """Return when all that was put so far is in PostgreSQL, or on disk."""
        target = self._put
        await self._reached(lambda: self._done >= target)

    async def _reached(self, condition: Callable[[], bool]) -> None:
        if condition():
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((condition, waiter))
        self._enough.set()
        await waiter

    def _tell(self) -> None:
        """Wake those whose condition is met."""
        waiters, self._waiters = self._waiters, []
        for condition, waiter in waiters:
            if not condition():
                self._waiters.append((condition, waiter))
            elif not waiter.done():
                waiter.set_result(None)


def _heard(work: asyncio.Task[None]) -> None:
    """Whatever became of an abandoned commit is of no interest any more."""
    if not work.cancelled():
        work.exception()
