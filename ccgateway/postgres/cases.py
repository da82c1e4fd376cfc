"""Case numbers: what people say instead of a call's id."""

from __future__ import annotations

from ccgateway.postgres.pool import Pool, in_time, reaching
from ccgateway.postgres.sql import query

ANSWER_WITHIN = 2.0  # seconds: a call that is being escalated waits for its number


async def case_numbers(pool: Pool) -> range:
    """A block of numbers that nobody else gets. What is not used of it is lost. Raises
    StoreUnavailable, after ANSWER_WITHIN at the latest."""
    return await in_time(ANSWER_WITHIN, _block(pool))


async def _block(pool: Pool) -> range:
    with reaching():
        async with pool.acquire(timeout=ANSWER_WITHIN) as connection:
            row = await connection.fetchrow(query("case_numbers"))
    assert row is not None  # noqa: S101 - a SELECT of the one sequence gives one row
    return range(row["first"], row["first"] + row["size"])
