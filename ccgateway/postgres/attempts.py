"""Attempts to call somebody: committed before they are sent, then kept up by the writer."""

from __future__ import annotations

from uuid import UUID, uuid5

import asyncpg

from ccgateway.errors import Refused
from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.postgres.pool import Pool, in_time, is_bad_data, reaching, reason_of
from ccgateway.postgres.rows import PARTIES, party_row
from ccgateway.postgres.sql import Row, clean, query

ANSWER_WITHIN = 2.0  # seconds: somebody clicked, and waits


def attempt_row(attempt: Attempt) -> Row:
    """Column order is that of ``put_attempts.sql``."""
    return (
        *(attempt.id, attempt.key, attempt.node, attempt.client, attempt.service, attempt.agent),
        *(party_of_attempt(attempt), attempt.caller_id, attempt.by, attempt.requested_at),
        *(attempt.stage.value, attempt.end.value, attempt.cause, attempt.sip),
        *(attempt.agent_answered_at, attempt.ringing_at, attempt.answered_at, attempt.ended_at),
        attempt.call_id,
    )


def attempt_party(attempt: Attempt) -> Row:
    """Whom it calls."""
    return party_row(party_of_attempt(attempt), number=attempt.number)


def party_of_attempt(attempt: Attempt) -> UUID:
    """The key of whom it calls; from the attempt's id, not the number."""
    return uuid5(PARTIES, f"attempt\x1f{attempt.id}")


async def new_attempt(pool: Pool, attempt: Attempt) -> Attempt:
    """Commit a new attempt. Where its id or its key is there already, that one is returned as it
    is stored. Raises Refused where it cannot be stored (a key of kilobytes); StoreUnavailable,
    after ANSWER_WITHIN at the latest, and then it may or may not be stored."""
    return await in_time(ANSWER_WITHIN, _new(pool, attempt))


async def _new(pool: Pool, attempt: Attempt) -> Attempt:
    """Two statements, each a transaction of its own: nothing to roll back on a server that hangs,
    and the second sees what another committed while the first waited for it."""
    values = [clean(v) if isinstance(v, str) else v for v in attempt_row(attempt)]
    try:
        with reaching():
            async with pool.acquire(timeout=ANSWER_WITHIN) as connection:
                await connection.execute(query("new_attempt"), *values, clean(attempt.number))
                row = await connection.fetchrow(
                    query("load_attempt"), clean(attempt.id), clean(attempt.key)
                )
    except (asyncpg.PostgresError, ValueError) as error:
        if not is_bad_data(error):
            raise
        raise Refused(
            f"The call cannot be stored, so it is not placed: {reason_of(error)}"
        ) from error
    assert row is not None  # noqa: S101 - it, or what was in its way, is there
    return _attempt(row)


async def load_attempt(pool: Pool, attempt_id: str, key: str = "") -> Attempt | None:
    """An attempt by its id, else by its key ('' for none), or None. Raises StoreUnavailable."""
    with reaching():
        row = await pool.fetchrow(query("load_attempt"), clean(attempt_id), clean(key))
    return _attempt(row) if row else None


async def live_attempts(pool: Pool) -> list[Attempt]:
    """The attempts that have not ended, oldest first. Raises StoreUnavailable."""
    with reaching():
        return [_attempt(row) for row in await pool.fetch(query("live_attempts"))]


def _attempt(row: asyncpg.Record) -> Attempt:
    return Attempt(
        id=row["id"],
        key=row["key"],
        node=row["node"],
        client=row["client"],
        service=row["service"],
        agent=row["agent"],
        number=row["number"] or "",
        caller_id=row["caller_id"],
        by=row["by"],
        requested_at=row["requested_at"],
        stage=Stage(row["stage"]),
        end=End(row["outcome"]),
        cause=row["cause"],
        sip=row["sip"],
        agent_answered_at=row["agent_answered_at"],
        ringing_at=row["ringing_at"],
        answered_at=row["answered_at"],
        ended_at=row["ended_at"],
        call_id=row["in_call"],
    )
