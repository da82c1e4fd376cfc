"""Stored calls beside the facts that they were folded from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.errors import Refused
from ccgateway.postgres.calls import load_calls
from ccgateway.postgres.facts import folded_facts
from ccgateway.postgres.pool import Pool, reaching
from ccgateway.postgres.sql import query
from ccgateway.telephony.facts import CLOCK_SKEW, Fact

AT_ONCE = 200
"""Calls that are read at once: some ten thousand rows."""

FOUND_WITHIN = 15 * 60.0
"""Seconds for the question which calls there are of a time: whole days of facts are read for it."""

FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 3000))
"""What lies beyond them is taken as them: a day more may be none to Python."""

MOST_CALLS = 2_000_000
"""Of one run: their ids are held in memory. A busy centre has as many in a quarter."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A call as it is stored (None: there are facts of it, and no row), and its facts."""

    call_id: UUID
    call: Call | None
    facts: Sequence[Fact]


async def calls_between(pool: Pool, since: datetime, before: datetime) -> list[UUID]:
    """The calls that began from ``since`` until before ``before``; also those of around then of
    which there are facts and no call. Raises StoreUnavailable, Refused where there are too many."""
    since, before = (max(FIRST, min(at, LAST)) for at in (since, before))
    # A fact's day is its channel's birthday: of its first channel, when the call began.
    days = ((since - CLOCK_SKEW).date(), (before + CLOCK_SKEW).date())
    with reaching():
        asked = (since, before, *days, MOST_CALLS + 1)
        rows = await pool.fetch(query("calls_between"), *asked, timeout=FOUND_WITHIN)
    if len(rows) > MOST_CALLS:
        raise Refused(f"these are more than {MOST_CALLS} calls: take them in several parts")
    return [row["call_id"] for row in rows]


async def stored(pool: Pool, ids: Sequence[UUID]) -> AsyncIterator[Stored]:
    """These calls with their facts, each as it is at one moment. Raises StoreUnavailable."""
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        with reaching():
            async with (
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                calls = {call.call_id: call for call in await load_calls(connection, some)}
                facts = await folded_facts(connection, some)
        for call_id in some:
            yield Stored(call_id, calls.get(call_id), facts[call_id])
