"""The record as it stands in PostgreSQL, read as anybody would."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres.attempts import load_attempt
from ccgateway.postgres.calls import list_calls, load_call
from ccgateway.postgres.pool import open_pool
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

AT_MOST = 100_000  # calls; no rig places more
WRITTEN_WITHIN = 5.0  # seconds from the last call's end; the writer takes well under one


async def read(dsn: str) -> list[Call]:
    """All calls, whole, in the order of their start. Raises StoreUnavailable."""
    pool = await open_pool(dsn)
    try:
        listed = await list_calls(pool, AT_MOST)
        calls = [await load_call(pool, one.call_id) for one in reversed(listed)]
    finally:
        await pool.close()
    return [call for call in calls if call]


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
