"""A batch: what goes into PostgreSQL in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres import absorbed, attempts, parts, rows
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.pool import Connection
from ccgateway.postgres.sql import Row, columns, query


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts in order, calls that went into others in order, the latest version of each call, the
    latest state of each agent, how far each attempt is."""

    facts: Sequence[rows.FactOf] = ()
    absorbed: Sequence[absorbed.Pair] = ()
    calls: Sequence[Call] = ()
    agents: Sequence[StoredAgent] = ()
    attempts: Sequence[Attempt] = ()

    def split(self) -> list[Batch]:
        """The batch in smaller ones, to be written in this order, to find the row that is refused;
        empty: it is that row."""
        kinds = [
            Batch(facts=self.facts),
            Batch(absorbed=self.absorbed),
            Batch(calls=self.calls),
            Batch(agents=self.agents),
            Batch(attempts=self.attempts),
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
        )

    @property
    def size(self) -> int:
        kinds = (self.facts, self.absorbed, self.calls, self.agents, self.attempts)
        return sum(map(len, kinds))


async def write(connection: Connection, batch: Batch) -> None:
    """Write a batch in one transaction. Writing it again changes nothing."""
    async with connection.transaction():
        ids = {call_id for _, call_id in batch.facts if call_id}
        ids.update(call.call_id for call in batch.calls)
        into = await absorbed.settle(connection, batch.absorbed, ids)
        await _facts(
            connection, [(fact, into.get(of, of) if of else None) for fact, of in batch.facts]
        )
        await _calls(connection, [call for call in batch.calls if call.call_id not in into])
        await _put(connection, "put_agent_states", [agent.row for agent in batch.agents])
        whom = [attempts.attempt_party(attempt) for attempt in batch.attempts]
        await _put(connection, "put_parties", whom)
        made = [attempts.attempt_row(attempt) for attempt in batch.attempts]
        await _put(connection, "put_attempts", made)


async def _facts(connection: Connection, told: Sequence[rows.FactOf]) -> None:
    facts = rows.once(told)
    await _put(connection, "put_parties", rows.fact_parties(facts))
    await _put(connection, "put_facts", [rows.fact_row(*fact) for fact in facts])


async def _calls(connection: Connection, calls: Sequence[Call]) -> None:
    if not calls:
        return
    await _put(connection, "put_call_parties", rows.call_parties(calls))
    await _put(connection, "put_parties", rows.note_parties(calls))
    await _put(connection, "put_calls", [rows.call_row(call) for call in calls])
    await connection.execute(query("clear_calls"), [call.call_id for call in calls])
    for name, part in parts.parts(calls).items():
        await _put(connection, name, part)


async def _put(connection: Connection, name: str, new: Sequence[Row]) -> None:
    if new:
        await connection.execute(query(name), *columns(new))
