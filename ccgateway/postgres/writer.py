"""The writer: facts, calls, agents' states and attempts go into PostgreSQL in batches, and none is
lost while this process lives."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres.absorbed import Pair
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.batch import Batch, write
from ccgateway.postgres.partitions import Partitions
from ccgateway.postgres.pool import (
    CONNECT_WITHIN,
    Pool,
    is_bad_data,
    is_missing_partition,
    reason_of,
)
from ccgateway.telephony.facts import Fact

BATCH = 500  # facts in a transaction: beyond this unnest gains little
LINGER = 0.05  # seconds that a fact waits for company
FIRST_PAUSE = 0.1  # seconds before the second try, then doubled
LONGEST_PAUSE = 5.0  # seconds: PostgreSQL's return is noticed within this
BACKLOG_LIMIT = 250_000  # facts in memory, about 1 kB each: a PostgreSQL away for a busy hour
ALARM_AT = 0.8  # of the limit
STOP_WITHIN = 10.0  # seconds for the last batches

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One ``put``: its facts, a call that went into another, and of which call, agent and attempt
    a newer version waits."""

    facts: Sequence[Fact] = ()
    call_id: UUID | None = None
    agent: str | None = None
    absorbed: Pair | None = None
    attempt: str | None = None


class Writer:
    """Queues what is put, in order, and writes it while ``run`` runs.

    Nothing is dropped: while PostgreSQL is away everything waits in memory, and past ALARM_AT of
    BACKLOG_LIMIT an alarm is logged. Only a row that PostgreSQL will never take is left out,
    logged (``refused_facts``) and counted.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._partitions = Partitions()
        self._queue: deque[_Entry] = deque()
        self._calls: dict[UUID, Call] = {}
        self._agents: dict[str, StoredAgent] = {}
        self._attempts: dict[str, Attempt] = {}
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[object] | None = None
        self._put = self._done = 0  # entries
        self._waiting = 0  # facts in the queue
        self._alarmed = False
        self.backlog = 0
        """Facts put that are not committed yet."""
        self.refused = 0
        """Rows that PostgreSQL would never take."""

    @property
    def is_alarming(self) -> bool:
        """Whether so much waits that it must be looked after."""
        return self._alarmed

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        """Store facts, and the call as now folded. Never blocks, never raises."""
        if call is not None:
            self._calls[call.call_id] = call
        self._enqueue(_Entry(tuple(facts), call.call_id if call else None))

    def put_agent(self, agent: StoredAgent) -> None:
        """Store an agent's state. Never blocks, never raises."""
        self._agents[agent.agent] = agent
        self._enqueue(_Entry(agent=agent.agent))

    def absorb(self, old: UUID, new: UUID) -> None:
        """A call turned out to be part of another: what was put of it before and is put of it later
        is the other's. Never blocks, never raises."""
        self._enqueue(_Entry(absorbed=(old, new)))

    def put_attempt(self, attempt: Attempt) -> None:
        """Store how far an attempt is. Never blocks, never raises."""
        self._attempts[attempt.id] = attempt
        self._enqueue(_Entry(attempt=attempt.id))

    async def flush(self) -> None:
        """Return when all that was put so far is committed (or refused). While PostgreSQL is away
        that takes for ever: give it a timeout."""
        if self._done == self._put:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((self._put, waiter))
        self._enough.set()
        await waiter

    async def run(self) -> None:
        """Write until ``stop``, or until cancelled."""
        self._task = asyncio.current_task()
        while True:
            await self._arrived.wait()
            if not self._waiters:
                await self._linger()
            entries, batch = self._take()
            await self._store(batch)
            self._settle(entries)

    async def stop(self, within: float = STOP_WITHIN) -> int:
        """Write what waits, for at most ``within`` seconds, then end ``run``. Returns how many
        facts could not be written."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.flush()
        if self.backlog:
            log.error("database_left_behind", facts=self.backlog)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        return self.backlog

    def _enqueue(self, entry: _Entry) -> None:
        self._queue.append(entry)
        self._put += 1
        self._waiting += len(entry.facts)
        self.backlog += len(entry.facts)
        self._arrived.set()
        if self._waiting >= BATCH:
            self._enough.set()
        if not self._alarmed and self.backlog >= ALARM_AT * BACKLOG_LIMIT:
            self._alarmed = True
            log.error("database_backlog", facts=self.backlog, limit=BACKLOG_LIMIT)

    async def _linger(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                await self._enough.wait()

    def _take(self) -> tuple[list[_Entry], Batch]:
        """The next entries, whole, with the newest version of what they tell of."""
        taken: list[_Entry] = []
        count = 0
        while self._queue and count < BATCH:
            taken.append(self._queue.popleft())
            count += max(1, len(taken[-1].facts))
        self._waiting -= sum(len(entry.facts) for entry in taken)
        if not self._queue:
            self._arrived.clear()
        if self._waiting < BATCH:
            self._enough.clear()
        calls = dict.fromkeys(entry.call_id for entry in taken if entry.call_id)
        agents = dict.fromkeys(entry.agent for entry in taken if entry.agent)
        attempts = dict.fromkeys(entry.attempt for entry in taken if entry.attempt)
        return taken, Batch(
            facts=[(fact, entry.call_id) for entry in taken for fact in entry.facts],
            absorbed=[entry.absorbed for entry in taken if entry.absorbed],
            calls=[self._calls.pop(key) for key in calls if key in self._calls],
            agents=[self._agents.pop(key) for key in agents if key in self._agents],
            attempts=[self._attempts.pop(key) for key in attempts if key in self._attempts],
        )

    async def _store(self, batch: Batch) -> None:
        """Commit a batch; where a row is refused, halve it until that row is alone."""
        error = await self._commit(batch)
        if error is None:
            return
        smaller = batch.split()
        for part in smaller:
            await self._store(part)
        if not smaller:
            self._refuse(batch, error)

    async def _commit(self, batch: Batch) -> Exception | None:
        """Try until it is committed, or a row is refused (then: the error)."""
        pause, away_since = FIRST_PAUSE, 0.0
        while True:
            try:
                await self._partitions.ensure(self._pool, {fact.day for fact, _ in batch.facts})
                async with self._pool.acquire(timeout=CONNECT_WITHIN) as connection:
                    await write(connection, batch)
            except Exception as error:
                if is_bad_data(error):
                    return error
                if is_missing_partition(error):
                    self._partitions.forget()
                if not away_since:
                    away_since = time.monotonic()
                    log.warning("database_away", reason=reason_of(error), backlog=self.backlog)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if away_since:
                    seconds = round(time.monotonic() - away_since, 1)
                    log.warning("database_back", seconds=seconds, backlog=self.backlog)
                return None

    def _refuse(self, batch: Batch, error: Exception) -> None:
        """One row that PostgreSQL never takes: say so and go on."""
        self.refused += 1
        reason = reason_of(error)
        for fact, call_id in batch.facts:
            log.error(
                "refused_facts",
                reason=reason,
                node=fact.node,
                call_id=call_id and str(call_id),
                identity=fact.identity,
                at=str(fact.at),
                source=fact.source,
                keys=sorted(fact.detail),  # never the values: they may be a person's
            )
        for call in batch.calls:
            log.error("refused_call", reason=reason, node=call.node, call_id=str(call.call_id))
        for old, new in batch.absorbed:
            log.error("refused_absorption", reason=reason, call_id=str(old), into=str(new))
        for attempt in batch.attempts:
            log.error("refused_attempt", reason=reason, attempt=attempt.id)
        for agent in batch.agents:
            log.error("refused_agent_state", reason=reason, agent=agent.agent)

    def _settle(self, entries: Sequence[_Entry]) -> None:
        """The entries are dealt with: wake those who wait for them."""
        self._done += len(entries)
        self.backlog -= sum(len(entry.facts) for entry in entries)
        if self._alarmed and self.backlog < ALARM_AT * BACKLOG_LIMIT / 2:
            self._alarmed = False
            log.warning("database_backlog_over", facts=self.backlog)
        waiters, self._waiters = self._waiters, []
        for target, waiter in waiters:
            if target > self._done:
                self._waiters.append((target, waiter))
            elif not waiter.done():
                waiter.set_result(None)
