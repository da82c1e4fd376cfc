"""PostgreSQL as the loop sees it (``engine.ports.Store``)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ccgateway.agents.agent import Agent
from ccgateway.calls.call import Call
from ccgateway.customers.customer import Customer
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres import attempts, cases, customers
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.pool import Pool, in_time
from ccgateway.postgres.writer import Writer
from ccgateway.telephony.facts import Fact


class PostgresStore:
    """The writer, and what the loop asks."""

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

    def absorb(self, old: UUID, new: UUID) -> None:
        """A call turned out to be part of another. Never blocks, never raises."""
        self._writer.absorb(old, new)

    def put_attempt(self, attempt: Attempt) -> None:
        """Store how far an attempt is. Never blocks, never raises."""
        self._writer.put_attempt(attempt)

    async def new_attempt(self, attempt: Attempt) -> Attempt:
        """Commit a new attempt, or return the one that has its key. Raises Refused where it cannot
        be stored, StoreUnavailable."""
        return await attempts.new_attempt(self._pool, attempt)

    async def attempt(self, attempt_id: str, key: str = "") -> Attempt | None:
        """An attempt by its id, else by its key ('' for none). Raises StoreUnavailable."""
        found = attempts.load_attempt(self._pool, attempt_id, key)
        return await in_time(attempts.ANSWER_WITHIN, found)

    async def case_numbers(self) -> range:
        """A block of case numbers that nobody else gets. Raises StoreUnavailable."""
        return await cases.case_numbers(self._pool)

    async def customer(self, client: str, number: str) -> Customer | None:
        """Look a caller up by E.164 number. Raises StoreUnavailable."""
        return await customers.find(self._pool, client, number)
