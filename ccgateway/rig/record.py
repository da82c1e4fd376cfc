"""The record as it stands in PostgreSQL, read as anybody would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres.attempts import load_attempt
from ccgateway.postgres.calls import list_calls, load_calls
from ccgateway.postgres.pool import Pool, open_pool, reaching
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

AT_MOST = 100_000  # calls; no rig places more
AT_ONCE = 500  # calls of one question
WRITTEN_WITHIN = 5.0  # seconds from the last call's end; the writer takes well under one


async def read(dsn: str) -> list[Call]:
    """All calls, whole, in the order of their start. Raises StoreUnavailable."""
    pool = await open_pool(dsn)
    try:
        ids = [one.call_id for one in reversed(await list_calls(pool, AT_MOST))]
        calls: dict[UUID, Call] = {}
        for begin in range(0, len(ids), AT_ONCE):
            calls |= {call.call_id: call for call in await _whole(pool, ids[begin:][:AT_ONCE])}
    finally:
        await pool.close()
    return [calls[call_id] for call_id in ids if call_id in calls]


async def _whole(pool: Pool, ids: Sequence[UUID]) -> list[Call]:
    """These calls, each as it is at one moment."""
    with reaching():
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await load_calls(connection, ids)


async def attempts_of(dsn: str, calls: Iterable[Call]) -> dict[str, Attempt]:
    """The attempts of those calls that we placed, by id. Raises StoreUnavailable."""
    pool = await open_pool(dsn)
    try:
        found = [await load_attempt(pool, call.attempt) for call in calls if call.attempt]
    finally:
        await pool.close()
    return {attempt.id: attempt for attempt in found if attempt}


async def settled(dsn: str, count: int) -> list[Call]:
    """The calls once there are ``count`` that have all ended; after a while, whatever there is:
    the comparison then says what is wrong."""

    async def complete() -> bool:
        calls = await read(dsn)
        return len(calls) >= count and all(call.ended_at for call in calls)

    with suppress(RigError):
        await until(complete, f"{count} calls in the record", seconds=WRITTEN_WITHIN)
    return await read(dsn)
