"""What was live when the last run ended: in PostgreSQL, and in what the spool still holds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from ccgateway.calls.voices import JOURNALS
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres.absorbed import together
from ccgateway.postgres.agents import StoredAgent, load_states
from ccgateway.postgres.attempts import live_attempts
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.facts import facts_of, live_facts
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.spool_keeper import SpoolFull
from ccgateway.telephony.facts import Fact, Identity

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts of the calls that go on, each once; the agents' last states, by agent; the attempts
    that have not ended."""

    facts: list[Fact]
    states: dict[str, StoredAgent]
    attempts: list[Attempt]


async def standing(pool: Pool, spool: Spool) -> Standing:
    """Ask both. Raises StoreUnavailable."""
    # The spool first: what is drained meanwhile is then found twice, not missed.
    left, ended = await _left(spool)
    into = together({}, left.absorbed)
    calls: dict[UUID, list[Fact]] = {}
    for call_id, facts in (await live_facts(pool)).items():
        calls.setdefault(into.get(call_id, call_id), []).extend(facts)
    for call in left.calls:  # half drained, it has facts in PostgreSQL and no row yet
        found = await facts_of(pool, call.call_id)
        heard = [fact for fact in found if fact.source not in JOURNALS]
        calls.setdefault(call.call_id, []).extend(heard)
    for fact, of in left.facts:
        if of is not None:
            calls.setdefault(into.get(of, of), []).append(fact)
    told = [fact for call_id, facts in calls.items() if str(call_id) not in ended for fact in facts]
    states = await load_states(pool)
    for state in left.agents:
        if state.agent not in states or states[state.agent].since <= state.since:
            states[state.agent] = state
    attempts = {attempt.id: attempt for attempt in (*await live_attempts(pool), *left.attempts)}
    placed = [attempt for attempt in attempts.values() if attempt.id not in ended]
    return Standing(_once(told), states, sorted(placed, key=lambda a: (a.requested_at, a.id)))


async def _left(spool: Spool) -> tuple[Batch, set[str]]:
    """As ``Spool.live``. A disk that does not let us read ends no start."""
    try:
        return await spool.live()
    except SpoolFull as full:
        log.error("spool_not_readable", reason=str(full))  # noqa: TRY400 - expected
        return Batch(), set()


def _once(facts: list[Fact]) -> list[Fact]:
    """Without those that were in both."""
    found: dict[tuple[Identity, str], Fact] = {}
    for fact in facts:
        found.setdefault((fact.identity, fact.source.value), fact)
    return list(found.values())
