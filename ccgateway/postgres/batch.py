"""A batch: what goes into PostgreSQL in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt, Stage
from ccgateway.postgres import absorbed, attempts, parts, rows
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.pool import Connection
from ccgateway.postgres.sql import Row, clean, columns, query

MOVING = 0x6363676D  # "ccgm": the key of a lock


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts in order, calls that went into others in order, the latest version of each call, the
    latest state of each agent, how far each attempt is. ``late``: it waited on disk, and what it
    tells may have been passed by what came later."""

    facts: Sequence[rows.FactOf] = ()
    absorbed: Sequence[absorbed.Pair] = ()
    calls: Sequence[Call] = ()
    agents: Sequence[StoredAgent] = ()
    attempts: Sequence[Attempt] = ()
    late: bool = False

    def split(self) -> list[Batch]:
        """The batch in smaller ones, to be written in this order, to find the row that is refused;
        empty: it is that row."""
        kinds = [
            Batch(facts=self.facts),
            Batch(absorbed=self.absorbed),
            Batch(calls=self.calls, late=self.late),
            Batch(agents=self.agents, late=self.late),
            Batch(attempts=self.attempts, late=self.late),
        ]
        filled = [kind for kind in kinds if kind.size]
        if len(filled) > 1:
            return filled
        if self.size < 2:  # noqa: PLR2004 - two is the least that can be halved
            return []
        half = self.size // 2
        return [self._part(slice(half)), self._part(slice(half, None))]

    def _part(self, part: slice) -> Batch:
        return Batch(
            self.facts[part],
            self.absorbed[part],
            self.calls[part],
            self.agents[part],
            self.attempts[part],
            self.late,
        )

    @property
    def size(self) -> int:
        kinds = (self.facts, self.absorbed, self.calls, self.agents, self.attempts)
        return sum(map(len, kinds))


async def write(connection: Connection, batch: Batch) -> None:
    """Write a batch in one transaction. Writing it again changes nothing."""
    async with connection.transaction():
        # A repair that moves calls waits for us, and we for it: what it moves is moved whole.
        await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", MOVING)
        if batch.late:
            batch = await _without_older(connection, batch)
        ids = {call_id for _, call_id in batch.facts if call_id}
        ids.update(call.call_id for call in batch.calls)
        into = await absorbed.settle(connection, batch.absorbed, ids)
        await _facts(
            connection, [(fact, into.get(of, of) if of else None) for fact, of in batch.facts]
        )
        written = await put_calls(connection, [c for c in batch.calls if c.call_id not in into])
        due = {into.get(call.call_id, call.call_id) for call in batch.calls} - written
        due |= {into[of] for _, of in batch.facts if of in into}
        if due:
            await connection.execute(query("due_calls"), list(due))
        await _put(connection, "put_agent_states", [agent.row for agent in batch.agents])
        whom = [attempts.attempt_party(attempt) for attempt in batch.attempts]
        await _put(connection, "put_parties", whom)
        made = [attempts.attempt_row(attempt) for attempt in batch.attempts]
        await _put(connection, "put_attempts", made)


async def _without_older(connection: Connection, batch: Batch) -> Batch:
    """Without what is older than what stands there already: where the disk could not be read for a
    while, newer versions have gone before. Facts are never older."""
    calls = [call.call_id for call in batch.calls if call.ended_at is None]
    going = [clean(one.id) for one in batch.attempts if one.stage is not Stage.ENDED]
    agents = [(clean(agent.agent), agent.since) for agent in batch.agents]
    if not (calls or going or agents):
        return batch
    names, since = zip(*agents, strict=True) if agents else ((), ())
    rows = await connection.fetch(query("passed_over"), calls, going, list(names), list(since))
    older = {row["name"] for row in rows}
    return replace(
        batch,
        calls=[c for c in batch.calls if c.ended_at or str(c.call_id) not in older],
        agents=[agent for agent in batch.agents if clean(agent.agent) not in older],
        attempts=[
            one for one in batch.attempts if one.stage is Stage.ENDED or clean(one.id) not in older
        ],
    )


async def _facts(connection: Connection, told: Sequence[rows.FactOf]) -> None:
    facts = rows.once(told)
    await _put(connection, "put_parties", rows.fact_parties(facts))
    await _put(connection, "put_facts", [rows.fact_row(*fact) for fact in facts])


async def put_calls(connection: Connection, calls: Sequence[Call]) -> set[UUID]:
    """Put calls as they are now folded, in a transaction of the caller's; not those that were
    repaired. The ids of those that were written."""
    if not calls:
        return set()
    await connection.execute(query("hold_calls"), [call.call_id for call in calls])
    await _put(connection, "put_call_parties", rows.call_parties(calls))
    await _put(connection, "put_parties", rows.note_parties(calls))
    told = columns([rows.call_row(call) for call in calls])
    found = {row["call_id"] for row in await connection.fetch(query("put_calls"), *told)}
    await connection.execute(query("clear_calls"), list(found))
    for name, part in parts.parts([call for call in calls if call.call_id in found]).items():
        await _put(connection, name, part)
    return found


async def _put(connection: Connection, name: str, new: Sequence[Row]) -> None:
    if new:
        await connection.execute(query(name), *columns(new))
