"""PostgreSQL as the loop sees it (``engine.ports.Store``)."""

from __future__ import annotations

from collections.abc import Sequence

from ccgateway.agents.agent import Agent
from ccgateway.calls.call import Call
from ccgateway.customers.customer import Customer
from ccgateway.postgres import customers
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from ccgateway.telephony.facts import Fact


class PostgresStore:
    """The writer, and the one question that the loop asks."""

    def __init__(self, pool: Pool, writer: Writer) -> None:
        self._pool = pool
        self._writer = writer

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        """Store facts, and the call as now folded. Never blocks, never raises."""
        self._writer.put_facts(facts, call)

    def put_agent(self, agent: Agent) -> None:
        """Store an agent's duty. Never blocks, never raises."""
        duty = agent.duty.value
        self._writer.put_agent(StoredAgent(agent.id, duty, agent.since, agent.reason, agent.phone))

    async def customer(self, client: str, number: str) -> Customer | None:
        """Look a caller up by E.164 number. Raises StoreUnavailable."""
        return await customers.find(self._pool, client, number)
