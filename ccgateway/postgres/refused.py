"""Rows that PostgreSQL never takes: each is logged, without what may be a person's."""

from __future__ import annotations

import structlog

from ccgateway.postgres.batch import Batch
from ccgateway.postgres.pool import reason_of

LONGEST = 80
"""Characters of a name that are told: Asterisk's own are shorter, a torn journal's may not be."""

log = structlog.stdlib.get_logger(__name__)


def tell_refused(batch: Batch, error: Exception) -> None:
    """Log what ``batch`` tells, and why it was refused."""
    reason = reason_of(error)
    for fact, call_id in batch.facts:
        log.error(
            "refused_facts",
            reason=reason,
            node=fact.node,
            call_id=call_id and str(call_id),
            identity=tuple(p[:LONGEST] if isinstance(p, str) else p for p in fact.identity),
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
