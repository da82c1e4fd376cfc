"""Calls read back: lists for the eye, and one call whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from ccgateway.calls.call import Call, Direction, Disposition, Known
from ccgateway.calls.listed import ListedCall, Search
from ccgateway.errors import Refused
from ccgateway.postgres.pool import Connection, Pool, reaching
from ccgateway.postgres.readback import PARTS, call_of
from ccgateway.postgres.sql import clean, query

FOUND_AT_MOST = 20  # calls that one beginning of an id, or one case, may name
_ID_DIGITS = 32
_LARGEST_CASE = 2**63 - 1  # what a bigint holds

EVERY = Search()


async def list_calls(pool: Pool, limit: int = 50, search: Search = EVERY) -> list[ListedCall]:
    """The newest calls first, narrowed by ``search``. Raises StoreUnavailable."""
    with reaching():
        found = await pool.fetch(query("list_calls"), limit, *_narrowed(search))
    return [_listed(row) for row in found]


async def find_call(pool: Pool, prefix: str) -> list[UUID]:
    """The ids that begin with ``prefix`` (hexadecimal, dashes or not), at most FOUND_AT_MOST.
    A call that went into another is found as that one. Raises Refused where it cannot be an id's
    beginning, StoreUnavailable."""
    digits = prefix.replace("-", "").lower()
    if not digits or len(digits) > _ID_DIGITS or set(digits) - set("0123456789abcdef"):
        raise Refused(f"{prefix!r} is not the beginning of a call id")
    low, high = (UUID(digits.ljust(_ID_DIGITS, filler)) for filler in "0f")
    with reaching():
        found = await pool.fetch(query("find_calls"), low, high, FOUND_AT_MOST)
    return [row["call_id"] for row in found]


async def find_by_case(pool: Pool, number: int) -> list[UUID]:
    """The calls of a case, newest first, at most FOUND_AT_MOST. Raises StoreUnavailable."""
    if not 0 < number <= _LARGEST_CASE:
        return []
    with reaching():
        found = await pool.fetch(query("find_case"), number, FOUND_AT_MOST)
    return [row["call_id"] for row in found]


async def load_call(pool: Pool, call_id: UUID) -> Call | None:
    """A call, whole, or the one that it went into; None where there is none. Raises
    StoreUnavailable."""
    with reaching():
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            row = await connection.fetchrow(query("load_call"), call_id)
            if row is None:
                return None
            return (await _whole(connection, [row]))[0]


async def load_calls(connection: Connection, ids: Sequence[UUID]) -> list[Call]:
    """Those of the calls that there are, whole, in any order."""
    return await _whole(connection, await connection.fetch(query("load_calls"), ids))


async def _whole(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Call]:
    """The calls of these rows, with their parts."""
    ids = [row["call_id"] for row in rows]
    parts: dict[UUID, dict[str, list[asyncpg.Record]]] = {
        call_id: {name: [] for name in PARTS} for call_id in ids
    }
    for name in PARTS:
        for part in await connection.fetch(query(f"load_{name}"), ids):
            parts[part["call_id"]][name].append(part)
    return [call_of(row, parts[row["call_id"]]) for row in rows]


def _narrowed(search: Search) -> tuple[object, ...]:
    """In the order of ``list_calls.sql``; an empty set of a scope is no limit."""
    start, call_id = search.after or (None, None)
    scope = search.scope
    texts = (search.client, search.service, search.queue, search.agent)
    return (
        *(search.since, search.before, *(text and clean(text) for text in texts)),
        *(search.disposition, search.direction, search.number and clean(search.number)),
        *(search.case, search.ids, start, call_id),
        *(sorted(some) or None for some in (scope.clients, scope.services, scope.queues)),
        scope.agent,
    )


def _listed(row: asyncpg.Record) -> ListedCall:
    values: dict[str, Any] = dict(row)
    values["direction"] = Direction(row["direction"])
    values["disposition"] = Disposition(row["disposition"])
    values["known"] = Known(row["known"])
    values["queues"] = tuple(row["queues"])
    values["agents"] = tuple(row["agents"])
    values["path"] = tuple(row["path"])
    values["case"] = values.pop("case_number")
    return ListedCall(**values)
