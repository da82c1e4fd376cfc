"""The agents' states as last known, so that they outlive a restart. Written by the writer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ccgateway.postgres.pool import Pool, reaching
from ccgateway.postgres.sql import Row, query


@dataclass(frozen=True, slots=True)
class StoredAgent:
    """One agent's state: ``since`` is aware UTC; ``phone`` and ``reason`` may be ''."""

    agent: str
    state: str
    since: datetime
    reason: str = ""
    phone: str = ""

    @property
    def row(self) -> Row:
        return (self.agent, self.state, self.reason, self.phone, self.since)


async def load_states(pool: Pool) -> dict[str, StoredAgent]:
    """Every agent's last known state, by agent id. Raises StoreUnavailable."""
    with reaching():
        found = await pool.fetch(query("agent_states"))
    return {row["agent"]: StoredAgent(**row) for row in found}
