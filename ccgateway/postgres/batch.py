"""A batch: what goes into PostgreSQL in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccgateway.calls.call import Call
from ccgateway.postgres import rows
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.pool import Connection
from ccgateway.postgres.sql import Row, columns, query


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts in order, the latest version of each call, the latest state of each agent."""

    facts: Sequence[rows.FactOf] = ()
    calls: Sequence[Call] = ()
    agents: Sequence[StoredAgent] = ()

    def split(self) -> list[Batch]:
        """The batch in smaller ones, to find the row that is refused; empty: it is that row."""
        kinds = [Batch(facts=self.facts), Batch(calls=self.calls), Batch(agents=self.agents)]
        filled = [kind for kind in kinds if kind.size]
        if len(filled) > 1:
            return filled
        if self.size < 2:  # noqa: PLR2004 - two is the least that can be halved
            return []
        half = self.size // 2
        return [
            Batch(self.facts[:half], self.calls[:half], self.agents[:half]),
            Batch(self.facts[half:], self.calls[half:], self.agents[half:]),
        ]

    @property
    def size(self) -> int:
        return len(self.facts) + len(self.calls) + len(self.agents)


async def write(connection: Connection, batch: Batch) -> None:
    """Write a batch in one transaction. Writing it again changes nothing."""
    async with connection.transaction():
        facts = rows.once(batch.facts)
        await _put(connection, "put_fact_parties", rows.fact_parties(facts))
        await _put(connection, "put_facts", [rows.fact_row(*fact) for fact in facts])
        await _put(connection, "put_call_parties", rows.call_parties(batch.calls))
        await _put(connection, "put_calls", [rows.call_row(call) for call in batch.calls])
        if batch.calls:
            ids = [call.call_id for call in batch.calls]
            await connection.execute(query("clear_calls"), ids)
        for name, part in rows.parts(batch.calls).items():
            await _put(connection, name, part)
        await _put(connection, "put_agent_states", [agent.row for agent in batch.agents])


async def _put(connection: Connection, name: str, new: Sequence[Row]) -> None:
    if new:
        await connection.execute(query(name), *columns(new))
