"""Writer and repair write the same calls at the same time, and neither stops the other."""

from __future__ import annotations

import asyncio

from ccgateway.postgres import rows
from ccgateway.postgres.batch import Batch, write
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.sql import columns, query
from ccgateway.rig.waiting import until
from tests.adapters.postgres_samples import live_call

WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()"""


async def test_the_writer_takes_a_call_before_its_persons(pool: Pool) -> None:
    call = live_call(1)
    async with pool.acquire() as connection:
        await write(connection, Batch(calls=[call]))

    async def again() -> None:
        async with pool.acquire() as connection:
            await write(connection, Batch(calls=[call]))

    async with pool.acquire() as repairing, repairing.transaction():
        await repairing.execute(query("lock_calls"), [call.call_id])
        writing = asyncio.create_task(again())
        await until(lambda: pool.fetchval(WAITS), "the writer waits for the call")
        persons = columns(rows.call_parties([call]))
        await repairing.execute(query("put_call_parties"), *persons)
    await writing
